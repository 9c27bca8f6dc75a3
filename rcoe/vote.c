/* SPDX-License-Identifier: BSD-2-Clause */
#include "vote.h"
#include <level.h>

#include "rules.h"
#include "wait.h"

/*
 * Relaxed: ordered by .round. A replica that was excluded and does not know it yet may still look
 * while the owner's ring comes round; what it reads then matters to nobody.
 */
static bool differs(const struct ballot *theirs, uint64_t round)
{
    uint32_t index = (uint32_t)(round % BALLOT_RING);

    return atomic_load_explicit(&ballot_own()->fingerprint[index], memory_order_relaxed) !=
           atomic_load_explicit(&theirs->fingerprint[index], memory_order_relaxed);
}

/* The earliest round at which `theirs` differs; `common` is known to differ. */
static uint64_t first_difference(const struct ballot *theirs, uint64_t common)
{
    uint64_t first = common;

    /* What lies a window back was compared before; further back the peer's ring may be reused. */
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
static uint32_t behind(uint64_t lag)
{
    uint32_t peers = ballot_peers();
    uint32_t late = 0;

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
static bool compare_peer(uint32_t r)
{
    const struct ballot *theirs = ballot_of(r);
    uint64_t common =
        rule_common(rcoe.round, atomic_load_explicit(&theirs->round, memory_order_acquire));

    if (!LEVEL_COMPARES || common == 0 || !differs(theirs, common)) {
        return true;
    }
    /* Returns once r is out (or EL2 found that both are fine): look again. */
    shim_diverged(first_difference(theirs, common));
    return false;
}

/* Returns when peer r is not too far behind and agrees, or has been excluded. */
static void check_peer(uint32_t r, uint64_t lag)
{
    const struct ballot *theirs = ballot_of(r);
    struct wait wait = { 0, 0 };

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

    for (uint32_t r = 0; peers != 0; r++, peers >>= 1) {
        if ((peers & 1u) != 0) {
            check_peer(r, lag);
        }
    }
}

void vote_compare(void)
{
    uint32_t peers = ballot_peers();

    for (uint32_t r = 0; peers != 0; r++, peers >>= 1) {
        if ((peers & 1u) != 0) {
            compare_peer(r);
        }
    }
}

void vote_init(void)
{
    uint32_t rounds = 2;

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
