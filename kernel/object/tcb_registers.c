/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading, writing and copying a thread's registers (abi 1.3, 3.3). */
#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/tcb.h>

#define FLAG_SUSPEND_SOURCE 1u /* ReadRegisters, CopyRegisters */
#define FLAG_RESUME_TARGET 1u  /* WriteRegisters */
#define COPY_RESUME_TARGET 2u
#define COPY_FRAME 4u
#define COPY_INTEGER 8u

enum exception decode_read_registers(struct invocation *inv, struct tcb *tcb)
{
    word_t flags = invocation_mr(inv, 0);
    word_t count = invocation_mr(inv, 1);

    /* Check: may refuse, writes nothing. */
    if (inv->length < 2) {
        return error_truncated();
    }
    if (count < 1 || count > USER_CONTEXT_WORDS) {
        return error_range(1, USER_CONTEXT_WORDS);
    }
    if (tcb == inv->thread) {
        return error_illegal();
    }

    /* Commit: writes, cannot refuse. */
    if ((flags & FLAG_SUSPEND_SOURCE) != 0) {
        tcb_suspend(tcb);
    }
    for (word_t i = 0; i < count; i++) {
        invocation_result(inv, i, arch_user_register_read(tcb, i));
    }
    return EXCEPTION_NONE;
}

enum exception decode_write_registers(struct invocation *inv, struct tcb *tcb)
{
    word_t flags = invocation_mr(inv, 0);
    word_t count = invocation_mr(inv, 1);

    /* Check: may refuse, writes nothing. */
    if (inv->length < 2 || inv->length - 2 < count) {
        return error_truncated();
    }
    if (tcb == inv->thread) {
        return error_illegal();
    }

    /* Commit: writes, cannot refuse. */
    if (count > USER_CONTEXT_WORDS) {
        count = USER_CONTEXT_WORDS;
    }
    progress_end(tcb);
    if (count > 0) {
        changed_course(tcb, false);
    }
    for (word_t i = 0; i < count; i++) {
        arch_user_register_write(tcb, i, invocation_mr(inv, i + 2));
    }
    tcb->context.pc = tcb->fault_pc;
    changed_frame(tcb);
    changed_thread(tcb);
    if ((flags & FLAG_RESUME_TARGET) != 0) {
        tcb_resume(tcb);
    }
    return EXCEPTION_NONE;
}

enum exception decode_copy_registers(struct invocation *inv, struct tcb *tcb)
{
    word_t flags = invocation_mr(inv, 0);
    struct tcb *source;
    word_t from, to;
    bool comparable;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 1 || inv->extras == 0) {
        return error_truncated();
    }
    if (cap_type(inv->extra[0]->cap) != CAP_THREAD) {
        return error_capability(1);
    }

    /* Commit: writes, cannot refuse. */
    source = cap_object(inv->extra[0]->cap);
    if ((flags & FLAG_SUSPEND_SOURCE) != 0) {
        tcb_suspend(source);
    }
    if ((flags & COPY_RESUME_TARGET) != 0) {
        tcb_resume(tcb);
    }
    from = (flags & COPY_FRAME) != 0 ? 0 : USER_CONTEXT_FRAME_WORDS;
    to = (flags & COPY_INTEGER) != 0 ? USER_CONTEXT_WORDS : USER_CONTEXT_FRAME_WORDS;
    progress_end(tcb);
    comparable = changed_is_comparable(tcb);
    changed_course(tcb, false);
    for (word_t i = from; i < to; i++) {
        arch_user_register_copy(tcb, source, i);
    }
    if (comparable && !changed_is_comparable(tcb)) { /* it goes on where the source stood */
        rcoe_pages_interrupted();
    }
    if ((flags & COPY_FRAME) != 0) {
        tcb->context.pc = tcb->fault_pc;
    }
    changed_frame(tcb);
    changed_thread(tcb);
    return EXCEPTION_NONE;
}
