/* SPDX-License-Identifier: BSD-2-Clause */
/* What the hot paths share. Checks write nothing. */
#pragma once

#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/hot.h>
#include <kernel/invocation.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>

#define INFO_UNWRAPPED (UINT64_C(7) << 9) /* what the receiver does not see of the sender's */
#define REPLY_NEXT_IS_SC 1u               /* ipc/reply.c */

/* A capability by its address; NULL: not found. */
static ALWAYS_INLINE const struct cte *hot_slot(struct tcb *tcb, cptr_t cptr)
{
    const struct cte *slot = lookup_one_level(tcb->slot[TCB_CSPACE].cap, cptr, WORD_BITS);

    return slot != NULL ? slot : lookup_slot(tcb, cptr).slot;
}

/* The endpoint's first waiting receiver; NULL: it has none. */
static ALWAYS_INLINE struct tcb *hot_receiver(const struct endpoint *ep)
{
    word_t head = ep->head_kind ^ QUEUE_RECEIVE;

    return (head & MASK(2)) == 0 ? (struct tcb *)head : NULL;
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
        changed_links(next);
        ep->head_kind = (word_t)next | QUEUE_RECEIVE;
    } else {
        ep->head_kind = QUEUE_IDLE;
        ep->tail = NULL;
    }
}

/* Badge, info and as many words as it has, at most four. */
static ALWAYS_INLINE void hot_transfer(const struct tcb *from, struct tcb *to, word_t badge)
{
    word_t info = from->context.x[REGISTER_INFO];
    word_t length = info & MASK(3);
    const word_t *source = &from->context.x[REGISTER_MESSAGE];
    word_t *target = &to->context.x[REGISTER_MESSAGE];

    to->context.x[REGISTER_CAP] = badge;
    to->context.x[REGISTER_INFO] = info & ~INFO_UNWRAPPED;
    if (length == 0) {
        return;
    }
    target[0] = source[0];
    if (length > 1) {
        target[1] = source[1];
    }
    if (length > 2) {
        target[2] = source[2];
    }
    if (length > 3) {
        target[3] = source[3];
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
        changed_reply(sc->reply);
    }
    sc->reply = reply;
    sc->tcb = receiver;
    changed_endpoint(ep);
    changed_thread(caller);
    changed_frame(receiver);
    changed_thread(receiver);
    changed_reply(reply);
    changed_context(sc);
    hot_switch(receiver);
}

/* The first receiver of a cap that may call, if it can take over from `caller` here and now. */
static ALWAYS_INLINE struct tcb *hot_callee(const struct tcb *caller, struct cap cap)
{
    struct tcb *receiver = hot_receiver(cap_object(cap));
    bool ready = receiver != NULL && receiver->reply != NULL && receiver->sched_context == NULL;

    return ready && hot_comes_next(caller, receiver) ? receiver : NULL;
}
