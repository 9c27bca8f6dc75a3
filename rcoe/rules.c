/* SPDX-License-Identifier: BSD-2-Clause */
#include "rules.h"

/*@
  requires \valid_read(claim);
  assigns \nothing;
  ensures \result <==> claim_whole(claim);
*/
static bool whole(const struct input_claim *claim)
{
    return claim->input + claim->position + claim->tag + claim->check == 0;
}

enum input_claim_kind rule_input_claim(const struct input_claim *claim, uint64_t k, uint64_t tag,
                                       uint64_t *position)
{
    bool hit = !whole(claim);
    bool decided = hit || claim->tag != tag;

    if (claim->tag == 0 || (!hit && claim->input != k) || (decided && claim->decision_input != k)) {
        return CLAIM_NONE;
    }
    *position = decided ? claim->decision_position : claim->position;
    if (*position > claim->begun) {
        return CLAIM_NONE; /* a flip in its ballot */
    }
    if (*position < POSITION_BOOT) {
        *position = POSITION_BOOT;
    }
    return decided ? CLAIM_DECIDED : CLAIM_PROPOSED;
}
