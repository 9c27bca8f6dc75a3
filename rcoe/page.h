/* SPDX-License-Identifier: BSD-2-Clause */
/* What vote level page knows of this replica's memory (page.c); all of it is replicated state. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch_rcoe.h>

#define PAGES_BITS 12u
#define PAGES_MOST (UINT64_C(512) << 20 >> PAGES_BITS) /* system_check.py refuses more */
#define PAGES_PER_EXIT 16u                             /* folded: some 16,000 instructions */
#define GROUPS_PER_EXIT 16u                            /* of 64 pages, EL2 is asked for */

struct rcoe_pages {
    const uint64_t *memory;          /* where it appears */
    uint64_t start;                  /* of memory */
    uint64_t pages;                  /* of it */
    uint64_t interval;               /* counter ticks; a copy: control is shared */
    uint64_t due;                    /* when the next round may begin */
    uint64_t asked;                  /* groups of pages that EL2 was asked for in this round */
    uint64_t left;                   /* pages of this round, so far, that are not folded yet */
    uint64_t next;                   /* the first of them is not before this one */
    uint64_t interrupted;            /* threads that stand where an input interrupted them */
    uint64_t folded;                 /* pages, since the start */
    bool off;                        /* a thread was abandoned */
    uint64_t user[PAGES_MOST / 64];  /* bit: the page belongs to a frame */
    uint64_t dirty[PAGES_MOST / 64]; /* bit: to be folded in this round */
};
extern ARCH_REPLICA_STATE struct rcoe_pages rcoe_pages;
