/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Votes: rcoe/ballot.c publishes, rcoe/vote.c compares within the window, rcoe/commit.c waits for
 * all before an output, shim/exclude.c settles the dispute. An entry of the ring holds its round
 * and whether it is wrong, so reading one that was overwritten shows.
 */
#ifndef WINDOW
#define WINDOW 1
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef ACTS
#define ACTS 1
#endif
#define RING 4        /* a window is below half of it */
#define OUTPUT(q) ((q) == ROUNDS)

byte round[3];
byte ring[12];        /* ballot.fingerprint: 2 * round, plus 1 if it is wrong */
byte window[3];       /* of the vote_check() that this replica is in */
byte dispute[3];
bool said[3];         /* for the checks: published the right fingerprint of the output's round */
byte acts = ACTS;     /* what the faulty replica may still do */
byte lie;             /* ... whom it complains about */
bool mute;            /* ... that was more than a wrong fingerprint */

#define ENTRY(r, q) ring[(r) * RING + (q) % RING]
#define AHEAD(c, r) (!MUTATE(WINDOW) && round[c] > round[r] + window[c])
#define SAYS (round[core] == ROUNDS && ENTRY(core, ROUNDS) == 2 * ROUNDS)
#define COMMON(c, r) (round[r] < round[c] -> round[r] : round[c])
#define DIFFERS(c, r, q) (!MUTATE(NO_COMPARE) && ENTRY(c, q) != ENTRY(r, q))
/* watchdog_behind(): not a core that waits in a dispute, unless the kernel waits for it. */
#define OWES(c, r)                                                                                 \
    ((r) != (c) && ((round[r] < round[c] && (!dispute[r] || AHEAD(c, r))) || round[r] < dispute[c]))
#define WATCHED(c)                                                                                 \
    ((OWES(c, 0) -> 1 : 0) | (OWES(c, 1) -> 2 : 0) | ((N == 3 && OWES(c, 2)) -> 4 : 0) |           \
     ((c) == faulty -> lie : 0))

#include "board.pml"

/* Two: a bare mismatch excludes nobody. */
inline check_exclusion()
{
    CHECK(N == 3 || mute, no_pick_in_dmr)
}

#define LACKS(r, q) (HAS(see, r) && round[r] < (q))
#define UNPUBLISHED(q) (LACKS(0, q) || LACKS(1, q) || (N == 3 && LACKS(2, q)))

/* dispute_look() of the round that core d disputes */
inline dispute_look(d)
{
    if
    :: dispute[d] && HAS(see, d) && !UNPUBLISHED(dispute[d]) ->
        judge(dispute[d]);
        agreed = agreed || (d == core && odd == 0)
    :: else
    fi
}

inline poll_model()
{
    dispute_look(0);
    dispute_look(1);
    if
    :: N == 3 -> dispute_look(2)
    :: else
    fi;
    odd = 0
}

/* Anything to the own ballot; wrong complaints; no progress; standing still; being late. */
/* With simplex_ok a lie cannot be told from a failure of the other: README.md. */
#define LIES (N == 3 || !SIMPLEX_OK)
#define FAULTS core == faulty && acts
inline misbehave(running)
{
    atomic {
        acts--;
        if
        :: ENTRY(core, round[core]) = ENTRY(core, round[core]) ^ 1
        :: round[core] > 1 -> ENTRY(core, round[core] - 1) = ENTRY(core, round[core] - 1) ^ 1
        :: LIES -> select (out : 0 .. ROUNDS + 1); round[core] = out; mute = true
        :: LIES && round[core] && !dispute[core] ->
            select (out : 1 .. round[core]);
            dispute[core] = out;
            give_up()
        :: LIES -> select (out : 1 .. ALL - 1); lie = out & ~BIT(core); give_up()
        :: give_up()
        :: dead[core] = true; mute = true; goto gone
        :: running -> asleep = true; mute = true
        fi;
        out = 0;
        said[core] = said[core] || SAYS
    }
}
/* Its EL1 does nothing any more. */
inline give_up()
{
    mute = true;
    out = 0;
    common = 0;
    peer = 0;
    news = ALL;
    goto idle
}

/* exclude_dispute() */
inline diverged()
{
    atomic {
        before = epoch;
        agreed = false;
        dispute[core] = common;
        common = 0;
        news = ALL
    }
    do
    :: atomic { agreed || epoch != before -> break }
    :: core == faulty && timeout -> give_up()
    WAIT_OPTIONS
    od;
    atomic { dispute[core] = 0; agreed = false; before = 0 }
}

/* Earliest round within the window that differs; ring entries further back may be reused. */
#define FIRST_DIFFERENCE(r, q)                                                                     \
    ((WINDOW > 0 && (q) > 1 && DIFFERS(core, r, (q) - 1)) -> (q) - 1 : (q))

#define AGREES(r)                                                                                  \
    (!HAS(active_set, r) ||                                                                        \
     (!AHEAD(core, r) && (COMMON(core, r) == 0 || !DIFFERS(core, r, COMMON(core, r)))))

/* vote_check(): one peer after the other */
inline check_peers()
{
    do
    :: atomic { AGREES(peer) ->
            peer = (peer + 1 == core -> peer + 2 : peer + 1);
            if
            :: peer >= N -> peer = 0; break
            :: else
            fi }
    :: atomic { !AGREES(peer) && !AHEAD(core, peer) ->
            common = COMMON(core, peer);
            common = FIRST_DIFFERENCE(peer, common) };
        diverged()
    :: core == faulty && timeout -> give_up()
    :: FAULTS -> misbehave(false)
    WAIT_OPTIONS
    od
}

#define SAID(r) said[r]

proctype replica(byte core)
{
    CORE_LOCALS;
    byte odd;
    byte before;
    byte common;
    byte peer;
    bool agreed;
    bool asleep;

    do
    :: FAULTS && !asleep -> misbehave(true)
    LATE_OPTIONS
    :: HAS(news, core) -> poll()
    :: atomic { !asleep && round[core] >= ROUNDS -> break }
    :: atomic { !asleep && round[core] < ROUNDS ->
            /* ballot_publish() */
            ENTRY(core, round[core] + 1) = 2 * (round[core] + 1);
            if
            :: true
            :: FAULTS -> acts--; ENTRY(core, round[core] + 1) = 2 * (round[core] + 1) + 1
            fi;
            round[core]++;
            said[core] = said[core] || SAYS;
            window[core] = (OUTPUT(round[core]) && !MUTATE(NO_OUTPUT_WAIT) -> 0 : WINDOW);
            progress();
            news = ((dispute[0] || dispute[1] || dispute[2]) -> ALL : news);
            peer = (core == 0 -> 1 : 0)
        };
        check_peers();
        /* commit.c: no output without a majority; of two, without agreement */
        CHECK(!HEALTHY(core) || !OUTPUT(round[core]) || 2 * SUM(SAID) > N ||
              (SIMPLEX_OK && active_set == BIT(core)), no_output_without_majority)
    od;
idle:
end:
    do
    WAIT_OPTIONS
    od;
gone:
    atomic {
        parked[core] = true;
        see = 0; see_epoch = 0; out = 0; odd = 0; common = 0; peer = 0; before = 0;
        mismatch[core] = 0;
        news = ALL
    }
}

init {
    atomic {
        select (faulty : N - 1 .. N); /* the leader has no part in votes: any one will do */
        start()
    }
}
