/* SPDX-License-Identifier: BSD-2-Clause */
/* Priorities and scheduling parameters of threads (abi 3.3, 7.2). */
#include <kernel/changed.h>
#include <kernel/ipc.h>
#include <kernel/sched.h>
#include <kernel/tcb.h>

static void store_priority(struct tcb *tcb, word_t priority)
{
    tcb->priority = (uint8_t)priority;
    changed_thread(tcb);
}

static void set_priority(struct tcb *tcb, word_t priority)
{
    if (tcb_is_runnable(tcb) && (tcb->in_ready_queue || tcb == state.current)) {
        ready_dequeue(tcb);
        store_priority(tcb, priority);
        if (tcb_is_schedulable(tcb)) {
            ready_enqueue(tcb);
        }
        sched_reschedule();
        return;
    }
    store_priority(tcb, priority);
    if (tcb->status == THREAD_BLOCKED_ON_SEND || tcb->status == THREAD_BLOCKED_ON_RECEIVE) {
        endpoint_reorder(tcb);
    } else if (tcb->status == THREAD_BLOCKED_ON_NOTIFICATION) {
        notification_reorder(tcb);
    }
}

/* `authority` must be a thread whose MCP allows `priority`. */
static enum exception check_authority(struct cap authority, word_t priority)
{
    const struct tcb *tcb = cap_object(authority);

    if (cap_type(authority) != CAP_THREAD) {
        return error_capability(1);
    }
    return priority > tcb->mcp ? error_range(0, tcb->mcp) : EXCEPTION_NONE;
}

static enum exception check_one(struct invocation *inv)
{
    if (inv->length < 1 || inv->extras < 1) {
        return error_truncated();
    }
    return check_authority(inv->extra[0]->cap, invocation_mr(inv, 0));
}

enum exception decode_set_priority(struct invocation *inv, struct tcb *tcb)
{
    enum exception status = check_one(inv);

    if (status == EXCEPTION_NONE) {
        set_priority(tcb, invocation_mr(inv, 0));
    }
    return status;
}

enum exception decode_set_mc_priority(struct invocation *inv, struct tcb *tcb)
{
    enum exception status = check_one(inv);

    if (status == EXCEPTION_NONE) {
        tcb->mcp = (uint8_t)invocation_mr(inv, 0);
        changed_thread(tcb);
    }
    return status;
}

static enum exception check_sched_context(const struct tcb *tcb, struct cap cap)
{
    struct sched_context *sc = cap_object(cap);

    switch (cap_type(cap)) {
    case CAP_NULL:
        return tcb == state.current ? error_illegal() : EXCEPTION_NONE;
    case CAP_SCHED_CONTEXT:
        if ((tcb->sched_context != NULL && tcb->sched_context != sc) ||
            (sc->tcb != NULL && sc->tcb != tcb) ||
            (tcb_is_blocked(tcb) && !refill_released(sc, state.now))) {
            return error_illegal();
        }
        return EXCEPTION_NONE;
    default:
        return error_capability(2);
    }
}

static void change_sched_context(struct tcb *tcb, struct cap cap)
{
    if (cap_type(cap) == CAP_NULL) {
        if (tcb->sched_context != NULL) {
            sched_context_unbind_tcb(tcb->sched_context);
        }
    } else if (tcb->sched_context == NULL) {
        sched_context_bind_tcb(cap_object(cap), tcb);
    }
}

enum exception decode_set_sched_params(struct invocation *inv, struct tcb *tcb)
{
    word_t mcp = invocation_mr(inv, 0);
    word_t priority = invocation_mr(inv, 1);
    enum exception status;
    struct cap sc;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 2 || inv->extras < 3) {
        return error_truncated();
    }
    status = check_authority(inv->extra[0]->cap, mcp);
    if (status == EXCEPTION_NONE) {
        status = check_authority(inv->extra[0]->cap, priority);
    }
    sc = inv->extra[1]->cap;
    if (status == EXCEPTION_NONE) {
        status = check_sched_context(tcb, sc);
    }
    if (status == EXCEPTION_NONE && !tcb_is_valid_handler(inv->extra[2]->cap)) {
        status = error_capability(3);
    }
    if (status != EXCEPTION_NONE) {
        return status;
    }

    /* Commit: writes, cannot refuse. */
    status = tcb_install(inv, TCB_FAULT_HANDLER, inv->extra[2]->cap, inv->extra[2]);
    if (status != EXCEPTION_NONE) {
        return status;
    }
    tcb->mcp = (uint8_t)mcp;
    set_priority(tcb, priority);
    change_sched_context(tcb, sc);
    return EXCEPTION_NONE;
}
