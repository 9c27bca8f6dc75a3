/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * May an excluded replica come back by itself? Pure, as the verdict: proved in tests/proofs, tested
 * in tests/unit/test_readmit.c. Asked by shim/reintegrate.c.
 */
#pragma once

#include <stdint.h>

#include <shim/board.h>

#define READMIT_SECONDS 3600u /* the hour that `limit` is for */

enum readmit {
    READMIT_NOW,
    READMIT_LATER, /* all replicas together have had their `limit` attempts in the last hour */
    READMIT_NEVER, /* this one alone has: it fails again and again, so its fault is no upset */
};

/*
 * The last `attempts` attempts are in log[0 .. 255], the attempt with number a (from 0) at
 * [a % READMISSIONS]; seconds count from the start. limit < READMISSIONS: so many attempts in an
 * hour, of all replicas.
 */
enum readmit readmit_rule(const struct readmission log[READMISSIONS], uint64_t attempts,
                          uint32_t replica, uint32_t now, uint32_t limit);
