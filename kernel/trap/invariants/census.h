/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One complete walk. The list of all caps leads to all objects; each object is visited once, at the
 * first of its caps. Where two objects name each other, each side checks that the other names it
 * back, and counts: equal counts mean that neither side names an object that is no more.
 */
#pragma once

#include <kernel/invariants.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>
#include <kernel/state.h>

/* The first broken invariant and where it was seen; what is 0 when all is well. */
struct broken {
    enum invariant what;
    const void *where;
};
static inline struct broken broken(enum invariant what, const void *where)
{
    return (struct broken){ what, where };
}
static inline struct broken sound(void)
{
    return (struct broken){ INVARIANT_NONE, NULL };
}
static inline struct broken sound_if(bool holds, enum invariant what, const void *where)
{
    return holds ? sound() : broken(what, where);
}

#define UNTYPED_DEPTH 48u /* each untyped is smaller than the one around it */

/* An untyped whose children come next in the list; the next one lies below this offset. */
struct region {
    struct cap cap;
    word_t end;
};
struct census {
    int64_t balance[INVARIANTS]; /* of INVARIANT_LIVE_*: 0 in the end */
    struct region stack[UNTYPED_DEPTH];
    unsigned depth;
};

/* ---- derivation.c ---------------------------------------------------------------------------- */

/* The whole list; calls the others for each object. */
struct broken derivation_check(struct census *census) MUST_USE;
/* prev and next of one full slot. */
struct broken slot_check(const struct cte *slot) MUST_USE;
/* All slots of a container of `count` slots, those from `left` on being empty. */
struct broken container_check(struct census *census, const struct cte *slots, word_t count,
                              word_t left) MUST_USE;

/* ---- queues.c -------------------------------------------------------------------------------- */

/* Scheduler queues and what runs; of each queue at most `most` threads. census may be NULL. */
struct broken queues_check(struct census *census, unsigned most) MUST_USE;
/* Threads waiting at an object, in one of these states. */
struct broken waiters_check(struct census *census, const struct tcb *head, const struct tcb *tail,
                            const void *object, enum thread_status status) MUST_USE;

/* ---- refills.c, objects.c, threads.c --------------------------------------------------------- */

struct broken refills_check(struct sched_context *sc) MUST_USE;
struct broken sched_context_check(struct census *census, struct cap cap) MUST_USE;
struct broken endpoint_check(struct census *census, struct endpoint *ep) MUST_USE;
struct broken notification_check(struct census *census, struct notification *ntfn) MUST_USE;
struct broken reply_check(struct census *census, struct reply *reply) MUST_USE;
struct broken irqs_check(struct census *census) MUST_USE;
struct broken irq_handler_check(struct census *census, word_t irq) MUST_USE;
struct broken thread_check(struct census *census, struct tcb *tcb) MUST_USE;
struct broken thread_ended_check(const struct tcb *tcb) MUST_USE;

/* ---- vspace.c: `first` is the first cap of its object ---------------------------------------- */

struct broken frame_check(struct census *census, const struct cte *slot) MUST_USE;
struct broken page_table_check(struct census *census, const struct cte *slot, bool first) MUST_USE;
struct broken vspace_root_check(struct census *census, const struct cte *slot, bool first) MUST_USE;
struct broken asid_pool_check(struct census *census, struct cap cap) MUST_USE;
struct broken asid_table_check(struct census *census) MUST_USE;

/* ---- exit.c ---------------------------------------------------------------------------------- */

struct broken invariants_walk(void) MUST_USE;  /* everything */
struct broken invariants_quick(void) MUST_USE; /* what every exit can afford */
