/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No breakpoints and no single steps: nothing of them is in the kernel, and BRK is a user exception
 * like others. With TERNION_HARDWARE_DEBUG: ../../hardware_debug/kernel/hardware_debug.h, which
 * also says what each function is for.
 */
#pragma once

#include <kernel/types.h>

#define ABI_DEBUG_LABELS 0
#define ABI_TCB_BITS 11
#define SPSR_STEP UINT64_C(0)

struct fault;
struct invocation;
struct tcb;
struct trap_frame;

struct tcb_debug {
};
struct kernel_debug {
};

static inline void debug_cpu_init(void) {}

static inline bool debug_invocation(struct invocation *inv, enum exception *status)
{
    (void)inv;
    (void)status;
    return false;
}

static inline void debug_exception_begins(uint64_t esr)
{
    (void)esr;
}

static inline bool debug_exception(uint64_t esr, uint64_t far)
{
    (void)esr;
    (void)far;
    return false;
}

static inline void debug_restart(struct tcb *tcb)
{
    (void)tcb;
}

static inline void debug_skipped(struct trap_frame *tf)
{
    (void)tf;
}

static inline void debug_prepare(struct tcb *next)
{
    (void)next;
}

static inline word_t debug_fault_words(const struct fault *fault)
{
    (void)fault;
    return 0;
}

static inline bool debug_fault_reply(struct tcb *faulter, word_t length, word_t count)
{
    (void)faulter;
    (void)length;
    (void)count;
    return true;
}
