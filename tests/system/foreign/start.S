/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry, as a stock root task has it: x0 = boot information, nothing else is promised. All that was
 * there is kept in `initial` for a check: x1..x30, SP, TPIDR_EL0, TPIDRRO_EL0, NZCV. Out: in
 * foreign_start(boot information), startup.c, with a stack. Clobbers: all; d0 proves that FP is on.
 */
    .text
    .global _sel4_start
    .type _sel4_start, %function
_sel4_start:
    fmov    d0, x0
    adrp    x0, initial
    add     x0, x0, :lo12:initial
    stp     x1, x2, [x0], #16
    stp     x3, x4, [x0], #16
    stp     x5, x6, [x0], #16
    stp     x7, x8, [x0], #16
    stp     x9, x10, [x0], #16
    stp     x11, x12, [x0], #16
    stp     x13, x14, [x0], #16
    stp     x15, x16, [x0], #16
    stp     x17, x18, [x0], #16
    stp     x19, x20, [x0], #16
    stp     x21, x22, [x0], #16
    stp     x23, x24, [x0], #16
    stp     x25, x26, [x0], #16
    stp     x27, x28, [x0], #16
    stp     x29, x30, [x0], #16
    mov     x1, sp
    mrs     x2, tpidr_el0
    stp     x1, x2, [x0], #16
    mrs     x1, tpidrro_el0
    mrs     x2, nzcv
    stp     x1, x2, [x0]
    adrp    x1, stack_top
    add     x1, x1, :lo12:stack_top
    mov     sp, x1
    fmov    x0, d0
    mov     x29, #0
    mov     x30, #0
    b       foreign_start
    .size _sel4_start, . - _sel4_start

    .section .bss
    .balign 16
    .global initial
initial:
    .skip   34 * 8
    .balign 16
    .skip   32768
stack_top:
    .section .note.GNU-stack, "", %progbits
