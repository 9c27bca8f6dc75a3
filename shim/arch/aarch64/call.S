/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL1's side of shim/include/shim/shim.h: each function is one HVC. Linked into the kernel.
 * In: arguments by the procedure call standard. Out, clobbers: as the header says; EL2 keeps all
 * registers but x0 (x0-x3 of the firmware call, x0-x18 of shim_input_done). Next file in the flow:
 * shim/hvc.c, for shim_input_done vectors.S.
 */
    .macro shim_call name, number
    .global \name
    .type \name, %function
\name:
    mov     x3, x2
    mov     x2, x1
    mov     x1, x0
    mov     x0, #\number
    hvc     #0x54               /* SHIM_HVC */
    ret
    .size \name, . - \name
    .endm

    .text
    shim_call shim_diverged, 1
    shim_call shim_missing, 2
    shim_call shim_input_hold, 5
    shim_call shim_input_release, 6
    shim_call shim_timer, 7
    shim_call shim_irq, 8
    shim_call shim_putc, 9
    shim_call shim_dirty, 11

    .global shim_input_done
    .type shim_input_done, %function
shim_input_done:
    mov     x0, #4
    hvc     #0x54
    ret
    .size shim_input_done, . - shim_input_done

    .global shim_panic
    .type shim_panic, %function
shim_panic:
    mov     x2, x1
    mov     x1, x0
    mov     x0, #3
    hvc     #0x54
    b       shim_panic          /* EL2 does not come back */
    .size shim_panic, . - shim_panic

    .global shim_smc
    .type shim_smc, %function
shim_smc:
    mov     x9, x0
    ldp     x1, x2, [x9]
    ldp     x3, x4, [x9, #16]
    ldp     x5, x6, [x9, #32]
    ldp     x7, x8, [x9, #48]
    mov     x0, #10
    hvc     #0x54
    stp     x0, x1, [x9]
    stp     x2, x3, [x9, #16]
    ret
    .size shim_smc, . - shim_smc
