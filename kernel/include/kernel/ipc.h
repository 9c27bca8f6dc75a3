/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages, signals, replies and faults. Contracts of ipc/. */
#pragma once

#include <kernel/object.h>
#include <kernel/state.h>

/* ---- ipc/wait_queue.c: pure, threads waiting at an object, by priority then arrival ---------- */

void wait_queue_insert(struct tcb_queue *queue, struct tcb *tcb);
void wait_queue_remove(struct tcb_queue *queue, struct tcb *tcb);

/* ---- ipc/endpoint.c -------------------------------------------------------------------------- */

struct send_mode {
    word_t badge;
    bool blocking;
    bool is_call;
    bool can_grant;
    bool can_grant_reply;
    bool can_donate;
};
void endpoint_send(struct endpoint *ep, struct tcb *sender, struct send_mode mode);
/* reply: NULL for Wait. */
void endpoint_receive(struct endpoint *ep, struct tcb *receiver, struct reply *reply,
                      bool blocking);
/* A queued thread changed its priority. */
void endpoint_reorder(struct tcb *tcb);
/* Whatever the thread waits for, it no longer does; a fault it was in is dropped. Then Inactive. */
void ipc_cancel(struct tcb *tcb);

/* ---- ipc/notification.c ---------------------------------------------------------------------- */

void notification_receive(struct notification *ntfn, struct tcb *receiver, bool blocking);
/* An active notification is consumed by the thread. */
void notification_complete(struct notification *ntfn, struct tcb *tcb);
void notification_cancel(struct tcb *tcb);
void notification_reorder(struct tcb *tcb);
void notification_bind(struct notification *ntfn, struct tcb *tcb);
void notification_unbind(struct tcb *tcb);

/* ---- ipc/reply.c ----------------------------------------------------------------------------- */

/* caller waits for a reply through `reply`; with can_donate its SC goes to a callee without. */
void reply_push(struct reply *reply, struct tcb *caller, struct tcb *callee, bool can_donate);
/* reply and its thread part; the thread becomes Inactive. */
void reply_unlink(struct reply *reply);
/* A thread that waits for a reply stops waiting (suspend, resume, delete). */
void reply_cancel(struct tcb *caller);
/* Invocation of a reply cap. */
void reply_send(struct reply *reply, struct tcb *sender, bool can_grant);

/* ---- ipc/transfer.c -------------------------------------------------------------------------- */

/* endpoint: NULL for replies. A sender in a fault sends the fault's message. */
void ipc_transfer(struct tcb *sender, struct endpoint *endpoint, word_t badge, bool can_grant,
                  struct tcb *receiver);

/* ---- ipc/fault.c ----------------------------------------------------------------------------- */

/* state.fault happened to the thread: its handler is told, or the thread stops. */
void fault_raise(struct tcb *tcb);
bool fault_has_timeout_handler(const struct tcb *tcb);
/* tcb's SC ran out of budget; needs a timeout handler. */
void fault_raise_timeout(struct tcb *tcb);
struct fault fault_cap(cptr_t address, bool in_receive_phase); /* from state.lookup_fault */

/* ---- ipc/fault_message.c --------------------------------------------------------------------- */

/* Writes tcb->fault as a message to the receiver; the number of words written. */
word_t fault_message(struct tcb *faulter, struct tcb *receiver, word_t *buffer);
/* Takes the handler's answer from `handler`; true: the thread restarts. */
bool fault_reply(struct tcb *faulter, struct tcb *handler);

/* ---- syscall/message.c ----------------------------------------------------------------------- */

static inline word_t info_make(word_t label, word_t unwrapped, word_t caps, word_t length)
{
    return (label << 12) | (unwrapped << 9) | (caps << 7) | length;
}
static inline word_t info_label(word_t info)
{
    return info >> 12;
}
static inline word_t info_extra_caps(word_t info)
{
    return (info >> 7) & MASK(2);
}
static inline word_t info_length(word_t info)
{
    word_t length = info & MASK(7);

    return length > MESSAGE_MAX ? MESSAGE_MAX : length;
}
/* At most four words and no extra capabilities: no IPC buffer takes part. */
static inline bool info_fits_registers(word_t info)
{
    return (info & MASK(9)) <= MESSAGE_REGISTERS; /* length, and above it the number of caps */
}
/* Message register i of a thread; buffer NULL: only the first four exist (0 is read then). */
word_t message_read(const struct tcb *tcb, const word_t *buffer, word_t i);
/* False: it does not fit. Folded into the fingerprint. */
bool message_write(struct tcb *tcb, word_t *buffer, word_t i, word_t value);
