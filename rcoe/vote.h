/* SPDX-License-Identifier: BSD-2-Clause */
/* Publishing and comparing fingerprints. */
#pragma once

#include "ballot.h"

/* Pure: the newest round that both have published. */
static inline uint64_t vote_common(uint64_t own, uint64_t theirs)
{
    return theirs < own ? theirs : own;
}

/* Pure: `own` may be at most `window` rounds ahead of `theirs`. */
static inline bool vote_ahead(uint64_t own, uint64_t theirs, uint64_t window)
{
    return theirs < own && own - theirs > window;
}

/*
 * Compares with every active peer at the newest common round and waits until none is more than
 * `window` rounds behind. Cumulative fingerprints make one comparison per peer enough, so there is
 * no progress to remember between calls.
 */
void vote_check(uint64_t window);

/* Publishes a round and checks with the system's window. */
void vote_publish(void);

/* VOTE_IO publishes few rounds: keeps event rings from being overrun instead. */
void vote_pace(void);
