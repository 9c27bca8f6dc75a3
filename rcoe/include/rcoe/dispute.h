/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * At which round are replicas compared, when one of them disputes a round? A pure function, called
 * by the shim before it accuses; the verdict (verdict.h) is the next step. Tested in
 * tests/unit/test_dispute.c.
 */
#pragma once

#include <stdint.h>

#include <shim/board.h>

struct dispute {
    uint32_t behind;  /* have not published it yet. Valid when they are 0: */
    uint64_t round;   /* at which fingerprints are compared */
    uint32_t present; /* whose fingerprints; 0: nobody can be judged by this dispute */
    uint32_t wrong;   /* published more rounds than a healthy replica can */
};

/*
 * published[r] is replica r's newest round, for each bit r of `active`. Mostly that is the disputed
 * round. When a ring does not hold that any more, it is the newest that all have published instead:
 * fingerprints are cumulative, so what differs once differs ever after. When a ring does not hold
 * that either, its owner is wrong only if it is ahead of every other by more than healthy replicas
 * can be; else whoever disputes is late or lies, or a flip disputes, and nobody is judged.
 */
struct dispute dispute(const uint64_t published[REPLICAS_MAX], uint32_t active, uint64_t round);
