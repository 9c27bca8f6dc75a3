/* SPDX-License-Identifier: BSD-2-Clause */
/* Agreement on the event at which an input is delivered (loosely coupled). */
#pragma once

#include "ballot.h"

/* Device accesses that this replica's user programs have begun: equal at the same event. */
RCOE_INLINE uint64_t inputs_accesses(const struct ballot *own)
{
    return arch_load(&slot_own(own)->accesses);
}

/* Does this core's EL2 propose an input that was not delivered? Who acts on it looks again. */
RCOE_INLINE bool inputs_proposed(const struct ballot *own)
{
    return arch_load(&slot_own(own)->proposal_input) != rcoe.delivered;
}

/* After vIRQ: is the next input due as a new event now? Otherwise it was put off, no trace. */
bool inputs_due_now(void);

/* Synchronous entry, event begun: should the next input have come before it? */
bool inputs_due_here(void);

/* The input's interrupt number (or INPUT_TIMER); counts it as delivered. */
uint32_t inputs_take(void);

/* Raises the interrupt of the input again that was put off, if it comes next. */
void inputs_let_come(void);

/* Before return to user: looks after the input that was put off, if there is one. */
RCOE_INLINE void inputs_release(const struct ballot *own)
{
    if (own->held != 0) {
        inputs_let_come();
    }
}
