/* SPDX-License-Identifier: BSD-2-Clause */
/* Message registers, and the kernel's own answers to a Call (abi 1.2, 1.6, 2.3). */
#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/syscall.h>
#include <rcoe/rcoe.h>

word_t message_read(const struct tcb *tcb, const word_t *buffer, word_t i)
{
    if (i < MESSAGE_REGISTERS) {
        return tcb->context.x[REGISTER_MESSAGE + i];
    }
    return buffer != NULL ? buffer[1 + i] : 0;
}

bool message_write(struct tcb *tcb, word_t *buffer, word_t i, word_t value)
{
    if (i < MESSAGE_REGISTERS) {
        tcb->context.x[REGISTER_MESSAGE + i] = value;
        changed_frame(tcb);
    } else if (buffer != NULL) {
        buffer[1 + i] = value;
    } else {
        return false;
    }
    rcoe_note(value);
    return true;
}

void reply_from_kernel_success(struct tcb *tcb, word_t length)
{
    tcb->context.x[REGISTER_CAP] = 0;
    tcb->context.x[REGISTER_INFO] = info_make(0, 0, 0, length);
    changed_frame(tcb);
    rcoe_note(tcb->context.x[REGISTER_INFO]);
}

static const word_t lookup_words[] = {
    [LOOKUP_NONE] = 0,  [LOOKUP_INVALID_ROOT] = 0, [LOOKUP_MISSING] = 1,
    [LOOKUP_DEPTH] = 2, [LOOKUP_GUARD] = 3,
};

/* The words of state.error, in message order; the number of them. */
static word_t error_words(word_t words[5])
{
    const struct syscall_error *error = &state.error;

    switch (error->code) {
    case ERROR_INVALID_ARGUMENT:
    case ERROR_INVALID_CAPABILITY:
        words[0] = error->argument;
        return 1;
    case ERROR_NOT_ENOUGH_MEMORY:
        words[0] = error->range_min;
        return 1;
    case ERROR_RANGE:
        words[0] = error->range_min;
        words[1] = error->range_max;
        return 2;
    case ERROR_FAILED_LOOKUP:
        words[0] = error->lookup_was_source;
        words[1] = error->lookup;
        words[2] = error->lookup_word[0];
        words[3] = error->lookup_word[1];
        words[4] = error->lookup_word[2];
        return 2 + lookup_words[error->lookup];
    default:
        return 0;
    }
}

void reply_from_kernel_error(struct tcb *tcb)
{
    word_t words[5];
    word_t count = error_words(words);
    word_t *buffer = count > MESSAGE_REGISTERS ? tcb_ipc_buffer(tcb, true) : NULL;
    word_t length = 0;

    while (length < count && message_write(tcb, buffer, length, words[length])) {
        length++;
    }
    tcb->context.x[REGISTER_CAP] = 0;
    tcb->context.x[REGISTER_INFO] = info_make(state.error.code, 0, 0, length);
    changed_frame(tcb);
    rcoe_note(tcb->context.x[REGISTER_INFO]);
}

word_t invocation_mr(const struct invocation *inv, word_t i)
{
    return message_read(inv->thread, inv->buffer, i);
}

void invocation_result(struct invocation *inv, word_t i, word_t value)
{
    if (!inv->is_call) {
        return;
    }
    inv->has_result = true;
    if (message_write(inv->thread, tcb_ipc_buffer(inv->thread, true), i, value)) {
        inv->result_length = i + 1;
    }
}
