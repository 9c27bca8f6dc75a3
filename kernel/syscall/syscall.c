/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The eleven system calls: a send phase, a receive phase, or both (abi 2.2, 2.3).
 * Next file in the flow: syscall/invoke.c sends, ipc/ receives.
 */
#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/hot.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

static word_t argument(enum syscall_register number)
{
    return state.current->context.x[number];
}

/* ---- receive phase ------------------------------------------------------------------------ */

static void refuse_receive(cptr_t cptr)
{
    state.fault = fault_cap(cptr, true);
    fault_raise(state.current);
}

static void refuse_missing(cptr_t cptr)
{
    state.lookup_fault = (struct lookup_fault){ .type = LOOKUP_MISSING };
    refuse_receive(cptr);
}

static void receive_endpoint(struct cap cap, bool blocking, bool takes_reply)
{
    struct reply *reply = NULL;

    if ((cap_rights(cap) & RIGHT_READ) == 0) {
        refuse_missing(argument(REGISTER_CAP));
        return;
    }
    if (takes_reply) {
        struct lookup found = lookup_slot(state.current, argument(REGISTER_REPLY));

        if (found.status != EXCEPTION_NONE) {
            refuse_receive(argument(REGISTER_REPLY));
            return;
        }
        if (cap_type(found.slot->cap) != CAP_REPLY) {
            refuse_missing(argument(REGISTER_REPLY));
            return;
        }
        reply = cap_object(found.slot->cap);
    }
    endpoint_receive(cap_object(cap), state.current, reply, blocking);
}

static void receive_notification(struct cap cap, bool blocking)
{
    struct notification *ntfn = cap_object(cap);
    bool others = ntfn->bound_tcb != NULL && ntfn->bound_tcb != state.current;

    if ((cap_rights(cap) & RIGHT_READ) == 0 || others) {
        refuse_missing(argument(REGISTER_CAP));
        return;
    }
    notification_receive(ntfn, state.current, blocking);
}

static void receive(bool blocking, bool takes_reply)
{
    struct lookup found = lookup_slot(state.current, argument(REGISTER_CAP));

    if (found.status != EXCEPTION_NONE) {
        refuse_receive(argument(REGISTER_CAP));
    } else if (cap_type(found.slot->cap) == CAP_ENDPOINT) {
        receive_endpoint(found.slot->cap, blocking, takes_reply);
    } else if (cap_type(found.slot->cap) == CAP_NOTIFICATION) {
        receive_notification(found.slot->cap, blocking);
    } else {
        refuse_missing(argument(REGISTER_CAP));
    }
}

/* ---- both --------------------------------------------------------------------------------- */

static void send(struct invoke_mode mode)
{
    /* Preempted: the caller is in Restart and repeats the call; nothing else to do here. */
    enum exception status = invoke(argument(REGISTER_CAP), mode);

    (void)status;
}

static void send_and_receive(cptr_t destination, bool takes_reply)
{
    struct invoke_mode mode = { .can_donate = true, .first_phase = true };

    if (invoke(destination, mode) == EXCEPTION_NONE) {
        receive(true, takes_reply);
    }
}

/* Gives away the rest of the head refill; "consumed" counts only what was really used. */
static void yield(void)
{
    struct sched_context *sc = state.current_sc;
    ticks_t consumed = sc->consumed + state.consumed;

    sched_charge(refill_head(sc)->amount, false);
    sc->consumed = consumed;
    changed_context(sc);
}

static void dispatch(int64_t number)
{
    switch (number) {
    case SYS_CALL:
        send((struct invoke_mode){ .blocking = true, .is_call = true, .can_donate = true });
        break;
    case SYS_SEND:
        if (!hot_signal(state.current)) {
            send((struct invoke_mode){ .blocking = true });
        }
        break;
    case SYS_NB_SEND:
        if (!hot_signal(state.current)) {
            send((struct invoke_mode){ .blocking = false });
        }
        break;
    case SYS_REPLY_RECV:
        send_and_receive(argument(REGISTER_REPLY), true);
        break;
    case SYS_NB_SEND_RECV:
        send_and_receive(argument(REGISTER_DESTINATION), true);
        break;
    case SYS_NB_SEND_WAIT:
        send_and_receive(argument(REGISTER_REPLY), false);
        break;
    case SYS_RECV:
        receive(true, true);
        break;
    case SYS_NB_RECV:
        receive(false, true);
        break;
    case SYS_WAIT:
        if (!hot_wait(state.current, true)) {
            receive(true, false);
        }
        break;
    case SYS_NB_WAIT:
        if (!hot_wait(state.current, false)) {
            receive(false, false);
        }
        break;
    case SYS_YIELD:
        yield();
        break;
    default:
        state.fault = (struct fault){ .type = FAULT_UNKNOWN_SYSCALL };
        state.fault.word[0] = (word_t)number;
        fault_raise(state.current);
        break;
    }
}

void syscall_handle(int64_t number)
{
    if (sched_check_budget(true)) {
        dispatch(number);
    }
}
