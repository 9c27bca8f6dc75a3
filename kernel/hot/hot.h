/* SPDX-License-Identifier: BSD-2-Clause */
/* What the hot paths share. Checks write nothing. */
#pragma once

#include <arch/trap.h>
#include <kernel/hot.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>

#define SHORT_INFO_BITS 9u                /* length and number of extra caps */
#define INFO_UNWRAPPED (UINT64_C(7) << 9) /* what the receiver does not see of the sender's */
#define REPLY_NEXT_IS_SC 1u               /* ipc/reply.c */

/* A capability by its address; NULL: not found. One level that decodes all bits is the rule. */
static ALWAYS_INLINE const struct cte *hot_slot(struct tcb *tcb, cptr_t cptr)
{
    struct cap root = tcb->slot[TCB_CSPACE].cap;
    word_t radix = cnode_radix(root);

    if (cap_type(root) == CAP_CNODE && radix + cnode_guard_size(root) == WORD_BITS &&
        cptr >> radix == cnode_guard(root)) {
        return (const struct cte *)cap_object(root) + (cptr & MASK(radix));
    }
    return lookup_slot(tcb, cptr).slot; /* NULL when it failed */
}

/* At most four words and no capabilities: registers carry it all. */
static ALWAYS_INLINE bool hot_is_short(word_t info)
{
    return (info & MASK(SHORT_INFO_BITS)) <= MESSAGE_REGISTERS;
}

/* The endpoint's first waiting receiver; NULL: it has none. */
static ALWAYS_INLINE struct tcb *hot_receiver(const struct endpoint *ep)
{
    bool receiving = (ep->head_kind & MASK(2)) == QUEUE_RECEIVE;

    return receiving ? (struct tcb *)(ep->head_kind & ~MASK(2)) : NULL;
}

/* `next` would be chosen when `current`, which has the highest priority now, stops. */
static ALWAYS_INLINE bool hot_comes_next(const struct tcb *current, const struct tcb *next)
{
    return next->domain == state.domain &&
           (next->priority >= current->priority || ready_is_highest(state.domain, next->priority));
}

static ALWAYS_INLINE void hot_pop_receiver(struct endpoint *ep, struct tcb *receiver)
{
    struct tcb *next = receiver->ep_next;

    receiver->ep_next = NULL;
    if (next != NULL) {
        next->ep_prev = NULL;
        ep->head_kind = (word_t)next | QUEUE_RECEIVE;
    } else {
        ep->head_kind = QUEUE_IDLE;
        ep->tail = NULL;
    }
}

/* Badge, info and as many words as it has. */
static ALWAYS_INLINE void hot_transfer(const struct tcb *from, struct tcb *to, word_t badge)
{
    word_t info = from->context.x[REGISTER_INFO];

    to->context.x[REGISTER_CAP] = badge;
    to->context.x[REGISTER_INFO] = info & ~INFO_UNWRAPPED;
    for (word_t i = 0; i < (info & MASK(3)); i++) {
        to->context.x[REGISTER_MESSAGE + i] = from->context.x[REGISTER_MESSAGE + i];
    }
}

static ALWAYS_INLINE void hot_switch(struct tcb *next)
{
    state.current = next;
    vspace_switch(next);
    arch_fpu_prepare(next);
    rcoe_note((word_t)next);
}

/* The caller waits for a reply, its scheduling context goes on with the receiver. */
static ALWAYS_INLINE void hot_hand_over(struct tcb *caller, struct endpoint *ep,
                                        struct tcb *receiver)
{
    struct sched_context *sc = caller->sched_context;
    struct reply *reply = receiver->reply;

    hot_pop_receiver(ep, receiver);
    receiver->reply = NULL;
    receiver->status = THREAD_RUNNING;
    receiver->sched_context = sc;
    caller->reply = reply;
    caller->status = THREAD_BLOCKED_ON_REPLY;
    caller->sched_context = NULL;
    reply->tcb = caller;
    reply->prev = (word_t)sc->reply;
    reply->next = (word_t)sc | REPLY_NEXT_IS_SC;
    if (sc->reply != NULL) {
        sc->reply->next = (word_t)reply;
    }
    sc->reply = reply;
    sc->tcb = receiver;
    hot_switch(receiver);
}

/* The first receiver of a cap that may call, if it can take over from `caller` here and now. */
static ALWAYS_INLINE struct tcb *hot_callee(const struct tcb *caller, struct cap cap)
{
    struct tcb *receiver = hot_receiver(cap_object(cap));
    bool ready = receiver != NULL && receiver->reply != NULL && receiver->sched_context == NULL;

    return ready && hot_comes_next(caller, receiver) ? receiver : NULL;
}
