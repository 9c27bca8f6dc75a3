/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages written by the replica: sets of them, as bits, from the first page of its memory on. */
#pragma once

#include "paging.h"

#define TRACK_PAGES (BOARD_PARTITION_TOTAL / 2 / PAGE) /* only who has peers is tracked */

/* Whoever copies the replica swaps the first two; the third is the replica's kernel's own. */
enum { TRACK_KERNEL = 2, TRACK_SETS };

#pragma GCC visibility push(hidden)

struct tracking {
    uint32_t sets; /* bit s: set s is being written to */
};
extern struct tracking tracking;
extern uint64_t dirty[TRACK_SETS][TRACK_PAGES / 64];

/* From here on the set is empty and collects pages; or collects none any more. */
void track_set(uint32_t set, bool on);

#pragma GCC visibility pop
