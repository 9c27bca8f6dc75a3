/* SPDX-License-Identifier: BSD-2-Clause */
/* Debug builds; release builds have pstate.c. */
#include <arch/trap.h>

const uint64_t arch_pstate_user = 0x40;
