/* SPDX-License-Identifier: BSD-2-Clause */
/* Level `page`: as `object`, and at intervals the user pages that were written (page.c). */
#pragma once

#define LEVEL VOTE_PAGE
#define LEVEL_COMPARES true

#include "levels/frames.h"
