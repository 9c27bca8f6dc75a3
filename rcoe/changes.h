/* SPDX-License-Identifier: BSD-2-Clause */
/* What an event has written so far (object.c). */
#pragma once

#include <stdint.h>

#include <arch_rcoe.h>

#define CHANGES 32u /* a long chain of replies, or a deletion, writes more: then folded in parts */

struct rcoe_changes {
    uint32_t count;
    uint64_t range[CHANGES]; /* address << 16 | bytes; none twice */
};
extern ARCH_REPLICA_STATE struct rcoe_changes rcoe_changes;
