/* SPDX-License-Identifier: BSD-2-Clause */
/* Vote levels below page: nothing of ../../page/rcoe/pages.h, which has the contracts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline void rcoe_pages_init(uint64_t start, uint64_t bytes, const uint64_t *memory)
{
    (void)start;
    (void)bytes;
    (void)memory;
}

static inline void rcoe_pages_give(uint64_t first, uint64_t bytes)
{
    (void)first;
    (void)bytes;
}

static inline void rcoe_pages_take(uint64_t first, uint64_t bytes)
{
    (void)first;
    (void)bytes;
}

static inline void rcoe_pages_interrupted(void) {}

static inline void rcoe_pages_abandoned(bool ended)
{
    (void)ended;
}

static inline void rcoe_pages_exit(uint64_t now, bool resumes)
{
    (void)now;
    (void)resumes;
}
