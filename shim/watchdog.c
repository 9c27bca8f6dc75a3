/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watchdog: who is late. A peer is watched while this core waits for it, while this replica's
 * kernel waits for it, or while it is behind in votes. It is late when it made no progress for the
 * barrier time and its own EL2 ticked often enough meanwhile that it was not merely starved; or when
 * its EL2 is silent, or it keeps others waiting in spite of progress, for the hard bound.
 */
#include "core.h"

static struct watch {
    uint64_t progress; /* at `since` */
    uint64_t since;
    uint64_t ticks; /* its EL2 ticks at `since` */
    uint64_t begun; /* when it came under watch, 0: it is not */
} watches[REPLICAS_MAX];

static uint32_t expected;        /* by this core, in board_wait */
static uint32_t kernel_expected; /* by the replica's kernel, while it stays at `kernel_at` */
static uint64_t kernel_at;

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

void watchdog_reset(void)
{
    for (uint32_t r = 0; r < REPLICAS_MAX; r++)
        watches[r].begun = 0;
}

void watchdog_expect(uint32_t peers)
{
    expected = peers;
}

static bool watchdog_late(uint32_t r, uint64_t now)
{
    const struct board_control *control = board_control();
    struct watch *watch = &watches[r];
    uint64_t progress = watchdog_progress(r);
    uint64_t ticks = LOAD(board_slot(r)->ticks);
    uint64_t tick = SYSREG_READ(cntfrq_el0) / 1000;

    if (!watch->begun || watch->progress != progress) {
        watch->begun = watch->begun ? watch->begun : now;
        watch->progress = progress;
        watch->since = now;
        watch->ticks = ticks;
    }
    if (now - watch->begun > control->hard_ticks)
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
        kernel_expected = 0;
    watched = (expected | kernel_expected | watchdog_behind()) & active;
    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        if (!(watched & BIT(r))) {
            watches[r].begun = 0;
        } else if (watchdog_late(r, now)) {
            late |= BIT(r);
            waited = now - watches[r].since;
        }
    }
    exclude_missing(late, waited);
}

void watchdog_missing(uint32_t peers)
{
    const struct ballot *own = board_ballot(self.number);
    uint32_t epoch = LOAD(board_control()->epoch);
    uint64_t before[REPLICAS_MAX];
    bool same = true;

    kernel_at = LOAD(own->round) + LOAD(own->event);
    kernel_expected = peers & ~BIT(self.number);
    for (uint32_t r = 0; r < REPLICAS_MAX; r++)
        before[r] = watchdog_progress(r);
    while (same && (kernel_expected & board_active()) && epoch == LOAD(board_control()->epoch)) {
        board_wait(0);
        for (uint32_t r = 0; r < REPLICAS_MAX; r++)
            if (kernel_expected & BIT(r) && watchdog_progress(r) != before[r])
                same = false;
    }
    board_wait_end();
}
