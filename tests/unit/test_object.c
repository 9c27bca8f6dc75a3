/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of what an event wrote, and its digest: every bit, every place, whenever it flipped. */
#include "unit.h"

#include <string.h>

#include <rcoe/changes.h>
#include <rcoe/rcoe.h>

#include "changes.h"
#include "digest.h"
#include "vote.h"

#define WORDS 512u

ARCH_REPLICA_STATE uint32_t rcoe_fingerprint;
static unsigned published;
static uint32_t published_last;
static uint64_t memory[WORDS];

void vote_publish(void)
{
    published++;
    published_last = rcoe_fingerprint;
}

static int setup(void **state)
{
    (void)state;
    memset(&rcoe_changes, 0, sizeof(rcoe_changes));
    rcoe_fingerprint = FINGERPRINT_START;
    published = 0;
    for (unsigned i = 0; i < WORDS; i++) {
        memory[i] = i * UINT64_C(0x9e3779b97f4a7c15);
    }
    return 0;
}

static uint32_t folded(const void *next)
{
    rcoe_fingerprint = FINGERPRINT_START;
    rcoe_changes_fold(next);
    return rcoe_fingerprint;
}

/* Ranges of all lengths around the unrolled loop; a flip may come after the write was named. */
static void test_every_bit(void **state)
{
    (void)state;
    for (size_t words = 1; words <= 9; words++) {
        uint32_t golden;

        rcoe_changed(&memory[1], words * 8);
        golden = folded(NULL);
        for (size_t bit = 0; bit < (words + 2) * 64; bit++) {
            bool inside = bit / 64 >= 1 && bit / 64 <= words;

            rcoe_changed(&memory[1], words * 8);
            memory[bit / 64] ^= UINT64_C(1) << bit % 64;
            assert_int_equal(folded(NULL) != golden, inside);
            memory[bit / 64] ^= UINT64_C(1) << bit % 64;
        }
    }
}

/* The same words in the same memory: the place, the length and the order are part of it. */
static void test_places(void **state)
{
    uint32_t golden, other;

    (void)state;
    memset(memory, 0, sizeof(memory));
    rcoe_changed(&memory[0], 16);
    golden = folded(NULL);
    rcoe_changed(&memory[2], 16);
    other = folded(NULL);
    assert_int_not_equal(golden, other);
    rcoe_changed(&memory[0], 8);
    rcoe_changed(&memory[1], 8);
    assert_int_not_equal(golden, folded(NULL));
    assert_int_not_equal(FINGERPRINT_START, golden);
    assert_int_equal(folded(NULL), FINGERPRINT_START); /* nothing is named any more */
}

static void test_once(void **state)
{
    uint32_t golden;

    (void)state;
    rcoe_changed(&memory[0], 16);
    rcoe_changed(&memory[4], 16);
    golden = folded(NULL);
    for (unsigned i = 0; i < 3 * CHANGES; i++) {
        rcoe_changed(&memory[0], 16);
        rcoe_changed(&memory[4], 16);
        assert_true(rcoe_changes.count <= 2);
    }
    assert_int_equal(folded(NULL), golden);
}

/* The frame that rcoe_leave() folds is not folded twice; a part of it is another range. */
static void test_next_frame(void **state)
{
    const struct trap_frame *frame = (const struct trap_frame *)(const void *)memory;
    uint32_t golden;

    (void)state;
    rcoe_changed(&memory[100], 8);
    golden = folded(NULL);
    rcoe_changed(frame, sizeof(*frame));
    rcoe_changed(&memory[100], 8);
    assert_int_equal(folded(frame), golden);
    rcoe_changed(frame, sizeof(*frame));
    rcoe_changed(&memory[100], 8);
    assert_int_not_equal(folded(NULL), golden);
    rcoe_changed(frame, 8);
    rcoe_changed(&memory[100], 8);
    assert_int_not_equal(folded(frame), golden);
}

/* More ranges than the list holds: each still counts, also one that is written again later. */
static void test_overflow(void **state)
{
    (void)state;
    for (unsigned flipped = 0; flipped <= 3 * CHANGES; flipped++) {
        static uint32_t golden;

        rcoe_fingerprint = FINGERPRINT_START;
        memory[flipped < 3 * CHANGES ? flipped : WORDS - 1] ^= 1;
        for (unsigned i = 0; i < 3 * CHANGES; i++) {
            rcoe_changed(&memory[i], 8);
            assert_true(rcoe_changes.count <= CHANGES);
        }
        rcoe_changes_fold(NULL);
        memory[flipped < 3 * CHANGES ? flipped : WORDS - 1] ^= 1;
        if (flipped == 0) {
            golden = rcoe_fingerprint;
            continue;
        }
        assert_int_not_equal(rcoe_fingerprint, golden);
    }
    rcoe_fingerprint = FINGERPRINT_START;
    for (unsigned i = 0; i <= CHANGES; i++) {
        rcoe_changed(&memory[i], 8);
    }
    rcoe_changed(&memory[0], 8); /* it was folded, and comes again */
    assert_int_equal(rcoe_changes.count, 2);
}

static void test_point(void **state)
{
    uint32_t seen[4];

    (void)state;
    for (unsigned i = 0; i < COUNT(seen); i++) {
        rcoe_fingerprint = FINGERPRINT_START;
        memory[3] ^= i == 1;
        rcoe_changed(&memory[3], 8);
        rcoe_point(i == 2 ? POINT_RESET : POINT_DELETE, i == 3 ? 7 : 8);
        memory[3] ^= i == 1;
        seen[i] = published_last;
        assert_int_equal(published, i + 1);
        assert_int_equal(rcoe_changes.count, 0);
    }
    for (unsigned i = 1; i < COUNT(seen); i++) {
        assert_int_not_equal(seen[i], seen[0]); /* memory, place and progress: all are voted on */
    }
}

/* The addresses of the kernel's two windows come back whole. */
static void test_ranges(void **state)
{
    static const uint64_t addresses[] = { 0xffffff8040001000, 0xffffffffc007fff8,
                                          0x0000555555554000 };

    (void)state;
    for (unsigned i = 0; i < COUNT(addresses); i++) {
        const void *first = (const void *)(uintptr_t)addresses[i];

        rcoe_changes.count = 0;
        rcoe_changed(first, 4192);
        assert_int_equal((int64_t)rcoe_changes.range[0] >> 16, (int64_t)addresses[i]);
        assert_int_equal(rcoe_changes.range[0] & 0xffff, 4192);
    }
    rcoe_changes.count = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_bit, setup),
        cmocka_unit_test_setup(test_places, setup),
        cmocka_unit_test_setup(test_once, setup),
        cmocka_unit_test_setup(test_next_frame, setup),
        cmocka_unit_test_setup(test_overflow, setup),
        cmocka_unit_test_setup(test_point, setup),
        cmocka_unit_test_setup(test_ranges, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
