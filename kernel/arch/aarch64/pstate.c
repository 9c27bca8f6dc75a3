/* SPDX-License-Identifier: BSD-2-Clause */
/* Release builds; debug builds have pstate_debug.c. */
#include <arch/trap.h>

const uint64_t arch_pstate_user = 0x140;
