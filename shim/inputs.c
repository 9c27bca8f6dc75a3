/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inputs: what comes from outside, in one order. The I/O core writes interrupts and the timer to
 * the log; every core proposes the next one to its replica, at the event that replica is at, and
 * raises the virtual interrupt. The replicas settle the event among themselves (rcoe/inputs.c).
 */
#include "core.h"
#include <shim/shim.h>

#define ISR_IRQ (1u << 7)
#define NEVER (~UINT64_C(0))
#define TICKS_PER_SECOND 1000u /* EL2 ticks: each lets EL2 look at the board whatever EL1 does */

static struct {
    uint64_t period;
    uint64_t next_tick;
    uint64_t deadline; /* armed on the I/O core only */
} timer;

static bool held; /* the replica's kernel put the proposed input off */
static uint64_t held_since;

//@ assigns \nothing;
static void virtual_interrupt(bool raise)
{
    uint64_t hcr = SYSREG_READ(hcr_el2);

    SYSREG_WRITE(hcr_el2, raise ? hcr | HCR_VI : hcr & ~(uint64_t)HCR_VI);
}

uint64_t inputs_waiting(void)
{
    return (LOAD(board_log()->head) - LOAD(board_ballot(self.number)->delivered)) % INPUT_LOG;
}

void inputs_log(uint32_t irq)
{
    struct board_log *log = board_log();
    uint64_t head = atomic_load_explicit(&log->head, memory_order_relaxed);

    /* Lines stay masked until acknowledged, so only a broken replica can fill the log. */
    if ((head - LOAD(board_ballot(self.number)->delivered)) % INPUT_LOG == INPUT_LOG - 1)
        exclude_self(RECORD_PANIC, irq, head);
    log->entry[head % INPUT_LOG] = (struct input_entry){ .irq = irq, .time = counter_now() };
    STORE(log->head, head + 1);
    if (!self.alone) { /* alone, nobody will ask who took which input when */
        gic_kick_others();
        record(RECORD_INPUT, irq, head + 1);
    }
}

//@ ensures pages_stay;
static void timer_program(void)
{
    uint64_t next = timer.next_tick;

    if (DRIVES && timer.deadline < next)
        next = timer.deadline;
    STORE(board_slot(self.number)->armed, next);
    SYSREG_WRITE(cnthp_cval_el2, next);
    SYSREG_WRITE(cnthp_ctl_el2, 1);
    cpu_barrier();
}

/* What the kernel wants, unless it was logged before. */
//@ ensures pages_stay;
static void timer_reload(void)
{
    uint64_t deadline = LOAD(board_ballot(self.number)->deadline);

    timer.deadline = deadline == LOAD(board_shared()->timer_fired) ? NEVER : deadline;
}

static void timer_interrupt(void)
{
    struct board_slot *slot = board_slot(self.number);
    uint64_t now = counter_now();

    if (now >= timer.next_tick) {
        timer.next_tick = now + timer.period;
        STORE(slot->ticks, atomic_load_explicit(&slot->ticks, memory_order_relaxed) + 1);
        scrub_tick();
    }
    if (DRIVES)
        timer_reload(); /* a deadline that was lost on its way here is late, not forgotten */
    if (DRIVES && now >= timer.deadline) {
        inputs_log(INPUT_TIMER); /* first: a dying core may log it twice, not forget it */
        STORE(board_shared()->timer_fired, timer.deadline);
        timer.deadline = NEVER;
    }
    timer_program();
}

void timer_start(void)
{
    timer.period = SYSREG_READ(cntfrq_el0) / TICKS_PER_SECOND;
    timer.next_tick = counter_now() + timer.period;
    timer.deadline = NEVER;
    timer_program();
}

void timer_deadline(uint64_t deadline)
{
    timer.deadline = deadline;
    if (!DRIVES)
        return;
    STORE(board_shared()->timer_fired, NEVER);
    timer_program();
}

//@ requires irq < IRQ_LIMIT;
static void line_interrupt(uint32_t irq)
{
    if (!self.io) /* not DRIVES: an I/O core that was hit logs what it has, and is given up then */
        return;
    gic_mask(irq);
    inputs_log(irq); /* first: a line forgotten by a dying core is worse than one logged twice */
    board_shared()->irq_outstanding[irq / 64] |= UINT64_C(1) << irq % 64;
}

bool inputs_interrupted(void)
{
    return SYSREG_READ(isr_el1) & ISR_IRQ;
}

bool inputs_tick_lost(void)
{
    return timer.next_tick + timer.period - counter_now() > 2 * timer.period;
}

/* One at a time: a starved core whose tick is always due must still get to the rest of its poll. */
void inputs_interrupt(void)
{
    uint32_t irq;

    if (inputs_tick_lost()) {
        timer.next_tick = 0; /* due */
        timer_interrupt();
    }
    if (!inputs_interrupted())
        return;
    irq = gic_acknowledge();
    if (irq >= IRQ_LIMIT)
        return;
    if (irq >= FIRST_LINE)
        line_interrupt(irq);
    else if (irq == BOARD_TICK_IRQ)
        timer_interrupt();
    gic_end(irq);
}

/* Kernel's word on a line, agreed by all. Harmless when a new I/O core repeats it. */
void inputs_irq(uint32_t irq, uint64_t operation)
{
    struct board_shared *shared = board_shared();
    uint64_t bit = UINT64_C(1) << irq % 64;

    if (irq < FIRST_LINE || irq >= IRQ_LIMIT)
        return;
    switch (operation) {
    case IRQ_ENABLE_LEVEL:
    case IRQ_ENABLE_EDGE:
        shared->irq_enabled[irq / 64] |= bit;
        shared->irq_outstanding[irq / 64] &= ~bit;
        gic_enable(irq, operation == IRQ_ENABLE_EDGE, self.number);
        break;
    case IRQ_ACK:
        shared->irq_outstanding[irq / 64] &= ~bit;
        if (shared->irq_enabled[irq / 64] & bit)
            gic_unmask(irq);
        break;
    case IRQ_DISABLE:
        shared->irq_enabled[irq / 64] &= ~bit;
        gic_mask(irq);
        break;
    }
}

void inputs_take_over(void)
{
    start_step(take_over, LOAD(board_shared()->io_core) % REPLICAS_MAX);
    self.io = IO_CORE;
    self.heir = true;
    timer_reload();
    timer_program();
}

/* Raises the virtual interrupt; the kernel has not put this proposal off. */
//@ assigns held;
void inputs_release(void)
{
    held = false;
    virtual_interrupt(true);
}

//@ assigns \nothing;
static bool proposal_pending(void)
{
    return LOAD(board_slot(self.number)->proposal_input) ==
           LOAD(board_ballot(self.number)->delivered) + 1;
}

/*
 * Proposes the next input, or the pending one again when the members have changed: board.h. A
 * proposal that was hit is not made anew, with another position than some may have seen: its EL1
 * finds it.
 */
void inputs_propose(void)
{
    struct board_slot *slot = board_slot(self.number);
    const struct ballot *own = board_ballot(self.number);
    uint64_t next = LOAD(own->delivered) + 1;
    struct input_proposal *made = &slot->proposal[next % DECISIONS];
    const bool alone = self.alone;

    if ((LOAD(board_log()->head) + 1 - next) % INPUT_LOG == 0) /* none: inputs_waiting() */
        return;
    if (!alone) { /* somebody to agree with */
        bool again = proposal_pending();
        bool hit = LOAD(made->input) + LOAD(made->position) + LOAD(made->tag) + LOAD(made->check);
        uint64_t tag = (uint64_t)LOAD(board_control()->epoch) << 32 | board_active();

        /* Put off for too long: let the kernel complain about who claims a later position. */
        if (held && again && counter_now() - held_since > board_control()->barrier_ticks)
            inputs_release();
        if (again && (LOAD(made->tag) == tag || LOAD(own->deciding) || hit))
            return;
        if (LOAD(made->input) != next || LOAD(made->tag) != tag) {
            STORE(made->tag, 0);
            STORE(made->input, next);
            STORE(made->position, LOAD(own->event) + LOAD(slot->accesses));
            STORE(made->check, -(next + LOAD(made->position) + tag));
            STORE(made->tag, tag);
        }
    }
    STORE(slot->proposal_input, next);
    inputs_release();
    if (!alone)
        cpu_wake();
}

void inputs_done(void)
{
    virtual_interrupt(false);
    if (!inputs_waiting())
        return;
    if (proposal_pending()) /* the next one, since the kernel counted this one as delivered */
        inputs_release();
    inputs_propose();
}

/* A kernel that was late to look may lower an interrupt, but not one that it has not seen. */
void inputs_hold(void)
{
    held = board_ballot(self.number)->held == LOAD(board_ballot(self.number)->delivered) + 1;
    held_since = counter_now();
    if (held || !proposal_pending())
        virtual_interrupt(false);
}

bool inputs_before_access(bool user)
{
    struct board_slot *slot = board_slot(self.number);

    if (user && proposal_pending() && !held)
        return false; /* still raised: taken as soon as the user goes on */
    STORE(slot->accesses, atomic_load_explicit(&slot->accesses, memory_order_relaxed) + 1);
    return true;
}

void inputs_after_access(void)
{
    if (proposal_pending())
        inputs_release();
}
