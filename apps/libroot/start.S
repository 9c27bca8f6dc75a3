/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry of a root task. The kernel gives it no stack (abi section 8.4).
 * In: x0 = boot information. Out: root_main(boot information) in root.c. Clobbers: all.
 */
    .section .text.start, "ax"
    .global _start
    .type _start, %function
_start:
    adrp    x9, root_stack_top
    add     x9, x9, :lo12:root_stack_top
    mov     sp, x9
    mov     x29, xzr
    mov     x30, xzr
    b       root_start
    .size _start, . - _start

    .section .bss.root_stack, "aw", %nobits
    .balign 16
root_stack:
    .skip   16384
root_stack_top:
