/* SPDX-License-Identifier: BSD-2-Clause */
/* What is rare at a kernel entry: the start, and inputs. Previous file in the flow: enter.h. */
#include <rcoe/trap.h>

#include "reintegrate.h"

void rcoe_init(uintptr_t board)
{
    const struct board_control *control;

    rcoe = (struct rcoe_state){
        .board = board,
        .own = (struct ballot *)(board + arch_own_ballot()),
    };
    control = board_control();
    rcoe.replicas = control->replicas;
    rcoe.window = control->window;
    rcoe.barrier_ticks = control->barrier_ticks;
    rcoe.hard_ticks = control->hard_ticks;
    rcoe_fingerprint = FINGERPRINT_START;
    if (control->magic != BOARD_MAGIC || control->version != BOARD_VERSION) {
        shim_panic(RCOE_PANIC_CONFIG, control->magic);
    }
    if (rcoe.replicas == 0 || rcoe.replicas > REPLICAS_MAX || rcoe.window >= BALLOT_RING / 2) {
        shim_panic(RCOE_PANIC_CONFIG, rcoe.window);
    }
    vote_init();
    if (control->vote_level != LEVEL) {
        shim_panic(RCOE_PANIC_CONFIG, control->vote_level);
    }
    atomic_store_explicit(&ballot_own()->deadline, ~UINT64_C(0), memory_order_relaxed);
    /* Boot is event 1: it has a time, and everything it notes is voted with it. */
    ballot_begin_event(ballot_own());
    (void)rcoe_now();
    vote_publish();
}

/* An input's registers are those of any instruction, so they are not hashed. */
/*@ requires configured && \valid(tf);
    assigns rcoe.round, rcoe.delivered, rcoe.joining, rcoe_fingerprint, *the_own, *tf; */
static struct rcoe_round take(struct trap_frame *tf)
{
    struct rcoe_round round = { .event = { .cause = EVENT_INPUT } };

    tf->spsr |= FRAME_INTERRUPTED;
    round.event.irq = inputs_take();
    reintegrate_input(round.event.irq);
    rcoe_note(rcoe.event);
    rcoe_note(inputs_accesses(ballot_own()));
    rcoe_note(FRAME_INTERRUPTED | round.event.irq);
    vote_publish();
    return round;
}

struct rcoe_round enter_interrupt(struct trap_frame *tf)
{
    ballot_check(ballot_own());
    /* Not begun before it is sure: a vIRQ that comes too early leaves no trace. */
    if (!inputs_due_now()) {
        return (struct rcoe_round){ .event = { .cause = EVENT_INPUT, .spurious = true } };
    }
    ballot_begin_event(ballot_own());
    return take(tf);
}

bool enter_input(struct trap_frame *tf, uint64_t esr, struct rcoe_round *round)
{
    if (!inputs_due_here()) {
        return false;
    }
    arch_trap_undo(tf, esr);
    *round = take(tf);
    return true;
}
