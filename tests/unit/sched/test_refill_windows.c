/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refills under random use: the budget is conserved and in order, and in no window of one period is
 * more than the budget used (abi 7.3). A thread starts after refill_unblock() and runs as long as
 * its head refill lasts, as sched/ lets it.
 */
#include "host_system.h"
#include "random.h"

#define SEEDS 400u
#define STEPS 300u
#define RUNS 600u /* remembered: more than start in one period here */
#define M MIN_BUDGET_TICKS

static struct host_sc memory;
static struct sched_context *const sc = &memory.sc;
static ticks_t now;

/* When the budget was used since it was configured: adjacent runs are apart or touch. */
static struct {
    ticks_t start, end;
} runs[RUNS];
static unsigned run_count;

static void check_list(void)
{
    ticks_t sum = 0, end = 0;

    assert_in_range(sc->refill_count, 1, sc->refill_max);
    assert_true(sc->refill_head < sc->refill_max);
    for (unsigned i = 0; i < sc->refill_count; i++) {
        const struct refill *refill = &sc->refill[(sc->refill_head + i) % sc->refill_max];

        assert_true(refill->time >= end);
        end = refill->time + refill->amount;
        sum += refill->amount;
    }
    assert_int_equal(sum, sc->budget);
    assert_true(refill_head(sc)->amount >= M);
}

/* The fullest windows end with a run: what was used in the period before that. */
static void check_last_window(void)
{
    ticks_t to = runs[run_count - 1].end, used = 0;
    ticks_t from = to > sc->period ? to - sc->period : 0;

    for (unsigned i = run_count; i > 0 && runs[i - 1].end > from; i--) {
        used += runs[i - 1].end - (runs[i - 1].start > from ? runs[i - 1].start : from);
    }
    assert_true(used <= sc->budget);
}

static void remember(ticks_t start, ticks_t end)
{
    if (run_count == RUNS) {
        for (unsigned i = 1; i < RUNS; i++) {
            runs[i - 1] = runs[i];
        }
        run_count--;
    }
    runs[run_count].start = start;
    runs[run_count].end = end;
    run_count++;
    check_last_window();
}

static ticks_t random_ticks(ticks_t limit)
{
    return random_word() % limit;
}

static void configure(bool is_new)
{
    ticks_t period = 2 * M + random_ticks(random_one_in(2) ? 8 * M : 200 * M);
    ticks_t budget = M + random_ticks(period - M);
    word_t refills = REFILLS_MIN + random_below(COUNT(memory.refills) - 1);

    if (is_new) {
        refill_new(sc, refills, budget, period, now);
    } else {
        refill_update(sc, refills, budget, period, now);
    }
    run_count = 0;
}

/* The thread wakes, runs for a while, and stops or is stopped when its refill ends. */
static void use(void)
{
    ticks_t start;

    refill_unblock(sc, now);
    check_list();
    assert_true(refill_released(sc, now) == (refill_head(sc)->time <= now));
    if (!refill_released(sc, now)) {
        now += random_ticks(refill_head(sc)->time - now + M);
        return;
    }
    for (unsigned entries = 1 + random_below(3); entries > 0; entries--) { /* without a switch */
        ticks_t usage =
            random_one_in(3) ? refill_head(sc)->amount : random_ticks(refill_head(sc)->amount + 1);

        start = now;
        now += usage;
        refill_charge(sc, usage);
        check_list();
        if (usage > 0) {
            remember(start, now);
        }
        if (!refill_released(sc, now)) {
            return;
        }
    }
}

/* Yield: all of the head is given away, used or not. */
static void yield(void)
{
    refill_unblock(sc, now);
    if (refill_released(sc, now)) {
        refill_charge(sc, refill_head(sc)->amount);
        check_list();
    }
}

static void test_windows(void **unused)
{
    (void)unused;
    random_announce("windows", 1, SEEDS);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        random_seed(seed);
        now = random_ticks(1000 * M);
        configure(true);
        for (unsigned i = 0; i < STEPS; i++) {
            unsigned what = random_below(20);

            if (what < 14) {
                use();
            } else if (what < 18) {
                now += random_ticks(random_one_in(8) ? 3 * sc->period : M);
            } else if (what < 19) {
                yield();
            } else if (random_one_in(6)) {
                configure(false);
                check_list();
            }
        }
    }
}

/* A late timer: more is used than the head, even than the budget, held. */
static void test_overrun(void **unused)
{
    (void)unused;
    random_announce("overruns", 1, SEEDS);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        random_seed(seed);
        now = 0;
        configure(true);
        for (unsigned i = 0; i < STEPS; i++) {
            ticks_t usage = random_ticks(2 * sc->budget);

            refill_unblock(sc, now);
            refill_charge(sc, usage);
            check_list();
            now += usage + random_ticks(sc->period);
        }
    }
}

/* Round robin: what is used waits in the second refill until the slice ends. */
static void test_round_robin(void **unused)
{
    (void)unused;
    random_announce("round robin", 1, SEEDS);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        ticks_t left;

        random_seed(seed);
        left = M + random_ticks(100 * M);
        refill_new(sc, 2, left, 0, seed);
        for (unsigned i = 0; i < STEPS; i++) {
            ticks_t usage = random_ticks(sc->budget / 4 + 1);

            if (random_one_in(5)) {
                refill_restore(sc);
                left = sc->budget;
            } else {
                refill_charge(sc, usage);
                left = usage > left ? 0 : left - usage;
            }
            assert_int_equal(refill_head(sc)->amount, left);
            assert_int_equal(sc->refill[1].amount, sc->budget - left);
            assert_int_equal(sc->refill_count, 2);
            assert_int_equal(refill_sufficient(sc, usage), left >= usage && left - usage >= M);
            refill_unblock(sc, now); /* no effect */
            assert_int_equal(refill_head(sc)->time, seed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_overrun),
        cmocka_unit_test(test_round_robin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
