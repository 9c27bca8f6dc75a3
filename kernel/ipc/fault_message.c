/* SPDX-License-Identifier: BSD-2-Clause */
/* Contents of fault messages and of the answers to them (abi 6.1, 6.3). */
#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/invocation.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>

/* A message being written: words beyond what the receiver can hold are not counted. */
struct writer {
    struct tcb *receiver;
    word_t *buffer;
    word_t length;
};

static void put(struct writer *writer, word_t value)
{
    if (message_write(writer->receiver, writer->buffer, writer->length, value)) {
        writer->length++;
    }
}

static const word_t lookup_words[] = {
    [LOOKUP_NONE] = 0,  [LOOKUP_INVALID_ROOT] = 0, [LOOKUP_MISSING] = 1,
    [LOOKUP_DEPTH] = 2, [LOOKUP_GUARD] = 3,
};

static void put_cap_fault(struct writer *writer, const struct tcb *faulter)
{
    const struct fault *fault = &faulter->fault;

    put(writer, faulter->fault_pc);
    put(writer, fault->word[0]);
    put(writer, fault->word[1]);
    put(writer, fault->lookup);
    for (word_t i = 0; i < lookup_words[fault->lookup]; i++) {
        put(writer, fault->lookup_word[i]);
    }
}

word_t fault_message(struct tcb *faulter, struct tcb *receiver, word_t *buffer)
{
    const struct fault *fault = &faulter->fault;
    struct writer writer = { receiver, buffer, 0 };

    switch (fault->type) {
    case FAULT_CAP:
        put_cap_fault(&writer, faulter);
        break;
    case FAULT_UNKNOWN_SYSCALL:
        for (word_t i = 0; i < SYSCALL_FAULT_WORDS; i++) {
            put(&writer, arch_syscall_fault_read(faulter, i));
        }
        put(&writer, fault->word[0]);
        break;
    case FAULT_USER_EXCEPTION:
        for (word_t i = 0; i < EXCEPTION_FAULT_WORDS; i++) {
            put(&writer, arch_user_register_read(faulter, i));
        }
        put(&writer, fault->word[0]);
        put(&writer, fault->word[1]);
        break;
    case FAULT_TIMEOUT:
        put(&writer, fault->word[0]);
        if (faulter->sched_context != NULL) {
            put(&writer, sched_context_take_consumed(faulter->sched_context));
        }
        break;
    case FAULT_VM:
        put(&writer, faulter->fault_pc);
        put(&writer, fault->word[0]);
        put(&writer, fault->word[2]);
        put(&writer, fault->word[1]);
        break;
    case FAULT_DEBUG:
        put(&writer, faulter->fault_pc);
        for (word_t i = 0; i < debug_fault_words(fault); i++) {
            put(&writer, fault->word[i]);
        }
        break;
    case FAULT_NONE:
        panic(PANIC_ASSERT, fault->type);
    }
    return writer.length;
}

/* Registers 0..limit-1 of the user context, from a message. */
static void take_context(struct tcb *faulter, const struct tcb *handler, const word_t *buffer,
                         word_t count)
{
    progress_end(faulter);
    if (count > 0) {
        changed_course(faulter, false);
    }
    for (word_t i = 0; i < count; i++) {
        arch_user_register_write(faulter, i, message_read(handler, buffer, i));
    }
    changed_frame(faulter);
    changed_thread(faulter);
}

static void take_syscall(struct tcb *faulter, const struct tcb *handler, const word_t *buffer,
                         word_t count)
{
    progress_end(faulter);
    if (count > 0) {
        changed_course(faulter, false);
    }
    for (word_t i = 0; i < count; i++) {
        arch_syscall_fault_write(faulter, i, message_read(handler, buffer, i));
    }
    changed_frame(faulter);
    changed_thread(faulter);
}

static word_t smaller(word_t a, word_t b)
{
    return a < b ? a : b;
}

bool fault_reply(struct tcb *faulter, struct tcb *handler)
{
    word_t info = handler->context.x[1];
    word_t length = info_length(info);
    const word_t *buffer = tcb_ipc_buffer(handler, false);

    if (length > MESSAGE_REGISTERS && buffer == NULL) {
        length = MESSAGE_REGISTERS;
    }
    switch (faulter->fault.type) {
    case FAULT_UNKNOWN_SYSCALL:
        take_syscall(faulter, handler, buffer, smaller(length, SYSCALL_FAULT_WORDS));
        return info_label(info) == 0;
    case FAULT_USER_EXCEPTION:
        take_context(faulter, handler, buffer, smaller(length, EXCEPTION_FAULT_WORDS));
        return info_label(info) == 0;
    case FAULT_TIMEOUT:
        take_context(faulter, handler, buffer, smaller(length, TIMEOUT_REPLY_WORDS));
        return info_label(info) == 0;
    case FAULT_DEBUG:
        return debug_fault_reply(faulter, length, message_read(handler, buffer, 0)) &&
               info_label(info) == 0;
    default:
        return true; /* capability and memory faults: the handler has mended the cause */
    }
}
