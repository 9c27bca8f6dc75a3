/* SPDX-License-Identifier: BSD-2-Clause */
/* Vote levels below object: nothing of ../../object/rcoe/changes.h, which has the contracts. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum rcoe_point { POINT_DELETE, POINT_REVOKE, POINT_RESET, POINT_CANCEL, POINT_MAINTENANCE };

static inline void rcoe_changed(const void *first, size_t bytes)
{
    (void)first;
    (void)bytes;
}

static inline void rcoe_changes_fold(const void *next)
{
    (void)next;
}

static inline void rcoe_point(enum rcoe_point point, uint64_t progress)
{
    (void)point;
    (void)progress;
}
