/* SPDX-License-Identifier: BSD-2-Clause */
/* All that a kernel entry can change: copies of it, and how two copies differ. */
#pragma once

#include "host_system.h"

struct host_image {
    struct kernel_state state;
    struct tcb thread[THREADS];
    struct tcb idle;
    struct host_sc context[THREADS];
    struct reply reply[THREADS];
    struct endpoint endpoint[OBJECTS];
    struct notification notification[OBJECTS];
    struct cte slot[HOST_SLOTS];
    struct cte outer[HOST_OUTER];
    word_t buffer[THREADS][128];
    struct host_processor processor;
    char console[HOST_CONSOLE];
};

void host_image_save(struct host_image *image);
void host_image_load(const struct host_image *image);
/*
 * Prints each word that differs, by object and field; their number. What lives within one entry
 * only (state.fault, state.lookup_fault, state.error) is cleared in both first.
 */
unsigned host_image_compare(struct host_image *slow, struct host_image *hot);
/* Of [live, live + bytes), which lies in one object, `image` gets back what it was before. */
void host_image_revert(struct host_image *image, const struct host_image *before, const void *live,
                       size_t bytes);
