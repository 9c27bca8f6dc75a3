/* SPDX-License-Identifier: BSD-2-Clause */
/* Wait queues of endpoints and notifications: by priority, first come first served among equals. */
#include <kernel/changed.h>
#include <kernel/ipc.h>

void wait_queue_insert(struct tcb_queue *queue, struct tcb *tcb)
{
    struct tcb *after = queue->tail; /* tcb goes behind it; NULL: first */

    while (after != NULL && after->priority < tcb->priority) {
        after = after->ep_prev;
    }
    tcb->ep_prev = after;
    tcb->ep_next = after != NULL ? after->ep_next : queue->head;
    if (tcb->ep_next != NULL) {
        tcb->ep_next->ep_prev = tcb;
        changed_links(tcb->ep_next);
    } else {
        queue->tail = tcb;
    }
    if (after != NULL) {
        after->ep_next = tcb;
        changed_links(after);
    } else {
        queue->head = tcb;
    }
    changed_links(tcb);
}

void wait_queue_remove(struct tcb_queue *queue, struct tcb *tcb)
{
    if (tcb->ep_prev != NULL) {
        tcb->ep_prev->ep_next = tcb->ep_next;
        changed_links(tcb->ep_prev);
    } else {
        queue->head = tcb->ep_next;
    }
    if (tcb->ep_next != NULL) {
        tcb->ep_next->ep_prev = tcb->ep_prev;
        changed_links(tcb->ep_next);
    } else {
        queue->tail = tcb->ep_prev;
    }
    tcb->ep_next = NULL;
    tcb->ep_prev = NULL;
    changed_links(tcb);
}
