/* SPDX-License-Identifier: BSD-2-Clause */
/* verdict() over its whole input space: what matters is which fingerprints are equal. */
#include "unit.h"

#include <rcoe/verdict.h>

#define ALL ((1u << REPLICAS_MAX) - 1u)

/* The specification, written from the other end: count each value, look for more than half. */
static struct verdict specification(const uint32_t fingerprint[REPLICAS_MAX], uint32_t present)
{
    struct verdict expected = { VERDICT_SPLIT, 0 };
    uint32_t voters = 0, value;

    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        voters += present >> r & 1u;
    }
    for (value = 0; value < REPLICAS_MAX; value++) {
        uint32_t votes = 0, others = 0;

        for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
            if ((present >> r & 1u) == 0) {
                continue;
            }
            if (fingerprint[r] == value) {
                votes++;
            } else {
                others |= 1u << r;
            }
        }
        if (votes > voters - votes) {
            expected = (struct verdict){ others == 0 ? VERDICT_AGREE : VERDICT_OUTVOTED, others };
        }
    }
    return expected;
}

static void test_whole_space(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 256; code++) {
        uint32_t fingerprint[REPLICAS_MAX] = { code & 3u, code >> 2 & 3u, code >> 4 & 3u,
                                               code >> 6 & 3u };

        for (uint32_t present = 0; present <= 2 * ALL + 1; present++) {
            struct verdict expected = specification(fingerprint, present & ALL);
            struct verdict found = verdict(fingerprint, present);

            assert_int_equal(found.kind, expected.kind);
            assert_int_equal(found.outvoted, expected.outvoted);
        }
    }
}

static const struct {
    const char *name;
    uint32_t fingerprint[REPLICAS_MAX];
    uint32_t present;
    enum verdict_kind kind;
    uint32_t outvoted;
} cases[] = {
    { "nobody", { 7, 7, 7, 7 }, 0x0, VERDICT_SPLIT, 0 },
    { "base", { 7, 9, 9, 9 }, 0x1, VERDICT_AGREE, 0 },
    { "the last one", { 7, 9, 3, 1 }, 0x8, VERDICT_AGREE, 0 },
    { "dmr agrees", { 7, 7, 9, 9 }, 0x3, VERDICT_AGREE, 0 },
    { "dmr differs", { 7, 9, 9, 9 }, 0x3, VERDICT_SPLIT, 0 },
    { "dmr of 0 and 2 differs", { 7, 7, 9, 9 }, 0x5, VERDICT_SPLIT, 0 },
    { "tmr agrees", { 7, 7, 7, 9 }, 0x7, VERDICT_AGREE, 0 },
    { "tmr, replica 0 odd", { 9, 7, 7, 0 }, 0x7, VERDICT_OUTVOTED, 0x1 },
    { "tmr, replica 1 odd", { 7, 9, 7, 0 }, 0x7, VERDICT_OUTVOTED, 0x2 },
    { "tmr, replica 2 odd", { 7, 7, 9, 7 }, 0x7, VERDICT_OUTVOTED, 0x4 },
    { "tmr, three values", { 7, 8, 9, 0 }, 0x7, VERDICT_SPLIT, 0 },
    { "four, 3:1", { 7, 7, 9, 7 }, 0xf, VERDICT_OUTVOTED, 0x4 },
    { "four, 2:2", { 7, 7, 9, 9 }, 0xf, VERDICT_SPLIT, 0 },
    { "four, 2:1:1", { 7, 7, 8, 9 }, 0xf, VERDICT_SPLIT, 0 },
    { "one bit is a difference", { 0x80000000, 0, 0, 0 }, 0x7, VERDICT_OUTVOTED, 0x1 },
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct verdict found = verdict(cases[i].fingerprint, cases[i].present);

        CHECK(cases[i].name, found.kind == cases[i].kind);
        CHECK(cases[i].name, found.outvoted == cases[i].outvoted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_space),
        cmocka_unit_test(test_cases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
