/* SPDX-License-Identifier: BSD-2-Clause */
/* Time is an input: one timestamp per event, published by the leader, checked by the others. */
#pragma once

#include "ballot.h"

/*
 * Pure: may `time` be the time of the current event? Not before the previous event, not in the
 * future of this core's counter, and not older than `bound` ticks.
 */
static inline bool time_plausible(uint64_t time, uint64_t previous, uint64_t now, uint64_t bound)
{
    return time >= previous && time <= now && now - time <= bound;
}

/* Pure: does a ring whose newest event is `head` still hold the time of `event`? */
static inline bool time_held(uint64_t head, uint64_t event)
{
    return head >= event && head - event < TIME_RING;
}

/* Agrees on the time of rcoe.event and publishes it. */
void time_agree(void);
