/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void arch_join(const struct trap_frame *next)
 * The replica stands still and the joiner gets a copy of its memory, which is compared with that of
 * the others. So nothing may be left that depends on who waited for whom: the stack is empty and
 * zero. What else the processor holds is written down in the replica's memory, and so copied and
 * compared as all of it. The joiner begins its life at the instruction behind the HVC.
 * In: x0 = context that runs next. Does not return: goes on there.
 */
#include <shim/registers.h>

#define SHIM_CALL_JOIN 12 /* enum shim_call, asserted in reintegrate.c */
#define STATUS 0x3c5      /* EL1h, all masked */
#define KERNEL_ELF_BASE 0xffffffffc0000000 /* kernel/arch/aarch64/head.S */
#define KERNEL_PHYS_BASE 0x40000000

    .section .bss.join, "aw", @nobits
    .balign 16
registers:
    .skip   REGISTERS_SIZE
next_context:
    .skip   8

    .arch_extension fp
    .arch_extension simd
    .altmacro
    .macro pair first, second
    stp     q\first, q\second, [x2, #(REGISTERS_V + \first * 16)]
    .endm

    .text
    .global arch_join
arch_join:
    ldr     x1, =next_context
    str     x0, [x1]
    ldr     x1, =kernel_stack_top
    mov     sp, x1
    ldr     x2, =kernel_stack
1:  stp     xzr, xzr, [x2], #16
    cmp     x2, x1
    b.lo    1b
    ldr     x2, =registers
    adr     x3, joined
    mov     x4, #STATUS
    stp     x3, x4, [x2, #REGISTERS_PC]
    mrs     x3, fpsr
    mrs     x4, fpcr
    stp     x3, x4, [x2, #REGISTERS_FPSR]
    str     x1, [x2, #REGISTERS_SP]
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    pair    \n, %(\n + 1)
    .endr
    add     x3, x2, #REGISTERS_EL1
    .irp reg, EL1_REGISTERS
    mrs     x4, \reg
    str     x4, [x3], #8
    .endr
    ldr     x1, =registers - KERNEL_ELF_BASE + KERNEL_PHYS_BASE
    mov     x2, #0
    mov     x0, #SHIM_CALL_JOIN
    hvc     #0x54               /* SHIM_HVC */
joined:
    ldr     x1, =next_context
    ldr     x0, [x1]
    b       arch_return_to_user /* kernel/arch/aarch64/trap_entry.S */
    .ltorg
