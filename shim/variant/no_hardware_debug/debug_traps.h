/* SPDX-License-Identifier: BSD-2-Clause */
/* EL1 has no debug registers: TDRA, TDOSA, TDA. */
#pragma once

#define MDCR_DEBUG_TRAPS (0x7 << 9)
