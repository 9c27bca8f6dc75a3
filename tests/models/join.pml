/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The return of a replica (shim/start/lead.c, shim/start/join.c): replicas 0 and 1 are members, 2
 * was excluded. Rendezvous 1 is a store, 2 is where all stand still, 3 is a store of all three.
 * That INPUT_JOIN is delivered at the same event is taken for granted here.
 */
#define JOIN
#define N 3
#define LAST 3
#define STORE(n) ((n) != 2)
#define JOINS(n) ((n) == 2)
#define MEMBERS COUNT(active_set)

mtype = { NONE, COPY, READY, ASKED_FOR, STOP, DONE, IN, FAILED };
mtype join_state = NONE; /* board_join.state; one attempt */
byte join_epoch;         /* board_join.epoch */
bool logged;             /* INPUT_JOIN */
bool tried;
bool admitting[3];       /* in lead_admit(): this core does not poll */
bool early;              /* a fault was shown while there were two */

#define DUE (request_seq[core] != 1 || logged)
/* watchdog_debtor(): an idle replica notices a dead I/O core by the timer that does not come. */
#define OWED(c) (request_seq[c] == 1 && !logged && dead[leader])
#define OVER (request_seq[core] == 1 && !logged && (join_state == FAILED || join_state == IN))
#define MAY_STOP (faulty != 2 && (active_set == 3 || early))
#define HALVES(c) (admitting[c] && join_state == STOP && RUNS(c))
#define EARLIER(c) (TAKES(c) || (HALVES(c) && !MUTATE(JOIN_PATIENCE)))
#define ATTEMPT                                                                                    \
    (join_state != NONE && join_state != DONE && join_state != IN && join_state != FAILED)
#define FAULTS core == faulty && !acted
#define LEADS(c) (io[c] && RUNS(c) && HAS(active_set, c) && !admitting[c] && !stopped)

/* lead_admit() gives up after half a barrier time. */
#define earlier()                                                                                  \
    atomic {                                                                                       \
        if                                                                                         \
        :: TAKES(core) -> take_over()                                                              \
        :: HALVES(core) -> join_state = FAILED                                                     \
        :: else                                                                                    \
        fi                                                                                         \
    }
/* lead_step() */
#define WATCHDOG_OPTIONS                                                                           \
    :: atomic { LEADS(core) && join_state == NONE && !tried ->                                     \
                tried = true; join_state = COPY; join_epoch = self_epoch[core] }                   \
    :: atomic { LEADS(core) && join_state == READY -> join_state = ASKED_FOR; logged = true }      \
    :: atomic { LEADS(core) && ATTEMPT && self_epoch[core] != join_epoch -> join_state = FAILED }  \
    :: atomic { timeout && LEADS(core) && ATTEMPT && !ANY(EARLIER) && !ANY(LATE) &&                \
                !ANY(SECOND_DUE) && !ANY(HARD_DUE) -> join_state = FAILED }

#define access()                                                                                   \
    if                                                                                             \
    :: JOINS(n) -> admit()                                                                         \
    :: else -> access_device()                                                                     \
    fi
#define join_as_member()                                                                           \
    if                                                                                             \
    :: core == 2 -> join_members()                                                                 \
    :: else                                                                                        \
    fi

#include "port.pml"

init {
    atomic {
        io[0] = true;
        active_set = 3;
        epoch = 1;
        self_epoch[0] = 1;
        self_epoch[1] = 1;
        accuse_epoch[0] = 1;
        accuse_epoch[1] = 1;
        select (faulty : 0 .. NOBODY);
        start()
    }
}
