/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling context capabilities (abi 3.5). Work is in sched/sched_context.c. */
#include <kernel/changed.h>
#include <kernel/invocation.h>
#include <kernel/ipc.h>
#include <kernel/sched.h>

static enum exception decode_bind(struct invocation *inv, struct sched_context *sc)
{
    struct cap cap;

    /* Check: may refuse, writes nothing. */
    if (inv->extras == 0) {
        return error_truncated();
    }
    cap = inv->extra[0]->cap;
    if (cap_type(cap) == CAP_THREAD) {
        struct tcb *tcb = cap_object(cap);

        if (sc->tcb != NULL || tcb->sched_context != NULL) {
            return error_illegal();
        }
        if (tcb_is_blocked(tcb) && !refill_released(sc, state.now)) {
            return error_illegal();
        }

        /* Commit: writes, cannot refuse. */
        sched_context_bind_tcb(sc, tcb);
    } else if (cap_type(cap) == CAP_NOTIFICATION) {
        struct notification *ntfn = cap_object(cap);

        if (sc->notification != NULL || ntfn->sched_context != NULL) {
            return error_illegal();
        }

        /* Commit: writes, cannot refuse. */
        sched_context_bind_notification(sc, ntfn);
    } else {
        return error_capability(1);
    }
    return EXCEPTION_NONE;
}

static enum exception decode_unbind(struct sched_context *sc)
{
    /* Check: may refuse, writes nothing. */
    if (sc->tcb == state.current) {
        return error_illegal();
    }

    /* Commit: writes, cannot refuse. */
    if (sc->tcb != NULL) {
        sched_context_unbind_tcb(sc);
    }
    sched_context_unbind_notification(sc);
    sched_context_unbind_reply(sc);
    return EXCEPTION_NONE;
}

static enum exception decode_unbind_object(struct invocation *inv, struct sched_context *sc)
{
    struct cap cap;

    /* Check: may refuse, writes nothing. */
    if (inv->extras == 0) {
        return error_truncated();
    }
    cap = inv->extra[0]->cap;
    if (cap_type(cap) == CAP_THREAD) {
        if (sc->tcb != cap_object(cap) || sc->tcb == state.current) {
            return error_illegal();
        }

        /* Commit: writes, cannot refuse. */
        sched_context_unbind_tcb(sc);
    } else if (cap_type(cap) == CAP_NOTIFICATION) {
        if (sc->notification != cap_object(cap)) {
            return error_illegal();
        }

        /* Commit: writes, cannot refuse. */
        sched_context_unbind_notification(sc);
    } else {
        return error_capability(1);
    }
    return EXCEPTION_NONE;
}

/* The caller lets the SC's thread run first; it gets its answer when it runs again. */
static void wait_for(struct invocation *inv, struct sched_context *sc)
{
    inv->thread->yield_to = sc;
    inv->thread->blocking_is_call = inv->is_call; /* is there someone to answer? */
    sc->yield_from = inv->thread;
    changed_thread(inv->thread);
    changed_context(sc);
    ready_dequeue(sc->tcb);
    ready_enqueue(inv->thread);
    ready_enqueue(sc->tcb);
    sched_reschedule();
}

static enum exception decode_yield_to(struct invocation *inv, struct sched_context *sc)
{
    struct tcb *caller = inv->thread;

    /* Check: may refuse, writes nothing. */
    if (sc->tcb == NULL || sc->tcb == caller || sc->tcb->priority > caller->mcp) {
        return error_illegal();
    }

    /* Commit: writes, cannot refuse. */
    if (sc->yield_from != NULL) {
        sched_context_complete_yield(sc->yield_from);
    }
    sched_context_resume(sc);
    if (tcb_is_schedulable(sc->tcb) && sc->tcb->priority >= caller->priority) {
        wait_for(inv, sc);
        return EXCEPTION_NONE;
    }
    if (tcb_is_schedulable(sc->tcb)) {
        ready_dequeue(sc->tcb);
        ready_enqueue(sc->tcb);
    }
    invocation_result(inv, 0, sched_context_take_consumed(sc));
    return EXCEPTION_NONE;
}

enum exception decode_sched_context(struct invocation *inv)
{
    struct sched_context *sc = cap_object(inv->cap);

    switch (inv->label) {
    case LABEL_SCHED_CONTEXT_BIND:
        return decode_bind(inv, sc);
    case LABEL_SCHED_CONTEXT_UNBIND:
        return decode_unbind(sc);
    case LABEL_SCHED_CONTEXT_UNBIND_OBJECT:
        return decode_unbind_object(inv, sc);
    case LABEL_SCHED_CONTEXT_CONSUMED:
        invocation_result(inv, 0, sched_context_take_consumed(sc));
        return EXCEPTION_NONE;
    case LABEL_SCHED_CONTEXT_YIELD_TO:
        return decode_yield_to(inv, sc);
    default:
        return error_illegal();
    }
}
