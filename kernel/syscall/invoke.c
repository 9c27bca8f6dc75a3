/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invocations: find the capability and what the message names, hand it to the object's decoder,
 * answer the caller (abi 2.3, 2.4). Decoders are in object/ and vspace/.
 */
#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

/* What `thread` asks of cptr. EXCEPTION_FAULT: state.fault says what could not be found. */
static enum exception find_caps(struct invocation *inv, struct tcb *thread, cptr_t cptr)
{
    word_t info = thread->context.x[REGISTER_INFO];
    word_t *buffer = info_fits_registers(info) ? NULL : tcb_ipc_buffer(thread, false);
    word_t count = buffer != NULL ? info_extra_caps(info) : 0;
    struct lookup found = lookup_slot(thread, cptr);

    if (found.status != EXCEPTION_NONE) {
        state.fault = fault_cap(cptr, false);
        return EXCEPTION_FAULT;
    }
    inv->thread = thread;
    inv->cptr = cptr;
    inv->slot = found.slot;
    inv->cap = found.slot->cap;
    inv->label = info_label(info);
    inv->buffer = buffer;
    inv->length = info_length(info);
    if (buffer == NULL && inv->length > MESSAGE_REGISTERS) {
        inv->length = MESSAGE_REGISTERS;
    }
    for (word_t i = 0; i < EXTRA_CAPS_MAX; i++) {
        inv->extra[i] = NULL;
    }
    inv->extras = count;
    for (word_t i = 0; i < count; i++) {
        cptr_t extra = buffer[IPC_BUFFER_CAPS_WORD + i];

        found = lookup_slot(thread, extra);
        if (found.status != EXCEPTION_NONE) {
            state.fault = fault_cap(extra, false);
            return EXCEPTION_FAULT;
        }
        inv->extra[i] = found.slot;
    }
    return EXCEPTION_NONE;
}

static enum exception invoke_endpoint(struct invocation *inv)
{
    word_t rights = cap_rights(inv->cap);
    struct send_mode mode = {
        .badge = cap_badge(inv->cap),
        .blocking = inv->blocking,
        .is_call = inv->is_call,
        .can_grant = (rights & RIGHT_GRANT) != 0,
        .can_grant_reply = (rights & RIGHT_GRANT_REPLY) != 0,
        .can_donate = inv->can_donate,
    };

    if ((rights & RIGHT_WRITE) == 0) {
        return error_capability(0);
    }
    endpoint_send(cap_object(inv->cap), inv->thread, mode);
    return EXCEPTION_NONE;
}

static enum exception invoke_notification(struct invocation *inv)
{
    if ((cap_rights(inv->cap) & RIGHT_WRITE) == 0) {
        return error_capability(0);
    }
    notification_signal(cap_object(inv->cap), cap_badge(inv->cap));
    return EXCEPTION_NONE;
}

static enum exception invoke_reply(struct invocation *inv)
{
    reply_send(cap_object(inv->cap), inv->thread, (cap_field(inv->cap) & 1) != 0);
    return EXCEPTION_NONE;
}

/* Objects that the first phase of a two-phase system call may not name (abi 2.3, 4). */
static enum exception decode_single_phase(struct invocation *inv)
{
    if (inv->first_phase) {
        return error_capability(0);
    }
    switch (cap_type(inv->cap)) {
    case CAP_THREAD:
        return decode_tcb(inv);
    case CAP_CNODE:
        return decode_cnode(inv);
    case CAP_DOMAIN:
        return decode_domain(inv);
    case CAP_SCHED_CONTEXT:
        return decode_sched_context(inv);
    case CAP_SCHED_CONTROL:
        return decode_sched_control(inv);
    default:
        return error_capability(0);
    }
}

static enum exception decode(struct invocation *inv)
{
    switch (cap_type(inv->cap)) {
    case CAP_ENDPOINT:
        return invoke_endpoint(inv);
    case CAP_NOTIFICATION:
        return invoke_notification(inv);
    case CAP_REPLY:
        return invoke_reply(inv);
    case CAP_UNTYPED:
        return decode_untyped(inv);
    case CAP_FRAME:
        return decode_frame(inv);
    case CAP_PAGE_TABLE:
        return decode_page_table(inv);
    case CAP_VSPACE:
        return decode_vspace(inv);
    case CAP_ASID_CONTROL:
        return decode_asid_control(inv);
    case CAP_ASID_POOL:
        return decode_asid_pool(inv);
    case CAP_IRQ_CONTROL:
        return decode_irq_control(inv);
    case CAP_IRQ_HANDLER:
        return decode_irq_handler(inv);
    case CAP_SGI_SIGNAL:
        return decode_sgi_signal(inv);
    case CAP_SMC:
        return decode_smc(inv);
    default:
        return decode_single_phase(inv);
    }
}

enum exception invoke(cptr_t cptr, struct invoke_mode mode)
{
    struct tcb *thread = state.current;
    struct invocation inv;
    enum exception status = find_caps(&inv, thread, cptr);

    if (status != EXCEPTION_NONE) {
        progress_end(thread);
        if (mode.blocking) {
            fault_raise(thread);
        }
        return EXCEPTION_NONE;
    }
    inv.blocking = mode.blocking;
    inv.is_call = mode.is_call;
    inv.can_donate = mode.can_donate;
    inv.first_phase = mode.first_phase;
    inv.result_length = 0;
    inv.has_result = false;
    /* Restart while it lasts: an operation that is preempted or stops its caller is repeated. */
    thread->status = THREAD_RESTART;
    changed_thread(thread);
    status = decode(&inv);
    if (status == EXCEPTION_PREEMPTED) {
        return status;
    }
    progress_end(thread);
    state.work_units = 0; /* each system call has its own: a short one is never preempted */
    changed_counts();
    if (status == EXCEPTION_SYSCALL_ERROR) {
        if (mode.is_call) {
            reply_from_kernel_error(thread);
        }
        thread->status = THREAD_RUNNING;
    } else if (thread->status == THREAD_RESTART) {
        if (mode.is_call) {
            reply_from_kernel_success(thread, inv.result_length);
        }
        thread->status = THREAD_RUNNING;
    }
    changed_thread(thread);
    return EXCEPTION_NONE;
}
