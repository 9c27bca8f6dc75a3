/* SPDX-License-Identifier: BSD-2-Clause */
/* Retype: refusals in order, placement, reset (abi 3.2, 4). */
#include "host_kernel.h"

#include <rcoe/rcoe.h>

#include <string.h>

#include <kernel/retype.h>

#define BITS 14u /* of the untyped */

enum { UNTYPED, DEVICE, ROOT, FULL, FIRST = 8, SLOTS = 16 };
static struct cte slots[SLOTS];
static char memory[1u << BITS] __attribute__((aligned(1u << BITS)));

static void start(void)
{
    host_reset();
    for (unsigned i = 0; i < SLOTS; i++)
        slots[i] = (struct cte){ .next = 0 };
    memset(memory, 0, sizeof(memory));
    cte_insert_root(cap_make(CAP_UNTYPED, BITS << 1, memory, 0), &slots[UNTYPED]);
    cte_insert_root(cap_make(CAP_UNTYPED, 20 << 1 | 1, (void *)0x9000000, 0), &slots[DEVICE]);
    cte_insert_root(host_cnode(slots, 4), &slots[ROOT]);
    cte_insert_root(cap_make(CAP_ENDPOINT, 15, (void *)64, 0), &slots[FULL]);
}

static enum exception retype(unsigned untyped, word_t length, word_t extras, const word_t mr[6])
{
    struct host_message message = { .label = LABEL_UNTYPED_RETYPE, .length = length };
    struct invocation inv;

    for (unsigned i = 0; i < 6; i++)
        message.mr[i] = mr[i];
    if (extras > 0)
        message.extra[0] = &slots[ROOT];
    inv = host_invocation(&slots[untyped], &message);
    return decode_untyped(&inv);
}

static const struct {
    const char *name;
    unsigned untyped;
    word_t length, extras;
    word_t mr[6]; /* type, size bits, node index, node depth, offset, count */
    enum error_code error;
    word_t detail[2];
} refusals[] = {
    { "short", UNTYPED, 5, 1, { 0 }, ERROR_TRUNCATED_MESSAGE, { 0 } },
    { "no root", UNTYPED, 6, 0, { 0 }, ERROR_TRUNCATED_MESSAGE, { 0 } },
    { "type", UNTYPED, 6, 1, { OBJECT_TYPES, 99, 0, 0, 0, 0 }, ERROR_INVALID_ARGUMENT, { 0 } },
    { "size 64", UNTYPED, 6, 1, { OBJECT_UNTYPED, 64, 0, 0, FIRST, 1 }, ERROR_RANGE, { 0, 47 } },
    { "size 48", UNTYPED, 6, 1, { OBJECT_UNTYPED, 48, 0, 0, FIRST, 1 }, ERROR_RANGE, { 0, 47 } },
    { "cnode of 2^43 slots",
      UNTYPED,
      6,
      1,
      { OBJECT_CAP_TABLE, 43, 0, 0, FIRST, 1 },
      ERROR_RANGE,
      { 0, 47 } },
    { "cnode of one slot",
      UNTYPED,
      6,
      1,
      { OBJECT_CAP_TABLE, 0, 0, 0, FIRST, 1 },
      ERROR_INVALID_ARGUMENT,
      { 1 } },
    { "untyped of 8 bytes",
      UNTYPED,
      6,
      1,
      { OBJECT_UNTYPED, 3, 0, 0, FIRST, 1 },
      ERROR_INVALID_ARGUMENT,
      { 1 } },
    { "small sched context",
      UNTYPED,
      6,
      1,
      { OBJECT_SCHED_CONTEXT, 6, 0, 0, FIRST, 1 },
      ERROR_INVALID_ARGUMENT,
      { 1 } },
    { "node is no cnode",
      UNTYPED,
      6,
      1,
      { OBJECT_TCB, 0, FULL, 64, 0, 1 },
      ERROR_FAILED_LOOKUP,
      { LOOKUP_MISSING, 64 } },
    { "node depth", UNTYPED, 6, 1, { OBJECT_TCB, 0, FULL, 65, 0, 1 }, ERROR_RANGE, { 1, 64 } },
    { "offset", UNTYPED, 6, 1, { OBJECT_TCB, 0, 0, 0, SLOTS, 0 }, ERROR_RANGE, { 0, SLOTS - 1 } },
    { "none", UNTYPED, 6, 1, { OBJECT_TCB, 0, 0, 0, FIRST, 0 }, ERROR_RANGE, { 1, 256 } },
    { "257", UNTYPED, 6, 1, { OBJECT_TCB, 0, 0, 0, FIRST, 257 }, ERROR_RANGE, { 1, 256 } },
    { "window", UNTYPED, 6, 1, { OBJECT_TCB, 0, 0, 0, FIRST, 9 }, ERROR_RANGE, { 1, 8 } },
    { "occupied", UNTYPED, 6, 1, { OBJECT_TCB, 0, 0, 0, FULL, 2 }, ERROR_DELETE_FIRST, { 0 } },
    { "memory",
      UNTYPED,
      6,
      1,
      { OBJECT_LARGE_PAGE, 0, 0, 0, FIRST, 1 },
      ERROR_NOT_ENOUGH_MEMORY,
      { 1 << BITS } },
    { "object in device memory",
      DEVICE,
      6,
      1,
      { OBJECT_TCB, 0, 0, 0, FIRST, 1 },
      ERROR_INVALID_ARGUMENT,
      { 1 } },
};

static void test_refusals(void **context)
{
    (void)context;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const char *name = refusals[i].name;
        word_t detail = refusals[i].detail[0];

        start();
        rcoe_fingerprint = 1;
        CHECK(name, retype(refusals[i].untyped, refusals[i].length, refusals[i].extras,
                           refusals[i].mr) == EXCEPTION_SYSCALL_ERROR);
        CHECK(name, state.error.code == refusals[i].error && rcoe_fingerprint == 1);
        if (refusals[i].error == ERROR_INVALID_ARGUMENT)
            CHECK(name, state.error.argument == detail);
        if (refusals[i].error == ERROR_NOT_ENOUGH_MEMORY)
            CHECK(name, state.error.range_min == detail);
        if (refusals[i].error == ERROR_RANGE)
            CHECK(name, state.error.range_min == detail &&
                            state.error.range_max == refusals[i].detail[1]);
        if (refusals[i].error == ERROR_FAILED_LOOKUP)
            CHECK(name, state.error.lookup == detail &&
                            state.error.lookup_word[0] == refusals[i].detail[1]);
    }
}

static const struct {
    const char *name;
    word_t bits, used, object_bits, count;
    bool fits;
    word_t available, first, end;
} places[] = {
    { "empty", 12, 0, 4, 256, true, 4096, 0, 4096 },
    { "one too many", 12, 0, 4, 257, false, 4096, 0, 0 },
    { "aligned up", 12, 16, 11, 1, true, 4080, 2048, 4096 },
    { "alignment leaves no room for two", 12, 16, 11, 2, false, 4080, 0, 0 },
    { "full", 12, 4096, 4, 1, false, 0, 0, 0 },
    { "the whole", 12, 0, 12, 1, true, 4096, 0, 4096 },
    { "largest", 47, 0, 47, 1, true, UINT64_C(1) << 47, 0, UINT64_C(1) << 47 },
};

static void test_place(void **context)
{
    (void)context;
    for (size_t i = 0; i < COUNT(places); i++) {
        struct retype_place place =
            retype_place(places[i].bits, places[i].used, places[i].object_bits, places[i].count);

        CHECK(places[i].name, place.fits == places[i].fits);
        CHECK(places[i].name, place.available == places[i].available);
        CHECK(places[i].name, place.first == places[i].first && place.end == places[i].end);
    }
}

/* What fits before alignment fits after it, for all small cases. */
static void test_place_always_fits(void **context)
{
    (void)context;
    for (word_t used = 0; used <= 1024; used += 16) {
        for (word_t bits = 4; bits <= 10; bits++) {
            for (word_t count = 1; count <= 64; count++) {
                struct retype_place place = retype_place(10, used, bits, count);

                if (place.fits)
                    assert_true(place.first >= used && place.end <= 1024);
            }
        }
    }
}

static void test_watermark(void **context)
{
    (void)context;
    start();
    assert_int_equal(retype(UNTYPED, 6, 1, (word_t[6]){ OBJECT_ENDPOINT, 0, 0, 0, FIRST, 3 }),
                     EXCEPTION_NONE);
    assert_int_equal(untyped_free_bytes_used(slots[UNTYPED].cap), 48);
    assert_ptr_equal(cap_object(slots[FIRST].cap), memory);
    assert_ptr_equal(cap_object(slots[FIRST + 2].cap), memory + 32);
    assert_int_equal(retype(UNTYPED, 6, 1, (word_t[6]){ OBJECT_TCB, 0, 0, 0, FIRST + 3, 1 }),
                     EXCEPTION_NONE);
    assert_ptr_equal(cap_object(slots[FIRST + 3].cap), memory + 2048);
    /* Deleting some does not move the watermark. */
    assert_int_equal(cte_delete(&slots[FIRST + 3]), EXCEPTION_NONE);
    assert_int_equal(retype(UNTYPED, 6, 1, (word_t[6]){ OBJECT_REPLY, 0, 0, 0, FIRST + 3, 1 }),
                     EXCEPTION_NONE);
    assert_ptr_equal(cap_object(slots[FIRST + 3].cap), memory + 4096);
}

/* Without children it starts at 0 again, with all that was used zeroed, however often preempted. */
static void test_reset(void **context)
{
    const word_t endpoints[6] = { OBJECT_ENDPOINT, 0, 0, 0, FIRST, 1 };
    enum exception status;
    unsigned passes = 0;

    (void)context;
    start();
    assert_int_equal(retype(UNTYPED, 6, 1, (word_t[6]){ OBJECT_SMALL_PAGE, 0, 0, 0, FIRST, 4 }),
                     EXCEPTION_NONE);
    memset(memory, 0xa5, sizeof(memory));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(cte_delete(&slots[FIRST + i]), EXCEPTION_NONE);
    state.work_units = WORK_UNITS_PER_PREEMPTION - 30;
    do {
        status = retype(UNTYPED, 6, 1, endpoints);
        passes++;
    } while (status == EXCEPTION_PREEMPTED);
    assert_int_equal(status, EXCEPTION_NONE);
    assert_int_equal(passes, 2); /* 64 chunks of 256 bytes, the 30th of which ended a pass */
    for (unsigned i = 0; i < sizeof(memory); i++)
        assert_int_equal(memory[i], 0);
    assert_ptr_equal(cap_object(slots[FIRST].cap), memory);
    assert_int_equal(untyped_free_bytes_used(slots[UNTYPED].cap), 16);
}

static void test_device(void **context)
{
    (void)context;
    start();
    assert_int_equal(retype(DEVICE, 6, 1, (word_t[6]){ OBJECT_UNTYPED, 16, 0, 0, FIRST, 2 }),
                     EXCEPTION_NONE);
    assert_true(untyped_is_device(slots[FIRST + 1].cap));
    assert_int_equal(retype(FIRST + 1, 6, 1, (word_t[6]){ OBJECT_SMALL_PAGE, 0, 0, 0, 12, 2 }),
                     EXCEPTION_NONE);
    assert_true(frame_is_device(slots[13].cap));
    assert_ptr_equal(cap_object(slots[13].cap), (char *)0x9011000);
    assert_int_equal(cte_revoke(&slots[DEVICE]), EXCEPTION_NONE);
    assert_int_equal(cap_type(slots[13].cap), CAP_NULL);
    assert_int_equal(retype(DEVICE, 6, 1, (word_t[6]){ OBJECT_SMALL_PAGE, 0, 0, 0, FIRST, 1 }),
                     EXCEPTION_NONE);
    assert_ptr_equal(cap_object(slots[FIRST].cap), (char *)0x9000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_place_always_fits),
        cmocka_unit_test(test_watermark),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
