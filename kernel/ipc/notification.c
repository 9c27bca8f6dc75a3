/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications: words of signals, waiters, and the two bindings (abi 3.7, 7.5). */
#include <kernel/changed.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>

static void dequeue(struct notification *ntfn, struct tcb *tcb)
{
    struct tcb_queue queue = { ntfn->head, ntfn->tail };

    wait_queue_remove(&queue, tcb);
    ntfn->head = queue.head;
    ntfn->tail = queue.tail;
    if (queue.head == NULL) {
        ntfn->state = NOTIFICATION_IDLE;
    }
    changed_notification(ntfn);
}

static void enqueue(struct notification *ntfn, struct tcb *tcb)
{
    struct tcb_queue queue = { ntfn->head, ntfn->tail };

    wait_queue_insert(&queue, tcb);
    ntfn->head = queue.head;
    ntfn->tail = queue.tail;
    ntfn->state = NOTIFICATION_WAITING;
    changed_notification(ntfn);
}

/* A signal delivers its badge and nothing else: message info and registers stay. */
static void wake_with(struct notification *ntfn, struct tcb *tcb, word_t badge)
{
    tcb->context.x[0] = badge;
    changed_frame(tcb);
    sched_set_status(tcb, THREAD_RUNNING);
    sched_context_lend(ntfn, tcb);
    sched_context_activate(tcb->sched_context);
    sched_wake(tcb);
}

void notification_signal(struct notification *ntfn, word_t badge)
{
    struct tcb *tcb;

    switch (ntfn->state) {
    case NOTIFICATION_IDLE:
        tcb = ntfn->bound_tcb;
        if (tcb != NULL && tcb->status == THREAD_BLOCKED_ON_RECEIVE) {
            ipc_cancel(tcb);
            wake_with(ntfn, tcb, badge);
        } else {
            ntfn->badge = badge;
            ntfn->state = NOTIFICATION_ACTIVE;
        }
        break;
    case NOTIFICATION_WAITING:
        tcb = ntfn->head;
        dequeue(ntfn, tcb);
        wake_with(ntfn, tcb, badge);
        break;
    case NOTIFICATION_ACTIVE:
        ntfn->badge |= badge;
        break;
    }
    changed_notification(ntfn);
}

void notification_complete(struct notification *ntfn, struct tcb *tcb)
{
    tcb->context.x[0] = ntfn->badge;
    ntfn->state = NOTIFICATION_IDLE;
    ntfn->badge = 0;
    changed_frame(tcb);
    changed_notification(ntfn);
    sched_context_lend(ntfn, tcb);
    sched_context_activate(tcb->sched_context);
}

void notification_receive(struct notification *ntfn, struct tcb *receiver, bool blocking)
{
    if (ntfn->state == NOTIFICATION_ACTIVE) {
        notification_complete(ntfn, receiver);
    } else if (blocking) {
        receiver->blocking_object = ntfn;
        sched_set_status(receiver, THREAD_BLOCKED_ON_NOTIFICATION);
        sched_context_return(ntfn, receiver);
        enqueue(ntfn, receiver);
    } else {
        receiver->context.x[0] = 0;
        changed_frame(receiver);
    }
}

void notification_cancel(struct tcb *tcb)
{
    dequeue(tcb->blocking_object, tcb);
    sched_set_status(tcb, THREAD_INACTIVE);
}

void notification_reorder(struct tcb *tcb)
{
    struct notification *ntfn = tcb->blocking_object;

    dequeue(ntfn, tcb);
    enqueue(ntfn, tcb);
}

void notification_bind(struct notification *ntfn, struct tcb *tcb)
{
    ntfn->bound_tcb = tcb;
    tcb->bound_notification = ntfn;
    changed_notification(ntfn);
    changed_thread(tcb);
}

void notification_unbind(struct tcb *tcb)
{
    if (tcb->bound_notification != NULL) {
        tcb->bound_notification->bound_tcb = NULL;
        changed_notification(tcb->bound_notification);
        tcb->bound_notification = NULL;
        changed_thread(tcb);
    }
}

bool notification_finalise(struct notification *ntfn)
{
    if (ntfn->sched_context != NULL) {
        sched_context_unbind_notification(ntfn->sched_context);
    }
    if (ntfn->bound_tcb != NULL) {
        notification_unbind(ntfn->bound_tcb);
    }
    if (ntfn->state == NOTIFICATION_WAITING) {
        struct tcb *tcb = ntfn->head;

        dequeue(ntfn, tcb);
        sched_set_status(tcb, THREAD_RESTART);
        sched_context_activate(tcb->sched_context);
        sched_wake(tcb);
        sched_reschedule();
    }
    return ntfn->state != NOTIFICATION_WAITING;
}
