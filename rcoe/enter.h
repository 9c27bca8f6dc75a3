/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first half of a kernel entry: why are we here? What every system call takes is here, what an
 * input adds is in enter.c. Next file in the flow: leave.h.
 */
#pragma once

#include <level.h>
#include <rcoe/rcoe.h>

#include "fingerprint.h"
#include "inputs.h"

/* An interrupt: the next input, if it is due now. */
struct rcoe_round enter_interrupt(struct trap_frame *tf);

/* A trap whose event has begun, with an input proposed: true if that is due before the trap. */
bool enter_input(struct trap_frame *tf, uint64_t esr, struct rcoe_round *round);

RCOE_INLINE struct rcoe_round rcoe_enter(struct trap_frame *tf, enum trap_kind kind, uint64_t esr,
                                         uint64_t far, uint32_t registers)
{
    struct rcoe_round round;
    struct ballot *own = ballot_own();
    uint32_t fingerprint;

    if (kind == TRAP_IRQ) {
        return enter_interrupt(tf);
    }
    ballot_check(own);
    /* Begun before we look: a proposal made in between then names this event, not the last. */
    ballot_begin_event(own);
    if (inputs_proposed(own)) {
        struct rcoe_round due;

        if (enter_input(tf, esr, &due)) {
            return due;
        }
    }
    round.event = (struct rcoe_event){ .cause = EVENT_SYNC, .esr = esr, .far = far };
    /* The number of the event shows in the round, and ballot_check() has seen it. */
    fingerprint = fingerprint_word(rcoe_fingerprint, inputs_accesses(own));
    fingerprint = fingerprint_word(fingerprint, esr ^ far); /* a flip in either shows */
    fingerprint = level_fold_entry(fingerprint, registers);
    level_vote_entry(own, fingerprint);
    return round;
}

RCOE_INLINE bool rcoe_saved_right(const struct trap_frame *tf, uint32_t registers)
{
    return level_saved_right(tf, registers);
}
