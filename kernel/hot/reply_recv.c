/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ReplyRecv of a passive server whose caller can run, and which then has to wait. The caller may
 * also be a thread whose memory fault is answered. Slow path: ipc/reply.c, reply_send(), then
 * ipc/endpoint.c, endpoint_receive().
 */
#include "hot.h"

/* The caller that gets back the server's scheduling context; NULL: not a case for here. */
static struct tcb *caller_of(const struct tcb *server, const struct reply *reply)
{
    word_t info = server->context.x[REGISTER_INFO];
    struct tcb *caller = reply->tcb;

    if (caller == NULL || caller->status != THREAD_BLOCKED_ON_REPLY ||
        caller->sched_context != NULL ||
        reply->next != ((word_t)server->sched_context | REPLY_NEXT_IS_SC)) {
        return NULL;
    }
    if (caller->fault.type == FAULT_VM) {
        if (info_extra_caps(info) != 0) {
            return NULL; /* not sent if one cannot be found */
        }
    } else if (caller->fault.type != FAULT_NONE || !info_fits_registers(info)) {
        return NULL;
    }
    return hot_comes_next(server, caller) ? caller : NULL;
}

/* The endpoint where the server would become the last receiver of a queue; NULL: it would not. */
static struct endpoint *endpoint_of(const struct tcb *server, struct cap cap)
{
    const struct notification *bound = server->bound_notification;
    struct endpoint *ep = cap_object(cap);

    if (cap_type(cap) != CAP_ENDPOINT || (cap_rights(cap) & RIGHT_READ) == 0 ||
        (bound != NULL && bound->state == NOTIFICATION_ACTIVE)) {
        return NULL;
    }
    if ((ep->head_kind & MASK(2)) == QUEUE_SEND ||
        (ep->tail != NULL && ep->tail->priority < server->priority)) {
        return NULL;
    }
    return ep;
}

static void push_receiver(struct endpoint *ep, struct tcb *server)
{
    server->ep_prev = ep->tail;
    if (ep->tail != NULL) {
        ep->tail->ep_next = server;
        changed_links(ep->tail);
    } else {
        ep->head_kind = (word_t)server | QUEUE_RECEIVE;
    }
    ep->tail = server;
    changed_endpoint(ep);
}

/* The call is over: its scheduling context goes back, one step down the stack of calls. */
static void give_back(struct tcb *server, struct reply *reply, struct tcb *caller)
{
    struct sched_context *sc = server->sched_context;
    struct reply *below = (struct reply *)reply->prev;

    sc->reply = below;
    if (below != NULL) {
        below->next = reply->next;
        changed_reply(below);
    }
    reply->prev = 0;
    reply->next = 0;
    sc->tcb = caller;
    caller->sched_context = sc;
    server->sched_context = NULL;
    caller->reply = NULL;
    caller->status = THREAD_RUNNING;
}

bool hot_reply_recv(struct tcb *server)
{
    const struct cte *reply_slot = hot_slot(server, server->context.x[REGISTER_REPLY]);
    const struct cte *slot = hot_slot(server, server->context.x[REGISTER_CAP]);
    struct endpoint *ep;
    struct reply *reply;
    struct tcb *caller;

    /* Check: may refuse, writes nothing. */
    if (slot == NULL || reply_slot == NULL || cap_type(reply_slot->cap) != CAP_REPLY) {
        return false;
    }
    reply = cap_object(reply_slot->cap);
    caller = caller_of(server, reply);
    ep = endpoint_of(server, slot->cap);
    if (caller == NULL || ep == NULL) {
        return false;
    }

    /* Commit: writes, cannot refuse. */
    progress_end(server);
    server->fault_pc = arch_syscall_restart_pc(&server->context);
    give_back(server, reply, caller);
    if (caller->fault.type == FAULT_NONE) {
        hot_transfer(server, caller, 0);
    } else {
        caller->fault.type = FAULT_NONE;
        caller->context.pc = caller->fault_pc;
    }
    reply->tcb = server;
    server->reply = reply;
    server->blocking_object = ep;
    server->status = THREAD_BLOCKED_ON_RECEIVE;
    push_receiver(ep, server);
    changed_thread(server);
    changed_frame(caller);
    changed_thread(caller);
    changed_reply(reply);
    changed_context(caller->sched_context);
    hot_switch(caller);
    return true;
}
