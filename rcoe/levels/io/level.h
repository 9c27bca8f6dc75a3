/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Level `io`: inputs and outputs only. What the kernel notes is folded as ever, registers are not:
 * those of an output are in its request, which EL2 compares.
 */
#pragma once

#include "fingerprint.h"
#include "rules.h"
#include "vote.h"

#define LEVEL VOTE_IO
#define LEVEL_COMPARES true

/* Events that a replica may be ahead: half of the ring that the laggard reads. */
#define LEVEL_PACE (TIME_RING / 2)
#define LEVEL_PACE_REST (LEVEL_PACE / 4 - 1) /* looked at once in so many events, less one */

/* Keeps event rings from being overrun, since the few rounds do not. */
void level_pace(void);

RCOE_INLINE uint32_t level_fold_entry(uint32_t fingerprint, uint32_t registers)
{
    (void)registers;
    return fingerprint;
}

RCOE_INLINE bool level_saved_right(const struct trap_frame *tf, uint32_t registers)
{
    (void)tf;
    (void)registers;
    return true;
}

RCOE_INLINE uint32_t level_fold_exit(uint32_t fingerprint, const struct trap_frame *tf)
{
    (void)tf;
    return fingerprint;
}

RCOE_INLINE void level_vote_entry(struct ballot *own, uint32_t fingerprint)
{
    (void)own;
    rcoe_fingerprint = fingerprint;
}

RCOE_INLINE void level_vote_exit(struct ballot *own, uint32_t fingerprint)
{
    (void)own;
    rcoe_fingerprint = fingerprint;
    if ((rcoe.event & LEVEL_PACE_REST) == 0) {
        level_pace();
    }
}
