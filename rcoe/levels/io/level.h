/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Level `io`: inputs and outputs only. What the kernel notes is folded as ever, registers are not:
 * those of an output are in its request, which EL2 compares.
 */
#pragma once

#include <rcoe/rcoe.h>

#include "vote.h"

#define LEVEL VOTE_IO
#define LEVEL_COMPARES true

/* Keeps event rings from being overrun, since the few rounds do not. */
void level_pace(void);

static inline uint32_t level_fold_frame(uint32_t fingerprint, const struct trap_frame *tf)
{
    (void)tf;
    return fingerprint;
}

static inline void level_vote_entry(const struct rcoe_event *event)
{
    if (event->cause == EVENT_INPUT) {
        vote_publish();
    }
}

static inline void level_vote_exit(void)
{
    level_pace();
}
