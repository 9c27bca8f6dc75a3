/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold after every kernel entry, whatever the threads did. */
#include "host_system.h"

#define DOMAINS_USED 4u /* by the tests */

static void check_tcb_queue(const struct tcb *head, const struct tcb *tail)
{
    const struct tcb *previous = NULL;
    unsigned steps = 0;

    for (const struct tcb *tcb = head; tcb != NULL; tcb = tcb->queue_next) {
        assert_true(tcb->queue_prev == previous);
        assert_true(++steps <= THREADS);
        previous = tcb;
    }
    assert_true(previous == tail);
}

static void check_ready(void)
{
    for (unsigned domain = 0; domain < DOMAINS; domain++) {
        if (domain >= DOMAINS_USED) {
            assert_int_equal(state.ready_words[domain], 0);
            continue;
        }
        for (unsigned priority = 0; priority < PRIORITIES; priority++) {
            const struct tcb_queue *queue = &state.ready[domain][priority];
            bool marked = (state.ready_bits[domain][priority / 64] >> (priority % 64) & 1) != 0;

            assert_true(marked == (queue->head != NULL));
            assert_true(!marked || (state.ready_words[domain] >> (priority / 64) & 1) != 0);
            check_tcb_queue(queue->head, queue->tail);
            for (struct tcb *tcb = queue->head; tcb != NULL; tcb = tcb->queue_next) {
                assert_true(tcb->in_ready_queue && !tcb->in_release_queue);
                assert_true(tcb->priority == priority && tcb->domain == domain);
                assert_true(tcb_is_schedulable(tcb) && tcb != state.current);
                assert_true(refill_released(tcb->sched_context, state.now));
            }
        }
    }
}

static void check_release(void)
{
    ticks_t time = 0;

    check_tcb_queue(state.release.head, state.release.tail);
    for (struct tcb *tcb = state.release.head; tcb != NULL; tcb = tcb->queue_next) {
        assert_true(tcb->in_release_queue && !tcb->in_ready_queue && tcb != state.current);
        assert_true(tcb_is_runnable(tcb));
        assert_true(refill_head(tcb->sched_context)->time >= time);
        time = refill_head(tcb->sched_context)->time;
    }
}

/* The budget is conserved, refills are in order, and the head is worth running with. */
static void check_refills(struct sched_context *sc)
{
    ticks_t sum = 0, end = 0;

    assert_true(sc->refill_count >= 1 && sc->refill_count <= sc->refill_max);
    assert_true(sc->refill_head < sc->refill_max);
    for (unsigned i = 0; i < sc->refill_count; i++) {
        const struct refill *refill = &sc->refill[(sc->refill_head + i) % sc->refill_max];

        sum += refill->amount;
        assert_true(refill_is_round_robin(sc) || refill->time >= end);
        end = refill->time + refill->amount;
    }
    assert_int_equal(sum, sc->budget);
    assert_true(refill_head(sc)->amount >= MIN_BUDGET_TICKS);
    assert_true(!refill_is_round_robin(sc) || sc->refill_count == 2);
}

static void check_stack(struct sched_context *sc)
{
    struct reply *above = NULL;
    unsigned depth = 0;

    for (struct reply *r = sc->reply; r != NULL; r = (struct reply *)r->prev) {
        assert_true(r->next == (above == NULL ? ((word_t)sc | 1) : (word_t)above));
        assert_true(r->tcb != NULL && r->tcb->status == THREAD_BLOCKED_ON_REPLY);
        assert_true(r->tcb->sched_context == NULL || r->tcb->sched_context != sc);
        assert_true(++depth <= THREADS);
        above = r;
    }
}

static void check_contexts(void)
{
    for (unsigned i = 0; i < THREADS; i++) {
        struct sched_context *sc = context[i];

        assert_true(sc->tcb == NULL || sc->tcb->sched_context == sc);
        assert_true(sc->notification == NULL || sc->notification->sched_context == sc);
        assert_true(sc->yield_from == NULL || sc->yield_from->yield_to == sc);
        check_stack(sc);
        if (sc->refill_max > 0) {
            check_refills(sc);
        }
    }
}

static void check_thread(struct tcb *tcb)
{
    assert_true(tcb->sched_context == NULL || tcb->sched_context->tcb == tcb);
    assert_true(tcb->bound_notification == NULL || tcb->bound_notification->bound_tcb == tcb);
    assert_true(tcb->reply == NULL || tcb->reply->tcb == tcb);
    assert_true(tcb->yield_to == NULL || tcb->yield_to->yield_from == tcb);
    if (tcb->status == THREAD_BLOCKED_ON_REPLY) {
        assert_true(tcb->reply != NULL);
    } else if (tcb->status != THREAD_BLOCKED_ON_RECEIVE) {
        assert_true(tcb->reply == NULL);
    }
    /* Who can run is in a queue, or running: nobody is forgotten. */
    if (tcb_is_schedulable(tcb)) {
        assert_true(tcb->in_ready_queue || tcb == state.current);
    } else {
        assert_true(!tcb->in_ready_queue && tcb != state.current);
    }
    if (tcb_is_runnable(tcb) && tcb->sched_context != NULL && tcb->sched_context->refill_max > 0) {
        assert_true(tcb->in_ready_queue || tcb->in_release_queue || tcb == state.current);
    }
}

static void check_waiters(const struct tcb *head, const struct tcb *tail, const void *object,
                          enum thread_status status)
{
    const struct tcb *previous = NULL;

    for (const struct tcb *tcb = head; tcb != NULL; tcb = tcb->ep_next) {
        assert_true(tcb->ep_prev == previous && tcb->blocking_object == object);
        assert_int_equal(tcb->status, status);
        assert_true(previous == NULL || previous->priority >= tcb->priority);
        previous = tcb;
    }
    assert_true(previous == tail);
}

static void check_objects(void)
{
    for (unsigned i = 0; i < OBJECTS; i++) {
        const struct tcb *head = (const struct tcb *)(endpoint[i].head_kind & ~(word_t)3);
        enum queue_kind kind = (enum queue_kind)(endpoint[i].head_kind & 3);

        assert_true((kind == QUEUE_IDLE) == (head == NULL));
        check_waiters(head, endpoint[i].tail, &endpoint[i],
                      kind == QUEUE_SEND ? THREAD_BLOCKED_ON_SEND : THREAD_BLOCKED_ON_RECEIVE);
        assert_true((notification[i].state == NOTIFICATION_WAITING) ==
                    (notification[i].head != NULL));
        check_waiters(notification[i].head, notification[i].tail, &notification[i],
                      THREAD_BLOCKED_ON_NOTIFICATION);
    }
}

void host_check_invariants(void)
{
    struct tcb *best = ready_highest(state.domain);

    check_ready();
    check_release();
    check_contexts();
    check_objects();
    for (unsigned i = 0; i < THREADS; i++) {
        check_thread(thread[i]);
    }
    assert_true(state.current_sc == state.current->sched_context);
    assert_true(state.action == SCHEDULE_RESUME_CURRENT);
    if (best != NULL) {
        assert_true(state.current != state.idle && best->priority <= state.current->priority);
    }
    assert_true(sched_deadline() > state.now || state.current_sc != NULL);
}
