/* SPDX-License-Identifier: BSD-2-Clause */
/* The second half of a kernel entry: what did we do, and who runs next? */
#include <rcoe/rcoe.h>

#include <level.h>

#include "inputs.h"
#include "reintegrate.h"

/*
 * Stored always, armed by the leader only: EL2 of a new leader reads the ballot when it takes over,
 * and that is after this store or before this look at who leads. EL2 also reads it at each of its
 * ticks, so it has to be told only when its timer is set to a later moment. A deadline that was
 * logged is used up, so `fired` arms it again even if it is the same: time may have been an earlier
 * leader's.
 */
static void set_deadline(uint64_t deadline, bool fired)
{
    struct ballot *own = ballot_own();
    uint32_t self = ballot_self();

    if (atomic_load_explicit(&own->deadline, memory_order_relaxed) == deadline && !fired) {
        return;
    }
    atomic_store_explicit(&own->deadline, deadline, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (ballot_leader() == self &&
        (fired || deadline < atomic_load_explicit(&slot_of(self)->armed, memory_order_relaxed))) {
        shim_timer(deadline);
    }
}

static void vote(void)
{
    level_vote_exit();
    inputs_release();
}

void rcoe_leave(const struct rcoe_round *round, const struct trap_frame *next,
                uint64_t next_deadline)
{
    bool fired = round->event.cause == EVENT_INPUT && round->event.irq == INPUT_TIMER;

    rcoe.deadline = next_deadline;
    rcoe_note(next_deadline);
    rcoe_fingerprint = level_fold_frame(rcoe_fingerprint, next);
    set_deadline(next_deadline, fired);
    vote();
    reintegrate_exit(next);
}

void rcoe_leave_same_deadline(const struct trap_frame *next)
{
    rcoe_fingerprint = level_fold_frame(rcoe_fingerprint, next);
    set_deadline(rcoe.deadline, false); /* the ballot's may have been hit */
    vote();
    reintegrate_exit(next);
}
