/* SPDX-License-Identifier: BSD-2-Clause */
/* One replica: nothing is hashed. Contracts: rcoe/rcoe.h, which includes this file. */
#pragma once

RCOE_INLINE void rcoe_note(uint64_t word)
{
    (void)word;
}
