/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel objects as they lie in user-donated memory. Zero bytes are the state after Retype. */
#pragma once

#include <kernel/abi.h>
#include <kernel/cap.h>
#include <kernel/trap_frame.h>
#include <kernel/types.h>

enum thread_status { /* 0 is what Retype leaves */
                     THREAD_INACTIVE,
                     THREAD_RUNNING,
                     THREAD_RESTART,
                     THREAD_BLOCKED_ON_SEND,
                     THREAD_BLOCKED_ON_RECEIVE,
                     THREAD_BLOCKED_ON_NOTIFICATION,
                     THREAD_BLOCKED_ON_REPLY,
                     THREAD_IDLE,
};
enum tcb_slot {
    TCB_CSPACE,
    TCB_VSPACE,
    TCB_BUFFER,
    TCB_FAULT_HANDLER,
    TCB_TIMEOUT_HANDLER,
    TCB_SLOTS
};
#define TCB_FLAG_FPU_DISABLED 1u

struct fault {
    enum fault_type type;
    enum lookup_failure lookup; /* FAULT_CAP */
    word_t word[4];        /* cap: address, in receive phase; vm: address, fsr, instruction; ... */
    word_t lookup_word[3]; /* bits left, then per lookup failure */
};

struct fpu_state {
    uint64_t v[64]; /* V0..V31, 128 bits each */
    uint32_t fpsr;
    uint32_t fpcr;
};

struct tcb {
    struct trap_frame context; /* first: trap_entry.S saves here */
    struct fpu_state fpu;
    struct cte slot[TCB_SLOTS];
    word_t fault_pc; /* where the thread restarts (svc or faulting instruction) */
    enum thread_status status;
    bool in_ready_queue;
    bool in_release_queue;
    bool blocking_is_call;
    bool blocking_can_grant;
    bool blocking_can_grant_reply;
    uint8_t priority;
    uint8_t mcp;
    uint8_t domain;
    uint32_t flags;
    word_t blocking_badge;
    word_t blocking_stamp; /* senders: how many had blocked before */
    void *blocking_object; /* endpoint or notification */
    struct reply *reply;   /* receiving with, or blocked on */
    struct notification *bound_notification;
    struct sched_context *sched_context;
    struct sched_context *yield_to; /* sc whose YieldTo this thread is waiting for */
    vaddr_t buffer_vaddr;
    word_t progress; /* of a preempted operation: invocation.h */
    const void *progress_of;
    struct fault fault;
    struct tcb *queue_next, *queue_prev; /* ready or release queue */
    struct tcb *ep_next, *ep_prev;       /* endpoint or notification queue */
    struct tcb_debug debug;              /* hardware_debug.h */
    struct tcb *debug_next, *debug_prev; /* debug builds: all threads */
    char name[32];                       /* debug builds; NUL terminated */
};
_Static_assert(offsetof(struct tcb, context) == 0, "trap_entry.S relies on it");
_Static_assert(sizeof(struct tcb) <= BIT(TCB_BITS), "a TCB object");

enum queue_kind { QUEUE_IDLE, QUEUE_SEND, QUEUE_RECEIVE };
struct endpoint {
    word_t head_kind; /* struct tcb * of the head, low 2 bits: enum queue_kind */
    struct tcb *tail;
};
_Static_assert(sizeof(struct endpoint) == BIT(ENDPOINT_BITS), "16 bytes");

enum notification_state { NOTIFICATION_IDLE, NOTIFICATION_WAITING, NOTIFICATION_ACTIVE };
struct notification {
    enum notification_state state;
    struct tcb *head, *tail;
    word_t badge;
    struct tcb *bound_tcb;
    struct sched_context *sched_context;
};
_Static_assert(sizeof(struct notification) <= BIT(NOTIFICATION_BITS), "64 bytes");

/* A reply object links a blocked caller, and the stack of calls along which one SC travels. */
struct reply {
    struct tcb *tcb;
    word_t prev; /* towards the first caller: struct reply * */
    word_t next; /* towards the callee: struct reply *, or the SC with bit 0 set at the head */
};
_Static_assert(sizeof(struct reply) <= BIT(REPLY_BITS), "32 bytes");

struct refill {
    ticks_t time;
    ticks_t amount;
};
struct sched_context {
    ticks_t period; /* 0: round robin */
    ticks_t budget;
    ticks_t consumed;
    word_t badge;
    struct tcb *tcb;
    struct reply *reply; /* head of the call stack */
    struct notification *notification;
    struct tcb *yield_from;
    uint16_t refill_max; /* 0: not configured */
    uint16_t refill_head;
    uint16_t refill_count;
    uint16_t flags; /* 1: sporadic */
    word_t reserved[3];
    struct refill refill[]; /* ring */
};
_Static_assert(sizeof(struct sched_context) == 96, "refill limit formula of the API");
