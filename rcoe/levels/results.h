/* SPDX-License-Identifier: BSD-2-Clause */
/* What the levels share that vote on a program's results only when it goes on. */
#pragma once

#include "levels/registers.h"

RCOE_INLINE uint32_t level_fold_exit(uint32_t fingerprint, const struct trap_frame *tf)
{
    return fingerprint_exit(fingerprint, tf);
}
