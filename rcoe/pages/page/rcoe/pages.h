/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vote level page: at agreed intervals the contents of the user pages that were written since the
 * last time are folded into the fingerprint (page.c). The kernel says which memory is the users',
 * and when user memory is comparable. In the other levels ../../none has the same names and does
 * nothing. Addresses are intermediate physical ones.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Once, after rcoe_init(): memory is [start, start + bytes), and appears at `memory`. */
void rcoe_pages_init(uint64_t start, uint64_t bytes, const uint64_t *memory);

/* Whole pages became frames. */
void rcoe_pages_give(uint64_t first, uint64_t bytes);
/* The memory is no frame any more: the kernel overwrote it, wholly or in part. */
void rcoe_pages_take(uint64_t first, uint64_t bytes);

/*
 * An input has interrupted the running thread, at another instruction in each replica. While any
 * thread stands where it was interrupted, what it has written so far differs between healthy ones.
 */
void rcoe_pages_interrupted(void);
/*
 * One that was interrupted will never go on from there: its end, or new registers. What it left
 * half-written may differ for ever, so user memory is not compared any more. `ended`: the thread.
 */
void rcoe_pages_abandoned(bool ended);

/*
 * The end of an entry, at the agreed time `now`; folds a bounded number of pages if no thread
 * stands where it was interrupted. `resumes`: the one that runs next does, and goes on.
 */
void rcoe_pages_exit(uint64_t now, bool resumes);
