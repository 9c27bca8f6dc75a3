/* SPDX-License-Identifier: BSD-2-Clause */
/* Agreement on the event at which an input is delivered (loosely coupled). */
#pragma once

#include "ballot.h"

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
