/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refills: the budget of a scheduling context as a ring of (time, amount), ordered by time; the
 * amounts always sum up to the budget (abi 7.3). Pure: also compiled for the host's unit tests.
 */
#include <kernel/changed.h>
#include <kernel/sched.h>

/* Beyond this a release time is "never": keeps sums of times away from overflow. */
#define RELEASE_NEVER (UINT64_C(1) << 63)

static struct refill *refill_at(struct sched_context *sc, unsigned int i)
{
    unsigned int index = (unsigned int)sc->refill_head + i;

    return &sc->refill[index >= sc->refill_max ? index - sc->refill_max : index];
}

static struct refill *refill_tail(struct sched_context *sc)
{
    return refill_at(sc, sc->refill_count - 1u);
}

static struct refill pop_head(struct sched_context *sc)
{
    struct refill head = *refill_head(sc);
    unsigned int next = sc->refill_head + 1u;

    sc->refill_head = (uint16_t)(next == sc->refill_max ? 0 : next);
    sc->refill_count--;
    return head;
}

static void append(struct sched_context *sc, struct refill refill)
{
    sc->refill_count++;
    *refill_tail(sc) = refill;
}

/* Budget that was used comes back at refill.time. A full ring delays some of it: never early. */
static void schedule_used(struct sched_context *sc, struct refill refill)
{
    struct refill *tail = refill_tail(sc);

    if (tail->time + tail->amount >= refill.time) {
        tail->amount += refill.amount;
    } else if (sc->refill_count < sc->refill_max) {
        append(sc, refill);
    } else {
        tail->time = refill.time - tail->amount;
        tail->amount += refill.amount;
    }
}

/* Round robin keeps what is left in the head and what was used in a second, empty refill. */
static void add_round_robin_tail(struct sched_context *sc, ticks_t now)
{
    if (refill_is_round_robin(sc)) {
        append(sc, (struct refill){ now, 0 });
    }
}

void refill_new(struct sched_context *sc, word_t refills, ticks_t budget, ticks_t period,
                ticks_t now)
{
    sc->period = period;
    sc->budget = budget;
    sc->refill_max = (uint16_t)refills;
    sc->refill_head = 0;
    sc->refill_count = 1;
    sc->refill[0] = (struct refill){ now, budget };
    add_round_robin_tail(sc, now);
    changed_context(sc);
}

void refill_update(struct sched_context *sc, word_t refills, ticks_t budget, ticks_t period,
                   ticks_t now)
{
    struct refill head = *refill_head(sc);

    if (head.time <= now) {
        head.time = now;
    }
    sc->period = period;
    sc->budget = budget;
    sc->refill_max = (uint16_t)refills;
    sc->refill_head = 0;
    sc->refill_count = 1;
    sc->refill[0] = head;
    if (head.amount >= budget) {
        sc->refill[0].amount = budget;
        add_round_robin_tail(sc, now);
    } else {
        append(sc, (struct refill){ head.time + period, budget - head.amount });
    }
    changed_context(sc);
}

static void charge_periodic(struct sched_context *sc, ticks_t usage)
{
    /* Whole refills: each comes back one period after it was due. */
    while (refill_head(sc)->amount <= usage && refill_head(sc)->time < RELEASE_NEVER) {
        usage -= refill_head(sc)->amount;
        if (sc->refill_count == 1) {
            refill_head(sc)->time += sc->period;
        } else {
            struct refill used = pop_head(sc);

            used.time += sc->period;
            schedule_used(sc, used);
        }
    }
    /* Part of the head. */
    if (usage > 0 && refill_head(sc)->time < RELEASE_NEVER) {
        struct refill used = { refill_head(sc)->time + sc->period, usage };

        refill_head(sc)->amount -= usage;
        refill_head(sc)->time += usage;
        schedule_used(sc, used);
    }
    /* A head too small to run with joins its successor. Ends: the sum is at least the minimum. */
    while (refill_head(sc)->amount < MIN_BUDGET_TICKS && sc->refill_count > 1) {
        struct refill small = pop_head(sc);

        refill_head(sc)->amount += small.amount;
        refill_head(sc)->time -= small.amount;
    }
}

void refill_charge(struct sched_context *sc, ticks_t usage)
{
    if (!refill_is_round_robin(sc)) {
        charge_periodic(sc, usage);
        changed_context(sc);
        return;
    }
    if (usage > refill_head(sc)->amount) {
        usage = refill_head(sc)->amount;
    }
    refill_head(sc)->amount -= usage;
    refill_tail(sc)->amount += usage;
    changed_context(sc);
}

void refill_restore(struct sched_context *sc)
{
    refill_head(sc)->amount += refill_tail(sc)->amount;
    refill_tail(sc)->amount = 0;
    changed_context(sc);
}

void refill_unblock(struct sched_context *sc, ticks_t now)
{
    if (refill_is_round_robin(sc) || !refill_ready(sc, now)) {
        return;
    }
    refill_head(sc)->time = now;
    while (sc->refill_count > 1 &&
           refill_at(sc, 1)->time <= refill_head(sc)->time + refill_head(sc)->amount) {
        struct refill head = pop_head(sc);

        refill_head(sc)->amount += head.amount;
        refill_head(sc)->time = now;
    }
    changed_context(sc);
}
