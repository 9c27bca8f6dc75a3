/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an entry has written, named where it is written, after the write: from vote level object on
 * it is read again and voted on (rcoe/changes.h); below, all of this is nothing. Left out is what
 * may differ between healthy replicas: of a thread that an input interrupted the registers, where
 * it restarts and the FP registers; and what lives within one entry only (state.fault and others).
 */
#pragma once

#include <kernel/object.h>
#include <kernel/state.h>
#include <rcoe/changes.h>
#include <rcoe/pages.h>
#include <rcoe/rcoe.h>

static ALWAYS_INLINE bool changed_is_comparable(const struct tcb *tcb)
{
    return (tcb->context.spsr & FRAME_INTERRUPTED) == 0;
}

/* Everything of a thread but its registers, its slots and what only debug builds have. */
static ALWAYS_INLINE void changed_thread(const struct tcb *tcb)
{
    size_t first =
        changed_is_comparable(tcb) ? offsetof(struct tcb, fault_pc) : offsetof(struct tcb, status);

    rcoe_changed((const char *)tcb + first, offsetof(struct tcb, debug) - first);
}
_Static_assert(offsetof(struct tcb, debug) % 8 == 0 && offsetof(struct tcb, status) % 8 == 0,
               "whole words, no padding");

/* Only its places in queues. */
static ALWAYS_INLINE void changed_links(const struct tcb *tcb)
{
    rcoe_changed(&tcb->queue_next, offsetof(struct tcb, debug) - offsetof(struct tcb, queue_next));
}

/* Its registers. */
static ALWAYS_INLINE void changed_frame(const struct tcb *tcb)
{
    if (changed_is_comparable(tcb)) {
        rcoe_changed(&tcb->context, sizeof(tcb->context));
    }
}

/* Its FP registers were saved. */
static ALWAYS_INLINE void changed_fpu(const struct tcb *tcb)
{
    if (changed_is_comparable(tcb)) {
        rcoe_changed(&tcb->fpu, sizeof(tcb->fpu));
    }
}

static ALWAYS_INLINE void changed_context(const struct sched_context *sc)
{
    rcoe_changed(sc, sizeof(*sc) + sc->refill_max * sizeof(sc->refill[0]));
}

static ALWAYS_INLINE void changed_endpoint(const struct endpoint *ep)
{
    rcoe_changed(ep, sizeof(*ep));
}

static ALWAYS_INLINE void changed_notification(const struct notification *ntfn)
{
    rcoe_changed(ntfn, sizeof(*ntfn));
}

static ALWAYS_INLINE void changed_reply(const struct reply *reply)
{
    rcoe_changed(reply, sizeof(*reply));
}

static ALWAYS_INLINE void changed_slot(const struct cte *slot)
{
    rcoe_changed(slot, sizeof(*slot));
}

/*
 * The thread ends, or gets new registers: if an input interrupted it, it does not go on from there.
 */
static ALWAYS_INLINE void changed_course(const struct tcb *tcb, bool ended)
{
    if (!changed_is_comparable(tcb)) {
        rcoe_pages_abandoned(ended);
    }
}

static ALWAYS_INLINE void changed_counts(void)
{
    rcoe_changed(&state.work_units, sizeof(state.work_units) + sizeof(state.senders));
}

/*
 * At the end of every entry, when it is known who runs next: user pages, if they are at rest; who
 * runs, who pays, the release queue, the domain; then all that was named.
 */
static ALWAYS_INLINE void changed_end(const struct tcb *next)
{
    rcoe_pages_exit(state.now, next != state.idle && !changed_is_comparable(next));
    rcoe_changed(&state, offsetof(struct kernel_state, ready));
    rcoe_changed(&state.release, offsetof(struct kernel_state, domain_schedule) -
                                     offsetof(struct kernel_state, release));
    rcoe_changes_fold(&next->context);
}
_Static_assert(offsetof(struct kernel_state, current) == 0, "the head of the state");
