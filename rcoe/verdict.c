/* SPDX-License-Identifier: BSD-2-Clause */
#include <rcoe/verdict.h>

/* The replicas of `present` that hold the same fingerprint as replica r. */
static uint32_t holders(const uint32_t fingerprint[REPLICAS_MAX], uint32_t present, uint32_t r)
{
    uint32_t same = 0;

    for (uint32_t i = 0; i < REPLICAS_MAX; i++) {
        if ((present & (1u << i)) != 0 && fingerprint[i] == fingerprint[r]) {
            same |= 1u << i;
        }
    }
    return same;
}

static uint32_t members(uint32_t set)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < REPLICAS_MAX; i++) {
        if ((set & (1u << i)) != 0) {
            count++;
        }
    }
    return count;
}

struct verdict verdict(const uint32_t fingerprint[REPLICAS_MAX], uint32_t present)
{
    struct verdict result = { VERDICT_SPLIT, 0 };
    uint32_t all = present & ((1u << REPLICAS_MAX) - 1u);

    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        uint32_t same = holders(fingerprint, all, r);

        /* At most one fingerprint has more than half, so the order of r does not matter. */
        if ((all & (1u << r)) != 0 && 2u * members(same) > members(all)) {
            result.outvoted = all & ~same;
            result.kind = result.outvoted == 0 ? VERDICT_AGREE : VERDICT_OUTVOTED;
        }
    }
    return result;
}
