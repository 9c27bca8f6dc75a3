/* SPDX-License-Identifier: BSD-2-Clause */
/* The debug registers are the kernel's, the debugger's ROM and lock are nobody's: TDRA, TDOSA. */
#pragma once

#define MDCR_DEBUG_TRAPS (0x6 << 9)
