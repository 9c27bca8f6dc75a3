/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: status, queues, and what they are linked to. */
#include <arch/trap.h>

#include "census.h"

static struct broken status_check(const struct tcb *tcb)
{
    bool in_user_mode = ((tcb->context.spsr ^ arch_pstate_user) & MASK(10)) == 0;

    if (tcb->status > THREAD_BLOCKED_ON_REPLY || tcb->domain >= DOMAINS || !in_user_mode) {
        return broken(INVARIANT_THREAD_STATUS, tcb);
    }
    if (tcb->fault.type != FAULT_NONE &&
        (tcb_is_runnable(tcb) || tcb->status == THREAD_BLOCKED_ON_RECEIVE ||
         tcb->status == THREAD_BLOCKED_ON_NOTIFICATION)) {
        return broken(INVARIANT_THREAD_FAULT, tcb);
    }
    return sound();
}

/* Whoever can run is in a queue, or running: nobody is forgotten. */
static struct broken queued_check(const struct tcb *tcb)
{
    bool configured = tcb->sched_context != NULL && tcb->sched_context->refill_max > 0;
    bool current = tcb == state.current;
    unsigned int places = (unsigned)tcb->in_ready_queue + tcb->in_release_queue + current;
    bool linked = tcb->queue_next != NULL || tcb->queue_prev != NULL;

    if (places != (tcb_is_runnable(tcb) && configured ? 1u : 0u) ||
        (linked && !tcb->in_ready_queue && !tcb->in_release_queue)) {
        return broken(INVARIANT_THREAD_QUEUED, tcb);
    }
    return sound();
}

static struct broken waiting_check(struct census *census, const struct tcb *tcb)
{
    bool waits = tcb->status == THREAD_BLOCKED_ON_SEND ||
                 tcb->status == THREAD_BLOCKED_ON_RECEIVE ||
                 tcb->status == THREAD_BLOCKED_ON_NOTIFICATION;

    if (waits) {
        census->balance[INVARIANT_LIVE_WAITERS]++;
        return sound_if(tcb->blocking_object != NULL, INVARIANT_THREAD_WAITING, tcb);
    }
    return sound_if(tcb->ep_next == NULL && tcb->ep_prev == NULL, INVARIANT_THREAD_WAITING, tcb);
}

static struct broken links_check(struct census *census, const struct tcb *tcb)
{
    bool may_have_reply =
        tcb->status == THREAD_BLOCKED_ON_RECEIVE || tcb->status == THREAD_BLOCKED_ON_REPLY;
    bool must_have_reply = tcb->status == THREAD_BLOCKED_ON_REPLY;

    census->balance[INVARIANT_LIVE_THREAD_CONTEXT] += tcb->sched_context != NULL;
    census->balance[INVARIANT_LIVE_THREAD_NOTIFICATION] += tcb->bound_notification != NULL;
    census->balance[INVARIANT_LIVE_THREAD_REPLY] += tcb->reply != NULL;
    census->balance[INVARIANT_LIVE_THREAD_YIELD] += tcb->yield_to != NULL;
    if (tcb->sched_context != NULL && tcb->sched_context->tcb != tcb) {
        return broken(INVARIANT_THREAD_CONTEXT, tcb);
    }
    if (tcb->bound_notification != NULL && tcb->bound_notification->bound_tcb != tcb) {
        return broken(INVARIANT_THREAD_NOTIFICATION, tcb);
    }
    if (tcb->reply == NULL ? must_have_reply : tcb->reply->tcb != tcb || !may_have_reply) {
        return broken(INVARIANT_THREAD_REPLY, tcb);
    }
    if (tcb->yield_to != NULL && (tcb->yield_to->yield_from != tcb || !tcb_is_runnable(tcb))) {
        return broken(INVARIANT_THREAD_YIELD, tcb);
    }
    return sound();
}

static bool is_one_of(struct cap cap, enum cap_type a, enum cap_type b)
{
    return cap_type(cap) == CAP_NULL || cap_type(cap) == a || cap_type(cap) == b;
}

/* A zombie: the deletion of what was in the slot was preempted. */
static struct broken slots_check(struct census *census, const struct tcb *tcb)
{
    const struct cte *slot = tcb->slot;
    struct cap buffer = slot[TCB_BUFFER].cap;

    if (!is_one_of(slot[TCB_CSPACE].cap, CAP_CNODE, CAP_ZOMBIE) ||
        !is_one_of(slot[TCB_VSPACE].cap, CAP_VSPACE, CAP_NULL) ||
        !is_one_of(buffer, CAP_FRAME, CAP_NULL) ||
        !is_one_of(slot[TCB_FAULT_HANDLER].cap, CAP_ENDPOINT, CAP_ZOMBIE) ||
        !is_one_of(slot[TCB_TIMEOUT_HANDLER].cap, CAP_ENDPOINT, CAP_ZOMBIE)) {
        return broken(INVARIANT_THREAD_SLOT, tcb);
    }
    if (cap_type(buffer) == CAP_FRAME &&
        (frame_is_device(buffer) || (tcb->buffer_vaddr & MASK(IPC_BUFFER_BITS)) != 0)) {
        return broken(INVARIANT_THREAD_BUFFER, tcb);
    }
    return container_check(census, slot, TCB_SLOTS, TCB_SLOTS);
}

static struct broken fpu_check(struct census *census, const struct tcb *tcb)
{
    if (tcb != state.fpu_owner) {
        return sound();
    }
    census->balance[INVARIANT_LIVE_FPU_OWNER]--;
    return sound_if((tcb->flags & TCB_FLAG_FPU_DISABLED) == 0, INVARIANT_FPU_OWNER, tcb);
}

struct broken thread_check(struct census *census, struct tcb *tcb)
{
    struct broken found = status_check(tcb);

    census->balance[INVARIANT_LIVE_READY] += tcb->in_ready_queue;
    census->balance[INVARIANT_LIVE_RELEASE] += tcb->in_release_queue;
    census->balance[INVARIANT_LIVE_CURRENT] -= tcb == state.current;
    if (found.what == INVARIANT_NONE) {
        found = links_check(census, tcb);
    }
    if (found.what == INVARIANT_NONE) {
        found = queued_check(tcb);
    }
    if (found.what == INVARIANT_NONE) {
        found = waiting_check(census, tcb);
    }
    if (found.what == INVARIANT_NONE) {
        found = fpu_check(census, tcb);
    }
    return found.what == INVARIANT_NONE ? slots_check(census, tcb) : found;
}

struct broken thread_ended_check(const struct tcb *tcb)
{
    bool linked = tcb->sched_context != NULL || tcb->bound_notification != NULL ||
                  tcb->reply != NULL || tcb->yield_to != NULL || tcb->in_ready_queue ||
                  tcb->in_release_queue;

    return sound_if(tcb->status == THREAD_INACTIVE && !linked && tcb != state.current &&
                        tcb != state.fpu_owner,
                    INVARIANT_THREAD_ENDED, tcb);
}
