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

/*
 * What stock seL4 gives its root task (the example in the data of abi 8.5): 1 GiB of RAM, a device
 * tree that ends at 0x40248de0, a user image of 1046 pages behind it.
 */
static const struct {
    paddr_t paddr;
    word_t bits;
} stock[] = {
    { 0x0, 27 },          { 0x8001000, 12 },    { 0x8002000, 13 },    { 0x8004000, 14 },
    { 0x8008000, 15 },    { 0x8011000, 12 },    { 0x8012000, 13 },    { 0x8014000, 14 },
    { 0x8018000, 15 },    { 0x8020000, 17 },    { 0x8040000, 18 },    { 0x8080000, 19 },
    { 0x8100000, 20 },    { 0x8200000, 21 },    { 0x8400000, 22 },    { 0x8800000, 23 },
    { 0x9000000, 24 },    { 0xa000000, 25 },    { 0xc000000, 26 },    { 0x10000000, 28 },
    { 0x20000000, 29 },   { 0x80000000, 31 },   { 0x100000000, 32 },  { 0x200000000, 33 },
    { 0x400000000, 34 },  { 0x800000000, 35 },  { 0x1000000000, 36 }, { 0x2000000000, 37 },
    { 0x4000000000, 38 }, { 0x8000000000, 39 }, { 0x40000000, 16 },   { 0x40248de0, 5 },
    { 0x40248e00, 9 },    { 0x4065f000, 12 },   { 0x40660000, 17 },   { 0x40680000, 19 },
    { 0x40700000, 20 },   { 0x40800000, 23 },   { 0x41000000, 24 },   { 0x42000000, 25 },
    { 0x44000000, 26 },   { 0x48000000, 27 },   { 0x50000000, 28 },   { 0x60000000, 28 },
    { 0x70000000, 27 },   { 0x78000000, 26 },   { 0x7c000000, 25 },   { 0x7e000000, 24 },
    { 0x7f000000, 23 },   { 0x7f800000, 22 },   { 0x7fc00000, 21 },   { 0x7fe00000, 20 },
    { 0x7ff00000, 19 },   { 0x7ffcb880, 7 },    { 0x7ffcb900, 8 },    { 0x7ffcba00, 9 },
    { 0x7ffcbc00, 10 },   { 0x7ffcc000, 14 },   { 0x7ffd0000, 16 },   { 0x7ffe0000, 17 },
};

static size_t expect_stock(size_t at, struct region region)
{
    word_t bits;

    while ((bits = region_cut(&region)) != 0) {
        assert_true(at < COUNT(stock));
        assert_int_equal(bits, stock[at].bits);
        assert_int_equal(region.start - BIT(bits), stock[at].paddr);
        at++;
    }
    return at;
}

static void test_stock_list(void **context)
{
    struct region_list devices = one(0, BIT(40)), memory = one(0x40000000, 0x80000000);
    /* CNode, VSpace, ASID pool, two pages, 5 tables, device tree of two pages, TCB, SC. */
    const word_t objects = BIT(18) + 11 * 0x1000 + 0x800 + 0x80;
    size_t at = 0;

    (void)context;
    assert_true(regions_take(&devices, (struct region){ 0x8000000, 0x8001000 }));
    assert_true(regions_take(&devices, (struct region){ 0x8010000, 0x8011000 }));
    assert_true(regions_take(&devices, (struct region){ 0x40000000, 0x80000000 }));
    for (word_t i = 0; i < devices.count; i++)
        at = expect_stock(at, devices.region[i]);
    at = expect_stock(at, (struct region){ 0x40000000, 0x40010000 }); /* the boot part */
    assert_true(regions_take(&memory, (struct region){ 0x40000000, 0x40244000 })); /* the kernel */
    assert_true(regions_take(&memory, (struct region){ 0x40244000, 0x40248de0 }));
    assert_true(regions_take(&memory, (struct region){ 0x40249000, 0x4065f000 }));
    assert_int_equal(regions_allocate(&memory, objects, 18), 0x7ff80000);
    for (word_t i = 0; i < memory.count; i++)
        at = expect_stock(at, memory.region[i]);
    assert_int_equal(at, COUNT(stock));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take),       cmocka_unit_test(test_take_over_several),
        cmocka_unit_test(test_allocate),   cmocka_unit_test(test_cut),
        cmocka_unit_test(test_stock_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
