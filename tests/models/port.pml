/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device port: the rendezvous of shim/board.c, the access of shim/arch/aarch64/device.S, and
 * the way of the I/O role to another core in the middle of it (shim/start/take_over.c,
 * shim/exclude.c). Rendezvous 1 is a store, 2 a load, 3 a store. With DMA: each hands over what the
 * device has written, which may be read again, and which replicas take from a slot later.
 */
#ifndef LAST
#define LAST 2
#endif
#define RESIDUAL MUTATE(RESIDUAL) /* not a check, but a fault more: to stand still there */
#ifdef DMA
#define STORE(n) false
#define HANDED true
byte bytes[3]; /* board_slot.dma */
byte taken[4]; /* for the checks: what the first healthy core took in rendezvous n, plus 1 */
#else
#define HANDED false
#endif
#ifndef STORE
#define STORE(n) ((n) != 2)
#endif
#ifndef JOIN
#define OWED(c) false
#define DUE true      /* join.pml: may the next rendezvous come, and is there another one? */
#define OVER false
#define join_as_member() skip
#define access() access_device()
#define earlier() take_over()
#define EARLIER(c) TAKES(c)
#endif
#define RIGHT(n) (2 * (n))

byte request_seq[3];
byte request[6];      /* board_slot.request: rendezvous n at [n % 2] */
byte io_seq[3];
byte io_void[3];
byte result_seq[3];
byte result[3];
byte phase[3];        /* what board_wait() is told to expect: 1 all, 2 the leader */
bool io[3];           /* core.h: self.io, self.heir */
bool heir[3];
byte io_core = 0;     /* board_shared */
byte performed[4];    /* for the checks: accesses of rendezvous n that reached the device */
byte answers[4];      /* ... what the first healthy core took as its result, plus 1 */
byte reads = 0;       /* the device: each load gives another value */
bool outvoted;        /* the faulty replica's fingerprint is wrong, and this may be seen now */
bool acted;           /* it has shown its fault */
bool mute;            /* ... a self-evident one */

#define ENTRY(r, n) request[(r) * 2 + (MUTATE(ONE_REQUEST) -> 0 : (n) % 2)]
/* board_look(): absent */
#define AWAY(c, r) (!MUTATE(NO_MEETING) && HAS(active_set, r) && request_seq[r] < request_seq[c])
#define ABSENT(c) ((AWAY(c, 0) -> 1 : 0) | (AWAY(c, 1) -> 2 : 0) | (AWAY(c, 2) -> 4 : 0))
#define WATCHED(c)                                                                                 \
    (phase[c] == 1 -> ABSENT(c) : (phase[c] == 2 || OWED(c) -> BIT(leader) : 0))
/* exclude_poll(): a quarter of the barrier time after the change the old I/O core is gone. */
#define MAY_TAKE(c)                                                                                \
    (!MUTATE(NO_TAKE_OVER) && leader == (c) && !io[c] && RUNS(c) && HAS(active_set, c))
#define TAKES(c) (MAY_TAKE(c) && !parked[io_core])

/* take_over(), paging_take(): the old I/O core has the devices no more */
#define take_over()                                                                                \
    atomic {                                                                                       \
        io[io_core] = MUTATE(BOTH_DRIVE);                                                          \
        io_core = core;                                                                            \
        io[core] = true;                                                                           \
        heir[core] = true                                                                          \
    }

#include "board.pml"

/* Two: a bare mismatch excludes nobody. */
inline check_exclusion()
{
    CHECK(N == 3 || mute, no_pick_in_dmr)
}

inline poll_model()
{
    if
    :: MAY_TAKE(core) && parked[io_core] -> take_over()
    :: else
    fi;
    if
    :: outvoted && HAS(see, faulty) && !HAS(mismatch[core], faulty) && N == 3 ->
        mismatch[core] = mismatch[core] | BIT(faulty);
        accuse()
    :: outvoted && !split[core] && N == 2 -> split[core] = true; accuse()
    :: else
    fi
}

/* A wrong fingerprint; no progress; standing still; being late; a panic or an access outside. */
#ifndef FAULTS
#define FAULTS core == faulty && !acted
#endif
inline misbehave()
{
    atomic {
        acted = true;
        if
        :: outvoted = true; news = ALL
        :: mute = true; dead[core] = true; goto gone
        :: !phase[core] -> mute = true; goto idle
        :: !phase[core] -> mute = true; asleep = true
        :: !phase[core] -> mute = true; panic = true
        fi
    }
    if
    :: panic -> exclude(BIT(core)) /* exclude_self() */
    :: else
    fi
}

/* A core that stands still for ever in the middle of its access. */
inline may_die(allowed)
{
    if
    :: true
    :: atomic { FAULTS && (allowed) -> acted = true; mute = true; dead[core] = true; goto gone }
    fi
}

/* A core that stands still there, and goes on whenever the others have got somewhere. */
inline stand_still(allowed)
{
    if
    :: true
    :: FAULTS && (allowed) -> acted = true; mute = true; timeout
    fi
}

/* DMA, between the last byte and the result: stands still until another core has its own. */
inline lose_devices()
{
    if
    :: true
    :: atomic { FAULTS -> acted = true; mute = true }
        stopped || (!io[core] && result_seq[io_core] >= n)
    fi
}

/* board_taken(), the first half of board_inherit() */
#define HAS_RESULT(r) (result_seq[r] == n && (!MUTATE(LEADER_RESULT) || (r) == leader))
#define RESULT                                                                                     \
    (HAS_RESULT(leader) -> result[leader] :                                                        \
        (HAS_RESULT(0) -> result[0] : (HAS_RESULT(1) -> result[1] : result[2])))
#define HAS_INTENT(r)                                                                              \
    (!MUTATE(INTENT) && (r) != core && io_seq[r] == n && io_void[r] != n && STORE(n))
#define INHERITS                                                                                   \
    (!MUTATE(RESULT) && heir[core] && (ANY(HAS_RESULT) || ANY(HAS_INTENT)))
#ifndef JOINS
#define JOINS(n) false
#define MEMBERS N
#endif
#define ALONE (SIMPLEX_OK && active_set == BIT(core))
#define ASKED(r) (request_seq[r] >= n && (request_seq[r] > n || ENTRY(r, n) == RIGHT(n)))

/* board_publish() */
inline publish()
{
    result_seq[core] = n;
    heir[core] = false;
    progress()
}

inline access_device()
{
    atomic {
        performed[n]++;
        CHECK(performed[n] == 1 || HANDED, no_output_twice);
        CHECK(ENTRY(core, n) == RIGHT(n) && (2 * SUM(ASKED) > MEMBERS || ALONE),
              no_output_without_majority);
        reads = reads + !STORE(n);
#ifdef DMA
        bytes[core] = reads;
#endif
        result[core] = reads
    }
}

#ifdef JOIN
#include "join_steps.pml"
#endif

/* board_perform(): intent, access, result */
inline perform()
{
    if
    :: atomic { INHERITS ->
            result[core] = (ANY(HAS_RESULT) -> RESULT : 0);
            publish() }
    :: else ->
        may_die(true);
        stand_still(true);
        io_seq[core] = n;
        may_die(RESIDUAL || !STORE(n));
        if
        :: atomic { FAULTS -> acted = true; mute = true; io_void[core] = n } /* device_failed() */
            exclude(BIT(core))
        :: true
        fi;
        stand_still(RESIDUAL || !STORE(n));
        if
        :: atomic { io[core] -> access() }
        :: atomic { !io[core] -> goto gone } /* refused: device_failed() */
        fi;
        may_die(RESIDUAL || STORE(n) || HANDED);
#ifdef DMA
        lose_devices();
#endif
        atomic { publish() }
    fi
}

/* board_look(): different */
#define OTHER(r) (!MUTATE(NO_REQUESTS) && HAS(active_set, r) && ENTRY(r, n) != ENTRY(core, n))
#define EQUAL (!ANY(OTHER))
/* exclude_requests(), once for each verdict */
#define UNJUDGED                                                                                   \
    (HAS(active_set, core) &&                                                                      \
     (COUNT(active_set) == 2 -> !split[core] : !(mismatch[core] & active_set)))

#ifdef DMA
#define HOLDS(r) (bytes[r] == sum)
#define FITS(r) (result_seq[r] == n && bytes[r] == result[r])
/* rcoe_dma(): the bytes with the sum that is the result */
inline take()
{
    atomic {
        if
        :: HEALTHY(core) ->
            CHECK(ANY(HOLDS), no_bytes_lost);
            if
            :: MUTATE(SLOT) -> sum = (FITS(0) -> bytes[0] :
                (FITS(1) -> bytes[1] : (FITS(2) -> bytes[2] : sum)))
            :: else
            fi;
            CHECK(taken[n] == 0 || taken[n] == sum + 1, same_bytes);
            taken[n] = sum + 1
        :: else
        fi;
        n = 0;
        sum = 0
    }
}
#endif

/* board_agree() */
inline agree()
{
    atomic {
        n = request_seq[core] + 1;
        ENTRY(core, n) = RIGHT(n);
        if
        :: true
        :: FAULTS -> acted = true; ENTRY(core, n) = RIGHT(n) + 1
        fi;
        request_seq[core] = n;
        phase[core] = 1;
        progress()
    }
    do
    :: atomic { !ABSENT(core) && EQUAL -> break }
    :: atomic { !ABSENT(core) && !EQUAL && UNJUDGED ->
            see = active_set;
            judge(n);
            see = 0;
            odd = 0 }
    WAIT_OPTIONS
    :: FAULTS -> misbehave()
    od;
    if
    :: io[core] -> perform()
    :: else
    fi;
    phase[core] = 2;
    do
    :: atomic { ANY(HAS_RESULT) ->
            if
            :: HEALTHY(core) ->
                CHECK(performed[n] == 1 || JOINS(n) || HANDED, no_output_lost);
                CHECK(answers[n] == 0 || STORE(n) || answers[n] == RESULT + 1, same_answer);
                answers[n] = (STORE(n) -> 0 : RESULT + 1)
            :: else
            fi;
            phase[core] = 0;
            news = (missing[core] -> news | BIT(core) : news);
#ifdef DMA
            sum = RESULT;
#else
            n = 0;
#endif
            break }
    :: !ANY(HAS_RESULT) && heir[core] -> perform()
    WAIT_OPTIONS
    :: FAULTS -> misbehave()
    od;
#ifdef DMA
    take()
#endif
}

proctype replica(byte core)
{
    CORE_LOCALS;
    byte odd;
    byte n;
#ifdef DMA
    byte sum;
#endif
    bool asleep;
    bool panic;

    join_as_member();
    do
    :: FAULTS && !asleep -> misbehave()
    LATE_OPTIONS
    :: HAS(news, core) -> poll()
    :: atomic { !asleep && (request_seq[core] == LAST || OVER) -> break }
    :: !asleep && request_seq[core] < LAST && DUE -> agree()
    od;
idle:
end:
    do
    WAIT_OPTIONS
    od;
gone:
    atomic {
        parked[core] = !dead[core];
        phase[core] = 0;
        see = 0; see_epoch = 0; out = 0; odd = 0; n = 0;
        mismatch[core] = 0;
        news = ALL
    }
}

#ifndef JOIN
init {
    atomic {
        io[0] = true;
        if
        :: faulty = 0
        :: faulty = N - 1
        :: faulty = NOBODY
        fi;
        start()
    }
}
#endif
