/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The return of an excluded replica (struct board_join), as far as it concerns a core that runs
 * one. The I/O core leads it, in code that is executable for each step only (start/lead.c); the
 * joiner's part is start/join.c; the moment in which all stand still is rcoe/reintegrate.c.
 */
#include "track.h"

void start_step(void (*step)(uint64_t), uint64_t argument)
{
    paging_start_text(true);
    step(argument);
    paging_start_text(false);
}

void reintegrate_poll(void)
{
    static uint64_t next; /* the leader's step: a bound in time, not in device accesses */
    const struct board_join *join = join_board();
    uint32_t pass = LOAD(join->pass);
    uint64_t now;

    if (pass != LOAD(board_slot(self.number)->tracked)) {
        track_pass(pass);
        STORE(board_slot(self.number)->tracked, pass);
        cpu_wake();
    }
    /* Seen at the kick of an exclusion; until all are in again this is part of every access. */
    self.returning =
        board_active() != BIT(manifest.replicas) - 1 || JOIN_PHASE(LOAD(join->state)) != JOIN_NONE;
    if (!self.io || !self.returning)
        return;
    now = counter_now();
    if (now < next)
        return;
    next = now + SYSREG_READ(cntfrq_el0) / 4000;
    start_step(lead_step, now);
}

void reintegrate_perform(const struct request *request)
{
    start_step(request->kind == REQUEST_JOIN ? lead_admit : lead_ask, request->value);
}
