/* SPDX-License-Identifier: BSD-2-Clause */
/* The compressor against known bits and against `aec -d` of the package libaec-tools. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rice.h"
#include "unit.h"

#define SAMPLES_MAX 20000u

static char place[] = "rice-XXXXXX"; /* a directory, below the build's */
static uint8_t sample[SAMPLES_MAX], coded[2 * SAMPLES_MAX], decoded[SAMPLES_MAX + 64];
static uint32_t seed;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)seed * limit >> 32);
}

static size_t encode(unsigned block, unsigned interval, size_t count)
{
    const struct rice_parameters p = { block, interval };

    return rice_encode(&p, sample, count, coded, sizeof(coded));
}

static const struct {
    const char *name;
    size_t count;
    uint8_t value[32];
    unsigned block, interval;
    size_t bytes;
    uint8_t expected[20];
} vectors[] = {
    /* 0000 reference 0001: four zero blocks */
    { "zero run", 32, { [0 ... 31] = 77 }, 8, 64, 2, { 0x04, 0xd1 } },
    /* 0000 reference 1 twice, 6 bits of padding */
    { "zero block each interval", 16, { [0 ... 15] = 255 }, 8, 1, 4, { 0x0f, 0xf8, 0x7f, 0xc0 } },
    /* 0001 reference, then 001 for the pair (0, 1), one below, and 1 for each pair (0, 0) */
    { "second extension", 8, { 9, 8, 8, 8, 8, 8, 8, 8 }, 8, 1, 3, { 0x10, 0x93, 0xc0 } },
    /* 111 reference, seven errors of 8 bits */
    { "no compression",
      8,
      { 0, 255, 0, 255, 0, 255, 0, 255 },
      8,
      1,
      9,
      { 0xe0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe0 } },
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        memcpy(sample, vectors[i].value, vectors[i].count);
        CHECK(vectors[i].name,
              encode(vectors[i].block, vectors[i].interval, vectors[i].count) == vectors[i].bytes);
        CHECK(vectors[i].name, memcmp(coded, vectors[i].expected, vectors[i].bytes) == 0);
    }
}

static void test_refusals(void **state)
{
    const struct rice_parameters good = { 16, 64 }, odd_block = { 12, 64 }, no_interval = { 16, 0 },
                                 long_interval = { 16, RICE_INTERVAL_MAX + 1 };
    size_t room = rice_capacity(&good, 100);

    (void)state;
    assert_int_equal(rice_encode(&good, sample, 0, coded, sizeof(coded)), 0);
    assert_int_equal(rice_encode(&good, sample, 100, coded, room - 1), 0);
    assert_int_not_equal(rice_encode(&good, sample, 100, coded, room), 0);
    assert_int_equal(rice_encode(&odd_block, sample, 100, coded, sizeof(coded)), 0);
    assert_int_equal(rice_encode(&no_interval, sample, 100, coded, sizeof(coded)), 0);
    assert_int_equal(rice_encode(&long_interval, sample, 100, coded, sizeof(coded)), 0);
}

/* Samples that `aec -d` makes of the coded bytes. */
static size_t decode(unsigned block, unsigned interval, size_t bytes)
{
    char source[64], target[64], command[256];
    FILE *file;
    size_t count;

    snprintf(source, sizeof(source), "%s/coded", place);
    snprintf(target, sizeof(target), "%s/decoded", place);
    file = fopen(source, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(coded, 1, bytes, file), bytes);
    fclose(file);
    snprintf(command, sizeof(command), "aec -d -n 8 -j %u -r %u %s %s", block, interval, source,
             target);
    assert_int_equal(system(command), 0); /* package libaec-tools */
    file = fopen(target, "rb");
    assert_non_null(file);
    count = fread(decoded, 1, sizeof(decoded), file);
    fclose(file);
    unlink(source);
    unlink(target);
    return count;
}

static void check_round_trip(const char *name, unsigned block, unsigned interval, size_t count)
{
    size_t bytes = encode(block, interval, count);
    size_t found;

    CHECK(name, bytes > 0);
    found = decode(block, interval, bytes);
    CHECK(name, found >= count && found - count < block); /* the last block is filled up */
    CHECK(name, memcmp(sample, decoded, count) == 0);
}

/* Each value is the last one plus at most `step` up or down, every `rarity` samples. */
static void make_walk(size_t count, uint32_t step, uint32_t rarity)
{
    int value = (int)random_below(256);

    for (size_t i = 0; i < count; i++) {
        if (random_below(rarity) == 0)
            value += (int)random_below(2 * step + 1) - (int)step;
        value = value < 0 ? 0 : value > 255 ? 255 : value;
        sample[i] = (uint8_t)value;
    }
}

static const struct {
    const char *name;
    uint32_t step, rarity;
} walks[] = {
    { "constant", 0, 1 }, { "almost constant", 1, 700 }, { "sparse", 1, 60 }, { "binary", 1, 3 },
    { "smooth", 3, 1 },   { "textured", 12, 1 },         { "rough", 60, 1 },  { "noise", 255, 1 },
};

static void test_round_trips(void **state)
{
    static const unsigned blocks[] = { 8, 16, 32, 64 };
    static const unsigned intervals[] = { 1, 5, 64, 100, RICE_INTERVAL_MAX };
    static const size_t counts[] = { 1, 17, 1000, 5003, SAMPLES_MAX };

    (void)state;
    seed = 121;
    for (size_t w = 0; w < COUNT(walks); w++) {
        for (size_t b = 0; b < COUNT(blocks); b++) {
            size_t i = (w + b) % COUNT(intervals), c = (w + 2 * b + 1) % COUNT(counts);

            make_walk(counts[c], walks[w].step, walks[w].rarity);
            check_round_trip(walks[w].name, blocks[b], intervals[i], counts[c]);
        }
        make_walk(SAMPLES_MAX, walks[w].step, walks[w].rarity);
        check_round_trip(walks[w].name, RICE_BLOCK, RICE_INTERVAL, SAMPLES_MAX);
    }
}

/* The coding option of the first block: 0 zero block, 1 second extension, 2 + k, 8 none. */
static unsigned first_option(void)
{
    unsigned id = coded[0] >> 5;

    return id ? id + 1 : coded[0] >> 4 & 1;
}

/* Every option is used by some block, and the decoder agrees with each. */
static void test_every_option(void **state)
{
    bool seen[9] = { false };

    (void)state;
    seed = 7;
    for (uint32_t try = 0; try < 20000; try++) {
        unsigned option;

        make_walk(16, random_below(128), 1 + random_below(20));
        assert_true(encode(16, 1, 16) > 0);
        option = first_option();
        assert_in_range(option, 0, 8);
        if (!seen[option])
            check_round_trip("option", 16, 1, 16);
        seen[option] = true;
    }
    for (unsigned option = 0; option < COUNT(seen); option++)
        assert_true(seen[option]);
}

/* Nothing is ever larger than promised. */
static void test_capacity(void **state)
{
    const struct rice_parameters p = { RICE_BLOCK, RICE_INTERVAL };

    (void)state;
    for (size_t i = 0; i < SAMPLES_MAX; i++)
        sample[i] = i & 1 ? 255 : 0;
    for (size_t count = 1; count <= SAMPLES_MAX; count += 1 + count / 7)
        assert_in_range(encode(p.block, p.interval, count), 1, rice_capacity(&p, count));
}

static int make_place(void **state)
{
    (void)state;
    return mkdtemp(place) ? 0 : -1;
}
static int remove_place(void **state)
{
    (void)state;
    return rmdir(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),     cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_round_trips), cmocka_unit_test(test_every_option),
        cmocka_unit_test(test_capacity),
    };

    return cmocka_run_group_tests(tests, make_place, remove_place);
}
