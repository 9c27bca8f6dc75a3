/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vote level object: the memory that an event wrote, read again before its exit is voted on. So a
 * bit that flipped in it is found before the event has an effect, and not when it is next used.
 * Contracts: rcoe/changes.h. All of this is replicated state.
 */
#include <rcoe/changes.h>
#include <rcoe/rcoe.h>

#include "changes.h"
#include "digest.h"
#include "vote.h"

ARCH_REPLICA_STATE struct rcoe_changes rcoe_changes;

/* One word per range: the upper 16 bits of a kernel address say nothing. */
#define RANGE_BYTES UINT64_C(0xffff)

//@ assigns \nothing; ensures memory(first, bytes) ==> named(\result);
static uint64_t range_make(const void *first, size_t bytes)
{
    return (uint64_t)(uintptr_t)first << 16 | bytes;
}

/*@
  requires named(range);
  assigns \nothing;
  ensures \valid_read(\result + (0 .. (size_t)((range & RANGE_BYTES) / sizeof(uint64_t)) - 1));
*/
static const uint64_t *range_first(uint64_t range)
{
    return (const uint64_t *)(uintptr_t)((int64_t)range >> 16);
}

/* Where and how much count, too: replicas that wrote in different places differ. */
//@ requires named(range); assigns \nothing;
static uint32_t fold_range(uint32_t fingerprint, uint64_t range)
{
    fingerprint = fingerprint_word(fingerprint, range);
    return digest_words(fingerprint, range_first(range), (range & RANGE_BYTES) / sizeof(uint64_t));
}

//@ requires all_named; ensures all_named && rcoe_changes.count == 0;
void rcoe_changes_fold(const void *next)
{
    uint64_t left_out = range_make(next, sizeof(struct trap_frame));
    uint32_t fingerprint = rcoe_fingerprint;

    //@ loop invariant 0 <= i <= rcoe_changes.count; loop assigns i, fingerprint;
    for (uint32_t i = 0; i < rcoe_changes.count; i++) {
        if (rcoe_changes.range[i] != left_out) {
            fingerprint = fold_range(fingerprint, rcoe_changes.range[i]);
        }
    }
    rcoe_changes.count = 0;
    rcoe_fingerprint = fingerprint;
}

/*@
  requires all_named && memory(first, bytes);
  assigns rcoe_fingerprint, rcoe_changes;
  ensures all_named;
*/
void rcoe_changed(const void *first, size_t bytes)
{
    uint64_t range = range_make(first, bytes);

    //@ loop invariant i <= rcoe_changes.count; loop assigns i; loop variant i;
    for (uint32_t i = rcoe_changes.count; i > 0; i--) {
        if (rcoe_changes.range[i - 1] == range) {
            return;
        }
    }
    /* Full: what is in it counts as it is now, and comes again if it is written again. */
    if (rcoe_changes.count == CHANGES) {
        rcoe_changes_fold(NULL);
    }
    rcoe_changes.range[rcoe_changes.count++] = range;
}

/*@
  requires configured && all_named;
  assigns rcoe.round, rcoe_fingerprint, rcoe_changes, *the_own;
  ensures all_named;
*/
void rcoe_point(enum rcoe_point point, uint64_t progress)
{
    rcoe_note(point);
    rcoe_note(progress);
    rcoe_changes_fold(NULL);
    vote_publish();
}
