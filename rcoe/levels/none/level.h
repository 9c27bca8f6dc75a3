/* SPDX-License-Identifier: BSD-2-Clause */
/* Level `none`, the negative control of campaigns: the work of `entry-exit`, and nobody looks. */
#pragma once

#define LEVEL VOTE_NONE
#define LEVEL_COMPARES false

#include "levels/results.h"
