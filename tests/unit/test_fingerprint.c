/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32C against published vectors, and what a frame's fingerprint must and must not see. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "fingerprint.h"

/* RFC 3720 (iSCSI), B.4: 32 bytes each. */
static const struct {
    const char *name;
    uint8_t first;
    int step;
    uint32_t crc;
} vectors[] = {
    { "zeros", 0x00, 0, 0x8a9136aa },
    { "ones", 0xff, 0, 0x62a8ab43 },
    { "rising", 0x00, 1, 0x46dd794e },
    { "falling", 0x1f, -1, 0x113fdb5c },
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint32_t crc = FINGERPRINT_START;

        for (int word = 0; word < 4; word++) {
            uint64_t value = 0;

            for (int byte = 0; byte < 8; byte++) {
                int at = word * 8 + byte;

                value |= (uint64_t)(uint8_t)(vectors[i].first + vectors[i].step * at) << 8 * byte;
            }
            crc = fingerprint_word(crc, value);
        }
        CHECK(vectors[i].name, ~crc == vectors[i].crc);
    }
}

/* What a frame looks like on its way out, for the words that count there. */
static bool goes_out(size_t word)
{
    return word < FINGERPRINT_RESULTS || word == TF_PC / 8 || word == TF_SPSR / 8;
}

/* Every bit of every word counts on the way in; of results, pc and spsr also on the way out. */
static void test_frame_bits(void **state)
{
    struct trap_frame tf, flipped;
    uint64_t words[sizeof(tf) / sizeof(uint64_t)];
    uint32_t in, out, whole;

    (void)state;
    memset(&tf, 0x5a, sizeof(tf));
    tf.spsr = 0;
    in = fingerprint_registers(&tf);
    out = fingerprint_exit(FINGERPRINT_START, &tf);
    whole = fingerprint_frame(FINGERPRINT_START, &tf);
    for (size_t bit = 0; bit < sizeof(tf) * 8; bit++) {
        memcpy(words, &tf, sizeof(tf));
        words[bit / 64] ^= UINT64_C(1) << bit % 64;
        memcpy(&flipped, words, sizeof(tf));
        assert_int_not_equal(fingerprint_registers(&flipped), in);
        assert_int_not_equal(fingerprint_frame(FINGERPRINT_START, &flipped), whole);
        assert_int_equal(fingerprint_exit(FINGERPRINT_START, &flipped) != out, goes_out(bit / 64));
    }
}

/* Two replicas interrupted at different instructions are both healthy. */
static void test_interrupted_frame(void **state)
{
    struct trap_frame a = { .pc = 0x400000, .x = { 1 }, .spsr = FRAME_INTERRUPTED };
    struct trap_frame b = { .pc = 0x400010, .x = { 2 }, .spsr = FRAME_INTERRUPTED | 0x60000000 };

    (void)state;
    assert_int_equal(fingerprint_exit(7, &a), fingerprint_exit(7, &b));
    assert_int_not_equal(fingerprint_exit(7, &a), fingerprint_exit(8, &a));
    assert_int_equal(fingerprint_frame(7, &a), fingerprint_frame(7, &b));
    assert_int_not_equal(fingerprint_frame(7, &a), fingerprint_frame(8, &a));
}

/* Cumulative: a difference stays when everything after it is equal. */
static void test_difference_stays(void **state)
{
    uint32_t a = fingerprint_word(FINGERPRINT_START, 1);
    uint32_t b = fingerprint_word(FINGERPRINT_START, 2);

    (void)state;
    for (uint64_t word = 0; word < 10000; word++) {
        a = fingerprint_word(a, word * UINT64_C(0x9e3779b97f4a7c15));
        b = fingerprint_word(b, word * UINT64_C(0x9e3779b97f4a7c15));
        assert_int_not_equal(a, b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_frame_bits),
        cmocka_unit_test(test_interrupted_frame),
        cmocka_unit_test(test_difference_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
