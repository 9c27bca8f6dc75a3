/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel without an address space: threads, IPC, time and capabilities, compiled natively.
 * Tests act as the running thread does, by registers and system call numbers. One CSpace for all
 * threads: a slot number is its capability pointer.
 */
#pragma once

#include <stdlib.h>

#include "unit.h"

#include <kernel/invocation.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>

#define THREADS 8u
#define OBJECTS 4u /* endpoints, notifications */
#define US 1000u   /* one millisecond in microseconds */

/* Slots. */
enum host_slot {
    SLOT_ROOT = 1,
    SLOT_CONTROL, /* SchedControl */
    SLOT_DOMAINS,
    SLOT_TCB = 8,
    SLOT_SC = 16,
    SLOT_REPLY_OBJECT = 24,
    SLOT_ENDPOINT = 32,
    SLOT_NOTIFICATION = 36,
    SLOT_FREE = 40, /* empty after host_start() */
    HOST_SLOTS = 64
};

struct host_sc {
    struct sched_context sc;
    struct refill refills[10]; /* size bits 8 */
};
/* What the kernel changes of the processor: whose FP registers and address space are loaded. */
struct host_processor {
    struct fpu_state fpu;
    bool fpu_allowed;
    struct tcb *address_space;
};
extern struct host_processor host_processor;
extern struct tcb host_threads[THREADS], host_idle;
extern struct host_sc host_contexts[THREADS];
extern struct tcb *const thread[THREADS];
extern struct sched_context *const context[THREADS];
extern struct reply reply[THREADS];
extern struct endpoint endpoint[OBJECTS];
extern struct notification notification[OBJECTS];
extern struct cte slots[HOST_SLOTS];
/* A second way to the slots, through two CNodes; index 1 of the outer one is empty. */
#define HOST_OUTER 4u
extern struct cte host_outer[HOST_OUTER];
extern word_t host_buffer[THREADS][128];

#define HOST_CONSOLE 4096u
extern char host_console[HOST_CONSOLE]; /* what the kernel printed since host_start() */
extern word_t host_firmware_call;       /* function of the last one, 0 none */

/* Everything made, nothing running; the time is 1 s. */
void host_start(void);
/* From now on the thread's addresses go through two CNodes; slot numbers stay. */
void host_two_levels(unsigned i);
/* Thread i gets a priority and, unless budget is 0, a scheduling context (budget == period: RR). */
void host_prepare(unsigned i, word_t priority, word_t budget_us, word_t period_us);
/* host_prepare() and resume; the best thread is then the current one. */
void host_run(unsigned i, word_t priority, word_t budget_us, word_t period_us);

/* A system call of the current thread; returns nothing: look at the threads. */
struct host_call {
    int64_t number;
    word_t cptr, label, unwrapped, length, caps, reply, destination; /* x0, x1, x6, x8 */
    word_t mr[6];
    word_t cap[3]; /* extra caps */
};
void host_syscall(struct host_call call);
/* Call of a kernel object by the current thread: the error code; MRs stay in its registers. */
word_t host_invoke(struct host_call call);
/* Time passes in user mode; the timer fires when the kernel asked for it. */
void host_pass(word_t us);
/* A fault of the current thread: an invalid memory access, or the fetch of an instruction. */
void host_vm_fault(word_t address);
void host_fetch_fault(void);

void host_badge(unsigned destination, unsigned source, word_t badge); /* Mint */

static inline word_t host_mr(unsigned i, unsigned word)
{
    return thread[i]->context.x[2 + word];
}
/* The current thread's number; THREADS: idle. */
unsigned host_current(void);
/* Every queue, link and sum in the system is consistent. */
void host_check_invariants(void);
