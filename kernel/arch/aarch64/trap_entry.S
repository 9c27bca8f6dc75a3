/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exception vectors. User registers go straight into the current thread's context: TPIDR_EL1 points
 * to it while the thread runs, SP_EL1 is the top of the one kernel stack. Next: trap/trap.c.
 */
#include <arch/trap_offsets.h>

#define ESR_CLASS 26 /* bits 31:26 of ESR_EL1; those above are zero for SVC */
#define CLASS_SVC 0x15

/*
 * In:  interrupted registers; SP_EL1 = kernel_stack_top, TPIDR_EL1 = context.
 * Out: x0 = context, all else saved there. Clobbers x1..x7.
 */
.macro save_context
    stp     x0, x1, [sp, #-16]!
    mrs     x0, tpidr_el1
    stp     x2, x3, [x0, #TF_X(2)]
    stp     x4, x5, [x0, #TF_X(4)]
    stp     x6, x7, [x0, #TF_X(6)]
    stp     x8, x9, [x0, #TF_X(8)]
    stp     x10, x11, [x0, #TF_X(10)]
    stp     x12, x13, [x0, #TF_X(12)]
    stp     x14, x15, [x0, #TF_X(14)]
    stp     x16, x17, [x0, #TF_X(16)]
    stp     x18, x19, [x0, #TF_X(18)]
    stp     x20, x21, [x0, #TF_X(20)]
    stp     x22, x23, [x0, #TF_X(22)]
    stp     x24, x25, [x0, #TF_X(24)]
    stp     x26, x27, [x0, #TF_X(26)]
    stp     x28, x29, [x0, #TF_X(28)]
    ldp     x1, x2, [sp], #16
    stp     x1, x2, [x0, #TF_X(0)]
    mrs     x3, sp_el0
    mrs     x4, elr_el1
    mrs     x5, spsr_el1
    mrs     x6, tpidr_el0
    mrs     x7, tpidrro_el0
    stp     x30, x3, [x0, #TF_X(30)]
    stp     x4, x5, [x0, #TF_PC]
    stp     x6, x7, [x0, #TF_TPIDR_EL0]
.endm

.macro vector target
    .balign 128
    b       \target
.endm

    .section .text.vectors, "ax"
    .balign 2048
    .global arch_vectors
arch_vectors:
    /* Current EL with SP_EL0: never used. */
    vector  in_kernel
    vector  in_kernel
    vector  in_kernel
    vector  in_kernel
    /* Current EL with SP_EL1: the kernel itself, or the idle thread waiting for an interrupt. */
    vector  in_kernel
    vector  in_idle
    vector  in_kernel
    vector  in_kernel
    /* Lower EL, AArch64. */
    vector  from_user_sync
    vector  from_user_irq
    vector  in_kernel
    vector  in_kernel
    /* Lower EL, AArch32: no thread can get there. */
    vector  in_kernel
    vector  in_kernel
    vector  in_kernel
    vector  in_kernel

from_user_sync:
    save_context
    mrs     x1, esr_el1
    lsr     x2, x1, #ESR_CLASS
    cmp     x2, #CLASS_SVC
    b.eq    trap_syscall
    mrs     x2, far_el1
    b       trap_main

from_user_irq:
    save_context
    b       trap_interrupt

/* The idle thread has no registers that matter. */
in_idle:
    mrs     x0, tpidr_el1
    mrs     x1, elr_el1
    b       trap_interrupt_idle

/* In: an exception that the kernel took, or one that nothing here causes. The stack starts anew. */
in_kernel:
    ldr     x0, =kernel_stack_top
    mov     sp, x0
    mrs     x0, esr_el1
    mrs     x1, elr_el1
    mov     x29, xzr
    mov     x30, xzr
    b       trap_in_kernel
    .ltorg

/*
 * void arch_return_to_user(struct trap_frame *tf)
 * In:  x0 = context of the thread that runs next. Does not return.
 */
    .text
    .balign 64
    .global arch_return_to_user
arch_return_to_user:
    msr     tpidr_el1, x0
    ldr     x1, =kernel_stack_top
    mov     sp, x1
    clrex                           /* a reservation must not survive a switch */
    ldp     x30, x3, [x0, #TF_X(30)]
    ldp     x4, x5, [x0, #TF_PC]
    ldp     x6, x7, [x0, #TF_TPIDR_EL0]
    msr     sp_el0, x3
    mov     w5, w5                  /* without FRAME_INTERRUPTED */
    msr     elr_el1, x4
    msr     spsr_el1, x5
    msr     tpidr_el0, x6
    msr     tpidrro_el0, x7
    ldp     x2, x3, [x0, #TF_X(2)]
    ldp     x4, x5, [x0, #TF_X(4)]
    ldp     x6, x7, [x0, #TF_X(6)]
    ldp     x8, x9, [x0, #TF_X(8)]
    ldp     x10, x11, [x0, #TF_X(10)]
    ldp     x12, x13, [x0, #TF_X(12)]
    ldp     x14, x15, [x0, #TF_X(14)]
    ldp     x16, x17, [x0, #TF_X(16)]
    ldp     x18, x19, [x0, #TF_X(18)]
    ldp     x20, x21, [x0, #TF_X(20)]
    ldp     x22, x23, [x0, #TF_X(22)]
    ldp     x24, x25, [x0, #TF_X(24)]
    ldp     x26, x27, [x0, #TF_X(26)]
    ldp     x28, x29, [x0, #TF_X(28)]
    ldp     x0, x1, [x0, #TF_X(0)]
    eret
    .ltorg

/*
 * The idle thread: EL1h, interrupts on, no stack of its own. Instructions before and after the wait
 * may be interrupted; the context is made afresh each time it is chosen.
 */
    .global arch_idle
arch_idle:
    wfi
    b       arch_idle
