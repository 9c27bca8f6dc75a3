/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every kernel entry, from top to bottom. arch/<isa>/trap_entry.S comes before it.
 * Next files in the flow: rcoe/enter, syscall/syscall.c or ipc/fault.c, sched/sched.c, rcoe/leave.
 */
#include <arch/trap.h>
#include <kernel/invariants.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/trap.h>
#include <rcoe/rcoe.h>
#include <shim/board.h>

_Static_assert(TRAP_SYNC == 0 && TRAP_IRQ == 1, "trap_entry.S: KIND_SYNC, KIND_IRQ");

static void raise_exception(uint64_t esr)
{
    state.fault = (struct fault){ .type = FAULT_USER_EXCEPTION };
    state.fault.word[0] = esr & MASK(32);
    fault_raise(state.current);
}

static void raise_vm_fault(word_t address, uint64_t esr, bool instruction)
{
    state.fault = (struct fault){ .type = FAULT_VM };
    state.fault.word[0] = address;
    state.fault.word[1] = esr & MASK(32);
    state.fault.word[2] = instruction;
    fault_raise(state.current);
}

/* The thread trapped, by a system call or by a mistake. */
static void dispatch_sync(const struct rcoe_event *event, struct trap_frame *tf)
{
    enum trap_class class = arch_trap_class(event->esr);

    if (class == TRAP_SYSCALL) {
        syscall_handle((int64_t)tf->x[REGISTER_SYSCALL]);
        return;
    }
    if (!sched_check_budget(true)) {
        return;
    }
    switch (class) {
    case TRAP_DATA_FAULT:
        raise_vm_fault(event->far, event->esr, false);
        break;
    case TRAP_INSTRUCTION_FAULT:
        raise_vm_fault(tf->pc, event->esr, true);
        break;
    case TRAP_COUNTER_READ:
        arch_counter_read(tf, event->esr, event->time);
        break;
    default:
        raise_exception(event->esr);
        break;
    }
}

/* An input that all replicas agreed on. The timer needs nothing here: time itself has passed. */
static void dispatch_input(const struct rcoe_event *event)
{
    bool in_budget = sched_check_budget(false);

    (void)in_budget; /* the slice may have ended: sched_run() sees that */
    if (event->irq != INPUT_TIMER) {
        irq_deliver(event->irq);
    }
}

/* The same work in every replica. Returns the context that runs next. */
static struct trap_frame *trap_dispatch(const struct rcoe_event *event, struct trap_frame *tf)
{
    sched_timestamp(event->time);
    if (event->cause == EVENT_SYNC) {
        state.current->fault_pc = arch_trap_restart_pc(tf, event->esr);
        dispatch_sync(event, tf);
    } else {
        state.current->fault_pc = tf->pc;
        dispatch_input(event);
    }
    sched_run();
    invariants_check();
    return &state.current->context;
}

struct trap_frame *trap_check_idle(struct trap_frame *tf)
{
    if (state.current != state.idle) {
        trap_in_kernel(0, tf->pc); /* a mask bit flipped: interrupts are off in the kernel */
    }
    return tf;
}

_Noreturn void trap_main(struct trap_frame *tf, enum trap_kind kind, uint64_t esr, uint64_t far)
{
    struct rcoe_round round = rcoe_enter(tf, kind, esr, arch_trap_far(esr, far)); /* vote on why */

    if (!round.event.spurious) {
        tf = trap_dispatch(&round.event, tf);     /* the same work in every replica     */
        rcoe_leave(&round, tf, sched_deadline()); /* vote on what we did; may not return */
    }
    arch_return_to_user(tf);
}

_Noreturn void trap_leave_boot(void)
{
    struct rcoe_round round = { .event = { .cause = EVENT_SYNC, .time = rcoe_now() } };

    arch_cpu_init();
    vspace_switch(state.current);
    sched_run();
    rcoe_leave(&round, &state.current->context, sched_deadline());
    arch_return_to_user(&state.current->context);
}
