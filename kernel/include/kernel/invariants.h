/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Panics when the scheduler's state contradicts itself; called when the kernel is left. */
void invariants_check(void);
