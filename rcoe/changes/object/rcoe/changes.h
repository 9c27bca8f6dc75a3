/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vote levels object and page: what an event wrote in the kernel's memory is read again and folded
 * into the fingerprint before its exit is voted on (object.c). In the other levels ../../none has
 * the same names and does nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Places in long operations where a vote is made. */
enum rcoe_point {
    POINT_DELETE,
    POINT_REVOKE,
    POINT_RESET,       /* of an untyped; progress: bytes left */
    POINT_CANCEL,      /* of badged sends */
    POINT_MAINTENANCE, /* of caches; progress: bytes done */
};

/*
 * The event has written words of [first, first + bytes): both are multiples of 8, bytes at most
 * 32 KiB. Called after the write. What differs between healthy replicas is never named: the
 * registers of an interrupted thread, padding.
 */
void rcoe_changed(const void *first, size_t bytes);

/*
 * Folds what was named since the last time. `next`: the frame that rcoe_leave() will fold anyway,
 * NULL none.
 */
void rcoe_changes_fold(const void *next);

/* The operation has come so far: that, and what it changed, is voted on. */
void rcoe_point(enum rcoe_point point, uint64_t progress);
