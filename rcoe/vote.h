/* SPDX-License-Identifier: BSD-2-Clause */
/* Publishing and comparing fingerprints. */
#pragma once

#include "ballot.h"

/*
 * Compares with every active peer at the newest common round and waits until none is more than
 * `lag` rounds behind. Cumulative fingerprints make one comparison per peer enough, so there is
 * no progress to remember between calls.
 */
void vote_check(uint64_t lag);

/* Compares as vote_check(), and waits for nobody: for a replica that waits for something else. */
void vote_compare(void);

/*
 * When peers are checked. In lockstep at each publication; with a window once in half of it (in 2
 * at least), at an exit. Until the next check comes, this replica publishes so many rounds: so much
 * less may a peer be behind, that it never is behind by more than the window and the round being
 * published. Exits come every other round, even ones or odd ones: bit 0 does not count.
 */
void vote_init(void);

/* Publishes a round that was not expected: an input, boot. */
void vote_publish(void);

/* Publishes what came in. */
RCOE_INLINE void vote_entry(struct ballot *own, uint32_t fingerprint)
{
    (void)ballot_publish(own, fingerprint);
    if (rcoe.window == 0) {
        vote_check(0);
    }
}

/* Publishes what goes out. */
RCOE_INLINE void vote_exit(struct ballot *own, uint32_t fingerprint)
{
    if ((ballot_publish(own, fingerprint) & rcoe.rest) == 0) {
        vote_check(rcoe.lag);
    }
}
