/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Retype: every type's size and first cap, and random sequences of Retype, Copy, Delete and Revoke
 * against an allocator that tries one address after the other.
 */
#include "host_kernel.h"
#include "random.h"

#include <string.h>

#include <kernel/retype.h>

#define FIELD_FRAME(size, device) ((word_t)(size) << 3 | (word_t)VM_READ_WRITE << 1 | (device))

static const struct {
    const char *name;
    enum object_type type;
    word_t size_bits, object_bits;
    word_t smallest; /* 0: the type has one size */
    bool is_frame;
    enum cap_type cap;
    word_t field;
} types[] = {
    { "untyped", OBJECT_UNTYPED, 13, 13, 4, false, CAP_UNTYPED, 13 << 1 },
    { "tcb", OBJECT_TCB, 99, 11, 0, false, CAP_THREAD, 0 },
    { "endpoint", OBJECT_ENDPOINT, 99, 4, 0, false, CAP_ENDPOINT, 15 },
    { "notification", OBJECT_NOTIFICATION, 99, 6, 0, false, CAP_NOTIFICATION, 3 },
    { "cnode", OBJECT_CAP_TABLE, 6, 11, 1, false, CAP_CNODE, 6 },
    { "scheduling context", OBJECT_SCHED_CONTEXT, 8, 8, 7, false, CAP_SCHED_CONTEXT, 8 },
    { "reply", OBJECT_REPLY, 99, 5, 0, false, CAP_REPLY, 1 },
    { "huge page", OBJECT_HUGE_PAGE, 99, 30, 0, true, CAP_FRAME, FIELD_FRAME(FRAME_HUGE, 0) },
    { "vspace", OBJECT_VSPACE, 99, 12, 0, false, CAP_VSPACE, 0 },
    { "small page", OBJECT_SMALL_PAGE, 99, 12, 0, true, CAP_FRAME, FIELD_FRAME(FRAME_SMALL, 0) },
    { "large page", OBJECT_LARGE_PAGE, 99, 21, 0, true, CAP_FRAME, FIELD_FRAME(FRAME_LARGE, 0) },
    { "page table", OBJECT_PAGE_TABLE, 99, 12, 0, false, CAP_PAGE_TABLE, 0 },
};
_Static_assert(COUNT(types) == OBJECT_TYPES, "every type");

static void test_types(void **context)
{
    (void)context;
    for (size_t i = 0; i < COUNT(types); i++) {
        const char *name = types[i].name;

        CHECK(name, types[i].type == i);
        CHECK(name, object_size_bits(types[i].type, types[i].size_bits) == types[i].object_bits);
        CHECK(name, object_is_frame(types[i].type) == types[i].is_frame);
        for (word_t bits = 0; bits < WORD_BITS; bits++)
            CHECK(name, object_is_too_small(types[i].type, bits) == (bits < types[i].smallest));
    }
    assert_int_equal(object_size_bits(OBJECT_TYPES, 4), WORD_BITS);
}

/* The first cap has all rights; nothing is mapped, guarded or badged. Only threads need more. */
static void test_first_caps(void **context)
{
    static char memory[4096] __attribute__((aligned(4096)));
    static const char zero[sizeof(memory)];

    (void)context;
    host_reset();
    state.domain = 7;
    for (size_t i = 0; i < COUNT(types); i++) {
        const char *name = types[i].name;
        struct cap cap = object_create(types[i].type, types[i].size_bits, memory, false);

        CHECK(name, cap_type(cap) == types[i].cap && cap_field(cap) == types[i].field);
        CHECK(name, cap_object(cap) == memory && cap.w1 == 0);
        if (types[i].type == OBJECT_TCB) {
            CHECK(name, ((struct tcb *)memory)->domain == 7);
            ((struct tcb *)memory)->domain = 0;
        }
        CHECK(name, memcmp(memory, zero, sizeof(memory)) == 0);
        if (types[i].is_frame || types[i].type == OBJECT_UNTYPED) {
            cap = object_create(types[i].type, types[i].size_bits, memory, true);
            CHECK(name, cap_field(cap) == (types[i].field | 1) && cap_object(cap) == memory);
        }
    }
}

/* ---- the model ---------------------------------------------------------------------------- */

#define BITS 16u /* of the untyped that all is made of */
#define SLOTS 64u
#define FIRST 2u /* slots before: the untyped, the CNode */
#define SEEDS 60u
#define STEPS 400u
#define DEVICE_BASE UINT64_C(0x9000000)

static struct cte slots[SLOTS];
static char memory[1u << BITS] __attribute__((aligned(1u << BITS)));
static word_t base; /* of all addresses: of memory, or DEVICE_BASE */

/* What a slot stands for. used: offset in the untyped behind the last object made of it. */
static struct node {
    bool full;
    enum object_type type;
    word_t address, size, used;
    unsigned parent;
} model[SLOTS];

static bool has_children(unsigned slot)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (model[i].full && i != slot && model[i].parent == slot)
            return true;
    }
    return false;
}

static bool is_empty(unsigned first, unsigned count)
{
    while (count > 0 && !model[first + count - 1].full)
        count--;
    return count == 0;
}

/* Tries one address after the other; false: there is no room for all. */
static bool naive_place(const struct node *untyped, word_t used, word_t size, unsigned count,
                        word_t *first)
{
    word_t at = untyped->address + used;
    word_t end = untyped->address + untyped->size;

    while (at < end && at % size != 0)
        at++;
    *first = at;
    for (unsigned i = 0; i < count; i++) {
        if (at + size > end)
            return false;
        at += size;
    }
    return true;
}

static void start(bool is_device)
{
    host_reset();
    memset(slots, 0, sizeof(slots));
    memset(memory, 0, sizeof(memory));
    memset(model, 0, sizeof(model));
    base = is_device ? DEVICE_BASE : (word_t)memory;
    cte_insert_root(cap_make(CAP_UNTYPED, BITS << 1 | is_device, (void *)base, 0), &slots[0]);
    cte_insert_root(host_cnode(slots, 6), &slots[1]);
    model[0] = (struct node){ true, OBJECT_UNTYPED, base, 1u << BITS, 0, SLOTS };
    model[1] = (struct node){ true, OBJECT_CAP_TABLE, 0, 0, 0, SLOTS };
}

/* A new object is zero; users then write what they want into what is theirs. */
static void use_memory(const struct node *node)
{
    char *bytes = (char *)node->address;
    word_t first = node->type == OBJECT_TCB ? sizeof(struct tcb) : 0; /* initialised */

    if (base == DEVICE_BASE)
        return;
    for (word_t i = first; i < node->size; i++)
        assert_int_equal(bytes[i], 0);
    if (node->type != OBJECT_UNTYPED && node->type != OBJECT_CAP_TABLE && first == 0)
        memset(bytes, 0xa5, node->size);
}

static void check_caps(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        const struct node *node = &model[i];

        assert_int_equal(cap_type(slots[i].cap) != CAP_NULL, node->full);
        if (!node->full || i == 1)
            continue;
        assert_ptr_equal(cap_object(slots[i].cap), (void *)node->address);
        assert_int_equal(cte_has_children(&slots[i]),
                         node->type == OBJECT_UNTYPED && has_children(i));
        if (node->type == OBJECT_UNTYPED)
            assert_int_equal(untyped_free_bytes_used(slots[i].cap), node->used);
        for (unsigned j = 0; j < i; j++) { /* apart, or one was made of the other */
            bool apart = node->address + node->size <= model[j].address ||
                         model[j].address + model[j].size <= node->address;
            bool untyped = node->type == OBJECT_UNTYPED || model[j].type == OBJECT_UNTYPED;

            assert_true(!model[j].full || apart || untyped);
        }
    }
}

static enum exception invoke_retype(unsigned untyped, const word_t mr[6])
{
    struct host_message message = { LABEL_UNTYPED_RETYPE, 6, { 0 }, { &slots[1] } };
    enum exception status;
    unsigned passes = 0;

    memcpy(message.mr, mr, 6 * sizeof(mr[0]));
    do { /* a reset may be preempted at any unit of work */
        struct invocation inv = host_invocation(&slots[untyped], &message);

        state.work_units = random_below(WORK_UNITS_PER_PREEMPTION);
        status = decode_untyped(&inv);
        assert_true(++passes < 100);
    } while (status == EXCEPTION_PREEMPTED);
    return status;
}

static void step_retype(unsigned untyped)
{
    static const word_t sizes[] = { 4, 5, 7, 8, 10, 12 };
    enum object_type type = (enum object_type)random_below(OBJECT_TYPES);
    word_t size_bits = type == OBJECT_CAP_TABLE ? 1 + random_below(5) : sizes[random_below(6)];
    unsigned first = FIRST + random_below(SLOTS - FIRST), count = 1 + random_below(4);
    word_t size, used, at;
    enum exception status;

    if (type == OBJECT_SCHED_CONTEXT && size_bits < 7)
        size_bits = 7;
    if (first + count > SLOTS || !is_empty(first, count))
        return;
    size = (word_t)1 << object_size_bits(type, size_bits);
    used = has_children(untyped) ? model[untyped].used : 0;
    status = invoke_retype(untyped, (word_t[6]){ type, size_bits, 0, 0, first, count });
    if (!naive_place(&model[untyped], used, size, count, &at)) {
        assert_int_equal(status, EXCEPTION_SYSCALL_ERROR);
        assert_int_equal(state.error.code, ERROR_NOT_ENOUGH_MEMORY);
        assert_int_equal(state.error.range_min, model[untyped].size - used);
        return;
    }
    if (base == DEVICE_BASE && !object_is_frame(type) && type != OBJECT_UNTYPED) {
        assert_int_equal(status, EXCEPTION_SYSCALL_ERROR);
        assert_int_equal(state.error.code, ERROR_INVALID_ARGUMENT);
        return;
    }
    assert_int_equal(status, EXCEPTION_NONE);
    for (unsigned i = 0; i < count; i++) {
        model[first + i] = (struct node){ true, type, at + i * size, size, 0, untyped };
        use_memory(&model[first + i]);
    }
    model[untyped].used = at + count * size - model[untyped].address;
}

/* A second cap to an untyped: the first one is full from now on. */
static void step_copy(unsigned untyped)
{
    unsigned to = FIRST + random_below(SLOTS - FIRST);
    struct derived derived = cap_derive(&slots[untyped], slots[untyped].cap);

    assert_int_equal(derived.status == EXCEPTION_NONE, !has_children(untyped));
    if (derived.status != EXCEPTION_NONE || model[to].full || model[untyped].used != 0)
        return;
    cte_insert(derived.cap, &slots[untyped], &slots[to]);
    model[to] = model[untyped];
    model[to].parent = untyped;
    model[untyped].used = model[untyped].size;
}

static void model_delete(unsigned slot)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (model[i].full && model[i].parent == slot)
            model[i].parent = model[slot].parent;
    }
    model[slot] = (struct node){ .full = false };
}

static void step_delete(unsigned slot)
{
    while (cte_delete(&slots[slot]) == EXCEPTION_PREEMPTED) {
    }
    model_delete(slot);
}

static void step_revoke(unsigned slot)
{
    bool again = true;

    while (cte_revoke(&slots[slot]) == EXCEPTION_PREEMPTED) {
    }
    while (again) {
        again = false;
        for (unsigned i = 0; i < SLOTS; i++) {
            if (model[i].full && model[i].parent == slot) {
                model_delete(i); /* its children are the next ones of `slot` */
                again = true;
            }
        }
    }
}

static void random_step(void)
{
    unsigned slot = random_one_in(3) ? 0 : random_below(SLOTS);

    if (!model[slot].full || slot == 1)
        return;
    if (model[slot].type == OBJECT_UNTYPED && !random_one_in(8)) {
        if (random_one_in(20))
            step_copy(slot);
        else
            step_retype(slot);
    } else if (slot != 0 && !random_one_in(6)) {
        step_delete(slot);
    } else if (random_one_in(4)) {
        step_revoke(slot);
    }
}

static void run(bool is_device)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        random_seed(seed);
        start(is_device);
        for (unsigned i = 0; i < STEPS; i++) {
            random_step();
            check_caps();
        }
        step_revoke(0);
        check_caps();
    }
}

static void test_random_memory(void **context)
{
    (void)context;
    random_announce("memory", 1, SEEDS);
    run(false);
}

static void test_random_device(void **context)
{
    (void)context;
    random_announce("device", 1, SEEDS);
    run(true);
}

/* retype_place() over all small cases: what the allocator finds. */
static void test_all_small_places(void **context)
{
    struct node untyped = { .size = 128 };
    word_t first;

    (void)context;
    for (word_t used = 0; used <= 128; used++) {
        for (word_t bits = 0; bits <= 8; bits++) {
            for (unsigned count = 1; count <= 130; count++) {
                struct retype_place place = retype_place(7, used, bits, count);
                bool fits = naive_place(&untyped, used, (word_t)1 << bits, count, &first);

                assert_int_equal(place.fits, fits);
                assert_int_equal(place.available, 128 - used);
                assert_true(!fits || place.first == first);
                assert_true(!fits || place.end == first + ((word_t)count << bits));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_first_caps),
        cmocka_unit_test(test_random_memory),
        cmocka_unit_test(test_random_device),
        cmocka_unit_test(test_all_small_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
