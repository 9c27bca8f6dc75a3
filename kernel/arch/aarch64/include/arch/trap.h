/* SPDX-License-Identifier: BSD-2-Clause */
/* What trap/, sched/ and object/ ask of the processor. The same names for every ISA. */
#pragma once

#include <kernel/object.h>

/* User context: order of TCB Read/WriteRegisters (abi 1.3). */
#define USER_CONTEXT_WORDS 36u
#define USER_CONTEXT_PC 0u
#define USER_CONTEXT_SPSR 2u
#define USER_CONTEXT_FRAME_WORDS 17u /* the rest are "integer" registers */

/* PSTATE of users besides their flags: EL0t, FIQ masked, in release builds SError too (abi 1.3). */
extern const uint64_t arch_pstate_user;

/* Registers that system calls use (abi 2.2). */
enum syscall_register {
    REGISTER_CAP = 0,
    REGISTER_INFO = 1,
    REGISTER_MESSAGE = 2,
    REGISTER_REPLY = 6,
    REGISTER_SYSCALL = 7,
    REGISTER_DESTINATION = 8
};

enum trap_class {
    TRAP_SYSCALL,
    TRAP_DATA_FAULT,
    TRAP_INSTRUCTION_FAULT,
    TRAP_COUNTER_READ, /* user read of the counter: gets agreed time */
    TRAP_EXCEPTION,
};
enum trap_class arch_trap_class(uint64_t esr);
/* far when the exception class defines it, else 0: stale values are no replicated state. */
uint64_t arch_trap_far(uint64_t esr, uint64_t far);
/* Address of the instruction that the thread repeats when it restarts. */
uint64_t arch_trap_restart_pc(const struct trap_frame *tf, uint64_t esr);
/* The same after a system call. */
static inline uint64_t arch_syscall_restart_pc(const struct trap_frame *tf)
{
    return tf->pc - 4;
}
/* Completes a trapped counter read (TRAP_COUNTER_READ) with `now`, or with the frequency. */
void arch_counter_read(struct trap_frame *tf, uint64_t esr, uint64_t now);

/*
 * Register i < USER_CONTEXT_WORDS of the user context; 0 is the restart address. Of the status
 * register users see and set what is theirs; the mark FRAME_INTERRUPTED (rcoe.h) is kept apart.
 */
word_t arch_user_register_read(struct tcb *tcb, word_t i);
void arch_user_register_write(struct tcb *tcb, word_t i, word_t value);
void arch_user_register_copy(struct tcb *to, struct tcb *from, word_t i);
/* The same for word i < SYSCALL_FAULT_WORDS of an UnknownSyscall message (abi 6.1). */
#define SYSCALL_FAULT_WORDS 12u
#define SYSCALL_FAULT_SPSR 11u
#define EXCEPTION_FAULT_WORDS 3u
#define TIMEOUT_REPLY_WORDS 34u
word_t arch_syscall_fault_read(struct tcb *tcb, word_t i);
void arch_syscall_fault_write(struct tcb *tcb, word_t i, word_t value);

/* Once per core, at the end of boot: traps of user reads of the counter, FP access. */
void arch_cpu_init(void);
/* Loads the FP registers of the thread that runs next, saving whose are there; sets its access. */
void arch_fpu_prepare(struct tcb *next);
/* A copy of the FP registers into the TCB of the thread whose they are; what it held was stale. */
void arch_fpu_keep(void);
/* The registers no longer belong to the thread; save: they are kept in its TCB. */
void arch_fpu_release(struct tcb *tcb, bool save);
/* Context that waits for an interrupt at EL1, interrupts on. */
void arch_idle_context(struct trap_frame *tf);
bool arch_is_idle(uint64_t pc); /* one of its instructions */

/* trap_entry.S */
_Noreturn void arch_return_to_user(struct trap_frame *tf);
extern char arch_vectors[];
extern char kernel_stack_top[];
