/* SPDX-License-Identifier: BSD-2-Clause */
/* Wait queues of endpoints and notifications: by priority, first come first served among equals. */
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
    } else {
        queue->tail = tcb;
    }
    if (after != NULL) {
        after->ep_next = tcb;
    } else {
        queue->head = tcb;
    }
}

void wait_queue_remove(struct tcb_queue *queue, struct tcb *tcb)
{
    if (tcb->ep_prev != NULL) {
        tcb->ep_prev->ep_next = tcb->ep_next;
    } else {
        queue->head = tcb->ep_next;
    }
    if (tcb->ep_next != NULL) {
        tcb->ep_next->ep_prev = tcb->ep_prev;
    } else {
        queue->tail = tcb->ep_prev;
    }
    tcb->ep_next = NULL;
    tcb->ep_prev = NULL;
}
