/* SPDX-License-Identifier: BSD-2-Clause */
/* EL1 has no debug registers. */
#pragma once

#define DEBUG_REGISTERS
#define NO_DEBUG_REGISTERS , mdscr_el1
