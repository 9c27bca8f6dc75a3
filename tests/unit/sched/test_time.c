/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs when: slices, budgets, Yield, YieldTo, domains (abi 3.5, 3.8, 7.2, 7.3). */
#include "host_system.h"

static void test_round_robin(void **unused)
{
    (void)unused;
    host_start();
    host_run(0, 10, 5 * US, 5 * US);
    host_run(1, 10, 5 * US, 5 * US);
    assert_int_equal(host_current(), 0); /* an equal one does not preempt */
    for (unsigned slice = 0; slice < 6; slice++) {
        assert_int_equal(host_current(), slice % 2);
        host_pass(4999);
        assert_int_equal(host_current(), slice % 2);
        host_pass(1);
    }
    host_syscall((struct host_call){ .number = SYS_YIELD });
    assert_int_equal(host_current(), 1);
}

static void test_periodic(void **unused)
{
    ticks_t ran = 0;

    (void)unused;
    host_start();
    host_run(0, 20, 2 * US, 10 * US);
    host_run(1, 10, 5 * US, 5 * US);
    for (unsigned ms = 0; ms < 50; ms++) {
        assert_int_equal(host_current(), ms % 10 < 2 ? 0 : 1);
        ran += host_current() == 0;
        host_pass(US);
    }
    assert_int_equal(ran, 10); /* a fifth of the time */
}

/* What was used before an interruption comes back one period after it was used. */
static void test_sliding_window(void **unused)
{
    (void)unused;
    host_start();
    host_run(0, 20, 4 * US, 10 * US);
    host_run(1, 30, 3 * US, 100 * US);
    host_pass(3 * US); /* thread 1 */
    host_pass(4 * US);
    assert_int_equal(host_current(), THREADS);
    host_pass(6 * US);
    assert_int_equal(host_current(), 0);
}

static void test_yield_periodic(void **unused)
{
    (void)unused;
    host_start();
    host_run(0, 20, 4 * US, 10 * US);
    host_pass(US);
    host_syscall((struct host_call){ .number = SYS_YIELD });
    assert_int_equal(host_current(), THREADS);
    assert_int_equal(sched_context_take_consumed(context[0]), US); /* only what it really used */
    host_pass(9 * US - 1);
    assert_int_equal(host_current(), THREADS);
    host_pass(1);
    assert_int_equal(host_current(), 0);
}

/* Fewer than 20 us left at entry: the call is put off and repeated with its registers. */
static void test_entry_check(void **unused)
{
    word_t pc;

    (void)unused;
    host_start();
    host_run(0, 20, 1 * US, 10 * US);
    host_pass(981);
    pc = thread[0]->context.pc;
    host_syscall((struct host_call){ .number = SYS_SEND, .cptr = SLOT_NOTIFICATION });
    assert_int_equal(host_current(), THREADS);
    assert_int_equal(notification[0].state, NOTIFICATION_IDLE);
    host_pass(9500);
    assert_int_equal(host_current(), 0);
    assert_int_equal(thread[0]->context.pc, pc);
    assert_int_equal(thread[0]->context.x[0], SLOT_NOTIFICATION);
}

static void test_debug_calls_skip_the_check(void **unused)
{
    (void)unused;
    host_start();
    host_run(0, 20, 1 * US, 10 * US);
    host_pass(981);
    host_syscall((struct host_call){ .number = SYS_DEBUG_CAP_IDENTIFY, .cptr = SLOT_ENDPOINT });
    assert_int_equal(thread[0]->context.x[0], CAP_ENDPOINT);
}

static word_t yield_to(unsigned i)
{
    return host_invoke(
        (struct host_call){ .cptr = SLOT_SC + i, .label = LABEL_SCHED_CONTEXT_YIELD_TO });
}

static void test_yield_to(void **unused)
{
    (void)unused;
    host_start();
    host_run(0, 20, 5 * US, 5 * US);
    assert_int_equal(yield_to(0), ERROR_ILLEGAL_OPERATION); /* oneself */
    assert_int_equal(yield_to(1), ERROR_ILLEGAL_OPERATION); /* nobody's */
    host_prepare(1, 20, 5 * US, 5 * US);
    assert_int_equal(yield_to(1), ERROR_NONE); /* inactive: at once */
    assert_int_equal(thread[0]->context.x[1], info_make(0, 0, 0, 1));
    host_run(2, 10, 5 * US, 5 * US);
    assert_int_equal(yield_to(2), ERROR_NONE); /* lower priority: at once */
    assert_int_equal(host_current(), 0);
    thread[0]->mcp = 19;
    host_run(1, 20, 0, 0);
    assert_int_equal(yield_to(1), ERROR_ILLEGAL_OPERATION); /* above the caller's MCP */
    thread[0]->mcp = 20;
    host_syscall((struct host_call){
        .number = SYS_CALL, .cptr = SLOT_SC + 1, .label = LABEL_SCHED_CONTEXT_YIELD_TO });
    assert_int_equal(host_current(), 1);
    host_pass(5 * US);
    assert_int_equal(host_current(), 0);
    assert_int_equal(thread[0]->context.x[1], info_make(0, 0, 0, 1));
    assert_int_equal(host_mr(0, 0), 5 * US); /* what the other one used */
}

static void test_yield_to_is_cancelled(void **unused)
{
    (void)unused;
    host_start();
    host_run(0, 20, 5 * US, 5 * US);
    host_run(1, 20, 5 * US, 5 * US);
    host_syscall((struct host_call){
        .number = SYS_CALL, .cptr = SLOT_SC + 1, .label = LABEL_SCHED_CONTEXT_YIELD_TO });
    assert_int_equal(host_current(), 1);
    assert_int_equal(
        host_invoke((struct host_call){ .cptr = SLOT_TCB, .label = LABEL_TCB_SUSPEND }),
        ERROR_NONE);
    assert_null(context[1]->yield_from);
    assert_null(thread[0]->yield_to);
}

static struct host_call configure(unsigned i, word_t budget, word_t period, word_t extra)
{
    return (struct host_call){ .cptr = SLOT_CONTROL,
                               .length = 5,
                               .caps = 1,
                               .label = LABEL_SCHED_CONTROL_CONFIGURE_FLAGS,
                               .mr = { budget, period, extra, 0xbad, 0 },
                               .cap = { SLOT_SC + i } };
}

static void test_configure(void **unused)
{
    static const struct {
        const char *name;
        word_t budget, period, extra;
        word_t min, max;
    } refused[] = {
        { "no budget", 0, 1000, 0, 20, MAX_BUDGET_US },
        { "no period", 1000, 0, 0, 20, MAX_BUDGET_US },
        { "budget too small", 19, 1000, 0, 20, MAX_BUDGET_US },
        { "budget too large", MAX_BUDGET_US + 1, MAX_BUDGET_US, 0, 20, MAX_BUDGET_US },
        { "more than the period", 1001, 1000, 0, 20, 1000 },
        { "more refills than room", 500, 1000, 9, 0, 8 },
        { "more refills than room, round robin", 500, 500, 9, 0, 8 },
    };

    (void)unused;
    host_start();
    host_run(0, 20, 5 * US, 5 * US);
    for (unsigned i = 0; i < COUNT(refused); i++) {
        CHECK(refused[i].name, host_invoke(configure(1, refused[i].budget, refused[i].period,
                                                     refused[i].extra)) == ERROR_RANGE);
        CHECK(refused[i].name, host_mr(0, 0) == refused[i].min);
        CHECK(refused[i].name, host_mr(0, 1) == refused[i].max);
    }
    assert_int_equal(host_invoke(configure(1, 20, 1000, 8)), ERROR_NONE);
    assert_int_equal(context[1]->refill_max, 10);
    assert_int_equal(context[1]->badge, 0xbad);
    assert_int_equal(host_invoke(configure(1, MAX_BUDGET_US, MAX_BUDGET_US, 8)), ERROR_NONE);
    assert_int_equal(context[1]->refill_max, 2);
}

/* Changing the parameters of a thread that runs gives it no extra time. */
static void test_configure_running(void **unused)
{
    (void)unused;
    host_start();
    host_run(1, 10, 4 * US, 10 * US);
    host_pass(3 * US);
    host_run(0, 20, 5 * US, 5 * US);
    assert_int_equal(host_invoke(configure(1, 4 * US, 10 * US, 8)), ERROR_NONE);
    host_syscall((struct host_call){ .number = SYS_WAIT, .cptr = SLOT_NOTIFICATION });
    host_pass(US);
    assert_int_equal(host_current(), THREADS);
    assert_int_equal(host_current(), THREADS);
    host_pass(10 * US);
    assert_int_equal(host_current(), 1);
}

/* A thread that comes into the current domain runs at once when it is the highest there. */
static void test_domain_set(void **unused)
{
    (void)unused;
    host_start();
    thread[1]->domain = 3;
    host_run(0, 20, 5 * US, 5 * US);
    host_run(1, 30, 5 * US, 5 * US);
    assert_int_equal(host_current(), 0);
    host_syscall((struct host_call){ .number = SYS_CALL,
                                     .cptr = SLOT_DOMAINS,
                                     .length = 1,
                                     .label = LABEL_DOMAIN_SET,
                                     .caps = 1,
                                     .cap = { SLOT_TCB + 1 },
                                     .mr = { 0 } });
    assert_int_equal(host_current(), 1);
}

static void test_domains(void **unused)
{
    (void)unused;
    host_start();
    thread[1]->domain = 3;
    host_run(0, 20, 5 * US, 5 * US);
    host_run(1, 30, 5 * US, 5 * US);
    assert_int_equal(host_current(), 0); /* the other one's domain is not running */
    assert_int_equal(host_invoke((struct host_call){ .cptr = SLOT_DOMAINS,
                                                     .length = 3,
                                                     .label = LABEL_DOMAIN_SCHEDULE_CONFIGURE,
                                                     .mr = { 1, 3, us_to_ticks(7 * US) } }),
                     ERROR_NONE);
    assert_int_equal(host_invoke((struct host_call){ .cptr = SLOT_DOMAINS,
                                                     .length = 3,
                                                     .label = LABEL_DOMAIN_SCHEDULE_CONFIGURE,
                                                     .mr = { 0, 0, us_to_ticks(3 * US) } }),
                     ERROR_NONE);
    host_syscall((struct host_call){ .number = SYS_CALL,
                                     .cptr = SLOT_DOMAINS,
                                     .length = 1,
                                     .label = LABEL_DOMAIN_SCHEDULE_SET_START,
                                     .mr = { 0 } });
    for (unsigned ms = 0; ms < 40; ms++) {
        assert_int_equal(host_current(), ms % 10 < 3 ? 0 : 1);
        host_pass(US);
    }
}

/* Signalled threads with the sporadic flag get a fresh start, and no more than their bandwidth. */
static void test_sporadic(void **unused)
{
    (void)unused;
    host_start();
    host_prepare(1, 30, 2 * US, 10 * US);
    context[1]->flags = SCHED_CONTEXT_SPORADIC;
    host_run(1, 30, 0, 0);
    host_pass(US);
    host_syscall((struct host_call){ .number = SYS_WAIT, .cptr = SLOT_NOTIFICATION });
    host_run(0, 20, 5 * US, 5 * US);
    host_pass(50 * US);
    host_syscall((struct host_call){ .number = SYS_SEND, .cptr = SLOT_NOTIFICATION });
    assert_int_equal(host_current(), 1);
    assert_int_equal(refill_head(context[1])->time, state.now);
    host_pass(2 * US);
    assert_int_equal(host_current(), 0);
    host_pass(8 * US - 1);
    assert_int_equal(host_current(), 0);
    host_pass(1);
    assert_int_equal(host_current(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_robin),    cmocka_unit_test(test_periodic),
        cmocka_unit_test(test_sliding_window), cmocka_unit_test(test_yield_periodic),
        cmocka_unit_test(test_entry_check),    cmocka_unit_test(test_debug_calls_skip_the_check),
        cmocka_unit_test(test_yield_to),       cmocka_unit_test(test_yield_to_is_cancelled),
        cmocka_unit_test(test_configure),      cmocka_unit_test(test_configure_running),
        cmocka_unit_test(test_domain_set),     cmocka_unit_test(test_domains),
        cmocka_unit_test(test_sporadic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
