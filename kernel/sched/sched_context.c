/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts: who runs on whose time (abi 3.5 to 3.7, 7.3). */
#include <kernel/changed.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

#define TICKS_PER_MS (TICKS_PER_SECOND / 1000)

ticks_t us_to_ticks(word_t us)
{
    return us * TICKS_PER_MS / 1000;
}

word_t ticks_to_us(ticks_t ticks)
{
    /* Whole milliseconds apart: no overflow. */
    return ticks / TICKS_PER_MS * 1000 + ticks % TICKS_PER_MS * 1000 / TICKS_PER_MS;
}

void sched_context_init(struct sched_context *sc, word_t size_bits)
{
    kernel_assert(size_bits >= SCHED_CONTEXT_MIN_BITS);
    sc->refill_max = 0; /* not configured */
    changed_context(sc);
}

void sched_context_postpone(struct sched_context *sc)
{
    ready_dequeue(sc->tcb);
    release_enqueue(sc->tcb);
    if (sc->tcb == state.current) {
        sched_reschedule();
    }
}

void sched_context_resume(struct sched_context *sc)
{
    if (sc != NULL && sc->tcb != NULL && tcb_is_schedulable(sc->tcb) &&
        !refill_released(sc, state.now)) {
        sched_context_postpone(sc);
    }
}

void sched_context_activate(struct sched_context *sc)
{
    if (sc != NULL && sc->refill_max > 0 && (sc->flags & SCHED_CONTEXT_SPORADIC) != 0 &&
        sc != state.current_sc) {
        refill_unblock(sc, state.now);
    }
}

void sched_context_bind_tcb(struct sched_context *sc, struct tcb *tcb)
{
    tcb->sched_context = sc;
    sc->tcb = tcb;
    changed_thread(tcb);
    changed_context(sc);
    sched_context_activate(sc);
    sched_context_resume(sc);
    if (tcb_is_schedulable(tcb)) {
        ready_enqueue(tcb);
        sched_reschedule();
    }
}

/* The thread loses its SC; when it is running it cannot go on. */
static void detach(struct tcb *tcb)
{
    sched_forget(tcb);
    tcb->sched_context = NULL;
    changed_thread(tcb);
    if (tcb == state.current) {
        sched_reschedule();
    }
}

void sched_context_unbind_tcb(struct sched_context *sc)
{
    detach(sc->tcb);
    sc->tcb = NULL;
    changed_context(sc);
}

void sched_context_bind_notification(struct sched_context *sc, struct notification *ntfn)
{
    ntfn->sched_context = sc;
    sc->notification = ntfn;
    changed_notification(ntfn);
    changed_context(sc);
}

void sched_context_unbind_notification(struct sched_context *sc)
{
    if (sc->notification != NULL) {
        sc->notification->sched_context = NULL;
        changed_notification(sc->notification);
        sc->notification = NULL;
        changed_context(sc);
    }
}

void sched_context_unbind_reply(struct sched_context *sc)
{
    if (sc->reply != NULL) {
        sc->reply->next = 0;
        changed_reply(sc->reply);
        sc->reply = NULL;
        changed_context(sc);
    }
}

void sched_context_donate(struct sched_context *sc, struct tcb *to)
{
    if (sc->tcb != NULL) {
        detach(sc->tcb);
    }
    sc->tcb = to;
    to->sched_context = sc;
    changed_thread(to);
    changed_context(sc);
}

void sched_context_lend(struct notification *ntfn, struct tcb *tcb)
{
    struct sched_context *sc = ntfn->sched_context;

    if (tcb->sched_context == NULL && sc != NULL && sc->tcb == NULL) {
        sched_context_donate(sc, tcb);
        sched_context_activate(sc);
        sched_context_resume(sc);
    }
}

void sched_context_return(struct notification *ntfn, struct tcb *tcb)
{
    struct sched_context *sc = ntfn->sched_context;

    if (sc != NULL && tcb->sched_context == sc) {
        sched_context_unbind_tcb(sc);
    }
}

word_t sched_context_take_consumed(struct sched_context *sc)
{
    word_t us = ticks_to_us(sc->consumed);

    sc->consumed = 0;
    changed_context(sc);
    return us;
}

void sched_context_cancel_yield(struct tcb *yielder)
{
    if (yielder->yield_to != NULL) {
        yielder->yield_to->yield_from = NULL;
        changed_context(yielder->yield_to);
        yielder->yield_to = NULL;
        changed_thread(yielder);
    }
}

void sched_context_complete_yield(struct tcb *yielder)
{
    word_t consumed = sched_context_take_consumed(yielder->yield_to);

    if (yielder->blocking_is_call) { /* how YieldTo was invoked: object/sched_context.c */
        message_write(yielder, NULL, 0, consumed);
        reply_from_kernel_success(yielder, 1);
    }
    sched_context_cancel_yield(yielder);
}

void sched_context_finalise(struct sched_context *sc)
{
    if (sc->tcb != NULL) {
        sched_context_unbind_tcb(sc);
    }
    sched_context_unbind_notification(sc);
    sched_context_unbind_reply(sc);
    if (sc->yield_from != NULL) {
        sched_context_complete_yield(sc->yield_from);
    }
    sc->refill_max = 0;
    changed_context(sc);
}
