/* SPDX-License-Identifier: BSD-2-Clause */
/* Level `object`: as `entry-exit`, and the memory of the kernel that an event wrote (object.c). */
#pragma once

#define LEVEL VOTE_OBJECT
#define LEVEL_COMPARES true

#include "levels/frames.h"
