/* SPDX-License-Identifier: BSD-2-Clause */
#include "rules.h"

enum input_claim_kind rule_input_claim(const struct input_claim *claim, uint64_t k, uint64_t tag,
                                       uint64_t *position)
{
    bool decided = claim->decision_input == k;

    if (!decided && (claim->input != k || claim->tag != tag)) {
        return CLAIM_NONE;
    }
    *position = decided ? claim->decision_position : claim->position;
    if (*position > claim->begun) {
        return CLAIM_NONE; /* a flip in its ballot or slot */
    }
    /*
     * Whoever delivered k knew our claim, and that has at most become later by the event that we
     * have begun since: this decision is on an input of long ago, whose number was hit.
     */
    if (decided && rule_ahead(claim->own, *position, 1)) {
        return CLAIM_NONE;
    }
    if (*position < POSITION_BOOT) {
        *position = POSITION_BOOT;
    }
    return decided ? CLAIM_DECIDED : CLAIM_PROPOSED;
}
