/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict: the one pure function that decides who is right. Called by both sides of the seam:
 * rcoe/vote.c compares fingerprints at EL1, shim/ compares them again at EL2 before it accuses.
 * Proved in tests/proofs, tested over its whole input space in tests/unit/test_verdict.c.
 */
#pragma once

#include <stdint.h>

#include <shim/board.h>

enum verdict_kind {
    VERDICT_AGREE, /* all present replicas hold the same fingerprint, and there is at least one */
    VERDICT_OUTVOTED, /* a strict majority of those present agrees; `outvoted` are the others */
    VERDICT_SPLIT,    /* no strict majority: nobody can be blamed, stop safely */
};
struct verdict {
    enum verdict_kind kind;
    uint32_t outvoted; /* bit r: replica r; 0 unless VERDICT_OUTVOTED */
};

/*
 * fingerprint[r] counts when bit r of `present` is set; other bits of `present` are ignored.
 * Strict majority: more than half of those present. So two that differ, 2:2 and 2:1:1 are splits.
 */
struct verdict verdict(const uint32_t fingerprint[REPLICAS_MAX], uint32_t present);
