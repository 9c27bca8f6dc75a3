/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry of the engine's test guest: an arm64 boot image that starts at EL2 on core 0. */
    .section .head, "ax"
    .global _start
_start:
    b       start_first
    .word   0
    .quad   0x200000                /* text_offset */
    .quad   0x100000                /* image_size */
    .quad   0                       /* flags */
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .word   0

start_first:
    mov     x19, #0
    b       start_common

/* In: x0 core number (PSCI context). */
    .global start_other
start_other:
    mov     x19, x0

start_common:
    adrp    x1, stacks
    add     x1, x1, :lo12:stacks
    add     x2, x19, #1
    add     x1, x1, x2, lsl #14
    mov     sp, x1
    mov     x0, x19
    bl      guest_main
1:  wfi
    b       1b

/* In: x0 function, x1..x3 arguments. Out: x0. */
    .global psci
psci:
    smc     #0
    ret

    .section .bss
    .balign 16
stacks:
    .skip   4 << 14
