/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues: ready, release, and those of threads that wait at an object. What runs. */
#include "census.h"

static void count(struct census *census, enum invariant what, int64_t difference)
{
    if (census != NULL) {
        census->balance[what] += difference;
    }
}

static struct broken ready_thread_check(const struct tcb *tcb, word_t domain, word_t priority)
{
    bool placed = tcb->domain == domain && tcb->priority == priority;
    bool flagged = tcb->in_ready_queue && !tcb->in_release_queue;

    if (!placed || !flagged || !tcb_is_schedulable(tcb) || tcb == state.current) {
        return broken(INVARIANT_READY_THREAD, tcb);
    }
    if (tcb->sched_context->tcb != tcb) {
        return broken(INVARIANT_THREAD_CONTEXT, tcb);
    }
    return refills_check(tcb->sched_context);
}

static struct broken ready_queue_check(struct census *census, word_t domain, word_t priority,
                                       unsigned most)
{
    const struct tcb_queue *queue = &state.ready[domain][priority];
    const struct tcb *previous = NULL;
    const struct tcb *tcb = queue->head;

    if (tcb == NULL) {
        return broken(INVARIANT_READY_BITS, queue);
    }
    for (; tcb != NULL && most > 0; tcb = tcb->queue_next, most--) {
        struct broken found = ready_thread_check(tcb, domain, priority);

        if (found.what != INVARIANT_NONE) {
            return found;
        }
        if (tcb->queue_prev != previous) {
            return broken(INVARIANT_READY_LINKS, tcb);
        }
        count(census, INVARIANT_LIVE_READY, -1);
        previous = tcb;
    }
    return sound_if(tcb != NULL || queue->tail == previous, INVARIANT_READY_LINKS, queue);
}

static struct broken ready_word_check(struct census *census, word_t domain, word_t word,
                                      unsigned most)
{
    word_t bits = state.ready_bits[domain][word];

    if (((state.ready_words[domain] >> word) & 1) != (bits != 0)) {
        return broken(INVARIANT_READY_BITS, &state.ready_words[domain]);
    }
    for (; bits != 0; bits &= bits - 1) {
        word_t priority = word * WORD_BITS + (word_t)__builtin_ctzll(bits);
        struct broken found = ready_queue_check(census, domain, priority, most);

        if (found.what != INVARIANT_NONE) {
            return found;
        }
    }
    return sound();
}

static struct broken ready_queues_check(struct census *census, unsigned most)
{
    for (word_t domain = 0; domain < DOMAINS; domain++) {
        for (word_t word = 0; word < PRIORITIES / WORD_BITS; word++) {
            struct broken found = ready_word_check(census, domain, word, most);

            if (found.what != INVARIANT_NONE) {
                return found;
            }
        }
    }
    return sound();
}

/* Queues without a bit are empty: too many to look at every time. */
static struct broken unmarked_queues_check(void)
{
    for (word_t domain = 0; domain < DOMAINS; domain++) {
        for (word_t priority = 0; priority < PRIORITIES; priority++) {
            const struct tcb_queue *queue = &state.ready[domain][priority];
            word_t bits = state.ready_bits[domain][priority / WORD_BITS];

            if ((bits >> (priority % WORD_BITS) & 1) == 0 &&
                (queue->head != NULL || queue->tail != NULL)) {
                return broken(INVARIANT_READY_BITS, queue);
            }
        }
    }
    return sound();
}

static struct broken release_queue_check(struct census *census, unsigned most)
{
    ticks_t time = 0;
    const struct tcb *previous = NULL;
    const struct tcb *tcb = state.release.head;

    for (; tcb != NULL && most > 0; tcb = tcb->queue_next, most--) {
        struct broken found;

        if (!tcb->in_release_queue || tcb->in_ready_queue || tcb == state.current ||
            !tcb_is_runnable(tcb) || tcb->sched_context == NULL ||
            tcb->sched_context->refill_max == 0) {
            return broken(INVARIANT_RELEASE_THREAD, tcb);
        }
        if (tcb->queue_prev != previous) {
            return broken(INVARIANT_RELEASE_LINKS, tcb);
        }
        found = refills_check(tcb->sched_context);
        if (found.what != INVARIANT_NONE) {
            return found;
        }
        if (refill_head(tcb->sched_context)->time < time) {
            return broken(INVARIANT_RELEASE_ORDER, tcb);
        }
        time = refill_head(tcb->sched_context)->time;
        count(census, INVARIANT_LIVE_RELEASE, -1);
        previous = tcb;
    }
    return sound_if(tcb != NULL || state.release.tail == previous, INVARIANT_RELEASE_LINKS,
                    &state.release);
}

static struct broken current_check(struct census *census)
{
    const struct tcb *current = state.current;

    if (state.action != SCHEDULE_RESUME_CURRENT || state.candidate != NULL) {
        return broken(INVARIANT_SCHEDULER_ACTION, &state.action);
    }
    if (state.current_sc != current->sched_context) {
        return broken(INVARIANT_CURRENT_CONTEXT, current);
    }
    if (current == state.idle) {
        return sound_if(ready_highest(state.domain) == NULL, INVARIANT_CURRENT_PRIORITY, current);
    }
    count(census, INVARIANT_LIVE_CURRENT, 1);
    if (!tcb_is_schedulable(current) || current->in_ready_queue) {
        return broken(INVARIANT_CURRENT_THREAD, current);
    }
    if (!ready_is_highest(state.domain, current->priority)) {
        return broken(INVARIANT_CURRENT_PRIORITY, current);
    }
    return refills_check(state.current_sc);
}

struct broken queues_check(struct census *census, unsigned most)
{
    struct broken found;

    if (state.domain >= DOMAINS || state.domain_index >= DOMAIN_SCHEDULES ||
        state.domain_start >= DOMAIN_SCHEDULES) {
        return broken(INVARIANT_DOMAIN, &state.domain);
    }
    found = current_check(census);
    if (found.what == INVARIANT_NONE) {
        found = ready_queues_check(census, most);
    }
    if (found.what == INVARIANT_NONE) {
        found = release_queue_check(census, most);
    }
    if (found.what == INVARIANT_NONE && census != NULL) {
        found = unmarked_queues_check();
    }
    return found;
}

struct broken waiters_check(struct census *census, const struct tcb *head, const struct tcb *tail,
                            const void *object, enum thread_status status)
{
    const struct tcb *previous = NULL;

    for (const struct tcb *tcb = head; tcb != NULL; tcb = tcb->ep_next) {
        if (tcb->ep_prev != previous) {
            return broken(INVARIANT_WAITERS_LINKS, tcb);
        }
        if (tcb->status != status || tcb->blocking_object != object) {
            return broken(INVARIANT_WAITERS_THREAD, tcb);
        }
        if (previous != NULL && previous->priority < tcb->priority) {
            return broken(INVARIANT_WAITERS_ORDER, tcb);
        }
        count(census, INVARIANT_LIVE_WAITERS, -1);
        previous = tcb;
    }
    return sound_if(tail == previous, INVARIANT_WAITERS_LINKS, object);
}
