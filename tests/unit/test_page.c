/* SPDX-License-Identifier: BSD-2-Clause */
/* Which user pages are folded, and when: not before the interval is over, not while a thread stands
 * where it was interrupted, not what is the kernel's; the same in replicas whose EL2 sees other
 * pages of the kernel written. */
#include "unit.h"

#include <string.h>

#include <rcoe/pages.h>
#include <rcoe/rcoe.h>

#include "ballot.h"
#include "digest.h"
#include "page.h"

#define START UINT64_C(0x40000000)
#define PAGES 2048u
#define GROUPS (PAGES / 64)
#define PAGE 4096u
#define INTERVAL 1000u

ARCH_REPLICA_STATE struct rcoe_state rcoe;
ARCH_REPLICA_STATE uint32_t rcoe_fingerprint;
_Thread_local uint32_t host_replica;
static _Alignas(BOARD_PAGE) uint8_t board[BOARD_IPA_SIZE];
static uint64_t memory[PAGES][PAGE / 8];
static bool written[PAGES]; /* as EL2 knows it */
static unsigned asked;
static uint64_t refused; /* shim_panic()'s code */

uint64_t shim_dirty(uint64_t group)
{
    uint64_t found = 0;

    asked++;
    assert_true(group < GROUPS);
    for (unsigned i = 0; i < 64; i++) {
        found |= (uint64_t)written[group * 64 + i] << i;
        written[group * 64 + i] = false;
    }
    return found;
}

static jmp_buf panicked;

_Noreturn void shim_panic(uint64_t code, uint64_t detail)
{
    (void)detail;
    refused = code;
    longjmp(panicked, 1);
}

static struct board_control *control(void)
{
    return (struct board_control *)(void *)board;
}

static int setup(void **state)
{
    (void)state;
    memset(&rcoe_pages, 0, sizeof(rcoe_pages));
    memset(written, 0, sizeof(written));
    for (unsigned i = 0; i < PAGES * PAGE / 8; i++) {
        memory[i / (PAGE / 8)][i % (PAGE / 8)] = i * UINT64_C(0x9e3779b97f4a7c15);
    }
    rcoe.board = (uintptr_t)board;
    control()->page_ticks = INTERVAL;
    asked = 0;
    refused = 0;
    rcoe_fingerprint = FINGERPRINT_START;
    rcoe_pages_init(START, sizeof(memory), memory[0]);
    rcoe_pages_give(START + 10 * PAGE, 200 * PAGE);
    return 0;
}

/* An exit; the pages that it folded. */
static uint64_t exit_at(uint64_t now)
{
    uint64_t before = rcoe_pages.folded;

    rcoe_pages_exit(now, false);
    return rcoe_pages.folded - before;
}

static uint32_t fingerprint_after(uint64_t now)
{
    rcoe_fingerprint = FINGERPRINT_START;
    for (unsigned i = 0; i < PAGES / PAGES_PER_EXIT; i++) {
        rcoe_pages_exit(now, false);
    }
    return rcoe_fingerprint;
}

static void test_contents(void **state)
{
    static const struct {
        const char *name;
        unsigned page, bit; /* that differs */
        bool seen;
    } cases[] = {
        { "first bit", 20, 0, true },          { "last bit", 20, 32767, true },
        { "other dirty page", 33, 777, true }, { "clean page", 21, 5, false },
        { "kernel's page", 4, 5, false },      { "kernel's page behind", 240, 5, false },
    };
    uint32_t golden = 0;

    (void)state;
    for (unsigned i = 0; i <= COUNT(cases); i++) {
        uint64_t *word = i == 0 ? NULL : &memory[cases[i - 1].page][cases[i - 1].bit / 64];

        written[4] = written[20] = written[33] = written[240] = true;
        if (word != NULL) {
            *word ^= UINT64_C(1) << cases[i - 1].bit % 64;
            CHECK(cases[i - 1].name,
                  (fingerprint_after((i + 1) * INTERVAL) != golden) == cases[i - 1].seen);
            *word ^= UINT64_C(1) << cases[i - 1].bit % 64;
        } else {
            golden = fingerprint_after((i + 1) * INTERVAL);
        }
    }
}

static void test_interval(void **state)
{
    (void)state;
    written[30] = true;
    assert_int_equal(exit_at(5), 1);
    written[30] = written[31] = true;
    assert_int_equal(exit_at(5 + INTERVAL - 1), 0);
    assert_int_equal(exit_at(5 + INTERVAL), 2);
    assert_int_equal(exit_at(5 + 3 * INTERVAL), 0); /* nobody wrote anything */
}

/* One exit folds so many; what is written meanwhile comes in the next round. */
static void test_bounded(void **state)
{
    uint64_t left = 200;

    (void)state;
    memset(written, true, sizeof(written));
    while (left > 0) {
        uint64_t now = left < PAGES_PER_EXIT ? left : PAGES_PER_EXIT;

        assert_int_equal(exit_at(1), now);
        left -= now;
        written[10] = true;
        assert_int_equal(rcoe_pages.left, left);
    }
    assert_int_equal(asked, GROUPS); /* EL2 was asked once for each */
    assert_int_equal(exit_at(1), 0);
    assert_int_equal(exit_at(1 + INTERVAL), 1);
}

/* One exit asks EL2 so often, whether anything was written or not, and a round asks for all. */
static void test_asks_bounded(void **state)
{
    unsigned before;

    (void)state;
    rcoe_pages_give(START + (PAGES - 1) * (uint64_t)PAGE, PAGE);
    for (unsigned round = 0; round < 2; round++) {
        memset(written, round == 0, sizeof(written));
        written[PAGES - 1] = true;
        asked = 0;
        for (unsigned exit = 0; asked < GROUPS; exit++) {
            before = asked;
            assert_true(exit_at(1 + round * INTERVAL) <= PAGES_PER_EXIT);
            assert_int_equal(asked - before, GROUPS_PER_EXIT);
            assert_int_equal(rcoe_pages.asked, asked);
        }
        (void)fingerprint_after(1 + round * INTERVAL);
        assert_int_equal(asked, GROUPS);
        assert_int_equal(rcoe_pages.left, 0);
        assert_int_equal(rcoe_pages.folded, round == 0 ? 201 : 202);
    }
}

static void test_interrupted(void **state)
{
    (void)state;
    written[30] = true;
    rcoe_pages_interrupted();
    rcoe_pages_interrupted();
    assert_int_equal(exit_at(1), 0);
    rcoe_pages_exit(1, true); /* one goes on */
    assert_int_equal(exit_at(1), 0);
    rcoe_pages_exit(1, true); /* the other does: not yet now, but when it has trapped */
    assert_int_equal(rcoe_pages.folded, 0);
    assert_int_equal(exit_at(1), 1);
}

static void test_abandoned(void **state)
{
    (void)state;
    written[30] = true;
    rcoe_pages_interrupted();
    rcoe_pages_abandoned(true);
    assert_int_equal(exit_at(1), 0);
    assert_int_equal(exit_at(9 * INTERVAL), 0);
    assert_int_equal(asked, 0);
}

/* A page that becomes the kernel's before its turn; a chunk of it is enough. */
static void test_taken(void **state)
{
    (void)state;
    memset(written, true, sizeof(written));
    assert_int_equal(exit_at(1), PAGES_PER_EXIT);
    rcoe_pages_take(START + 209 * PAGE + 3840, 256);
    assert_int_equal(rcoe_pages.left, 200 - PAGES_PER_EXIT - 1);
    rcoe_pages_take(START + 209 * PAGE, 256); /* again: nothing is left to take */
    rcoe_pages_take(START + 10 * PAGE, PAGE); /* folded already */
    assert_int_equal(rcoe_pages.left, 200 - PAGES_PER_EXIT - 1);
    rcoe_pages_give(START + 209 * PAGE, PAGE);
    (void)fingerprint_after(1);
    written[209] = written[10] = true;
    assert_int_equal(exit_at(2 * INTERVAL), 1);
}

/* The kernels of two replicas wrote to different pages of their own. */
static void test_order(void **state)
{
    uint32_t golden;

    written[12] = written[100] = written[209] = true;
    golden = fingerprint_after(1);
    setup(state);
    written[0] = written[12] = written[100] = written[209] = written[230] = true;
    assert_int_equal(fingerprint_after(1), golden);
    setup(state);
    written[12] = written[100] = true;
    assert_int_not_equal(fingerprint_after(1), golden);
}

/* Frames of all sizes, at the ends of memory, and what is outside. */
static void test_frames(void **state)
{
    unsigned pages = 0;

    (void)state;
    rcoe_pages_give(START + sizeof(memory), PAGE);
    rcoe_pages_give(START + sizeof(memory) - PAGE, 2 * PAGE);
    rcoe_pages_give(START - PAGE, PAGE);
    rcoe_pages_take(START - PAGE, PAGE);
    for (unsigned i = 0; i < PAGES_MOST / 64; i++) {
        pages += (unsigned)__builtin_popcountll(rcoe_pages.user[i]);
    }
    assert_int_equal(pages, 200);
    assert_int_equal(rcoe_pages.user[0], ~UINT64_C(0) << 10);
    assert_int_equal(rcoe_pages.user[1], ~UINT64_C(0));
    assert_int_equal(rcoe_pages.user[3], (UINT64_C(1) << 210 % 64) - 1);
}

static void test_refused(void **state)
{
    (void)state;
    if (setjmp(panicked) == 0) {
        rcoe_pages_init(START, (PAGES_MOST + 1) * PAGE, memory[0]);
    }
    assert_int_equal(refused, RCOE_PANIC_CONFIG);
    refused = 0;
    control()->page_ticks = 0;
    if (setjmp(panicked) == 0) {
        rcoe_pages_init(START, sizeof(memory), memory[0]);
    }
    assert_int_equal(refused, RCOE_PANIC_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_contents, setup),
        cmocka_unit_test_setup(test_interval, setup),
        cmocka_unit_test_setup(test_bounded, setup),
        cmocka_unit_test_setup(test_asks_bounded, setup),
        cmocka_unit_test_setup(test_interrupted, setup),
        cmocka_unit_test_setup(test_abandoned, setup),
        cmocka_unit_test_setup(test_taken, setup),
        cmocka_unit_test_setup(test_order, setup),
        cmocka_unit_test_setup(test_frames, setup),
        cmocka_unit_test_setup(test_refused, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
