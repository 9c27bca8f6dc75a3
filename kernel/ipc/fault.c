/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults: a message in the name of the thread to its handler (abi 6). The handler's answer comes
 * back through ipc/reply.c to ipc/fault_message.c.
 */
#include <kernel/changed.h>
#include <kernel/ipc.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

struct fault fault_cap(cptr_t address, bool in_receive_phase)
{
    struct fault fault = { .type = FAULT_CAP, .lookup = state.lookup_fault.type };

    fault.word[0] = address;
    fault.word[1] = in_receive_phase;
    fault.lookup_word[0] = state.lookup_fault.word[0];
    fault.lookup_word[1] = state.lookup_fault.word[1];
    fault.lookup_word[2] = state.lookup_fault.word[2];
    return fault;
}

/* False: there is no handler. */
static bool tell(struct tcb *tcb, struct cap handler, bool can_donate)
{
    struct send_mode mode = {
        .badge = cap_badge(handler),
        .blocking = true,
        .can_grant = (cap_rights(handler) & RIGHT_GRANT) != 0,
        .can_grant_reply = (cap_rights(handler) & RIGHT_GRANT_REPLY) != 0,
        .can_donate = can_donate,
    };

    if (cap_type(handler) != CAP_ENDPOINT) {
        return false;
    }
    tcb->fault = state.fault;
    changed_thread(tcb);
    endpoint_send(cap_object(handler), tcb, mode);
    return true;
}

/* Nobody will answer: say so on the debug console, where a developer looks first. */
static void report_unhandled(const struct tcb *tcb)
{
    debug_print("ternion: thread '");
    debug_print(tcb->name);
    debug_print("' stopped, it has no fault handler: fault ");
    debug_print_hex((word_t)state.fault.type);
    debug_print(" pc ");
    debug_print_hex(tcb->fault_pc);
    debug_print(" data ");
    debug_print_hex(state.fault.word[0]);
    debug_print(" ");
    debug_print_hex(state.fault.word[1]);
    debug_print("\n");
}

void fault_raise(struct tcb *tcb)
{
    if (!tell(tcb, tcb->slot[TCB_FAULT_HANDLER].cap, tcb->sched_context != NULL)) {
        report_unhandled(tcb);
        sched_set_status(tcb, THREAD_INACTIVE);
    }
}

bool fault_has_timeout_handler(const struct tcb *tcb)
{
    return cap_type(tcb->slot[TCB_TIMEOUT_HANDLER].cap) == CAP_ENDPOINT;
}

void fault_raise_timeout(struct tcb *tcb)
{
    state.fault = (struct fault){ .type = FAULT_TIMEOUT };
    state.fault.word[0] = tcb->sched_context->badge;
    (void)tell(tcb, tcb->slot[TCB_TIMEOUT_HANDLER].cap, false);
}
