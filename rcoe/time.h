/* SPDX-License-Identifier: BSD-2-Clause */
/* The agreed time of an event. What the first question of an event mostly takes; the rest: time.c.
 */
#pragma once

#include <rcoe/rcoe.h>

#include "ballot.h"
#include "rules.h"

/* The time of this event when it takes waiting or a change of leader to know it. */
uint64_t time_agree(void);

/* The time that replica r published for the current event; false if none that makes sense. */
RCOE_INLINE bool time_of(uint32_t r, uint64_t event, uint64_t *time)
{
    const struct ballot *theirs = ballot_of(r);

    if (!rule_time_held(atomic_load_explicit(&theirs->time_head, memory_order_acquire), event)) {
        return false;
    }
    *time = atomic_load_explicit(&theirs->time[event % TIME_RING], memory_order_relaxed);
    return rule_time_plausible(*time, rcoe.time, arch_counter(), rcoe.hard_ticks);
}

/*
 * The leader's time, or that of one who is excluded just now: nobody else takes it, since a
 * follower looks who leads after it has read it.
 */
RCOE_INLINE bool time_lead(const struct ballot *own, uint64_t event, uint64_t *time)
{
    uint64_t now, least;

    if (event <= own->inherited || ballot_leader() != ballot_self()) {
        return false;
    }
    least = rcoe.time;
    now = arch_counter();
    *time = now < least ? least : now;
    return true;
}

/* A new leader does not follow itself: its own ballot has no time of this event yet. */
RCOE_INLINE bool time_follow(uint64_t event, uint64_t *time)
{
    const _Atomic uint32_t *leader = &board_control()->leader;
    uint32_t seen = atomic_load_explicit(leader, memory_order_acquire);

    return time_of(seen & (REPLICAS_MAX - 1u), event, time) &&
           atomic_load_explicit(leader, memory_order_acquire) == seen;
}

RCOE_INLINE uint64_t rcoe_now(void)
{
    struct ballot *own = ballot_own();
    uint64_t event = rcoe.event, time = rcoe.time;

    /* Followers would wait for the time of the right number, and a healthy one be lost. */
    if (arch_load(&own->event_check) + event != 0) {
        ballot_wrong();
    }
    if (rcoe.timed != event) {
        bool known = own->leading != 0 ? time_lead(own, event, &time) : time_follow(event, &time);

        if (!known) {
            time = time_agree();
        }
        ballot_set_time(own, event, time);
        rcoe_note(time);
    }
    return time;
}
