/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One replica. Contracts: rcoe/rcoe.h. Events are still counted, since
 * EL2 names them in its records, and inputs and time still come from the board.
 */
#pragma once

#include <arch_rcoe.h>
#include <rcoe/rcoe.h>
#include <shim/board.h>
#include <shim/shim.h>

struct rcoe_single {
    _Atomic uint64_t *event;       /* of the ballot below */
    struct ballot *own;            /* where the kernel mapped this replica's ballot */
    const struct board_slot *slot; /* and what its EL2 says */
    const struct board_log *log;
    uint64_t deadline; /* as in the ballot */
};
extern struct rcoe_single rcoe_single;

/* Tells EL2, unless it knows. */
void rcoe_single_deadline(bool timer, uint64_t deadline);

/* Interrupt number of the next input of the log; RCOE_NO_INPUT: there is none. */
#define RCOE_NO_INPUT (~UINT64_C(0))
RCOE_INLINE uint64_t rcoe_single_input(void)
{
    struct ballot *own = rcoe_single.own;
    const struct board_log *log = rcoe_single.log;
    uint64_t delivered = atomic_load_explicit(&own->delivered, memory_order_relaxed);
    uint64_t irq = RCOE_NO_INPUT;

    if (atomic_load_explicit(&log->head, memory_order_acquire) != delivered) {
        irq = log->entry[delivered % INPUT_LOG].irq;
        atomic_store_explicit(&own->delivered, delivered + 1, memory_order_release);
    }
    shim_input_done();
    return irq;
}

RCOE_INLINE struct rcoe_round rcoe_enter(struct trap_frame *tf, enum trap_kind kind, uint64_t esr,
                                         uint64_t far, uint32_t registers)
{
    struct rcoe_round round;
    uint64_t event = atomic_load_explicit(rcoe_single.event, memory_order_relaxed) + 1;

    (void)tf;
    (void)registers;
    atomic_store_explicit(rcoe_single.event, event, memory_order_relaxed);
    round.event.cause = EVENT_SYNC;
    round.event.esr = esr;
    round.event.far = far;
    round.event.spurious = false;
    if (kind == TRAP_IRQ) {
        uint64_t irq = rcoe_single_input();

        round.event.cause = EVENT_INPUT;
        round.event.irq = (uint32_t)irq;
        round.event.spurious = irq == RCOE_NO_INPUT;
    }
    return round;
}

RCOE_INLINE void rcoe_leave(bool timer, const struct trap_frame *next, uint64_t next_deadline)
{
    (void)next;
    if (next_deadline != rcoe_single.deadline || timer) {
        rcoe_single_deadline(timer, next_deadline);
    }
}

RCOE_INLINE void rcoe_leave_same_deadline(const struct trap_frame *next)
{
    (void)next;
}

RCOE_INLINE bool rcoe_saved_right(const struct trap_frame *tf, uint32_t registers)
{
    (void)tf;
    (void)registers;
    return true;
}

RCOE_INLINE uint64_t rcoe_now(void)
{
    return arch_counter();
}
