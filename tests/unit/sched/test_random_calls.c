/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that do anything: random system calls, faults and passing time. After each the invariants
 * of host_invariants.c must hold. Seeds are fixed: a failure repeats.
 */
#include "host_random.h"
#include "random.h"

#define SEEDS 40u
#define STEPS 3000u

static void step(void)
{
    unsigned what = host_pick(100);

    if (state.current == state.idle) {
        host_revive();
    } else if (what < 55) {
        host_random_message();
    } else if (what < 75) {
        host_random_invocation();
    } else if (what < 78) {
        host_random_configuration();
    } else if (what < 83) {
        host_random_capability();
    } else if (what < 86) {
        host_vm_fault(0x1000);
    } else {
        host_pass(1 + host_pick(300));
    }
}

static void test_random(void **unused)
{
    (void)unused;
    random_announce("random calls", 1, SEEDS);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        host_random_seed(seed);
        host_start();
        for (unsigned i = 0; i < THREADS; i++) {
            thread[i]->slot[TCB_FAULT_HANDLER].cap =
                host_pick(3) == 0 ? cap_null() : slots[SLOT_ENDPOINT + host_pick(OBJECTS)].cap;
            host_run(i, host_pick(6), 50 + host_pick(300), 400);
        }
        for (unsigned n = 0; n < STEPS; n++) {
            step();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
