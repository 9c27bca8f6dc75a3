/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exception vectors. User registers go straight into the current thread's context: TPIDR_EL1 points
 * to it while the thread runs, SP_EL1 is the top of the one kernel stack. Next: trap/trap.c.
 */
#include <arch/trap_offsets.h>
#include <rcoe/registers.inc>

#define ESR_CLASS 26 /* bits 31:26 of ESR_EL1; those above are zero for SVC */
#define CLASS_SVC 0x15

/* The call that gives a replica up, asserted in trap/panic.c. */
#define SHIM_IMMEDIATE 0x54
#define SHIM_PANIC 3
#define KERNEL_TRAP 0x1001

.macro no_sum sum, a, b
.endm

/* Saves two registers, and takes them into the sum in w1. */
.macro save_pair a, b, next
    stp     x\a, x\b, [x0, #TF_X(\a)]
    \next  w1, x\a, x\b
.endm

/*
 * In:  interrupted registers; SP_EL1 = kernel_stack_top, TPIDR_EL1 = context; macros of
 *      rcoe/registers.inc, or none.
 * Out: x0 = context, all else saved there; w1 = their sum but for the last pair, x6 and x7.
 * Clobbers x2..x7.
 */
.macro save_context first, next
    stp     x0, x1, [sp, #-16]!
    mrs     x0, tpidr_el1
    save_pair 2, 3, \first
    save_pair 4, 5, \next
    save_pair 6, 7, \next
    save_pair 8, 9, \next
    save_pair 10, 11, \next
    save_pair 12, 13, \next
    save_pair 14, 15, \next
    save_pair 16, 17, \next
    save_pair 18, 19, \next
    save_pair 20, 21, \next
    save_pair 22, 23, \next
    save_pair 24, 25, \next
    save_pair 26, 27, \next
    save_pair 28, 29, \next
    ldp     x2, x3, [sp], #16
    stp     x2, x3, [x0, #TF_X(0)]
    \next   w1, x2, x3
    mrs     x3, sp_el0
    mrs     x4, elr_el1
    mrs     x5, spsr_el1
    mrs     x6, tpidr_el0
    mrs     x7, tpidrro_el0
    stp     x30, x3, [x0, #TF_X(30)]
    \next   w1, x30, x3
    stp     x4, x5, [x0, #TF_PC]
    \next   w1, x4, x5
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
    save_context registers_first, registers_next
    registers_last w2, w1, x6, x7
    mrs     x1, esr_el1
    lsr     x3, x1, #ESR_CLASS
    cmp     x3, #CLASS_SVC
    b.eq    trap_syscall
    mrs     x3, far_el1
    b       trap_main

from_user_irq:
    save_context no_sum, no_sum
    b       trap_interrupt

/* The idle thread has no registers that matter. */
in_idle:
    mrs     x0, tpidr_el1
    mrs     x1, elr_el1
    b       trap_interrupt_idle

/*
 * An exception that the kernel took, or one that nothing here causes, gives the replica up. From
 * this very page, without a stack: page tables that were hit would fault here for ever otherwise,
 * until the others lose patience.
 */
in_kernel:
    mrs     x0, esr_el1
    mrs     x1, elr_el1
/*
 * _Noreturn void trap_in_kernel(uint64_t esr, uint64_t pc)
 * The syndrome rides in the upper half of the code: it is a 32-bit register here.
 */
    .global trap_in_kernel
trap_in_kernel:
    mov     x2, x1
    mov     x3, #KERNEL_TRAP
    orr     x1, x3, x0, lsl #32
    mov     x0, #SHIM_PANIC
    hvc     #SHIM_IMMEDIATE

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
