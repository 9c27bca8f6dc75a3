/* SPDX-License-Identifier: BSD-2-Clause */
/* A sound system is found sound; each broken link is found, and named. */
#include "whole_system.h"

#include <kernel/abi.h>

#include "census.h"

static void test_sound(void **unused)
{
    (void)unused;
    whole_start();
    assert_int_equal(invariants_quick().what, INVARIANT_NONE);
    assert_int_equal(invariants_walk().what, INVARIANT_NONE);
    assert_ptr_equal(state.current, whole(RUNNER));
}

static void check_rows(const struct corruption_table *table, bool seen[INVARIANTS])
{
    for (size_t i = 0; i < table->count; i++) {
        const struct corruption *row = &table->rows[i];
        enum invariant found;

        whole_start();
        row->corrupt();
        found = invariants_walk().what;
        if (found != row->expected) {
            fail_msg("%s: found %d, not %d", row->name, (int)found, (int)row->expected);
        }
        seen[found] = true;
    }
}

/* Every invariant there is has a row that breaks it. */
static void test_broken(void **unused)
{
    bool seen[INVARIANTS] = { [INVARIANT_NONE] = true };

    (void)unused;
    check_rows(&corruptions_caps, seen);
    check_rows(&corruptions_threads, seen);
    check_rows(&corruptions_live, seen);
    for (unsigned i = 0; i < INVARIANTS; i++) {
        if (!seen[i]) {
            fail_msg("no row breaks invariant %u", i);
        }
    }
}

static void test_panic(void **unused)
{
    int code;

    (void)unused;
    whole_start();
    invariants_check(); /* does not panic */
    whole_thread(RUNNER)->priority = 4;
    code = setjmp(whole_panic);
    if (code == 0) {
        invariants_check();
        fail_msg("no panic");
    }
    assert_int_equal(code, PANIC_INVARIANT);
    assert_int_equal(whole_panic_detail >> 48, INVARIANT_CURRENT_PRIORITY);
    assert_int_equal(whole_panic_detail & MASK(48), (word_t)whole(RUNNER) & MASK(48));
}

/* What only the complete walk sees is found at the exit that is due. */
static void test_stride(void **unused)
{
    word_t *x;
    int code;

    (void)unused;
    whole_start();
    x = state.current->context.x;
    x[0] = 77;
    x[1] = 3; /* a complete walk at every third exit */
    assert_true(invariants_syscall(SYS_DEBUG_CHECK_INVARIANTS));
    assert_int_equal(x[0], INVARIANT_NONE);
    state.irq[WHOLE_IRQ + 1].active = true;
    invariants_check();
    invariants_check();
    code = setjmp(whole_panic);
    if (code == 0) {
        invariants_check();
        fail_msg("no panic");
    }
    assert_int_equal(whole_panic_detail >> 48, INVARIANT_LIVE_IRQ);
}

static void test_syscall(void **unused)
{
    word_t *x, walks;

    (void)unused;
    whole_start();
    x = state.current->context.x;
    x[1] = 0;
    assert_true(invariants_syscall(SYS_DEBUG_CHECK_INVARIANTS));
    walks = x[1];
    state.irq[WHOLE_IRQ + 1].active = true;
    x[1] = 0;
    assert_true(invariants_syscall(SYS_DEBUG_CHECK_INVARIANTS));
    assert_int_equal(x[0], INVARIANT_LIVE_IRQ);
    assert_int_equal(x[1], walks + 1);
    assert_false(invariants_syscall(SYS_DEBUG_NAME_THREAD));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),  cmocka_unit_test(test_broken),  cmocka_unit_test(test_panic),
        cmocka_unit_test(test_stride), cmocka_unit_test(test_syscall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
