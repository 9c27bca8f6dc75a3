/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every kernel entry, from top to bottom. arch/<isa>/trap_entry.S comes before it.
 * Next files in the flow: rcoe/enter, hot/hot.c, syscall/syscall.c or ipc/fault.c, sched/sched.c,
 * rcoe/leave.
 */
#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/hot.h>
#include <kernel/invariants.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/trap.h>
#include <rcoe/trap.h>
#include <shim/board.h>

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

/* The thread made a mistake, or reads the counter. */
static void dispatch_exception(const struct rcoe_event *event, struct trap_frame *tf)
{
    state.current->fault_pc = arch_trap_restart_pc(tf, event->esr);
    changed_thread(state.current);
    debug_exception_begins(event->esr);
    if (!sched_check_budget(true)) {
        return;
    }
    switch (arch_trap_class(event->esr)) {
    case TRAP_DATA_FAULT:
        raise_vm_fault(event->far, event->esr, false);
        break;
    case TRAP_INSTRUCTION_FAULT:
        raise_vm_fault(tf->pc, event->esr, true);
        break;
    case TRAP_COUNTER_READ:
        arch_counter_read(tf, event->esr, state.now);
        changed_frame(state.current);
        break;
    default:
        if (!debug_exception(event->esr, event->far)) {
            raise_exception(event->esr);
        }
        break;
    }
}

/* An input that all agreed on. The timer needs nothing here, time has passed; a join is rcoe's. */
static ALWAYS_INLINE void dispatch_input(const struct rcoe_event *event,
                                         const struct trap_frame *tf)
{
    bool in_budget;

    state.current->fault_pc = tf->pc;
    if (state.current != state.idle) {
        rcoe_pages_interrupted();
    }
    in_budget = sched_check_budget(false);
    (void)in_budget; /* the slice may have ended: sched_run() sees that */
    if (event->irq < INPUT_JOIN) {
        irq_deliver(event->irq);
    }
}

/* The same work in every replica: one of three. */
static void dispatch_trap(const struct rcoe_event *event, struct trap_frame *tf)
{
    sched_timestamp(rcoe_now());
    if (event->cause == EVENT_INPUT) {
        dispatch_input(event, tf); /* it was due before the trap */
    } else {
        dispatch_exception(event, tf);
    }
    sched_run();
}

static void dispatch_interrupt(const struct rcoe_event *event, const struct trap_frame *tf)
{
    sched_timestamp(rcoe_now());
    dispatch_input(event, tf);
    sched_run();
}

/* A debug call schedules nothing, so it needs no budget: the next entry accounts for its time. */
static void dispatch_syscall(struct trap_frame *tf)
{
    int64_t number = (int64_t)tf->x[REGISTER_SYSCALL];

    state.current->fault_pc = arch_syscall_restart_pc(tf);
    changed_thread(state.current);
    if (debug_syscall(number)) {
        return;
    }
    sched_timestamp(rcoe_now());
    syscall_handle(number);
    sched_run();
}

static ALWAYS_INLINE bool is_timer(const struct rcoe_event *event)
{
    return event->cause == EVENT_INPUT && event->irq == INPUT_TIMER;
}

_Noreturn static void trap_leave(bool timer)
{
    invariants_check();
    debug_prepare(state.current);
    changed_end(state.current);
    rcoe_note((word_t)state.current); /* a hot path notes it when it switches */
    rcoe_leave(timer, &state.current->context, sched_deadline());
    arch_return_to_user(&state.current->context);
}

_Noreturn static ALWAYS_INLINE void trap_leave_hot(void)
{
    invariants_check();
    debug_prepare(state.current);
    changed_end(state.current);
    rcoe_leave_same_deadline(&state.current->context);
    arch_return_to_user(&state.current->context);
}

_Noreturn void trap_main(struct trap_frame *tf, uint64_t esr, uint32_t registers, uint64_t far)
{
    /* Vote on why. */
    struct rcoe_round round = rcoe_enter(tf, TRAP_SYNC, esr, arch_trap_far(esr, far), registers);

    invariants_entry(tf, registers);
    if (hot_exception(&round.event, tf)) { /* the frequent work: hot/ */
        trap_leave_hot();
    }
    dispatch_trap(&round.event, tf);    /* the same work in every replica */
    trap_leave(is_timer(&round.event)); /* vote on what we did */
}

_Noreturn void trap_syscall(struct trap_frame *tf, uint64_t esr, uint32_t registers)
{
    struct rcoe_round round = rcoe_enter(tf, TRAP_SYNC, esr, 0, registers); /* vote on why */

    invariants_entry(tf, registers);
    if (round.event.cause == EVENT_INPUT) {
        const struct rcoe_event input = round.event; /* so that round stays in registers */

        dispatch_trap(&input, tf);
        trap_leave(is_timer(&input));
    }
    if (hot_syscall(tf)) { /* the frequent work: hot/ */
        trap_leave_hot();
    }
    dispatch_syscall(tf); /* the same work in every replica */
    trap_leave(false);    /* vote on what we did */
}

_Noreturn void trap_interrupt(struct trap_frame *tf)
{
    struct rcoe_round round = rcoe_enter(tf, TRAP_IRQ, 0, 0, 0); /* vote on what comes, and when */

    if (round.event.spurious) {
        arch_return_to_user(tf);
    }
    dispatch_interrupt(&round.event, tf); /* the same work in every replica */
    trap_leave(is_timer(&round.event));   /* vote on what we did */
}

/* Interrupts are off in the kernel: another thread than the idle one means a flipped mask bit. */
_Noreturn void trap_interrupt_idle(struct trap_frame *tf, uint64_t pc)
{
    if (!arch_is_idle(pc)) {
        trap_in_kernel(0, pc);
    }
    trap_interrupt(tf);
}

_Noreturn void trap_leave_boot(void)
{
    arch_cpu_init();
    debug_cpu_init();
    vspace_switch(state.current);
    sched_run();
    trap_leave(false);
}
