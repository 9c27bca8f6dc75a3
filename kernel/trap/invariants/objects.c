/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints, notifications, reply objects, interrupt lines. */
#include "census.h"

#define NEXT_IS_SC 1u

struct broken endpoint_check(struct census *census, struct endpoint *ep)
{
    enum queue_kind kind = (enum queue_kind)(ep->head_kind & MASK(2));
    const struct tcb *head = (const struct tcb *)(ep->head_kind & ~MASK(2));

    if (kind > QUEUE_RECEIVE || (kind == QUEUE_IDLE) != (head == NULL)) {
        return broken(INVARIANT_ENDPOINT_KIND, ep);
    }
    return waiters_check(census, head, ep->tail, ep,
                         kind == QUEUE_SEND ? THREAD_BLOCKED_ON_SEND : THREAD_BLOCKED_ON_RECEIVE);
}

struct broken notification_check(struct census *census, struct notification *ntfn)
{
    const struct tcb *bound = ntfn->bound_tcb;

    census->balance[INVARIANT_LIVE_THREAD_NOTIFICATION] -= bound != NULL;
    census->balance[INVARIANT_LIVE_NOTIFICATION_CONTEXT] += ntfn->sched_context != NULL;
    if (ntfn->state > NOTIFICATION_ACTIVE ||
        (ntfn->state == NOTIFICATION_WAITING) != (ntfn->head != NULL) ||
        (ntfn->state != NOTIFICATION_ACTIVE && ntfn->badge != 0)) {
        return broken(INVARIANT_NOTIFICATION_STATE, ntfn);
    }
    /* Only the bound thread may wait. */
    if (bound != NULL && (bound->bound_notification != ntfn ||
                          (ntfn->head != NULL && (ntfn->head != bound || ntfn->tail != bound)))) {
        return broken(INVARIANT_NOTIFICATION_BOUND, ntfn);
    }
    if (ntfn->sched_context != NULL && ntfn->sched_context->notification != ntfn) {
        return broken(INVARIANT_NOTIFICATION_CONTEXT, ntfn);
    }
    return waiters_check(census, ntfn->head, ntfn->tail, ntfn, THREAD_BLOCKED_ON_NOTIFICATION);
}

static struct broken reply_stack_check(struct census *census, const struct reply *reply)
{
    const struct reply *below = (const struct reply *)reply->prev;
    const struct reply *above = (const struct reply *)reply->next;
    const struct sched_context *sc = (const struct sched_context *)(reply->next & ~MASK(1));

    if (below != NULL) {
        census->balance[INVARIANT_LIVE_STACK]++;
        if (below->next != (word_t)reply) {
            return broken(INVARIANT_REPLY_STACK, reply);
        }
    }
    if ((reply->next & NEXT_IS_SC) != 0) {
        census->balance[INVARIANT_LIVE_STACK_HEAD]++;
        return sound_if(sc->reply == reply, INVARIANT_REPLY_STACK, reply);
    }
    if (above != NULL) {
        census->balance[INVARIANT_LIVE_STACK]--;
        return sound_if(above->prev == (word_t)reply, INVARIANT_REPLY_STACK, reply);
    }
    return sound();
}

struct broken reply_check(struct census *census, struct reply *reply)
{
    const struct tcb *tcb = reply->tcb;
    bool in_stack = (reply->prev | reply->next) != 0;

    census->balance[INVARIANT_LIVE_THREAD_REPLY] -= tcb != NULL;
    if (tcb != NULL && (tcb->reply != reply || (tcb->status != THREAD_BLOCKED_ON_RECEIVE &&
                                                tcb->status != THREAD_BLOCKED_ON_REPLY))) {
        return broken(INVARIANT_REPLY_THREAD, reply);
    }
    if (in_stack && (tcb == NULL || tcb->status != THREAD_BLOCKED_ON_REPLY)) {
        return broken(INVARIANT_REPLY_STACK, reply);
    }
    return reply_stack_check(census, reply);
}

struct broken irq_handler_check(struct census *census, word_t irq)
{
    if (irq >= IRQS || !state.irq[irq].active) {
        return broken(INVARIANT_IRQ, irq < IRQS ? &state.irq[irq] : NULL);
    }
    census->balance[INVARIANT_LIVE_IRQ]--;
    return sound();
}

struct broken irqs_check(struct census *census)
{
    for (word_t irq = 0; irq < IRQS; irq++) {
        const struct irq_state *line = &state.irq[irq];
        struct broken found = container_check(census, &line->slot, 1, 1);

        if (found.what != INVARIANT_NONE) {
            return found;
        }
        switch (cap_type(line->slot.cap)) {
        case CAP_NULL:
            break;
        case CAP_NOTIFICATION:
        case CAP_ZOMBIE: /* its deletion was preempted */
            found = sound_if(line->active, INVARIANT_IRQ, line);
            break;
        default:
            found = broken(INVARIANT_IRQ, line);
            break;
        }
        if (found.what != INVARIANT_NONE) {
            return found;
        }
        census->balance[INVARIANT_LIVE_IRQ] += line->active && irq != IRQ_VIRTUAL_TIMER;
    }
    return sound();
}
