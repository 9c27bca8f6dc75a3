/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Agreement on inputs: shim/inputs.c logs and claims, rcoe/inputs.c settles the position, and the
 * device port asks before it begins an access. The program makes LAST steps, of which step ACCESS
 * is a device access where all meet, the others are system calls; then it sleeps. A device raises
 * its line INPUTS times, and its driver makes it lower the line when all have taken the input.
 */
#ifndef LAST
#define LAST 2
#endif
#ifndef ACCESS
#define ACCESS 0
#endif
#ifndef INPUTS
#define INPUTS 1
#endif
#ifndef TIMERS
#define TIMERS 0
#endif
/* FINE: a claim is read, and made, word by word. */
#ifdef FINE
#define WORD(what) what
#else
#define WORD(what) atomic { what }
#endif
#define MOST (LAST + INPUTS + TIMERS + 4)

byte at[3];          /* steps that the program has made */
byte position[3];    /* ballot.event + slot.accesses */
byte posted[3];      /* accesses begun */
byte begun[3];       /* position, as event_check says it: a flip may exceed it */
byte delivered[3];
byte decision[9];    /* ballot.decision, plus 1; this one and the next two: [r * 3 + k] */
byte tags[9];        /* board_slot.proposal[k].tag, 0 if k was not claimed */
byte claims[9];      /* ... .position */
bool deciding[3];
byte put_off[3];     /* ballot.held */
bool held[3];        /* shim/inputs.c: held */
bool raised[3];      /* HCR_EL2.VI */
byte input[3];       /* board_slot.proposal_input, the newest */
byte waits[3];       /* whom the kernel, or EL2 in an access, waits for */
bool el2[3];         /* EL2 is at work in the middle of something: EL1 of this core is not */
byte head = 0;       /* board_log */
byte raisings = 0;   /* of the line so far */
byte lines = 0;      /* ... that were logged */
byte timers = 0;
bool line;
bool masked;
bool outstanding;
bool io[3];
byte io_core = 0;
byte where[4];       /* for the checks: input k was delivered here, plus 1 */
bool acted;
bool mute;

#define IDLE(c) (at[c] == LAST)
#define K(c) (delivered[c] + 1)
#define EL1 (!el2[core])
#define OF(r, k) ((r) * 3 + (k))
#define DECISION(r, k) decision[OF(r, k)]
#define PENDING(c) (input[c] == K(c))
/* shim: epoch << 32 | active; the members are its lower bits */
#define TAG (epoch * 16 + active_set)
#define OWN_TAG(c) tags[OF(c, K(c))]
#define MEMBERS(c) ((OWN_TAG(c) & 15) | BIT(c))
/* rule_input_claim(): `t` is the tag of r's claim. Who delivered before members changed binds. */
#define BINDS(c, r, t)                                                                             \
    (!MUTATE(DECISION) && DECISION(r, K(c)) != 0 &&                                                \
     (MUTATE(BIND) || (t && t != OWN_TAG(c) && !MUTATE(MEMBERS))))
#define COUNTS(c, t) (t && (MUTATE(MEMBERS) || t == OWN_TAG(c)))
#define POSSIBLE(r, p) ((p) <= begun[r])
#define POSITION(c, r)                                                                             \
    (BINDS(c, r, tags[OF(r, K(c))]) -> DECISION(r, K(c)) - 1 : claims[OF(r, K(c))])
#define AVAILABLE(c, r)                                                                            \
    ((BINDS(c, r, tags[OF(r, K(c))]) || COUNTS(c, tags[OF(r, K(c))])) &&                           \
     POSSIBLE(r, POSITION(c, r)))
#define AHEAD(c, r)                                                                                \
    ((r) != (c) && HAS(MEMBERS(c), r) && AVAILABLE(c, r) && POSITION(c, r) > position[c])
#define BEHIND(c, r) (IDLE(c) && HAS(active_set, r) && delivered[r] < delivered[c])
/* watchdog_debtor(): the timer's input does not come */
#define OWES(c, r) (IDLE(c) && (r) == leader && dead[r] && delivered[c] == head)
#define WATCHES(c, r)                                                                              \
    ((held[c] && IDLE(c) && !MUTATE(COMPLAIN) && AHEAD(c, r)) || BEHIND(c, r) || OWES(c, r))
#define WATCHED(c)                                                                                 \
    (waits[c] | (WATCHES(c, 0) -> 1 : 0) | (WATCHES(c, 1) -> 2 : 0) |                              \
     ((N > 2 && WATCHES(c, 2)) -> 4 : 0))
#define MAY_TAKE(c) (leader == (c) && !io[c] && RUNS(c) && HAS(active_set, c))
#define EARLIER(c) (MAY_TAKE(c) && !parked[io_core])
#define earlier() take_over()
/* inputs_take_over(), with take_over() of shim/start */
inline take_over()
{
    atomic {
        io_core = core;
        io[core] = true;
        masked = outstanding
    }
}
#define FAULTS core == faulty && !acted
#define EXCLUSION_STEPS(steps) atomic { steps }
#define KIND(k) ((KINDS) & (k))
#ifndef KINDS
#define KINDS 47
#endif
#define EL2_STEPS "inputs_el2.pml"
#include "board.pml"

inline check_exclusion()
{
    CHECK(N > 2 || mute, no_pick_in_dmr)
}

inline poll_model()
{
    if
    :: MAY_TAKE(core) && parked[io_core] -> take_over()
    :: else
    fi
}

#define TOOK(r) (!HAS(active_set, r) || delivered[r] == head)
#define ALL_TOOK (TOOK(0) && TOOK(1) && (N == 2 || TOOK(2)))
/* Its driver's accesses are voted, so all have taken the input by then; then IRQ_ACK. */
proctype device()
{
end:
    do
    :: atomic { !line && raisings < INPUTS -> line = true; raisings++ }
    :: atomic { line && masked && outstanding && lines >= raisings && ALL_TOOK ->
                line = false; outstanding = false; masked = false }
    od
}

#define LIES (N == 2)
#define CLAIMED (input[core] == K(core))
#define MAY_ACT (LIES || KIND(7) || (KIND(8) && CLAIMED) || KIND(16))
inline misbehave()
{
    atomic {
        FAULTS && !asleep && MAY_ACT;
        acted = true;
        mute = true;
        if
        :: KIND(1) -> dead[core] = true; goto gone
        :: KIND(2) -> goto mute_el1
        :: KIND(4) -> asleep = true
        :: KIND(8) && CLAIMED -> panic = true
        :: KIND(16) -> DECISION(core, 1) = position[core]
        :: KIND(16) -> DECISION(core, 1) = position[core] + 2
        :: LIES -> select (out : 0 .. MOST); claims[OF(core, K(core))] = out; out = 0
        :: LIES -> select (out : 0 .. MOST); DECISION(core, K(core)) = out; out = 0
        fi
    }
    if
    :: panic -> exclude(BIT(core)) /* exclude_self() */
    :: else
    fi
}

#ifdef FINE
#define WHOLE_COLLECT collect()
#else
#define WHOLE_COLLECT atomic { collect() }
#endif
/* collect(): one member after the other; of a claim the tag is read before and after. */
inline collect()
{
    do
    :: atomic { EL1 && from < N && late == NOBODY && (from == core || !HAS(MEMBERS(core), from)) ->
            its = (from == core -> claims[OF(core, K(core))] : 0);
            target = (its > target -> its : target);
            late = (its > begun[core] -> core : NOBODY);
            its = 0;
            from++ }
    :: EL1 && from < N && late == NOBODY && from != core && HAS(MEMBERS(core), from) -> WORD(
        stamp = tags[OF(from, K(core))];
        its = claims[OF(from, K(core))];
        claim_of())
    :: atomic { EL1 && (from == N || late != NOBODY) -> from = 0; break }
    od
}
inline claim_of()
{
    atomic {
        if
        :: stamp != tags[OF(from, K(core))] -> late = from
        :: stamp == tags[OF(from, K(core))] && BINDS(core, from, stamp) ->
            if
            :: POSSIBLE(from, DECISION(from, K(core)) - 1) ->
                target = DECISION(from, K(core)) - 1;
                from = N
            :: else -> late = from
            fi
        :: stamp == tags[OF(from, K(core))] && !BINDS(core, from, stamp) ->
            if
            :: COUNTS(core, stamp) && POSSIBLE(from, its) ->
                target = (its > target -> its : target);
                from++
            :: else -> late = from
            fi
        fi;
        stamp = 0; its = 0
    }
}

/* target_decide(); `deciding` is set */
inline decide()
{
    do
    :: true ->
        WHOLE_COLLECT;
        if
        :: late == NOBODY -> break
        :: late == core -> exclude(BIT(core)) /* shim_panic() */
        :: else
        fi;
        atomic { deciding[core] = false; waits[core] = BIT(late); stamp = OWN_TAG(core) };
        do
        :: atomic { EL1 && (AVAILABLE(core, late) || OWN_TAG(core) != stamp) ->
                waits[core] = 0;
                late = NOBODY;
                stamp = 0;
                deciding[core] = true;
                news = (missing[core] -> news | BIT(core) : news);
                break }
        WAIT_OPTIONS
        :: misbehave()
        od
    od
}

/* inputs_take() */
inline take()
{
    atomic {
        DECISION(core, K(core)) = position[core];
        CHECK(!HEALTHY(core) || where[K(core)] == 0 || where[K(core)] == position[core],
              same_position);
        where[K(core)] = (HEALTHY(core) -> position[core] : where[K(core)]);
        target = 0
    };
    atomic {
        EL1;
        delivered[core]++;
        put_off[core] = 0;
        deciding[core] = false;
        progress()
    };
    atomic { /* inputs_done() */
        EL1;
        raised[core] = PENDING(core);
        held[core] = held[core] && !PENDING(core)
    }
}

#define BEGIN                                                                                      \
    position[core]++;                                                                              \
    begun[core] = (begun[core] < position[core] -> position[core] : begun[core]);                  \
    progress()

/* inputs_release() at the exit, without a lock on the claims */
inline leave()
{
    if
    :: atomic { EL1 && put_off[core] -> skip };
        WHOLE_COLLECT;
        atomic {
            EL1;
            if
            :: late != NOBODY || target <= position[core] ->
                put_off[core] = 0;
                raised[core] = true;
                held[core] = false
            :: else
            fi;
            late = NOBODY;
            target = 0
        }
    :: atomic { EL1 && !put_off[core] -> skip }
    fi
}

/* inputs_due_now() */
inline interrupt()
{
    if
    :: true -> decide()
    :: atomic { FAULTS && KIND(16) ->
            acted = true; mute = true;
            target = position[core] } /* due, whatever the others claim */
    fi;
    if
    :: atomic { EL1 && target < position[core] -> target = 0 };
        exclude(BIT(core))
    :: atomic { EL1 && target == position[core] -> BEGIN };
        take();
        leave()
    :: atomic { EL1 && target > position[core] ->
            put_off[core] = K(core);
            held[core] = true;
            raised[core] = false;
            deciding[core] = false;
            target = 0 }
    fi
}

/* rcoe_enter(): begun before it looks. inputs_due_here() */
inline system_call()
{
    if
    :: atomic { EL1 && (seen || (!MUTATE(LOOK) && PENDING(core))) ->
            deciding[core] = true;
            seen = false };
        decide();
        if
        :: atomic { EL1 && target + 1 < position[core] -> target = 0 };
            exclude(BIT(core))
        :: atomic { EL1 && target + 1 == position[core] -> skip };
            take()
        :: atomic { EL1 && target + 1 > position[core] ->
                deciding[core] = false;
                target = 0;
                at[core]++ }
        fi
    :: atomic { EL1 && !seen && (MUTATE(LOOK) || !PENDING(core)) -> at[core]++ }
    fi;
    leave()
}

#define MISSES(r) (HAS(active_set, r) && posted[r] < posted[core])
/* board_agree() */
inline device_access()
{
    do
    :: atomic { EL1 && !ANY(MISSES) ->
            waits[core] = 0;
            raised[core] = raised[core] || PENDING(core); /* inputs_after_access() */
            held[core] = held[core] && !PENDING(core);
            news = (missing[core] -> news | BIT(core) : news);
            at[core]++;
            break }
    :: atomic { waits[core] != EACH(MISSES) && ANY(MISSES) -> waits[core] = EACH(MISSES) }
    WAIT_OPTIONS
    :: misbehave()
    od
}

#define QUIET                                                                                      \
    (raisings == INPUTS && timers == TIMERS && !line && delivered[core] == head && !raised[core])
#define USER (EL1 && !asleep && !raised[core])

proctype replica(byte core)
{
    CORE_LOCALS;
    byte target;
    byte late = NOBODY;
    byte from;
    byte stamp;
    byte its;
    bool seen;
    bool asleep;
    bool panic;

    do
    WAIT_OPTIONS
    :: misbehave()
    LATE_OPTIONS
    :: atomic { EL1 && !asleep && raised[core] && !PENDING(core) -> raised[core] = false }
    :: atomic { EL1 && !asleep && raised[core] && PENDING(core) -> deciding[core] = true };
        interrupt()
    :: atomic { USER && at[core] < LAST && at[core] != ACCESS ->
            seen = MUTATE(LOOK) && PENDING(core) };
        atomic { EL1 -> BEGIN };
        system_call()
    /* device_port_access(): an input that is still raised comes first */
    :: atomic { EL1 && !asleep && (!raised[core] || MUTATE(ACCESS)) && at[core] == ACCESS ->
            CHECK(raised[core] || held[core] || !PENDING(core), no_input_lost);
            posted[core]++;
            BEGIN };
        device_access()
    :: atomic { USER && at[core] == LAST && QUIET -> break }
    od;
    CHECK(!HEALTHY(core) || head >= INPUTS + TIMERS, no_input_lost);
    goto end;
mute_el1:
    waits[core] = 0;
end:
    do
    WAIT_OPTIONS
    od;
gone:
    atomic {
        parked[core] = !dead[core];
        waits[core] = 0; held[core] = false; raised[core] = false;
        see = 0; see_epoch = 0; out = 0; target = 0; late = NOBODY; from = 0; stamp = 0; its = 0;
        seen = false; asleep = false;
        mismatch[core] = 0;
        news = ALL
    }
}

/* Any decision is one on a position that has come. */
inline boot(r)
{
    position[r] = 2;
    begun[r] = 2
}

init {
    atomic {
        io[0] = true;
        boot(0);
        boot(1);
        boot(2);
        if
        :: KINDS != 16 -> faulty = 0
        :: faulty = N - 1
        :: KINDS != 16 -> faulty = NOBODY
        fi;
        run device();
        start()
    }
}
