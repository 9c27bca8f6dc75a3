/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts: the ring of refills, and who has the time. */
#include "census.h"

struct broken refills_check(struct sched_context *sc)
{
    ticks_t sum = 0, end = 0;

    if (sc->refill_count < 1 || sc->refill_count > sc->refill_max ||
        sc->refill_head >= sc->refill_max || (refill_is_round_robin(sc) && sc->refill_count != 2)) {
        return broken(INVARIANT_REFILL_COUNT, sc);
    }
    for (unsigned int i = 0; i < sc->refill_count; i++) {
        unsigned int index = sc->refill_head + i;
        const struct refill *refill =
            &sc->refill[index < sc->refill_max ? index : index - sc->refill_max];

        if (!refill_is_round_robin(sc) && refill->time < end) {
            return broken(INVARIANT_REFILL_ORDER, sc);
        }
        sum += refill->amount;
        end = refill->time + refill->amount;
    }
    if (refill_head(sc)->amount < MIN_BUDGET_TICKS) {
        return broken(INVARIANT_REFILL_HEAD, sc);
    }
    return sound_if(sum == sc->budget, INVARIANT_REFILL_SUM, sc);
}

struct broken sched_context_check(struct census *census, struct cap cap)
{
    struct sched_context *sc = cap_object(cap);
    word_t bytes = sizeof(*sc) + sc->refill_max * sizeof(struct refill);

    census->balance[INVARIANT_LIVE_THREAD_CONTEXT] -= sc->tcb != NULL;
    census->balance[INVARIANT_LIVE_NOTIFICATION_CONTEXT] -= sc->notification != NULL;
    census->balance[INVARIANT_LIVE_STACK_HEAD] -= sc->reply != NULL;
    census->balance[INVARIANT_LIVE_THREAD_YIELD] -= sc->yield_from != NULL;
    if (sc->tcb != NULL && sc->tcb->sched_context != sc) {
        return broken(INVARIANT_CONTEXT_THREAD, sc);
    }
    if (sc->reply != NULL && sc->reply->next != ((word_t)sc | 1)) {
        return broken(INVARIANT_CONTEXT_REPLY, sc);
    }
    if (sc->notification != NULL && sc->notification->sched_context != sc) {
        return broken(INVARIANT_CONTEXT_NOTIFICATION, sc);
    }
    if (sc->yield_from != NULL && sc->yield_from->yield_to != sc) {
        return broken(INVARIANT_CONTEXT_YIELD, sc);
    }
    if (bytes > BIT(cap_field(cap) & MASK(6))) {
        return broken(INVARIANT_REFILL_COUNT, sc);
    }
    return sc->refill_max == 0 ? sound() : refills_check(sc);
}
