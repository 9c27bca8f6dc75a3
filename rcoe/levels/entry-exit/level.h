/* SPDX-License-Identifier: BSD-2-Clause */
/* Level `entry-exit`: every kernel entry and exit. The interface: rcoe/DESIGN.md, Vote levels. */
#pragma once

#define LEVEL VOTE_ENTRY_EXIT
#define LEVEL_COMPARES true

#include "levels/results.h"
