/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reply objects (abi 3.6). A scheduling context that travels along a chain of calls keeps the
 * stack of their reply objects: sc->reply is the newest (head), prev leads to the first caller.
 * head.next is the SC with bit 0 set; below the head, next leads towards the callee.
 */
#include <kernel/changed.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>

#define NEXT_IS_SC 1u

static bool is_head(const struct reply *reply)
{
    return (reply->next & NEXT_IS_SC) != 0;
}

static struct sched_context *head_sc(const struct reply *reply)
{
    return (struct sched_context *)(reply->next & ~(word_t)NEXT_IS_SC);
}

static struct reply *below(const struct reply *reply)
{
    return (struct reply *)reply->prev;
}

void reply_push(struct reply *reply, struct tcb *caller, struct tcb *callee, bool can_donate)
{
    struct sched_context *sc = caller->sched_context;

    reply->tcb = caller;
    caller->reply = reply;
    changed_reply(reply);
    sched_set_status(caller, THREAD_BLOCKED_ON_REPLY);
    if (!can_donate || sc == NULL || callee->sched_context != NULL) {
        return;
    }
    reply->prev = (word_t)sc->reply;
    if (sc->reply != NULL) {
        sc->reply->next = (word_t)reply;
        changed_reply(sc->reply);
    }
    reply->next = (word_t)sc | NEXT_IS_SC;
    sc->reply = reply;
    changed_reply(reply);
    changed_context(sc);
    sched_context_donate(sc, callee);
}

void reply_unlink(struct reply *reply)
{
    struct tcb *tcb = reply->tcb;

    reply->tcb = NULL;
    tcb->reply = NULL;
    changed_reply(reply);
    sched_set_status(tcb, THREAD_INACTIVE);
}

/* Cuts the stack above and below the reply object. */
static void cut(struct reply *reply)
{
    if (is_head(reply)) {
        head_sc(reply)->reply = NULL;
        changed_context(head_sc(reply));
    } else if (reply->next != 0) {
        ((struct reply *)reply->next)->prev = 0;
        changed_reply((struct reply *)reply->next);
    }
    if (reply->prev != 0) {
        below(reply)->next = 0;
        changed_reply(below(reply));
    }
    reply->prev = 0;
    reply->next = 0;
    changed_reply(reply);
}

/* The call ends: at the head of a stack the SC goes back to a caller that has none. */
static void end_call(struct reply *reply)
{
    struct tcb *caller = reply->tcb;

    if (is_head(reply)) {
        struct sched_context *sc = head_sc(reply);

        sc->reply = below(reply);
        if (reply->prev != 0) {
            below(reply)->next = reply->next;
            changed_reply(below(reply));
        }
        reply->prev = 0;
        reply->next = 0;
        changed_reply(reply);
        changed_context(sc);
        if (caller->sched_context == NULL) {
            sched_context_donate(sc, caller);
        }
    } else {
        cut(reply);
    }
    reply_unlink(reply);
}

void reply_cancel(struct tcb *caller)
{
    struct reply *reply = caller->reply;

    cut(reply);
    reply_unlink(reply);
}

void reply_finalise(struct reply *reply)
{
    if (reply->tcb == NULL) {
        return;
    }
    if (reply->tcb->status == THREAD_BLOCKED_ON_REPLY) {
        end_call(reply);
    } else {
        ipc_cancel(reply->tcb); /* it was receiving with this object */
    }
}

/* The answered thread may go on; without budget it waits, or its timeout handler is told. */
static void resume(struct tcb *caller, enum fault_type answered)
{
    struct sched_context *sc = caller->sched_context;

    if (sc == NULL || !tcb_is_runnable(caller)) {
        return;
    }
    if (sc->refill_max > 0 && !refill_released(sc, state.now) &&
        fault_has_timeout_handler(caller) && answered != FAULT_TIMEOUT) {
        fault_raise_timeout(caller);
    } else {
        sched_wake(caller);
    }
}

void reply_send(struct reply *reply, struct tcb *sender, bool can_grant)
{
    struct tcb *caller = reply->tcb;
    enum fault_type answered;

    if (caller == NULL || caller->status != THREAD_BLOCKED_ON_REPLY) {
        return;
    }
    end_call(reply);
    sched_context_activate(caller->sched_context);
    answered = caller->fault.type;
    if (answered == FAULT_NONE) {
        ipc_transfer(sender, NULL, 0, can_grant, caller);
        sched_set_status(caller, THREAD_RUNNING);
    } else {
        bool restart = fault_reply(caller, sender);

        caller->fault.type = FAULT_NONE;
        sched_set_status(caller, restart ? THREAD_RESTART : THREAD_INACTIVE);
    }
    resume(caller, answered);
}
