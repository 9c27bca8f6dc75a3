/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One system call with all of its registers.
 * In: x0 = nine words for x0..x8, x1 = number of the call. Out: the first six words.
 * Clobbers: x0..x10.
 */
    .text
    .global worker_call
    .type worker_call, %function
worker_call:
    mov     x9, x0
    mov     x10, x1
    ldp     x0, x1, [x9]
    ldp     x2, x3, [x9, 16]
    ldp     x4, x5, [x9, 32]
    ldp     x6, x7, [x9, 48]
    ldr     x8, [x9, 64]
    .global worker_svc
worker_svc:
    svc     0
    stp     x0, x1, [x9]
    stp     x2, x3, [x9, 16]
    stp     x4, x5, [x9, 32]
    ret
    .size worker_call, . - worker_call

/*
 * The mistakes of worker_mistake(). In: x0 = an address. Clobbers: x1, v0.
 */
    .global mistake_undefined
mistake_undefined:
    udf     0
    ret
    .global mistake_break
mistake_break:
    brk     7
    ret
    .global mistake_stack
mistake_stack:
    mov     x1, sp
    add     sp, sp, 3
    ldr     x0, [sp]
    mov     sp, x1
    ret
    .global mistake_counter
mistake_counter:
    mrs     x0, cntvct_el0
    ret
    .global mistake_float
mistake_float:
    fmov    d0, x0
    ret
