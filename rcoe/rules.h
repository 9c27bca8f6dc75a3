/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arithmetic of agreement: rounds, rings, times and claims. Pure, so that it can be proved
 * (the ACSL contracts, by tests/proofs) and tested in tables (tests/unit/test_rules.c).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <shim/board.h>

/*
 * Ring safety, as integers: while a replica is not ahead of a peer by more than the window, and the
 * peer not ahead of it by more than the window and the round it is publishing, neither overwrites
 * the entry that is being compared.
 */
/*@
  lemma ring_safety: \forall integer own, theirs, newest, window;
      0 <= window < BALLOT_RING / 2 && 0 <= theirs && own - theirs <= window &&
      newest <= own + window + 1 && theirs <= newest ==> newest - theirs < BALLOT_RING;
*/

/* The newest round that both have published. */
/*@
  assigns \nothing;
  ensures \result <= own && \result <= theirs && (\result == own || \result == theirs);
*/
static inline uint64_t rule_common(uint64_t own, uint64_t theirs)
{
    return theirs < own ? theirs : own;
}

/* Is `own` more than `window` ahead of `theirs`? */
/*@
  assigns \nothing;
  ensures \result <==> theirs + window < own;
*/
static inline bool rule_ahead(uint64_t own, uint64_t theirs, uint64_t window)
{
    return theirs < own && own - theirs > window;
}

/* Does a ring of times whose newest event is `head` still hold the time of `event`? */
/*@
  assigns \nothing;
  ensures \result <==> event <= head < event + TIME_RING;
*/
static inline bool rule_time_held(uint64_t head, uint64_t event)
{
    return head >= event && head - event < TIME_RING;
}

/*
 * May `time` be the time of an event? Not before the previous event's, not in the future of this
 * core's counter, and not older than `bound` ticks.
 */
/*@
  assigns \nothing;
  ensures \result <==> previous <= time <= now <= time + bound;
*/
static inline bool rule_time_plausible(uint64_t time, uint64_t previous, uint64_t now,
                                       uint64_t bound)
{
    return time >= previous && time <= now && now - time <= bound;
}

/* Boot is an event but never an input: one that came before it comes right after it. */
#define POSITION_BOOT UINT64_C(1)

/*
 * The position of input k, as far as one member's board data says. What its replica says itself
 * (its decision) counts only where its EL2's proposal cannot: when that was made among other
 * members, and is not made again since the replica has delivered k; or when it was hit.
 */
struct input_claim {
    uint64_t input;             /* slot.proposal[k % DECISIONS] */
    uint64_t position;          /* ... */
    uint64_t check;             /* ... */
    uint64_t tag;               /* ... the same before and after the other words */
    uint64_t decision_input;    /* ballot.decision[k % DECISIONS] */
    uint64_t decision_position; /* ... */
    uint64_t begun;             /* slot.accesses - ballot.event_check, read last: has got so far */
};
enum input_claim_kind {
    CLAIM_NONE,     /* not proposed (with this tag), or a position that cannot be right */
    CLAIM_PROPOSED, /* one of the claims whose maximum decides */
    CLAIM_DECIDED,  /* that replica has delivered k: this is the position */
};
/*@
  predicate claim_whole(struct input_claim *c) =
      (uint64_t)((uint64_t)((uint64_t)(c->input + c->position) + c->tag) + c->check) == 0;
  predicate claim_made(struct input_claim *c, uint64_t k, uint64_t tag) =
      claim_whole(c) && c->input == k && c->tag == tag && tag != 0;
  predicate claim_binds(struct input_claim *c, uint64_t k, uint64_t tag) =
      c->tag != 0 && c->decision_input == k && (claim_whole(c) ==> c->input == k && c->tag != tag);
*/
/*@
  requires \valid_read(claim) && \valid(position) && \separated(claim, position);
  assigns *position;
  ensures \result == CLAIM_DECIDED <==>
      \old(claim_binds(claim, k, tag) && claim->decision_position <= claim->begun);
  ensures \result == CLAIM_PROPOSED <==>
      \old(claim_made(claim, k, tag) && claim->position <= claim->begun);
  ensures \result == CLAIM_NONE || \result == CLAIM_PROPOSED || \result == CLAIM_DECIDED;
  ensures \result == CLAIM_DECIDED ==> *position == \max(claim->decision_position, 1);
  ensures \result == CLAIM_PROPOSED ==> *position == \max(claim->position, 1);
*/
enum input_claim_kind rule_input_claim(const struct input_claim *claim, uint64_t k, uint64_t tag,
                                       uint64_t *position);
