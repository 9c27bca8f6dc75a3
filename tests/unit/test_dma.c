/* SPDX-License-Identifier: BSD-2-Clause */
/* Hand-over of DMA memory, a replica's part: which bytes it takes, and when it gives up. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include <arch_rcoe.h>

#include "dma/handed_over/dma.h"

#define WORDS (DMA_MOST / 8)
#define FIRST_BYTE UINT64_C(0x0123456789abcdef)

static struct {
    struct board_slot slot[REPLICAS_MAX + 1]; /* [0]: the I/O core's; the last one: nobody's */
    uint64_t memory[WORDS];                   /* of this replica */
    uint64_t address;                         /* asked for */
    uint64_t order;
    uint64_t result;
    uint32_t read_by; /* slot of the core that has read the newest */
    unsigned calls;
    unsigned commits;
    jmp_buf given_up;
    uint64_t detail;
} now;

void dma_commit(uint64_t address, uint64_t value)
{
    assert_int_equal(now.calls, 0); /* before the shim hears of it */
    now.address = address;
    now.order = value;
    now.commits++;
}

const struct board_slot *dma_slot(uint32_t i)
{
    assert_true(i < REPLICAS_MAX);
    return &now.slot[i];
}

bool dma_has_read(const struct board_slot *slot)
{
    return slot == &now.slot[now.read_by];
}

uint64_t shim_dma(uint64_t address, uint64_t value)
{
    assert_int_equal(address, now.address);
    assert_int_equal(value, now.order);
    now.calls++;
    return now.result;
}

_Noreturn void shim_panic(uint64_t code, uint64_t detail)
{
    assert_int_equal(code, RCOE_PANIC_DMA);
    now.detail = detail;
    longjmp(now.given_up, 1);
}

static uint64_t word_of(uint64_t seed, uint32_t i)
{
    return (FIRST_BYTE ^ seed) * (i + 1);
}

static uint32_t fill(uint64_t *word, uint64_t seed, uint64_t bytes)
{
    uint32_t sum = ~0u;

    for (uint32_t i = 0; i < bytes / 8; i++) {
        word[i] = word_of(seed, i);
        sum = arch_crc32c(sum, word[i]);
    }
    return sum;
}

/* The I/O core has read these bytes of the device. */
static void came(uint32_t slot, uint64_t seed, uint64_t bytes)
{
    for (uint32_t copy = 0; copy < 2; copy++) {
        now.result = fill(now.slot[slot].dma[copy], seed, bytes);
    }
    now.read_by = slot;
}

static void setup_words(void)
{
    memset(&now, 0, sizeof(now));
}

/* True: this replica goes on. */
static bool hand_over(uint64_t offset, uint64_t size, bool out)
{
    if (setjmp(now.given_up)) {
        return false;
    }
    rcoe_dma(DMA_BASE + offset, (char *)now.memory + offset % DMA_MOST, size, out);
    return true;
}

static bool has(uint64_t seed, uint64_t bytes)
{
    for (uint32_t i = 0; i < bytes / 8; i++) {
        if (now.memory[i] != word_of(seed, i)) {
            return false;
        }
    }
    return true;
}

static void test_what_goes_out(void **unused)
{
    static const struct {
        uint64_t offset, size, from, bytes;
    } cases[] = {
        { 0, DMA_MOST, 0, DMA_MOST },
        { 0, 8, 0, 8 },
        { 0, 1, 0, 8 },
        { 8, 16, 8, 16 },
        { 15, 2, 8, 16 },
        { DMA_MOST - 1, 1, DMA_MOST - 8, 8 },
    };

    (void)unused;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t sum = ~0u;

        setup_words();
        fill(now.memory, 1, DMA_MOST);
        for (uint64_t byte = 0; byte < cases[i].bytes; byte += 8) {
            sum = arch_crc32c(sum, now.memory[(cases[i].from + byte) / 8]);
        }
        assert_true(hand_over(cases[i].offset, cases[i].size, true));
        assert_int_equal(now.address, DMA_BASE + cases[i].from);
        assert_int_equal(DMA_BYTES(now.order), cases[i].bytes);
        assert_int_equal(DMA_SUM(now.order), sum);
        assert_true(DMA_OUT(now.order));
        assert_true(has(1, DMA_MOST)); /* nothing of it changes */
    }
}

static void test_other_memory_is_none_of_it(void **unused)
{
    (void)unused;
    setup_words();
    rcoe_dma(DMA_BASE - 8, now.memory, 8, true);
    rcoe_dma(DMA_BASE + DMA_SIZE, now.memory, 8, false);
    assert_int_equal(now.commits + now.calls, 0);
}

static void test_what_comes_in_from_any_slot(void **unused)
{
    (void)unused;
    for (uint32_t slot = 0; slot < REPLICAS_MAX; slot++) {
        setup_words();
        for (uint32_t other = 0; other < REPLICAS_MAX; other++) {
            came(other, other + 10, DMA_MOST); /* left by a core that was late */
        }
        came(slot, 1, DMA_MOST);
        assert_true(hand_over(0, DMA_MOST, false));
        assert_true(has(1, DMA_MOST));
        assert_false(DMA_OUT(now.order));
        assert_int_equal(DMA_SUM(now.order), 0);
    }
}

/* Bits of both copies, and each of the sum: the bytes are right, and nobody is lost. */
static void test_one_flip(void **unused)
{
    (void)unused;
    for (uint32_t bit = 0; bit < 2 * 8 * DMA_MOST; bit += 61) {
        uint64_t *copies = &now.slot[0].dma[0][0];

        setup_words();
        came(0, 1, DMA_MOST);
        copies[bit / 64] ^= UINT64_C(1) << bit % 64;
        assert_true(hand_over(0, DMA_MOST, false));
        assert_true(has(1, DMA_MOST));
    }
    for (uint32_t bit = 0; bit < 64; bit++) {
        setup_words();
        came(0, 2, DMA_MOST); /* of another core, the I/O core since, and older: not these */
        came(1 + bit % (REPLICAS_MAX - 1), 1, DMA_MOST);
        now.result ^= UINT64_C(1) << bit;
        assert_true(hand_over(0, DMA_MOST, false));
        assert_true(has(1, DMA_MOST));
    }
}

static void test_nothing_is_guessed(void **unused)
{
    (void)unused;
    setup_words();
    came(0, 1, DMA_MOST);
    now.slot[0].dma[0][0] ^= 1;
    now.slot[0].dma[1][1] ^= 2;
    assert_false(hand_over(0, DMA_MOST, false));
    assert_int_equal(now.detail, DMA_BASE);
    setup_words();
    came(0, 1, DMA_MOST);
    now.result++;
    now.read_by = REPLICAS_MAX; /* nobody that is known */
    assert_false(hand_over(0, DMA_MOST, false));
}

static void test_refused(void **unused)
{
    (void)unused;
    for (int out = 0; out < 2; out++) {
        setup_words();
        now.result = DMA_REFUSED;
        assert_false(hand_over(64, 8, out));
        assert_int_equal(now.detail, DMA_BASE + 64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_goes_out),
        cmocka_unit_test(test_other_memory_is_none_of_it),
        cmocka_unit_test(test_what_comes_in_from_any_slot),
        cmocka_unit_test(test_one_flip),
        cmocka_unit_test(test_nothing_is_guessed),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
