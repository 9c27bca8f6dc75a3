/* SPDX-License-Identifier: BSD-2-Clause */
/* What the levels share that vote on the registers of programs, twice per event. */
#pragma once

#include <rcoe/rcoe.h>

#include "fingerprint.h"
#include "vote.h"

static inline uint32_t level_fold_frame(uint32_t fingerprint, const struct trap_frame *tf)
{
    return fingerprint_frame(fingerprint, tf);
}

static inline void level_vote_entry(const struct rcoe_event *event)
{
    (void)event;
    vote_publish();
}

static inline void level_vote_exit(void)
{
    vote_publish();
}
