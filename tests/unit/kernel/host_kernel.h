/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of capabilities need around them: an invocation, counters of finalisations. */
#pragma once

#include "unit.h"

#include <kernel/invocation.h>
#include <kernel/object_ops.h>

/* How often each finaliser was called since host_reset(). */
struct host_calls {
    unsigned endpoint, notification, reply, thread, sched_context, frame, page_table, vspace, pool;
    unsigned irq_operations, signals;
    unsigned waiting; /* at any endpoint or notification: how often a finaliser is not done yet */
    word_t cancelled_badge, cancelled_before;
};
extern struct host_calls host_calls;
extern struct tcb host_caller; /* of host_invocation() */

void host_reset(void);

/* An invocation with message words and extra caps; `slot` holds the invoked cap. */
struct host_message {
    word_t label;
    word_t length;
    word_t mr[8];
    struct cte *extra[EXTRA_CAPS_MAX];
};
struct invocation host_invocation(struct cte *slot, const struct host_message *message);

/* A CNode cap over an array of 2^radix slots, guard so that slot numbers are 64-bit addresses. */
struct cap host_cnode(struct cte *slots, word_t radix);
