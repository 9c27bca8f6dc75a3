/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hot paths: the frequent kernel entries, each in a short file of kernel/hot, in the same shape:
 * check everything, then commit. A path that returns false has written nothing; the slow path
 * (syscall/, ipc/, sched/) then does the entry, and is the specification of what a hot path does.
 * tests/unit/sched feeds both the same inputs.
 */
#pragma once

#include <kernel/object.h>
#include <rcoe/rcoe.h>

/*
 * Entries that only hand a running scheduling context from thread to thread: Call to a passive
 * server, ReplyRecv to its caller, a memory fault to a passive handler, and the reply to it. They
 * read no time, since the same context goes on paying, and leave the deadline alone. True: done;
 * state.current runs next.
 */
bool hot_syscall(const struct trap_frame *tf);
bool hot_exception(const struct rcoe_event *event, const struct trap_frame *tf);

bool hot_call(struct tcb *caller);
bool hot_reply_recv(struct tcb *server);
bool hot_fault(struct tcb *faulter, word_t address, uint64_t esr, bool instruction);

/*
 * System calls on notifications, called by syscall/ after the budget check. What they wake is
 * scheduled by sched_run() as always. hot_wait: false, too, if it would have to block.
 */
bool hot_signal(struct tcb *sender);
bool hot_notify(struct notification *ntfn, word_t badge); /* the same, for an interrupt */
bool hot_wait(struct tcb *receiver, bool blocking);
