/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TERNION_HARDWARE_DEBUG: breakpoints, watchpoints and single steps of threads (abi 3.1 to 3.3, 6).
 * object/tcb_debug.c decides, arch/<isa>/debug.c knows the registers. The hooks are called where
 * the other form of this file has empty functions.
 */
#pragma once

#include <kernel/types.h>

#define ABI_DEBUG_LABELS 4 /* all later ones move up by as many */
#define ABI_TCB_BITS 12
enum debug_label {
    LABEL_TCB_SET_BREAKPOINT = 16,
    LABEL_TCB_GET_BREAKPOINT,
    LABEL_TCB_UNSET_BREAKPOINT,
    LABEL_TCB_CONFIGURE_SINGLE_STEPPING,
};

#define BREAKPOINTS 10u     /* of instructions, then of data */
#define FIRST_WATCHPOINT 6u /* the first one of data */
#define SPSR_STEP BIT(21)   /* SS: the next instruction is executed before the step exception */

enum breakpoint_type { /* also the reasons of a fault */
                       BREAK_DATA,
                       BREAK_INSTRUCTION,
                       BREAK_STEP,
                       BREAK_REQUEST /* BRK */
};
enum breakpoint_access { BREAK_ON_READ, BREAK_ON_WRITE, BREAK_ON_READ_WRITE };

struct fault;
struct invocation;
struct tcb;
struct trap_frame;

struct breakpoint {
    vaddr_t vaddr;
    uint8_t size; /* bytes; 0 for instructions */
    uint8_t access;
    bool enabled;
};
struct tcb_debug {
    struct breakpoint breakpoint[BREAKPOINTS];
    bool stepping;
    bool step_pending; /* the step was made, but not yet dealt with: no budget */
    word_t steps_left; /* until the fault */
};
struct kernel_debug {
    bool loaded; /* breakpoints are in the registers, or single steps are on */
};

/* ---- object/tcb_debug.c ---------------------------------------------------------------------- */

/* False: not one of the four labels. */
bool debug_invocation(struct invocation *inv, enum exception *status) MUST_USE;
/* What happened to the running thread was a debug exception: its fault is raised, or it goes on. */
bool debug_raise(enum breakpoint_type reason, vaddr_t address) MUST_USE;
/* Words of the fault's message behind the address. */
word_t debug_fault_words(const struct fault *fault);
/* The answer: `count` is the first of `length` words. False: the thread does not go on. */
bool debug_fault_reply(struct tcb *faulter, word_t length, word_t count) MUST_USE;

/* ---- arch/<isa>/debug.c ---------------------------------------------------------------------- */

/* Once, at the end of boot: nothing is armed, and EL0 has no way to the debugger's registers. */
void debug_cpu_init(void);
/* Before the budget is looked at: a step that was made is not made again. */
void debug_exception_begins(uint64_t esr);
/* True: it was a debug exception, and it is dealt with. */
bool debug_exception(uint64_t esr, uint64_t far) MUST_USE;
/* The thread goes on with an instruction that it did not execute. */
void debug_restart(struct tcb *tcb);
/* The kernel executed the instruction in its place. */
void debug_skipped(struct trap_frame *tf);
/* Loads the registers for the thread that runs next. */
void debug_prepare(struct tcb *next);
