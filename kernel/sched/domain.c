/* SPDX-License-Identifier: BSD-2-Clause */
/* Domain schedule (abi 3.8, 7.3): who may run at all, for how long. */
#include <kernel/changed.h>
#include <kernel/sched.h>

#define DOMAIN_FOREVER (BIT(56) - 1)

void domain_init(void)
{
    state.domain_schedule[0] = (struct domain_entry){ 0, DOMAIN_FOREVER };
    state.domain_start = 0;
    state.domain_index = 0;
    state.domain = 0;
    state.domain_time = DOMAIN_FOREVER;
}

void domain_account(ticks_t ticks)
{
    /* Less than a minimal budget left is not worth an entry of its own: the domain's time ends. */
    if (ticks + MIN_BUDGET_TICKS >= state.domain_time) {
        state.domain_time = 0;
    } else {
        state.domain_time -= ticks;
    }
}

static void enter(word_t index)
{
    state.domain_index = index;
    state.domain = state.domain_schedule[index].domain;
    state.domain_time = state.domain_schedule[index].duration;
}

void domain_advance(void)
{
    word_t next = state.domain_index + 1;

    if (next >= DOMAIN_SCHEDULES || state.domain_schedule[next].duration == 0) {
        next = state.domain_start;
    }
    enter(next);
}

void domain_restart(word_t index)
{
    state.domain_start = index;
    enter(index);
    sched_reschedule();
}

void domain_set(struct tcb *tcb, word_t domain)
{
    ready_dequeue(tcb);
    tcb->domain = (uint8_t)domain;
    changed_thread(tcb);
    if (tcb_is_schedulable(tcb)) {
        ready_enqueue(tcb);
        sched_reschedule(); /* it may be the highest of the current domain, or have left it */
    }
}
