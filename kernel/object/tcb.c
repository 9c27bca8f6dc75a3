/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: creation, end, suspend and resume, and the decoder of their capabilities (abi 3.3). */
#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/tcb.h>

void tcb_init(struct tcb *tcb, word_t domain)
{
    tcb->context.spsr = arch_pstate_user;
    tcb->domain = (uint8_t)domain;
    debug_thread_begins(tcb);
    changed_frame(tcb);
    changed_thread(tcb);
}

word_t *tcb_ipc_buffer(struct tcb *thread, bool writable)
{
    struct cap cap = thread->slot[TCB_BUFFER].cap;
    word_t offset;

    if (cap_type(cap) != CAP_FRAME || frame_is_device(cap)) {
        return NULL;
    }
    if (frame_rights(cap) != VM_READ_WRITE && (writable || frame_rights(cap) != VM_READ_ONLY)) {
        return NULL;
    }
    offset = thread->buffer_vaddr & MASK(frame_size_bits(cap));
    return (word_t *)((word_t)cap_object(cap) + offset);
}

void tcb_suspend(struct tcb *tcb)
{
    ipc_cancel(tcb);
    if (tcb->status == THREAD_RUNNING) {
        tcb->fault_pc = tcb->context.pc; /* it may have run on since it last trapped */
    }
    sched_set_status(tcb, THREAD_INACTIVE);
    sched_forget(tcb);
    sched_context_cancel_yield(tcb);
}

void tcb_resume(struct tcb *tcb)
{
    if (tcb->status != THREAD_INACTIVE && !tcb_is_blocked(tcb)) {
        return;
    }
    ipc_cancel(tcb);
    sched_set_status(tcb, THREAD_RESTART);
    sched_context_activate(tcb->sched_context);
    sched_wake(tcb);
}

void tcb_finalise(struct tcb *tcb)
{
    struct sched_context *sc = tcb->sched_context;

    notification_unbind(tcb);
    if (sc != NULL) {
        if (sc->yield_from != NULL) {
            sched_context_complete_yield(sc->yield_from);
        }
        sched_context_unbind_tcb(sc);
    }
    tcb_suspend(tcb);
    changed_course(tcb, true);
    arch_fpu_release(tcb, false);
    debug_thread_ends(tcb);
}

static enum exception decode_bind_notification(struct invocation *inv, struct tcb *tcb)
{
    struct notification *ntfn;

    /* Check: may refuse, writes nothing. */
    if (inv->extras == 0) {
        return error_truncated();
    }
    if (tcb->bound_notification != NULL || cap_type(inv->extra[0]->cap) != CAP_NOTIFICATION ||
        (cap_rights(inv->extra[0]->cap) & RIGHT_READ) == 0) {
        return error_illegal();
    }
    ntfn = cap_object(inv->extra[0]->cap);
    if (ntfn->head != NULL || ntfn->bound_tcb != NULL) {
        return error_illegal();
    }

    /* Commit: writes, cannot refuse. */
    notification_bind(ntfn, tcb);
    return EXCEPTION_NONE;
}

static enum exception decode_unbind_notification(struct tcb *tcb)
{
    if (tcb->bound_notification == NULL) {
        return error_illegal();
    }
    notification_unbind(tcb);
    return EXCEPTION_NONE;
}

static enum exception decode_set_tls_base(struct invocation *inv, struct tcb *tcb)
{
    if (inv->length < 1) {
        return error_truncated();
    }
    tcb->context.tpidr_el0 = invocation_mr(inv, 0);
    changed_frame(tcb);
    return EXCEPTION_NONE;
}

static enum exception decode_set_flags(struct invocation *inv, struct tcb *tcb)
{
    word_t clear = invocation_mr(inv, 0);
    word_t set = invocation_mr(inv, 1) & TCB_FLAG_FPU_DISABLED;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 2) {
        return error_truncated();
    }

    /* Commit: writes, cannot refuse. */
    tcb->flags = (uint32_t)((tcb->flags & ~clear) | set);
    changed_thread(tcb);
    if ((tcb->flags & TCB_FLAG_FPU_DISABLED) != 0) {
        arch_fpu_release(tcb, true);
    }
    invocation_result(inv, 0, tcb->flags);
    return EXCEPTION_NONE;
}

enum exception decode_tcb(struct invocation *inv)
{
    struct tcb *tcb = cap_object(inv->cap);
    enum exception status = EXCEPTION_NONE;

    switch (inv->label) {
    case LABEL_TCB_READ_REGISTERS:
        return decode_read_registers(inv, tcb);
    case LABEL_TCB_WRITE_REGISTERS:
        return decode_write_registers(inv, tcb);
    case LABEL_TCB_COPY_REGISTERS:
        return decode_copy_registers(inv, tcb);
    case LABEL_TCB_CONFIGURE:
        return decode_configure(inv);
    case LABEL_TCB_SET_PRIORITY:
        return decode_set_priority(inv, tcb);
    case LABEL_TCB_SET_MC_PRIORITY:
        return decode_set_mc_priority(inv, tcb);
    case LABEL_TCB_SET_SCHED_PARAMS:
        return decode_set_sched_params(inv, tcb);
    case LABEL_TCB_SET_TIMEOUT_ENDPOINT:
        return decode_set_timeout_endpoint(inv);
    case LABEL_TCB_SET_IPC_BUFFER:
        return decode_set_ipc_buffer(inv);
    case LABEL_TCB_SET_SPACE:
        return decode_set_space(inv);
    case LABEL_TCB_SUSPEND:
        tcb_suspend(tcb);
        return EXCEPTION_NONE;
    case LABEL_TCB_RESUME:
        tcb_resume(tcb);
        return EXCEPTION_NONE;
    case LABEL_TCB_BIND_NOTIFICATION:
        return decode_bind_notification(inv, tcb);
    case LABEL_TCB_UNBIND_NOTIFICATION:
        return decode_unbind_notification(tcb);
    case LABEL_TCB_SET_TLS_BASE:
        return decode_set_tls_base(inv, tcb);
    case LABEL_TCB_SET_FLAGS:
        return decode_set_flags(inv, tcb);
    default:
        return debug_invocation(inv, &status) ? status : error_illegal();
    }
}
