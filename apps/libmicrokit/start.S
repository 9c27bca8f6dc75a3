/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry of a protection domain: SP is the stack's end, all else is 0 (abi section 10.2).
 * Out: main() in main.c, with TPIDR_EL0 at this thread's static block, which microkit.ld lays out.
 */
    .section .text.start, "ax"
    .global _start
    .type _start, %function
_start:
    adrp    x9, __tls_thread_pointer
    add     x9, x9, :lo12:__tls_thread_pointer
    msr     tpidr_el0, x9
    mov     x29, xzr
    mov     x30, xzr
    b       main
    .size _start, . - _start
