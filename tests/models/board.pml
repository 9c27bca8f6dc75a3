/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all models share: the control page, accusations, exclusion, stop. Names are those of
 * shim/exclude.c and shim/include/shim/board.h; README.md has the table.
 *
 * A core is one process: EL2 polls where the model says WAIT_OPTIONS, in every wait and between the
 * steps of its replica. At most one replica is faulty.
 *
 * Time: `timeout` holds when nobody can do anything else. So a barrier time is longer than whatever
 * healthy replicas do without waiting; timers that run out then do so in any order, before or after
 * a late replica goes on. A barrier time that begins with an accusation ends after those that led
 * to accusations, and hard bounds end last.
 */
#ifndef N
#define N 3
#endif
#ifndef SIMPLEX_OK
#define SIMPLEX_OK 0
#endif

#define ALL ((1 << N) - 1)
#define BIT(r) (1 << (r))
#define HAS(set, r) (((set) >> (r)) & 1)
#define COUNT(set) (HAS(set, 0) + HAS(set, 1) + HAS(set, 2))
#define LOWEST(set) (HAS(set, 0) -> 0 : (HAS(set, 1) -> 1 : 2))
#define NOBODY N
#define HEALTHY(r) ((r) != faulty)
#if N == 2
#define ANY(what) (what(0) || what(1))
#define SUM(what) (what(0) + what(1))
#define EACH(what) ((what(0) -> 1 : 0) | (what(1) -> 2 : 0))
#else
#define ANY(what) (what(0) || what(1) || what(2))
#define SUM(what) (what(0) + what(1) + what(2))
#define EACH(what) ((what(0) -> 1 : 0) | (what(1) -> 2 : 0) | (what(2) -> 4 : 0))
#endif

/*
 * A check that is left out, to see that this is noticed; the environment says which one. `hidden`
 * keeps it out of the states.
 */
hidden byte mutation;
#define MUTATE(name) (mutation == MUTATION_##name)
#include "mutations.pml"

/* What is checked. The names are always 0; a failed assertion shows the one it is about. */
#define CHECK(what, name) assert((what) || name)
hidden byte no_healthy_excluded;
hidden byte no_needless_stop;
hidden byte no_output_without_majority;
hidden byte no_output_twice;
hidden byte no_output_lost;
hidden byte same_answer;
hidden byte no_bytes_lost;
hidden byte same_bytes;
hidden byte no_pick_in_dmr;
hidden byte no_unequal_joiner;
hidden byte same_position;
hidden byte no_input_twice;
hidden byte no_input_lost;

byte active_set = ALL;    /* board_control */
byte leader = 0;
byte epoch = 0;
bool stopped = false;
byte mismatch[3];     /* board_slot.accuse: one word, so written in one step */
byte missing[3];
bool split[3];
byte accuse_epoch[3];
byte self_epoch[3];   /* core.h: self.epoch */
byte patience[3];     /* own.since: 1 a barrier time, 2 half of the hard bound, 3 the hard bound */
byte moved[3];        /* who made progress since this core looked */
byte news = 0;        /* who has not polled since the board changed */
bool parked[3];
bool dead[3];         /* a core that stands still, its EL2 too */
byte faulty = NOBODY;

/*
 * exclude.c: accusations(), of this epoch and against active cores. exclude() takes a core out
 * before it counts up the epoch, so the second does not follow from the first.
 */
#define TALLIED (MUTATE(EXCLUDED) -> ALL : see)
#define VALID(r) (accuse_epoch[r] == self_epoch[core])
#define MISMATCH(r) (VALID(r) -> mismatch[r] & TALLIED : 0)
#define MISSING(r) (VALID(r) -> missing[r] & TALLIED : 0)
#define ACCUSED_BY(of)                                                                             \
    ENOUGH((HAS(see, 0) && HAS(MISMATCH(0) | MISSING(0), of)) +                                    \
           (HAS(see, 1) && HAS(MISMATCH(1) | MISSING(1), of)) +                                    \
           (HAS(see, 2) && HAS(MISMATCH(2) | MISSING(2), of)))
#define SPLITS(r) (HAS(see, r) && VALID(r) && split[r])
#define ENOUGH(votes) (2 * (votes) > (MUTATE(ONE_ACCUSER) -> 0 : COUNT(see)))
#define PEER LOWEST(see & ~BIT(core))

#define RUNS(c) (!parked[c] && !dead[c])
#define ACCUSING(c) ((mismatch[c] | missing[c]) || split[c])
/* watchdog.c: watchdog_late(). WATCHED is the model's. */
#define LATE(c) (RUNS(c) && HAS(active_set, c) && (WATCHED(c) & active_set & ~missing[c] & ~BIT(c)))
/* tally(): r misses a majority, c among it. */
#define ODD(c, r)                                                                                  \
    (accuse_epoch[r] == accuse_epoch[c] && HAS(active_set, r) && HAS(missing[r], c) &&             \
     (c) != (r) && 2 * COUNT(missing[r]) > COUNT(active_set) && !HAS(mismatch[c], r))
#define CONTRADICTS(c)                                                                             \
    (RUNS(c) && COUNT(active_set) > 2 && (ODD(c, 0) || ODD(c, 1) || ODD(c, N - 1)))
#define FIRST(c) (RUNS(c) && HAS(active_set, c) && ACCUSING(c) && patience[c] == 0)
#define HARD_DUE(c) (RUNS(c) && HAS(active_set, c) && ACCUSING(c) && patience[c] < 3)
#define SECOND_DUE(c) (CONTRADICTS(c) || FIRST(c))
#ifndef EARLIER
#define EARLIER(c) false /* a timer of the model, shorter than a barrier time */
#define earlier() skip
#endif
#define TIMER_DUE                                                                                  \
    (!MUTATE(NO_TIMEOUT) && !ANY(EARLIER) &&                                                       \
     (LATE(core) ||                                                                                \
      (!ANY(LATE) &&                                                                               \
       (SECOND_DUE(core) || (HARD_DUE(core) && !ANY(SECOND_DUE))))))

#define WAIT_OPTIONS :: HAS(news, core) -> poll()
#define CORE_LOCALS byte see; byte see_epoch; byte out; bool stop

inline accuse()
{
    accuse_epoch[core] = self_epoch[core];
    news = ALL
}

/* Whoever accused this one as missing sees that it is not. */
inline progress()
{
    moved[0] = moved[0] | (missing[0] & BIT(core));
    moved[1] = moved[1] | (missing[1] & BIT(core));
    moved[2] = moved[2] | (missing[2] & BIT(core));
    news = news | ((moved[0] -> 1 : 0) | (moved[1] -> 2 : 0) | (moved[2] -> 4 : 0))
}

inline timer()
{
    atomic {
        if
        :: LATE(core) -> missing[core] = missing[core] | (WATCHED(core) & active_set & ~BIT(core));
        :: !LATE(core) && CONTRADICTS(core) ->
            mismatch[core] = mismatch[core] | (ODD(core, 0) -> 1 : 0) | (ODD(core, 1) -> 2 : 0) |
                             (ODD(core, N - 1) -> BIT(N - 1) : 0)
        :: !LATE(core) && FIRST(core) -> patience[core] = 1
        :: !LATE(core) && !SECOND_DUE(core) ->
            patience[core]++;
            split[core] = split[core] || COUNT(active_set) > 2 /* unheard() */
        fi;
        accuse()
    }
}

#ifdef EL2_STEPS
#include EL2_STEPS
#endif
#ifndef WATCHDOG_OPTIONS
#define WATCHDOG_OPTIONS
#endif
#ifndef WATCHDOG_LOCALS
#define WATCHDOG_LOCALS byte unused
#endif
/* The timers of a core's EL2; what they lead to is found by poll(). */
proctype watchdog(byte core)
{
    WATCHDOG_LOCALS;
end:
    do
    :: timeout && TIMER_DUE -> timer()
    :: timeout && EARLIER(core) -> earlier()
    WATCHDOG_OPTIONS
    od
}

#ifndef EXCLUSION_STEPS
#define EXCLUSION_STEPS(steps) steps
#endif
/* The compare-and-swap, the leader, the epoch: others look in between. */
inline exclude(set)
{
    atomic {
        if
        :: !(active_set & (set)) -> out = 0
        :: (active_set & (set)) && (!(active_set & ~(set)) ||
                                   (COUNT(active_set & ~(set)) == 1 && !SIMPLEX_OK)) ->
            stop_system();
            goto gone
        :: else ->
            out = active_set & (set);
            see = active_set & ~(set);
            CHECK(faulty != NOBODY && out == BIT(faulty), no_healthy_excluded);
            check_exclusion();
            active_set = see;
            news = ALL
        fi
    }
    EXCLUSION_STEPS(
    if
    :: out && HAS(out, leader) -> leader = LOWEST(see); news = ALL
    :: else
    fi;
    if
    :: out -> atomic { epoch++; news = ALL }
    :: else
    fi);
    if
    :: HAS(out, core) -> goto gone
    :: else -> out = 0; see = 0
    fi
}

#ifndef MAY_STOP
#define MAY_STOP (N == 2)
#endif
/* exclude_stop() */
inline stop_system()
{
    CHECK(faulty != NOBODY && MAY_STOP, no_needless_stop);
    stopped = true;
    news = ALL
}

inline epoch_begin()
{
    self_epoch[core] = see_epoch;
    mismatch[core] = 0;
    missing[core] = 0;
    split[core] = false;
    moved[core] = 0;
    patience[core] = 0;
    accuse_epoch[core] = see_epoch
}

inline tally_two()
{
    if
    :: (SUM(SPLITS) || MISMATCH(core) || MISMATCH(PEER) ||
        (MISSING(core) && (MISSING(PEER) || !SIMPLEX_OK))) -> stop = true
    :: else ->
        if
        :: MISSING(core) && patience[core] > 0 -> out = BIT(PEER)
        :: else
        fi
    fi
}

/* Who comes first does not matter if no healthy replica has votes enough. */
inline tally()
{
    out = EACH(ACCUSED_BY) & see;
    CHECK(!(out & ~BIT(faulty)), no_healthy_excluded);
    if
    :: out
    :: !out && split[core] && ENOUGH(SUM(SPLITS)) -> stop = true
    :: !out && !(split[core] && ENOUGH(SUM(SPLITS))) && patience[core] == 3 -> /* unheard() */
        if
        :: 2 * SUM(RUNS) <= COUNT(see) -> stop = true
        :: else -> out = BIT(core)
        fi
    :: else
    fi
}

/*
 * board_poll(), one step: epoch and active set may be those between the steps of exclude(). What
 * was read before an exclusion and used after it is void, since accusations carry the epoch.
 */
inline poll()
{
    atomic {
        news = news & ~BIT(core);
        if
        :: stopped || !HAS(active_set, core) -> goto gone
        :: else
        fi;
        see_epoch = epoch;
        see = active_set;
        out = 0;
        stop = false;
        if
        :: see_epoch != self_epoch[core] -> epoch_begin()
        :: else
        fi;
        if
        :: !HAS(see, leader) -> leader = LOWEST(see)
        :: else
        fi;
        if
        :: missing[core] & (moved[core] | ~WATCHED(core)) -> /* they came: nothing to accuse */
            missing[core] = missing[core] & ~moved[core] & WATCHED(core);
            patience[core] = (ACCUSING(core) -> patience[core] : 0)
        :: else
        fi;
        moved[core] = 0;
        poll_model();
        if
        :: COUNT(see) == 2 -> tally_two()
        :: COUNT(see) > 2 -> tally()
        :: else
        fi;
        if
        :: stop -> stop_system(); goto gone
        :: else
        fi;
        see = 0;
        see_epoch = 0
    }
    if
    :: out -> exclude(out)
    :: else
    fi
}

/* The active cores that posted what r posted as number q; ENTRY() is the model's. */
#define LIKE(r, q)                                                                                 \
    (see & ((ENTRY(r, q) == ENTRY(0, q) -> 1 : 0) | (ENTRY(r, q) == ENTRY(1, q) -> 2 : 0) |        \
            (ENTRY(r, q) == ENTRY(2, q) -> 4 : 0)))
#define WINS(r, q)                                                                                 \
    (HAS(see, r) && 2 * COUNT(LIKE(r, q)) > (MUTATE(MINORITY) -> 0 : COUNT(see)))

/* judge() with verdict(): with one fault there are no three values */
inline judge(q)
{
    if
    :: WINS(0, q) -> odd = see & ~LIKE(0, q)
    :: !WINS(0, q) && WINS(1, q) -> odd = see & ~LIKE(1, q)
    :: !WINS(0, q) && !WINS(1, q) && N == 3 && WINS(2, q) -> odd = see & ~LIKE(2, q)
    :: else -> odd = ALL
    fi;
    if
    :: odd == ALL && !split[core] -> split[core] = true; accuse(); news = news & ~BIT(core)
    :: odd != ALL && (odd & ~mismatch[core]) ->
        mismatch[core] = mismatch[core] | odd;
        accuse();
        news = news & ~BIT(core)
    :: else
    fi
}

/* Late is later than any barrier time, before or after the timers that it lets run out. */
#define LATE_OPTIONS :: asleep && timeout -> atomic { asleep = false; progress() }

inline start()
{
    c_code { mutation = getenv("MUTATION") ? atoi(getenv("MUTATION")) : 0; };
    run replica(0);
    run replica(1);
    run watchdog(0);
    run watchdog(1);
    if
    :: N == 3 -> run replica(2); run watchdog(2)
    :: else
    fi
}
