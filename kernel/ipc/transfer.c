/* SPDX-License-Identifier: BSD-2-Clause */
/* Moving one message from thread to thread: words, capabilities, badge (abi 1.2, 5.5, 7.4). */
#include <kernel/changed.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <rcoe/rcoe.h>

static word_t copy_words(const struct tcb *sender, const word_t *from, struct tcb *receiver,
                         word_t *to, word_t length)
{
    word_t i;

    if (length > MESSAGE_REGISTERS && (from == NULL || to == NULL)) {
        length = MESSAGE_REGISTERS;
    }
    for (i = 0; i < length; i++) {
        (void)message_write(receiver, to, i, message_read(sender, from, i));
    }
    return length;
}

/* The sender's extra caps; a failing lookup means "none" (abi 5.5). */
static word_t find_caps(struct tcb *sender, const word_t *buffer, struct cte *caps[])
{
    word_t count = info_extra_caps(sender->context.x[1]);
    word_t i;

    if (buffer == NULL) {
        return 0;
    }
    for (i = 0; i < count; i++) {
        struct lookup found = lookup_slot(sender, buffer[IPC_BUFFER_CAPS_WORD + i]);

        if (found.status != EXCEPTION_NONE) {
            return 0;
        }
        caps[i] = found.slot;
    }
    return count;
}

/* Caps to the endpoint itself arrive as badges, one other as a cap. In: info without caps. */
static word_t transfer_caps(struct cte *caps[], word_t count, struct endpoint *endpoint,
                            struct tcb *receiver, word_t *buffer)
{
    struct cte *destination = NULL;
    word_t unwrapped = 0;
    word_t i;

    if (count > 0 && buffer != NULL) {
        destination = lookup_receive_slot(receiver, buffer);
    } else {
        count = 0;
    }
    for (i = 0; i < count; i++) {
        struct cap cap = caps[i]->cap;

        if (cap_type(cap) == CAP_ENDPOINT && endpoint != NULL && cap_object(cap) == endpoint) {
            buffer[IPC_BUFFER_CAPS_WORD + i] = cap_badge(cap);
            rcoe_note(cap_badge(cap));
            unwrapped |= BIT(i);
        } else {
            struct derived derived = { EXCEPTION_NONE, cap_null() };

            if (destination != NULL) {
                derived = cap_derive(caps[i], cap);
            }
            if (derived.status != EXCEPTION_NONE || cap_type(derived.cap) == CAP_NULL) {
                break;
            }
            cte_insert(derived.cap, caps[i], destination);
            rcoe_note(derived.cap.w0);
            destination = NULL;
        }
    }
    return info_make(0, unwrapped, i, 0);
}

static word_t transfer_message(struct tcb *sender, struct endpoint *endpoint, bool can_grant,
                               struct tcb *receiver, word_t *to)
{
    word_t info = sender->context.x[1];
    const word_t *from = tcb_ipc_buffer(sender, false);
    struct cte *caps[EXTRA_CAPS_MAX];
    word_t count = can_grant ? find_caps(sender, from, caps) : 0;
    word_t length = copy_words(sender, from, receiver, to, info_length(info));
    word_t cap_info = transfer_caps(caps, count, endpoint, receiver, to);

    return cap_info | info_make(info_label(info), 0, 0, length);
}

void ipc_transfer(struct tcb *sender, struct endpoint *endpoint, word_t badge, bool can_grant,
                  struct tcb *receiver)
{
    word_t *buffer = tcb_ipc_buffer(receiver, true);
    word_t info;

    if (sender->fault.type == FAULT_NONE) {
        info = transfer_message(sender, endpoint, can_grant, receiver, buffer);
    } else {
        word_t length = fault_message(sender, receiver, buffer);

        info = info_make(sender->fault.type, 0, 0, length);
    }
    receiver->context.x[0] = badge;
    receiver->context.x[1] = info;
    changed_frame(receiver);
    rcoe_note(badge);
    rcoe_note(info);
}
