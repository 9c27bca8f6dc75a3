/* SPDX-License-Identifier: BSD-2-Clause */
#include "vote.h"
#include <level.h>

#include "rules.h"
#include "wait.h"

/*
 * Relaxed: ordered by .round. A replica that was excluded and does not know it yet may still look
 * while the owner's ring comes round; what it reads then matters to nobody.
 */
/*@
  requires \valid_read(theirs);
  requires kept: round <= rcoe.round < round + BALLOT_RING; // own entry not overwritten
  assigns \nothing;
*/
static bool differs(const struct ballot *theirs, uint64_t round)
{
    uint32_t index = (uint32_t)(round % BALLOT_RING);

    return atomic_load_explicit(&ballot_own()->fingerprint[index], memory_order_relaxed) !=
           atomic_load_explicit(&theirs->fingerprint[index], memory_order_relaxed);
}

/* The earliest round at which `theirs` differs; `common` is known to differ. */
/*@
  requires configured && \valid_read(theirs);
  requires common <= rcoe.round <= common + rcoe.window + 1;
  assigns \nothing;
  ensures \result <= common <= \result + rcoe.window;
*/
static uint64_t first_difference(const struct ballot *theirs, uint64_t common)
{
    uint64_t first = common;

    /* What lies a window back was compared before; further back the peer's ring may be reused. */
    /*@
      loop invariant 1 <= back <= rcoe.window + 1 && first <= common < first + back;
      loop assigns back, first;
      loop variant rcoe.window + 1 - back;
    */
    for (uint64_t back = 1; back <= rcoe.window && back < common; back++) {
        if (!differs(theirs, common - back)) {
            break;
        }
        first = common - back;
    }
    return first;
}

/*
 * Whom to complain about while waiting for one of them: all that are behind. A replica that ran
 * ahead of everyone thereby accuses a majority, and that tells the shim who is wrong.
 */
//@ requires configured; assigns \nothing;
static uint32_t behind(uint64_t lag)
{
    uint32_t peers = ballot_peers();
    uint32_t late = 0;

    //@ loop assigns r, late;
    for (uint32_t r = 0; r < rcoe.replicas; r++) {
        if ((peers & (1u << r)) != 0 &&
            rule_ahead(rcoe.round, atomic_load_explicit(&ballot_of(r)->round, memory_order_acquire),
                       lag)) {
            late |= 1u << r;
        }
    }
    return late;
}

/* True: peer r agrees at the newest common round, as far as anybody looks. */
//@ requires configured && r < REPLICAS_MAX; assigns \nothing;
static bool compare_peer(uint32_t r)
{
    const struct ballot *theirs = ballot_of(r);
    uint64_t common =
        rule_common(rcoe.round, atomic_load_explicit(&theirs->round, memory_order_acquire));

    /* Its round was hit, or it is missing: the own entry may be another round's by now. */
    if (rule_ahead(rcoe.round, common, (uint64_t)rcoe.window + 1)) {
        return false;
    }
    if (!LEVEL_COMPARES || common == 0 || !differs(theirs, common)) {
        return true;
    }
    /* Returns once r is out (or EL2 found that both are fine): look again. */
    shim_diverged(first_difference(theirs, common));
    return false;
}

/* Rarely called, so its registers are not saved in vote_check(). */
static void check_peer(uint32_t r, uint64_t lag) __attribute__((noinline));

/* Peer r is not too far behind and agrees: mostly so at the first look. */
//@ requires configured && r < REPLICAS_MAX && lag <= rcoe.window; assigns \nothing;
static inline bool agrees(uint32_t r, uint64_t lag)
{
    const struct ballot *theirs = ballot_of(r);
    uint64_t round = atomic_load_explicit(&theirs->round, memory_order_acquire);
    uint64_t common = rule_common(rcoe.round, round);

    return !rule_ahead(rcoe.round, round, lag) &&
           (!LEVEL_COMPARES || common == 0 || !differs(theirs, common));
}

/* Returns when peer r is not too far behind and agrees, or has been excluded. */
//@ requires configured && r < REPLICAS_MAX && lag <= rcoe.window; assigns *the_own;
static void check_peer(uint32_t r, uint64_t lag)
{
    const struct ballot *theirs = ballot_of(r);
    struct wait wait = { 0, 0 };

    //@ loop assigns wait;
    while ((ballot_peers() & (1u << r)) != 0) {
        uint64_t round = atomic_load_explicit(&theirs->round, memory_order_acquire);

        if (rule_ahead(rcoe.round, round, lag)) {
            wait_turn(&wait, &theirs->round, round, behind(lag));
        } else if (compare_peer(r)) {
            break;
        }
    }
    wait_end(&wait);
}

void vote_check(uint64_t lag)
{
    uint32_t peers = ballot_peers();

    //@ loop invariant peers_left(peers, r); loop assigns r, peers, *the_own;
    for (uint32_t r = 0; peers != 0; r++, peers >>= 1) {
        if ((peers & 1u) != 0 && !agrees(r, lag)) {
            check_peer(r, lag);
        }
    }
}

void vote_compare(void)
{
    uint32_t peers = ballot_peers();

    //@ loop invariant peers_left(peers, r); loop assigns r, peers;
    for (uint32_t r = 0; peers != 0; r++, peers >>= 1) {
        if ((peers & 1u) != 0) {
            compare_peer(r);
        }
    }
}

void vote_init(void)
{
    uint32_t rounds = 2;

    //@ loop invariant 2 <= rounds <= BALLOT_RING / 4; loop assigns rounds;
    while (rounds * 4 <= rcoe.window + 1) {
        rounds *= 2;
    }
    rcoe.rest = rounds - 2;
    rcoe.lag = rcoe.window + 1 > rounds ? rcoe.window + 1 - rounds : 0;
}

void vote_publish(void)
{
    (void)ballot_publish(ballot_own(), rcoe_fingerprint);
    vote_check(rcoe.lag);
}
