/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a stop, on the core that stops the system, once the others stand still. If the system
 * asked for it (firmware call), it gets what it asked for. Else the board's outputs become safe,
 * and then comes its safe state. exclude.c makes this executable when it comes to that, so that
 * nobody gets here by a wild jump.
 */
#include "start.h"

#define HOUR_S 3600u

/* Resets are counted until one start has lasted for an hour: a permanent fault makes no loop. */
//@ requires shared == the_shared;
static bool may_reset(struct board_shared *shared)
{
    if (shared->start && counter_now() - shared->start > HOUR_S * SYSREG_READ(cntfrq_el0))
        shared->resets = 0;
    if (shared->resets >= manifest.reset_limit)
        return false;
    shared->resets++;
    shared->resets_check = ~shared->resets;
    cache_clean((uintptr_t)shared, sizeof(*shared));
    return true;
}

/* Until no other core works any more, or four barrier times are over. */
static void others_wait(void)
{
    uint64_t begun = counter_now();
    uint32_t running;

    //@ loop assigns running;
    do {
        cpu_wait();
        running = 0;
        //@ loop assigns r, running;
        for (uint32_t r = 0; r < REPLICAS_MAX && r < manifest.replicas; r++)
            running += r != self.number && LOAD(board_slot(r)->state) != CORE_PARKED;
    } while (running && counter_now() - begun < 4 * board_control()->barrier_ticks);
}

_Noreturn void safe_state_enter(enum stop_reason reason)
{
    enum safe_state state = manifest.safe_state;

    others_wait();
    if (reason == STOP_POWER_OFF || reason == STOP_RESET)
        psci_off(reason == STOP_RESET);
    paging_devices(true);
    safe_output();
    if (state == SAFE_RESET && !may_reset(board_shared()))
        state = SAFE_POWER_OFF;
    record(RECORD_SAFE_STATE, state, board_shared()->resets);
    if (state == SAFE_HALT)
        exclude_park();
    cache_clean((uintptr_t)recorder_own(), BOARD_RECORDER_SIZE);
    psci_off(state == SAFE_RESET);
}
