/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stages: moments of a run, each the first execution of a block after the one before it, and the
 * last so many instructions of all vCPUs later. The counts at each are kept in the page, so that a
 * time between two of them is a range of counts.
 */
#pragma once

#include <stdlib.h>

#include "page.h"

static struct {
    uint64_t address[STAGES];
    size_t count;   /* of addresses */
    uint64_t tail;  /* instructions from the last of them to the last stage */
    uint64_t until; /* sum of all counts, 0: not there yet */
    size_t next;
} stages;

/* STAGES: none begins there. */
static uint8_t stage_of_block(uint64_t address)
{
    for (size_t i = 0; i < stages.count; i++) {
        if (stages.address[i] == address) {
            return (uint8_t)i;
        }
    }
    return STAGES;
}

static void stage_keep(struct shared_page *page)
{
    struct stage *stage = &page->stage[stages.next++];

    memcpy(stage->total, page->total, sizeof(stage->total));
    memcpy(stage->by_class, page->by_class, sizeof(stage->by_class));
    stage->passed = 1;
}

/* Before a block, where one of `stage` begins or the end is awaited. */
static void stage_look(struct shared_page *page, uint8_t stage)
{
    if (stages.until != 0 && total_sum(page->total) >= stages.until) {
        stage_keep(page);
        stages.until = 0;
    }
    if (stage != STAGES && stage == stages.next) {
        stage_keep(page);
        if (stages.next == stages.count) {
            stages.until = total_sum(page->total) + stages.tail;
        }
    }
}

/* "tail:address:...", fewer addresses than STAGES. */
static bool stages_read(const char *text)
{
    char *end;

    stages.tail = strtoull(text, &end, 0);
    while (*end == ':' && stages.count < STAGES - 1) {
        text = end + 1;
        stages.address[stages.count++] = strtoull(text, &end, 0);
        if (end == text) {
            return false;
        }
    }
    return *end == '\0' && stages.tail != 0 && stages.count != 0;
}
