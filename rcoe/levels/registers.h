/* SPDX-License-Identifier: BSD-2-Clause */
/* What the levels share that vote on the registers of programs, twice per event. */
#pragma once

#include "fingerprint.h"
#include "vote.h"

/* `registers`: fingerprint_registers() of the frame, made while it was saved (registers/). */
RCOE_INLINE uint32_t level_fold_entry(uint32_t fingerprint, uint32_t registers)
{
    return fingerprint_word(fingerprint, registers);
}

RCOE_INLINE bool level_saved_right(const struct trap_frame *tf, uint32_t registers)
{
    return registers == fingerprint_registers(tf);
}

RCOE_INLINE void level_vote_entry(struct ballot *own, uint32_t fingerprint)
{
    vote_entry(own, fingerprint);
}

RCOE_INLINE void level_vote_exit(struct ballot *own, uint32_t fingerprint)
{
    vote_exit(own, fingerprint);
}
