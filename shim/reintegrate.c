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
    //@ calls lead_step, lead_ask, lead_admit, take_over;
    step(argument);
    paging_start_text(false);
}

void reintegrate_poll(void)
{
    static uint64_t next; /* the leader's step: a bound in time, not in device accesses */
    const struct board_join *join = join_board();
    uint32_t pass = LOAD(join->pass);
    uint64_t now;

    /* board_poll() comes here with peers only. */
    //@ admit manifest_has_peers;
    if (pass != LOAD(board_slot(self.number)->tracked)) {
        track_pass(pass);
        STORE(board_slot(self.number)->tracked, pass);
        cpu_wake();
    }
    /* What manifest_check() found. */
    //@ admit checked;
    /* Seen at the kick of an exclusion; until all are in again this is part of every access. */
    self.returning =
        board_active() != BIT(manifest.replicas) - 1 || JOIN_PHASE(LOAD(join->state)) != JOIN_NONE;
    if (!DRIVES || !self.returning)
        return;
    now = counter_now();
    if (now < next)
        return;
    next = now + SYSREG_READ(cntfrq_el0) / 4000;
    start_step(lead_step, now);
}

void reintegrate_perform(const struct request *request)
{
    /* What manifest_check() found. */
    //@ admit checked;
    start_step(request->kind == REQUEST_JOIN ? lead_admit : lead_ask, request->value);
}
