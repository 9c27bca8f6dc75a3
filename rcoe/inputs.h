/* SPDX-License-Identifier: BSD-2-Clause */
/* Agreement on the event at which an input is delivered (loosely coupled). */
#pragma once

#include "ballot.h"

/*
 * Pure: the last event before input k, as far as one replica's board data says. A laggard may come
 * when that replica has delivered k and its slot proposes k + 1, so its decision counts too.
 */
struct input_claim {
    uint64_t input;          /* slot.proposal_input */
    uint64_t event;          /* slot.proposal_event, read after `input` */
    uint64_t decision_input; /* ballot.decision[k % DECISIONS], read after `event` */
    uint64_t decision_event;
    uint64_t begun; /* ~ballot.event_check, read last: events it has begun at least */
};
/* Returns 0 if the replica claims nothing for input k, or claims events that it has not begun. */
uint64_t input_claim_target(const struct input_claim *claim, uint64_t k);

/* After vIRQ: is the next input due as a new event now? Otherwise it was put off, no trace. */
bool inputs_due_now(void);

/* Synchronous entry, event begun: is this event the next input's? */
bool inputs_due_here(void);

/* The input's interrupt number (or INPUT_TIMER); counts it as delivered. */
uint32_t inputs_take(void);

/* Before return to user: an input that was put off and comes next raises its interrupt again. */
void inputs_release(void);
