/* SPDX-License-Identifier: BSD-2-Clause */
#include <level.h>

#include "wait.h"

/* The image builder looks for it: tools/build_image.py. */
const uint32_t rcoe_level_io = LEVEL;

void level_pace(void)
{
    uint32_t peers = ballot_peers();

    //@ loop invariant peers_left(peers, r); loop assigns r, peers, *the_own;
    for (uint32_t r = 0; peers != 0; r++, peers >>= 1) {
        const struct ballot *theirs = ballot_of(r);
        struct wait wait = { 0, 0 };

        //@ loop assigns wait;
        while ((peers & 1u) != 0 && (ballot_peers() & (1u << r)) != 0) {
            uint64_t event = atomic_load_explicit(&theirs->event, memory_order_acquire);

            if (!rule_ahead(rcoe.event, event, LEVEL_PACE - LEVEL_PACE_REST - 1)) {
                break;
            }
            wait_turn(&wait, &theirs->event, event, 1u << r);
        }
        wait_end(&wait);
    }
}
