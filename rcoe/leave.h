/* SPDX-License-Identifier: BSD-2-Clause */
/* The second half of a kernel entry: what did we do, and who runs next? */
#pragma once

#include <level.h>
#include <rcoe/rcoe.h>

#include "inputs.h"
#include "reintegrate.h"

/* Stores the deadline, and tells EL2 if it has to know now. */
void leave_deadline(uint64_t deadline, bool fired);

RCOE_INLINE void leave_vote(struct ballot *own, const struct trap_frame *next, uint32_t fingerprint)
{
    level_vote_exit(own, level_fold_exit(fingerprint, next));
    inputs_release(own);
    reintegrate_exit(next);
}

RCOE_INLINE void rcoe_leave(bool timer, const struct trap_frame *next, uint64_t next_deadline)
{
    struct ballot *own = ballot_own();
    uint32_t fingerprint = fingerprint_word(rcoe_fingerprint, next_deadline);

    rcoe.deadline = next_deadline;
    /* Compared with the ballot's, which may have been hit: so it is repaired, too. */
    if (timer || next_deadline != arch_load(&own->deadline)) {
        leave_deadline(next_deadline, timer);
    }
    leave_vote(own, next, fingerprint);
}

RCOE_INLINE void rcoe_leave_same_deadline(const struct trap_frame *next)
{
    struct ballot *own = ballot_own();
    uint64_t deadline = rcoe.deadline;

    if (deadline != arch_load(&own->deadline)) {
        leave_deadline(deadline, false);
    }
    leave_vote(own, next, rcoe_fingerprint);
}
