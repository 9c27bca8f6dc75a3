/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory at boot: taking, allocating from the top, cutting (abi 8.3, 8.5). */
#include "unit.h"

#include "regions.h"

static struct region_list one(paddr_t start, paddr_t end)
{
    return (struct region_list){ .region = { { start, end } }, .count = 1 };
}

static const struct {
    const char *name;
    struct region taken;
    word_t count;
    struct region left[2];
} takings[] = {
    { "nothing", { 0x1800, 0x1800 }, 1, { { 0x1000, 0x3000 } } },
    { "below", { 0, 0x1000 }, 1, { { 0x1000, 0x3000 } } },
    { "above", { 0x3000, 0x4000 }, 1, { { 0x1000, 0x3000 } } },
    { "the start", { 0, 0x1800 }, 1, { { 0x1800, 0x3000 } } },
    { "the end", { 0x2800, 0x9000 }, 1, { { 0x1000, 0x2800 } } },
    { "the middle", { 0x1800, 0x2000 }, 2, { { 0x1000, 0x1800 }, { 0x2000, 0x3000 } } },
    { "all", { 0x1000, 0x3000 }, 0, { { 0, 0 } } },
    { "more than all", { 0, 0x9000 }, 0, { { 0, 0 } } },
};

static void test_take(void **context)
{
    (void)context;
    for (size_t i = 0; i < COUNT(takings); i++) {
        struct region_list list = one(0x1000, 0x3000);

        CHECK(takings[i].name, regions_take(&list, takings[i].taken));
        CHECK(takings[i].name, list.count == takings[i].count);
        for (word_t r = 0; r < list.count; r++) {
            CHECK(takings[i].name, list.region[r].start == takings[i].left[r].start);
            CHECK(takings[i].name, list.region[r].end == takings[i].left[r].end);
        }
    }
}

static void test_take_over_several(void **context)
{
    struct region_list list = one(0, 0x10000);

    (void)context;
    for (paddr_t at = 0x1000; at < 0x8000; at += 0x1000)
        assert_true(regions_take(&list, (struct region){ at, at + 0x800 }));
    assert_int_equal(list.count, REGIONS);
    assert_false(regions_take(&list, (struct region){ 0x9000, 0x9800 })); /* full */
    assert_true(regions_take(&list, (struct region){ 0x800, 0x9000 }));
    assert_int_equal(list.count, 2);
    assert_int_equal(list.region[0].end, 0x800);
    assert_int_equal(list.region[1].start, 0x9000);
}

static void test_allocate(void **context)
{
    struct region_list list = one(0x1000, 0x9000);

    (void)context;
    assert_true(regions_take(&list, (struct region){ 0x7000, 0x8000 }));
    assert_int_equal(regions_allocate(&list, 0x1800, 12), 0x5000); /* the top one is too small */
    assert_int_equal(list.count, 3);
    assert_int_equal(regions_allocate(&list, 0x1000, 12), 0x8000);
    assert_int_equal(regions_allocate(&list, 0x8000, 12), 0);
}

static const struct {
    const char *name;
    struct region region;
    word_t count;
    word_t bits[8];
} cuts[] = {
    { "one page", { 0x1000, 0x2000 }, 1, { 12 } },
    { "up to the alignment, then down", { 0x3000, 0x9000 }, 3, { 12, 14, 12 } },
    { "page 0 of the window is aligned to 2^39", { 0, 0x8000000 }, 1, { 27 } },
    { "virtual address 0", { BIT(39), BIT(40) }, 1, { 39 } },
    { "remains below the least untyped", { 0x1008, 0x1030 }, 2, { 4, 4 } },
    { "empty", { 0x1000, 0x1000 }, 0, { 0 } },
};

static void test_cut(void **context)
{
    (void)context;
    for (size_t i = 0; i < COUNT(cuts); i++) {
        struct region rest = cuts[i].region;
        word_t count = 0, bits;

        while ((bits = region_cut(&rest)) != 0) {
            CHECK(cuts[i].name, count < cuts[i].count && bits == cuts[i].bits[count]);
            count++;
        }
        CHECK(cuts[i].name, count == cuts[i].count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_take_over_several),
        cmocka_unit_test(test_allocate),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
