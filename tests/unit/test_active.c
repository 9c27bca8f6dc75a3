/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of active replicas, with adjacent bits of its word hit. */
#include "unit.h"

#include <shim/board.h>

#define WIDEST 8 /* bits that never hold one replica's bit twice */

static void test_any_set_with_any_burst(void **unused)
{
    (void)unused;
    for (uint32_t set = 0; set < 1u << REPLICAS_MAX; set++) {
        for (unsigned width = 0; width <= WIDEST; width++) {
            for (unsigned bit = 0; bit < 32; bit++) {
                uint32_t burst = (uint32_t)(((UINT64_C(1) << width) - 1) << bit);

                assert_int_equal(active_set(ACTIVE_WORD(set) ^ burst), set);
            }
        }
    }
}

static void test_two_of_three_decide(void **unused)
{
    (void)unused;
    assert_int_equal(active_set(0x050303), 3);
    assert_int_equal(active_set(0x050503), 5);
    assert_int_equal(active_set(0x000007), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_set_with_any_burst),
        cmocka_unit_test(test_two_of_three_decide),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
