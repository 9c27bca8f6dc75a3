/* SPDX-License-Identifier: BSD-2-Clause */
/* Release queue: runnable threads without budget, ordered by when their head refill is due. */
#include <kernel/changed.h>
#include <kernel/sched.h>

void release_enqueue(struct tcb *tcb)
{
    ticks_t time = refill_head(tcb->sched_context)->time;
    struct tcb *after = state.release.tail; /* tcb goes behind it; NULL: first */

    if (tcb->in_release_queue) {
        return;
    }
    while (after != NULL && refill_head(after->sched_context)->time > time) {
        after = after->queue_prev;
    }
    tcb->queue_prev = after;
    tcb->queue_next = after != NULL ? after->queue_next : state.release.head;
    if (tcb->queue_next != NULL) {
        tcb->queue_next->queue_prev = tcb;
        changed_links(tcb->queue_next);
    } else {
        state.release.tail = tcb;
    }
    if (after != NULL) {
        after->queue_next = tcb;
        changed_links(after);
    } else {
        state.release.head = tcb;
    }
    tcb->in_release_queue = true;
    changed_thread(tcb);
}

void release_remove(struct tcb *tcb)
{
    if (!tcb->in_release_queue) {
        return;
    }
    if (tcb->queue_prev != NULL) {
        tcb->queue_prev->queue_next = tcb->queue_next;
        changed_links(tcb->queue_prev);
    } else {
        state.release.head = tcb->queue_next;
    }
    if (tcb->queue_next != NULL) {
        tcb->queue_next->queue_prev = tcb->queue_prev;
        changed_links(tcb->queue_next);
    } else {
        state.release.tail = tcb->queue_prev;
    }
    tcb->queue_next = NULL;
    tcb->queue_prev = NULL;
    tcb->in_release_queue = false;
    changed_thread(tcb);
}
