/* SPDX-License-Identifier: BSD-2-Clause */
/* The first half of a kernel entry: why are we here? Next file in the flow: leave.c. */
#include <rcoe/rcoe.h>

#include <level.h>

#include "fingerprint.h"
#include "inputs.h"
#include "reintegrate.h"

void rcoe_init(uintptr_t board)
{
    const struct board_control *control = (const struct board_control *)board;

    rcoe = (struct rcoe_state){
        .board = board,
        .replicas = control->replicas,
        .window = control->window,
        .barrier_ticks = control->barrier_ticks,
        .hard_ticks = control->hard_ticks,
    };
    rcoe_fingerprint = FINGERPRINT_START;
    if (control->magic != BOARD_MAGIC || control->version != BOARD_VERSION) {
        shim_panic(RCOE_PANIC_CONFIG, control->magic);
    }
    if (rcoe.replicas == 0 || rcoe.replicas > REPLICAS_MAX || rcoe.window >= BALLOT_RING / 2) {
        shim_panic(RCOE_PANIC_CONFIG, rcoe.window);
    }
    if (control->vote_level != LEVEL) {
        shim_panic(RCOE_PANIC_CONFIG, control->vote_level);
    }
    atomic_store_explicit(&ballot_own()->deadline, ~UINT64_C(0), memory_order_relaxed);
    /* Boot is event 1: it has a time, and everything it notes is voted with it. */
    ballot_begin_event();
    (void)rcoe_now();
    vote_publish();
}

/* What came in. An input's registers are those of any instruction, so they are not hashed. */
static void fold_entry(const struct rcoe_event *event, const struct trap_frame *tf)
{
    uint32_t fingerprint = rcoe_fingerprint;

    fingerprint = fingerprint_word(fingerprint, rcoe.event);
    fingerprint = fingerprint_word(fingerprint, event->cause);
    fingerprint = fingerprint_word(fingerprint, inputs_accesses());
    fingerprint = fingerprint_word(fingerprint, event->esr);
    fingerprint = fingerprint_word(fingerprint, event->far ^ event->irq);
    rcoe_fingerprint = level_fold_frame(fingerprint, tf);
}

struct rcoe_round rcoe_enter(struct trap_frame *tf, enum trap_kind kind, uint64_t esr, uint64_t far)
{
    struct rcoe_round round = { .event = { .cause = EVENT_INPUT } };
    struct rcoe_event *event = &round.event;

    ballot_check();
    if (kind == TRAP_IRQ) {
        /* Not begun before it is sure: a vIRQ that comes too early leaves no trace. */
        if (!inputs_due_now()) {
            event->spurious = true;
            return round;
        }
        ballot_begin_event();
    } else {
        /* Begun before we look: a proposal made in between then names this event, not the last. */
        ballot_begin_event();
        if (inputs_due_here()) {
            arch_trap_undo(tf, esr);
        } else {
            event->cause = EVENT_SYNC;
            event->esr = esr;
            event->far = far;
        }
    }
    if (event->cause == EVENT_INPUT) {
        tf->spsr |= FRAME_INTERRUPTED;
        event->irq = inputs_take();
        reintegrate_input(event->irq);
    }
    fold_entry(event, tf);
    level_vote_entry(event);
    return round;
}
