/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole replicas over a real board: every event, input, time and output must be the same in all,
 * whatever the interleaving, and a broken one must be found without harm to the others.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <level.h>

#include "host_core.h"

#define EVENTS 1500

static const struct host_plan plans[] = {
    { "base", 1, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_FREE, 0, 0, 0x1, false },
    { "dmr, lockstep", 2, 0, VOTE_ENTRY_EXIT, EVENTS, FAULT_FREE, 0, 0, 0x3, false },
    { "dmr, window 8", 2, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_FREE, 0, 0, 0x3, false },
    { "dmr, io", 2, 8, VOTE_IO, EVENTS, FAULT_FREE, 0, 0, 0x3, false },
    { "tmr, lockstep", 3, 0, VOTE_ENTRY_EXIT, EVENTS, FAULT_FREE, 0, 0, 0x7, false },
    { "tmr, window 1", 3, 1, VOTE_ENTRY_EXIT, EVENTS, FAULT_FREE, 0, 0, 0x7, false },
    { "tmr, window 8", 3, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_FREE, 0, 0, 0x7, false },
    { "tmr, widest window", 3, 127, VOTE_ENTRY_EXIT, EVENTS, FAULT_FREE, 0, 0, 0x7, false },
    { "tmr, io", 3, 8, VOTE_IO, EVENTS, FAULT_FREE, 0, 0, 0x7, false },
    { "tmr, no vote", 3, 8, VOTE_NONE, EVENTS, FAULT_FREE, 0, 0, 0x7, false },
    { "four", 4, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_FREE, 0, 0, 0xf, false },
    { "tmr, follower diverges", 3, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_FINGERPRINT, 2, 500, 0x3,
      false },
    { "tmr, leader diverges", 3, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_FINGERPRINT, 0, 500, 0x6,
      false },
    { "tmr, leader diverges, lockstep", 3, 0, VOTE_ENTRY_EXIT, EVENTS, FAULT_FINGERPRINT, 0, 501,
      0x6, false },
    { "tmr, leader diverges, wide", 3, 127, VOTE_ENTRY_EXIT, EVENTS, FAULT_FINGERPRINT, 0, 502, 0x6,
      false },
    { "tmr, io, leader diverges", 3, 8, VOTE_IO, EVENTS, FAULT_FINGERPRINT, 0, 500, 0x6, false },
    { "dmr diverges", 2, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_FINGERPRINT, 1, 500, 0x3, true },
    { "four, one diverges", 4, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_FINGERPRINT, 3, 500, 0x7, false },
    { "tmr, follower hangs", 3, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_HANG, 1, 600, 0x5, false },
    { "tmr, leader hangs", 3, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_HANG, 0, 601, 0x6, false },
    { "tmr, leader hangs, wide", 3, 127, VOTE_ENTRY_EXIT, EVENTS, FAULT_HANG, 0, 601, 0x6, false },
    { "dmr hangs", 2, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_HANG, 1, 600, 0x3, true },
    { "tmr, event word flipped", 3, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_EVENT, 1, 400, 0x5, false },
    { "tmr, leader's event word", 3, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_EVENT, 0, 400, 0x6, false },
    { "tmr, leader's clock is wrong", 3, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_TIME, 0, 400, 0x6,
      false },
    { "tmr, leader's clock stops", 3, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_CLOCK_STOPS, 0, 800, 0x6,
      false },
    { "tmr, follower's clock stops", 3, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_CLOCK_STOPS, 2, 1300, 0x3,
      false },
    { "tmr, kernel panic", 3, 8, VOTE_ENTRY_EXIT, EVENTS, FAULT_PANIC, 2, 400, 0x3, false },
};

static struct host_trace traces[REPLICAS_MAX];
static uint64_t joins; /* of all plans: a busy host may leave one without a quiet moment */

static void check_equal(const struct host_plan *plan, uint32_t a, uint32_t b)
{
    const struct host_trace *x = &traces[a], *y = &traces[b];

    CHECK(plan->name, x->events == plan->events && y->events == plan->events);
    CHECK(plan->name, x->outputs == y->outputs);
    CHECK(plan->name, x->outputs > 0);
    CHECK(plan->name, memcmp(x->output, y->output, x->outputs) == 0);
    CHECK(plan->name, x->joins == y->joins);
    joins += x->joins;
    CHECK(plan->name, x->deliveries == y->deliveries);
    CHECK(plan->name, x->deliveries > 0);
    CHECK(plan->name,
          memcmp(x->delivery, y->delivery, x->deliveries * sizeof(x->delivery[0])) == 0);
}

static void check_run(const struct host_plan *plan)
{
    uint32_t active, first = REPLICAS_MAX;

    host_run(plan, traces);
    active = atomic_load(&host_control()->active);
    CHECK(plan->name, (atomic_load(&host_control()->stopped) != 0) == plan->stopped);
    CHECK(plan->name, active == plan->active_after);
    if (plan->stopped) {
        return;
    }
    for (uint32_t r = 0; r < plan->replicas; r++) {
        if ((active & (1u << r)) == 0) {
            continue;
        }
        first = first == REPLICAS_MAX ? r : first;
        check_equal(plan, first, r);
    }
    /* What the excluded one put out before the vote is what the others put out. */
    for (uint32_t r = 0; r < plan->replicas; r++) {
        CHECK(plan->name, traces[r].outputs <= traces[first].outputs);
        CHECK(plan->name, memcmp(traces[r].output, traces[first].output, traces[r].outputs) == 0);
    }
}

static void test_plans(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(plans); i++) {
        if (plans[i].vote_level == LEVEL) {
            print_message("  %s\n", plans[i].name);
            check_run(&plans[i]);
        }
    }
    CHECK("all plans", joins > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_plans) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
