/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls: syscall/, reached from trap/trap.c. */
#pragma once

#include <kernel/invocation.h>

/* The current thread executed SVC with this number in x7. The budget check is made inside. */
void syscall_handle(int64_t number);

/* ---- syscall/invoke.c ------------------------------------------------------------------------ */

struct invoke_mode {
    bool blocking;
    bool is_call;
    bool can_donate;
    bool first_phase;
};
/* EXCEPTION_PREEMPTED: the system call runs again; NONE: done, whatever became of it. */
enum exception invoke(cptr_t cptr, struct invoke_mode mode) MUST_USE;

/* ---- syscall/message.c ----------------------------------------------------------------------- */

/* Answers of the kernel to a Call. */
void reply_from_kernel_error(struct tcb *tcb);
void reply_from_kernel_success(struct tcb *tcb, word_t length);

/* ---- syscall/debug.c, or debug_none.c -------------------------------------------------------- */

/* True: it was a debug system call of this build, and it is done. */
bool debug_syscall(int64_t number);
/* The list of all threads, state.debug_threads, is kept in debug builds only. */
void debug_thread_begins(struct tcb *tcb);
void debug_thread_ends(struct tcb *tcb);

/* ---- syscall/console.c ----------------------------------------------------------------------- */

void debug_print(const char *text);
void debug_print_hex(word_t value);
