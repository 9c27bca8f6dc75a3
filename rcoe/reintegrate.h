/* SPDX-License-Identifier: BSD-2-Clause */
/* The moment in which an excluded replica becomes one of the others again. */
#pragma once

#include <rcoe/rcoe.h>

#include "ballot.h"

/* In a quiet moment; goes on in `next`, not in the caller. */
void reintegrate_join(const struct trap_frame *next);

static inline void reintegrate_input(uint32_t irq)
{
    if (irq == INPUT_JOIN) {
        rcoe.joining = true;
    }
}

/* The end of an exit on which all have voted. May not return. */
static inline void reintegrate_exit(const struct trap_frame *next)
{
    if (rcoe.joining && kernel_quiet()) {
        reintegrate_join(next);
    }
}
