/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounded waiting for a word that another core writes. Every wait of rcoe is one of these. */
#pragma once

#include "ballot.h"

struct wait {
    uint64_t start; /* counter, when the wait or its latest complaint began */
    uint64_t begun; /* counter at the first turn; 0: not waited yet */
};

/*
 * One turn: sleeps until *word may differ from `seen`, or complains about the replicas in
 * `missing` when the barrier has passed. The caller then evaluates everything anew, membership
 * first: both the sleep and the complaint may end because a replica was excluded.
 */
void wait_turn(struct wait *wait, const _Atomic uint64_t *word, uint64_t seen, uint32_t missing);

/* Books the wait; call once when the condition holds. */
void wait_end(const struct wait *wait);
