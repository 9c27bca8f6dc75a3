/* SPDX-License-Identifier: BSD-2-Clause */
/* Refill lists: tables of one operation each, times and amounts in ticks (abi 7.3). */
#include "host_system.h"

#define LIST 4u
#define M MIN_BUDGET_TICKS

struct list {
    unsigned count;
    struct refill refill[LIST];
};
enum operation { CHARGE, UNBLOCK };
static const struct step {
    const char *name;
    ticks_t period;
    unsigned max;
    struct list before;
    enum operation operation;
    ticks_t argument; /* usage, or now */
    struct list after;
} steps[] = {
    { "part of a single refill splits it",
      100 * M,
      4,
      { 1, { { 50, 10 * M } } },
      CHARGE,
      3 * M,
      { 2, { { 50 + 3 * M, 7 * M }, { 50 + 100 * M, 3 * M } } } },
    { "a whole single refill moves by a period",
      100 * M,
      4,
      { 1, { { 50, 10 * M } } },
      CHARGE,
      10 * M,
      { 1, { { 50 + 100 * M, 10 * M } } } },
    { "more than the head takes from the next",
      100 * M,
      4,
      { 2, { { 50, 2 * M }, { 20 * M, 8 * M } } },
      CHARGE,
      5 * M,
      { 3, { { 23 * M, 5 * M }, { 50 + 100 * M, 2 * M }, { 120 * M, 3 * M } } } },
    { "a head too small joins its successor",
      100 * M,
      4,
      { 1, { { 50, 10 * M } } },
      CHARGE,
      10 * M - 1,
      { 1, { { 49 + 100 * M, 10 * M } } } },
    { "a full list delays: used time comes back with the tail",
      100 * M,
      2,
      { 2, { { 50, 6 * M }, { 60 * M, 4 * M } } },
      CHARGE,
      2 * M,
      { 2, { { 50 + 2 * M, 4 * M }, { 50 + 96 * M, 6 * M } } } },
    { "touching the tail extends it",
      10 * M,
      4,
      { 2, { { 0, 6 * M }, { 8 * M, 4 * M } } },
      CHARGE,
      2 * M,
      { 2, { { 2 * M, 4 * M }, { 8 * M, 6 * M } } } },
    { "nothing used, nothing moves",
      100 * M,
      4,
      { 1, { { 50, 10 * M } } },
      CHARGE,
      0,
      { 1, { { 50, 10 * M } } } },
    { "round robin: used goes to the tail",
      0,
      2,
      { 2, { { 50, 10 * M }, { 50, 0 } } },
      CHARGE,
      3 * M,
      { 2, { { 50, 7 * M }, { 50, 3 * M } } } },
    { "unblock: a ready head starts now",
      100 * M,
      4,
      { 1, { { 50, 10 * M } } },
      UNBLOCK,
      20 * M,
      { 1, { { 20 * M, 10 * M } } } },
    { "unblock: and swallows what its end reaches",
      100 * M,
      4,
      { 3, { { 50, 4 * M }, { 6 * M, 3 * M }, { 40 * M, 3 * M } } },
      UNBLOCK,
      5 * M,
      { 2, { { 5 * M, 7 * M }, { 40 * M, 3 * M } } } },
    { "unblock: a future head stays",
      100 * M,
      4,
      { 1, { { 50, 10 * M } } },
      UNBLOCK,
      49,
      { 1, { { 50, 10 * M } } } },
    { "unblock: round robin stays",
      0,
      2,
      { 2, { { 50, 9 * M }, { 50, M } } },
      UNBLOCK,
      20 * M,
      { 2, { { 50, 9 * M }, { 50, M } } } },
};

static void check_list(const char *name, const struct sched_context *sc, const struct list *list)
{
    CHECK(name, sc->refill_count == list->count);
    for (unsigned i = 0; i < list->count; i++) {
        const struct refill *refill = &sc->refill[(sc->refill_head + i) % sc->refill_max];

        CHECK(name, refill->time == list->refill[i].time);
        CHECK(name, refill->amount == list->refill[i].amount);
    }
}

static void test_steps(void **unused)
{
    (void)unused;
    for (unsigned s = 0; s < COUNT(steps); s++) {
        const struct step *step = &steps[s];

        for (unsigned head = 0; head < step->max; head++) { /* wherever the ring begins */
            struct host_sc memory = { .sc = { .period = step->period,
                                              .refill_max = (uint16_t)step->max,
                                              .refill_head = (uint16_t)head,
                                              .refill_count = (uint16_t)step->before.count } };
            struct sched_context *sc = &memory.sc;

            for (unsigned i = 0; i < step->before.count; i++) {
                sc->refill[(head + i) % step->max] = step->before.refill[i];
            }
            if (step->operation == CHARGE) {
                refill_charge(sc, step->argument);
            } else {
                refill_unblock(sc, step->argument);
            }
            check_list(step->name, sc, &step->after);
        }
    }
}

static void test_new_and_update(void **unused)
{
    struct host_sc memory = { .sc = { .period = 1 } };
    struct sched_context *sc = &memory.sc;

    (void)unused;
    refill_new(sc, 2, 10 * M, 0, 7);
    check_list("new, round robin", sc, &(struct list){ 2, { { 7, 10 * M }, { 7, 0 } } });
    refill_new(sc, 4, 10 * M, 100 * M, 7);
    check_list("new, periodic", sc, &(struct list){ 1, { { 7, 10 * M } } });
    refill_charge(sc, 4 * M);
    refill_update(sc, 4, 8 * M, 50 * M, 7 + 4 * M);
    check_list("update keeps what is left, the rest comes a period later", sc,
               &(struct list){ 2, { { 7 + 4 * M, 6 * M }, { 7 + 54 * M, 2 * M } } });
    refill_update(sc, 4, 5 * M, 50 * M, 100 * M);
    check_list("update trims", sc, &(struct list){ 1, { { 100 * M, 5 * M } } });
    refill_update(sc, 2, 5 * M, 0, 200 * M);
    check_list("update to round robin", sc,
               &(struct list){ 2, { { 200 * M, 5 * M }, { 200 * M, 0 } } });
}

static void test_predicates(void **unused)
{
    struct host_sc memory = { .sc = { .period = 1 } };
    struct sched_context *sc = &memory.sc;

    (void)unused;
    assert_false(refill_released(sc, 100)); /* not configured */
    refill_new(sc, 2, 2 * M, 100 * M, 50);
    assert_true(refill_ready(sc, 50));
    assert_false(refill_ready(sc, 49));
    assert_true(refill_sufficient(sc, M));
    assert_false(refill_sufficient(sc, M + 1));
    assert_false(refill_sufficient(sc, 3 * M));
    assert_true(refill_released(sc, 50));
}

static void test_microseconds(void **unused)
{
    (void)unused;
    assert_int_equal(us_to_ticks(20), 1250);
    assert_int_equal(us_to_ticks(MAX_BUDGET_US), UINT64_C(2305843009213687));
    assert_int_equal(ticks_to_us(1250), 20);
    assert_int_equal(ticks_to_us(124), 1); /* rounded down */
    assert_int_equal(ticks_to_us(~UINT64_C(0)), UINT64_C(295147905179352825));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_new_and_update),
        cmocka_unit_test(test_predicates),
        cmocka_unit_test(test_microseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
