/* SPDX-License-Identifier: BSD-2-Clause */
/* What the levels share that vote on all registers of a program when it goes on. */
#pragma once

#include "levels/registers.h"

RCOE_INLINE uint32_t level_fold_exit(uint32_t fingerprint, const struct trap_frame *tf)
{
    return fingerprint_frame(fingerprint, tf);
}
