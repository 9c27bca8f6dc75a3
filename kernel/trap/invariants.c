/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TERNION_DEBUG: what must hold when the kernel is left. The unit tests of tests/unit/sched check
 * more, after every step of random programs; this is what can be seen from the queues alone.
 */
#include <kernel/invariants.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>

static void check_sched_context(struct sched_context *sc)
{
    ticks_t sum = 0;

    kernel_assert(sc->tcb != NULL && sc->tcb->sched_context == sc);
    kernel_assert(sc->refill_count >= 1 && sc->refill_count <= sc->refill_max);
    for (unsigned int i = 0; i < sc->refill_count; i++) {
        unsigned int index = sc->refill_head + i;

        sum += sc->refill[index < sc->refill_max ? index : index - sc->refill_max].amount;
    }
    kernel_assert(sum == sc->budget);
    kernel_assert(sc->reply == NULL || sc->reply->next == ((word_t)sc | 1));
}

static void check_ready_queue(word_t domain, word_t priority)
{
    const struct tcb_queue *queue = &state.ready[domain][priority];
    struct tcb *previous = NULL;

    kernel_assert(queue->head != NULL);
    for (struct tcb *tcb = queue->head; tcb != NULL; tcb = tcb->queue_next) {
        kernel_assert(tcb->in_ready_queue && tcb->queue_prev == previous);
        kernel_assert(tcb->domain == domain && tcb->priority == priority);
        kernel_assert(tcb_is_schedulable(tcb) && tcb != state.current);
        check_sched_context(tcb->sched_context);
        previous = tcb;
    }
    kernel_assert(queue->tail == previous);
}

static void check_ready_queues(word_t domain)
{
    for (word_t word = 0; word < PRIORITIES / WORD_BITS; word++) {
        word_t bits = state.ready_bits[domain][word];

        kernel_assert(((state.ready_words[domain] >> word) & 1) == (bits != 0));
        for (; bits != 0; bits &= bits - 1) {
            check_ready_queue(domain, word * WORD_BITS + (word_t)__builtin_ctzll(bits));
        }
    }
}

static void check_release_queue(void)
{
    ticks_t time = 0;

    for (struct tcb *tcb = state.release.head; tcb != NULL; tcb = tcb->queue_next) {
        kernel_assert(tcb->in_release_queue && tcb_is_runnable(tcb) && tcb != state.current);
        check_sched_context(tcb->sched_context);
        kernel_assert(refill_head(tcb->sched_context)->time >= time);
        time = refill_head(tcb->sched_context)->time;
    }
}

void invariants_check(void)
{
    kernel_assert(state.action == SCHEDULE_RESUME_CURRENT);
    kernel_assert(state.current_sc == state.current->sched_context);
    if (state.current != state.idle) {
        kernel_assert(tcb_is_schedulable(state.current) && !state.current->in_ready_queue);
        kernel_assert(ready_is_highest(state.domain, state.current->priority));
        check_sched_context(state.current_sc);
    } else {
        kernel_assert(ready_highest(state.domain) == NULL);
    }
    for (word_t domain = 0; domain < DOMAINS; domain++) {
        check_ready_queues(domain);
    }
    check_release_queue();
}
