/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints: synchronous messages (abi 7.4). One queue, of senders or of receivers; the side that
 * comes second moves the message (ipc/transfer.c) and decides who waits for a reply (ipc/reply.c).
 */
#include <kernel/changed.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>

static enum queue_kind endpoint_kind(const struct endpoint *ep)
{
    return (enum queue_kind)(ep->head_kind & MASK(2));
}

static struct tcb_queue endpoint_queue(const struct endpoint *ep)
{
    return (struct tcb_queue){ (struct tcb *)(ep->head_kind & ~MASK(2)), ep->tail };
}

/* An empty queue makes the endpoint idle. */
static void endpoint_store(struct endpoint *ep, struct tcb_queue queue, enum queue_kind kind)
{
    ep->head_kind = queue.head == NULL ? QUEUE_IDLE : (word_t)queue.head | kind;
    ep->tail = queue.tail;
    changed_endpoint(ep);
}

static void enqueue(struct endpoint *ep, struct tcb *tcb, enum queue_kind kind)
{
    struct tcb_queue queue = endpoint_queue(ep);

    wait_queue_insert(&queue, tcb);
    endpoint_store(ep, queue, kind);
}

static void dequeue(struct endpoint *ep, struct tcb *tcb)
{
    struct tcb_queue queue = endpoint_queue(ep);

    wait_queue_remove(&queue, tcb);
    endpoint_store(ep, queue, endpoint_kind(ep));
}

/* The sender expects an answer: it waits on the reply object, or for nothing at all. */
static void await_reply(struct reply *reply, struct tcb *sender, struct tcb *receiver,
                        bool may_reply, bool can_donate)
{
    if (reply != NULL && may_reply) {
        reply_push(reply, sender, receiver, can_donate);
    } else {
        sched_set_status(sender, THREAD_INACTIVE);
    }
}

static void block_sender(struct endpoint *ep, struct tcb *sender, struct send_mode mode)
{
    sender->blocking_object = ep;
    sender->blocking_badge = mode.badge;
    sender->blocking_stamp = state.senders++;
    changed_counts();
    sender->blocking_is_call = mode.is_call;
    sender->blocking_can_grant = mode.can_grant;
    sender->blocking_can_grant_reply = mode.can_grant_reply;
    sched_set_status(sender, THREAD_BLOCKED_ON_SEND);
    enqueue(ep, sender, QUEUE_SEND);
}

void endpoint_send(struct endpoint *ep, struct tcb *sender, struct send_mode mode)
{
    struct tcb *receiver = endpoint_queue(ep).head;
    struct reply *reply;

    if (endpoint_kind(ep) != QUEUE_RECEIVE) {
        if (mode.blocking) {
            block_sender(ep, sender, mode);
        }
        return;
    }
    dequeue(ep, receiver);
    ipc_transfer(sender, ep, mode.badge, mode.can_grant, receiver);
    reply = receiver->reply;
    if (reply != NULL) {
        reply_unlink(reply);
    }
    if (mode.is_call || sender->fault.type != FAULT_NONE) {
        await_reply(reply, sender, receiver, mode.can_grant || mode.can_grant_reply,
                    mode.can_donate);
    } else if (mode.can_donate && receiver->sched_context == NULL &&
               sender->sched_context != NULL) {
        sched_context_donate(sender->sched_context, receiver);
    }
    sched_set_status(receiver, THREAD_RUNNING);
    sched_context_activate(receiver->sched_context);
    sched_wake(receiver);
}

static void receive_from(struct endpoint *ep, struct tcb *sender, struct tcb *receiver,
                         struct reply *reply)
{
    dequeue(ep, sender);
    ipc_transfer(sender, ep, sender->blocking_badge, sender->blocking_can_grant, receiver);
    sched_context_activate(sender->sched_context);
    if (sender->blocking_is_call || sender->fault.type != FAULT_NONE) {
        await_reply(reply, sender, receiver,
                    sender->blocking_can_grant || sender->blocking_can_grant_reply,
                    sender->fault.type != FAULT_TIMEOUT);
    } else {
        sched_set_status(sender, THREAD_RUNNING);
        sched_wake(sender);
    }
}

void endpoint_receive(struct endpoint *ep, struct tcb *receiver, struct reply *reply, bool blocking)
{
    struct notification *bound = receiver->bound_notification;

    if (reply != NULL && reply->tcb != NULL && reply->tcb != receiver) {
        ipc_cancel(reply->tcb); /* abi 3.6: the newer use of a reply object wins */
    }
    if (bound != NULL && bound->state == NOTIFICATION_ACTIVE) {
        notification_complete(bound, receiver);
        return;
    }
    if (bound != NULL && blocking) {
        sched_context_return(bound, receiver);
    }
    if (endpoint_kind(ep) == QUEUE_SEND) {
        receive_from(ep, endpoint_queue(ep).head, receiver, reply);
    } else if (blocking) {
        receiver->blocking_object = ep;
        receiver->reply = reply;
        if (reply != NULL) {
            reply->tcb = receiver;
            changed_reply(reply);
        }
        sched_set_status(receiver, THREAD_BLOCKED_ON_RECEIVE);
        enqueue(ep, receiver, QUEUE_RECEIVE);
    } else {
        receiver->context.x[0] = 0; /* nothing pending */
        changed_frame(receiver);
    }
}

void endpoint_reorder(struct tcb *tcb)
{
    struct endpoint *ep = tcb->blocking_object;
    enum queue_kind kind = endpoint_kind(ep);

    dequeue(ep, tcb);
    enqueue(ep, tcb, kind);
}

void ipc_cancel(struct tcb *tcb)
{
    tcb->fault.type = FAULT_NONE;
    changed_thread(tcb);
    switch (tcb->status) {
    case THREAD_BLOCKED_ON_SEND:
    case THREAD_BLOCKED_ON_RECEIVE:
        dequeue(tcb->blocking_object, tcb);
        if (tcb->reply != NULL) {
            reply_unlink(tcb->reply);
        }
        sched_set_status(tcb, THREAD_INACTIVE);
        break;
    case THREAD_BLOCKED_ON_NOTIFICATION:
        notification_cancel(tcb);
        break;
    case THREAD_BLOCKED_ON_REPLY:
        reply_cancel(tcb);
        break;
    default:
        break;
    }
}

/* A waiting thread whose endpoint is gone repeats its system call; one in a fault just stops. */
static void expel(struct endpoint *ep, struct tcb *tcb)
{
    dequeue(ep, tcb);
    if (tcb->reply != NULL) {
        reply_unlink(tcb->reply);
    }
    if (tcb->fault.type != FAULT_NONE) {
        sched_set_status(tcb, THREAD_INACTIVE);
        return;
    }
    sched_set_status(tcb, THREAD_RESTART);
    sched_context_activate(tcb->sched_context);
    sched_wake(tcb);
}

bool endpoint_finalise(struct endpoint *ep)
{
    if (endpoint_kind(ep) != QUEUE_IDLE) {
        expel(ep, endpoint_queue(ep).head);
        sched_reschedule();
    }
    return endpoint_kind(ep) == QUEUE_IDLE;
}

enum exception endpoint_cancel_badged(struct endpoint *ep, word_t badge, word_t stamp)
{
    struct tcb *tcb = endpoint_queue(ep).head;
    enum exception status = EXCEPTION_NONE;

    if (endpoint_kind(ep) != QUEUE_SEND) {
        return EXCEPTION_NONE;
    }
    while (tcb != NULL && status == EXCEPTION_NONE) {
        struct tcb *next = tcb->ep_next;

        /* Who came later is one that was let go in an earlier pass, and has called again. */
        if (tcb->blocking_badge == badge && tcb->blocking_stamp < stamp) {
            expel(ep, tcb);
            rcoe_point(POINT_CANCEL, (word_t)tcb);
            status = preemption_point();
        }
        tcb = next;
    }
    sched_reschedule();
    return status;
}
