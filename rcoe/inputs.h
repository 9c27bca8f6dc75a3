/* SPDX-License-Identifier: BSD-2-Clause */
/* Agreement on the event at which an input is delivered (loosely coupled). */
#pragma once

#include "ballot.h"

/*
 * Pure: the position of input k, as far as one member's board data says. A laggard may come when
 * that replica has delivered k and its slot proposes k + 1, or soon will: its decision counts.
 */
struct input_claim {
    uint64_t input;             /* slot.proposal_input */
    uint64_t tag;               /* slot.proposal_tag, the same before and after `position` */
    uint64_t position;          /* slot.proposal_event */
    uint64_t decision_input;    /* ballot.decision[k % DECISIONS], read after `position` */
    uint64_t decision_position; /* ... */
    uint64_t begun;             /* ~ballot.event_check + slot.accesses, read last: has got so far */
};
enum input_claim_kind {
    CLAIM_NONE,     /* not proposed (with this tag), or a position that it has not reached */
    CLAIM_PROPOSED, /* one of the claims whose maximum decides */
    CLAIM_DECIDED,  /* that replica has delivered k: this is the position */
};
enum input_claim_kind input_claim(const struct input_claim *claim, uint64_t k, uint64_t tag,
                                  uint64_t *position);

/* Device accesses that this replica's user programs have begun: equal at the same event. */
uint64_t inputs_accesses(void);

/* After vIRQ: is the next input due as a new event now? Otherwise it was put off, no trace. */
bool inputs_due_now(void);

/* Synchronous entry, event begun: should the next input have come before it? */
bool inputs_due_here(void);

/* The input's interrupt number (or INPUT_TIMER); counts it as delivered. */
uint32_t inputs_take(void);

/* Before return to user: an input that was put off and comes next raises its interrupt again. */
void inputs_release(void);
