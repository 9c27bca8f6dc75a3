/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watchdog: who is late. A peer is watched while this core waits for it, while this
 * replica's kernel waits for it, while it is behind in votes, or while it owes a timer input. It is
 * late when it made no progress for the barrier time and its own EL2 ticked often enough meanwhile
 * that it was not merely starved; or when its EL2 is silent, or it keeps others waiting in spite of
 * progress, for the hard bound.
 */
#include "core.h"

static struct watch {
    uint64_t progress; /* at `since` */
    uint64_t since;
    uint64_t ticks; /* its EL2 ticks at `since` */
    bool on;
} watches[REPLICAS_MAX];

struct wait {
    uint32_t peers;
    uint64_t since; /* 0: nobody waits */
};
static struct wait wait;        /* of this core, in board_wait */
static uint64_t wait_turn;      /* ... when it went to sleep */
static struct wait kernel_wait; /* of its replica's kernel, while it stays at kernel_at */
static uint64_t kernel_at;      /* sum of rounds and events */

//@ requires r < REPLICAS_MAX; assigns \nothing;
static uint64_t watchdog_progress(uint32_t r)
{
    const struct ballot *ballot = board_ballot(r);
    const struct board_slot *slot = board_slot(r);

    return LOAD(ballot->round) + LOAD(ballot->event) + LOAD(ballot->time_head) +
           LOAD(ballot->delivered) + LOAD(slot->request_seq) + LOAD(slot->result_seq) +
           LOAD(slot->proposal_input);
}

static uint32_t watchdog_behind(void)
{
    uint64_t round = LOAD(board_ballot(self.number)->round);
    uint32_t behind = 0;

    for (uint32_t r = 0; r < REPLICAS_MAX; r++)
        if (LOAD(board_ballot(r)->round) < round && LOAD(board_slot(r)->state) != CORE_WAITING)
            behind |= BIT(r);
    return behind;
}

/* The I/O core, when it owes this replica a timer input for a barrier time. */
static uint32_t watchdog_debtor(uint64_t now)
{
    const struct ballot *own = board_ballot(self.number);
    uint64_t deadline = LOAD(own->deadline);

    if (deadline >= now || now - deadline < board_control()->barrier_ticks || inputs_waiting())
        return 0;
    return BIT(board_leader());
}

void watchdog_reset(void)
{
    //@ loop assigns r, watches[0 .. REPLICAS_MAX - 1];
    for (uint32_t r = 0; r < REPLICAS_MAX; r++)
        watches[r].on = false;
    /* Whoever takes over needs its own time. */
    wait.since = wait.since ? counter_now() : 0;
    kernel_wait.since = counter_now();
}

void watchdog_expect(uint32_t peers)
{
    wait_turn = counter_now();
    wait.peers = peers;
    if (!wait.since) {
        wait.since = wait_turn;
        count_up(HKR_WAITS, self.number, 1);
    }
}

void watchdog_expected(void)
{
    count_up(HKR_WAIT_TICKS, self.number, counter_now() - wait_turn);
}

void watchdog_expect_end(void)
{
    wait.peers = 0;
    wait.since = 0;
}

//@ requires r < REPLICAS_MAX;
static bool watchdog_late(uint32_t r, uint64_t now)
{
    const struct board_control *control = board_control();
    struct watch *watch = &watches[r];
    uint64_t progress = watchdog_progress(r);
    uint64_t ticks = LOAD(board_slot(r)->ticks);
    uint64_t tick = SYSREG_READ(cntfrq_el0) / 1000;

    if (!watch->on || watch->progress != progress) {
        watch->on = true;
        watch->progress = progress;
        watch->since = now;
        watch->ticks = ticks;
    }
    if (now - watch->since > control->hard_ticks ||
        (wait.peers & BIT(r) && now - wait.since > control->hard_ticks) ||
        (kernel_wait.peers & BIT(r) && now - kernel_wait.since > control->hard_ticks))
        return true;
    return now - watch->since > control->barrier_ticks &&
           (ticks - watch->ticks) * tick >= control->barrier_ticks;
}

void watchdog_poll(void)
{
    const struct ballot *own = board_ballot(self.number);
    uint32_t active = board_active() & ~BIT(self.number);
    uint32_t late = 0;
    uint32_t watched;
    uint64_t now = counter_now();
    uint64_t waited = 0;

    if (LOAD(own->round) + LOAD(own->event) != kernel_at)
        kernel_wait.peers = 0;
    watched = (wait.peers | kernel_wait.peers | watchdog_behind() | watchdog_debtor(now)) & active;
    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        if (!(watched & BIT(r))) {
            watches[r].on = false;
        } else if (watchdog_late(r, now)) {
            late |= BIT(r);
            waited = now - watches[r].since;
        }
    }
    exclude_missing(late, waited);
}

/*
 * Remembers whom the kernel waits for, and returns at once: only the kernel can tell whether what
 * it waits for has come, perhaps since it last looked (a core may stand still between look and
 * call).
 */
void watchdog_missing(uint32_t peers)
{
    const struct ballot *own = board_ballot(self.number);

    if (!kernel_wait.peers || kernel_at != LOAD(own->round) + LOAD(own->event))
        kernel_wait.since = counter_now();
    kernel_at = LOAD(own->round) + LOAD(own->event);
    kernel_wait.peers = peers & ~BIT(self.number);
    board_poll();
}
