/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability addresses: what each resolves to, or the exact failure (abi 5.1). */
#include "host_kernel.h"

/*
 * root: radix 4, guard 0xa of 4 bits. Slot 1: CNode `inner`, radix 3, no guard. Slot 2: endpoint.
 * Slot 3 empty. inner slot 5: endpoint.
 */
static struct cte root_slots[16], inner_slots[8];

static struct cap make_space(void)
{
    root_slots[1].cap = cap_make(CAP_CNODE, 3, inner_slots, 0);
    root_slots[2].cap = cap_make(CAP_ENDPOINT, 15, (void *)64, 0);
    inner_slots[5].cap = cap_make(CAP_ENDPOINT, 15, (void *)80, 0);
    return cap_make(CAP_CNODE, 4, root_slots, 0xa << 6 | 4);
}

static const struct {
    const char *name;
    word_t cptr, depth;
    enum lookup_failure failure;
    word_t words[3];
    struct cte *slot;
    word_t left;
} addresses[] = {
    { "one level", 0xa2, 8, LOOKUP_NONE, { 0 }, &root_slots[2], 0 },
    { "empty slot", 0xa3, 8, LOOKUP_NONE, { 0 }, &root_slots[3], 0 },
    { "two levels", 0xa1 << 3 | 5, 11, LOOKUP_NONE, { 0 }, &inner_slots[5], 0 },
    { "the inner node itself", 0xa1, 8, LOOKUP_NONE, { 0 }, &root_slots[1], 0 },
    { "bits above the depth do not count", 0x7700a2, 8, LOOKUP_NONE, { 0 }, &root_slots[2], 0 },
    { "stops at an endpoint", 0xa2 << 5, 13, LOOKUP_NONE, { 0 }, &root_slots[2], 5 },
    { "stops at an empty slot", 0xa3 << 5, 13, LOOKUP_NONE, { 0 }, &root_slots[3], 5 },
    { "wrong guard", 0xb2, 8, LOOKUP_GUARD, { 8, 0xa, 4 }, NULL, 0 },
    { "guard longer than the rest", 0x5, 3, LOOKUP_GUARD, { 3, 0xa, 4 }, NULL, 0 },
    { "depth ends in the index", 0xa << 2, 6, LOOKUP_DEPTH, { 6, 8, 0 }, NULL, 0 },
    { "depth ends in the inner index", 0xa1 << 2, 10, LOOKUP_DEPTH, { 2, 3, 0 }, NULL, 0 },
};

static void test_addresses(void **context)
{
    struct cap root = make_space();

    (void)context;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct lookup found;

        host_reset();
        found = lookup_address(root, addresses[i].cptr, addresses[i].depth);
        CHECK(addresses[i].name,
              (found.status == EXCEPTION_NONE) == (addresses[i].failure == LOOKUP_NONE));
        CHECK(addresses[i].name, found.slot == addresses[i].slot);
        CHECK(addresses[i].name, found.bits_left == addresses[i].left);
        CHECK(addresses[i].name, state.lookup_fault.type == addresses[i].failure);
        for (unsigned w = 0; w < 3; w++)
            CHECK(addresses[i].name, state.lookup_fault.word[w] == addresses[i].words[w]);
    }
}

static const struct {
    const char *name;
    bool root_is_cnode;
    word_t index, depth;
    enum error_code error;
    enum lookup_failure failure;
    word_t words[2];
} targets[] = {
    { "found", true, 0xa3, 8, ERROR_NONE, LOOKUP_NONE, { 0 } },
    { "no CNode, before the depth", false, 0, 0, ERROR_FAILED_LOOKUP, LOOKUP_INVALID_ROOT, { 0 } },
    { "depth 0", true, 0, 0, ERROR_RANGE, LOOKUP_NONE, { 0 } },
    { "depth 65", true, 0, 65, ERROR_RANGE, LOOKUP_NONE, { 0 } },
    { "bits left", true, 0xa2 << 5, 13, ERROR_FAILED_LOOKUP, LOOKUP_DEPTH, { 5, 0 } },
    { "guard", true, 0xb2, 8, ERROR_FAILED_LOOKUP, LOOKUP_GUARD, { 8, 0xa } },
};

static void test_targets(void **context)
{
    struct cap root = make_space();

    (void)context;
    for (size_t i = 0; i < COUNT(targets); i++) {
        struct cap from = targets[i].root_is_cnode ? root : root_slots[2].cap;
        struct lookup found;

        host_reset();
        found = lookup_target(from, targets[i].index, targets[i].depth, true);
        CHECK(targets[i].name, state.error.code == targets[i].error);
        CHECK(targets[i].name,
              (found.status == EXCEPTION_SYSCALL_ERROR) == (targets[i].error != ERROR_NONE));
        if (targets[i].error == ERROR_RANGE)
            CHECK(targets[i].name, state.error.range_min == 1 && state.error.range_max == 64);
        if (targets[i].error == ERROR_FAILED_LOOKUP) {
            CHECK(targets[i].name, state.error.lookup_was_source);
            CHECK(targets[i].name, state.error.lookup == targets[i].failure);
            CHECK(targets[i].name, state.error.lookup_word[0] == targets[i].words[0]);
            CHECK(targets[i].name, state.error.lookup_word[1] == targets[i].words[1]);
        }
    }
}

/* 64 nested nodes of one bit each (CSPACE0001): all bits of the word are used. */
static void test_deepest(void **context)
{
    static struct cte levels[64][2];
    const cptr_t path = UINT64_C(0x123456789abcdef0);
    struct lookup found;

    (void)context;
    host_reset();
    for (unsigned i = 0; i < 63; i++)
        levels[i][(path >> (63 - i)) & 1].cap = cap_make(CAP_CNODE, 1, levels[i + 1], 0);
    found = lookup_address(cap_make(CAP_CNODE, 1, levels[0], 0), path, 64);
    assert_int_equal(found.status, EXCEPTION_NONE);
    assert_ptr_equal(found.slot, &levels[63][path & 1]);
    assert_int_equal(found.bits_left, 0);
}

/* A guard of the whole rest, and a root that resolves slot numbers of 64 bits. */
static void test_long_guards(void **context)
{
    struct cap root;
    struct lookup found;

    (void)context;
    make_space();
    root = host_cnode(root_slots, 4);
    found = lookup_address(root, 2, 64);
    assert_int_equal(found.status, EXCEPTION_NONE);
    assert_ptr_equal(found.slot, &root_slots[2]);
    found = lookup_address(root, UINT64_C(1) << 63 | 2, 64);
    assert_int_equal(found.status, EXCEPTION_LOOKUP_FAULT);
    assert_int_equal(state.lookup_fault.type, LOOKUP_GUARD);
    assert_int_equal(state.lookup_fault.word[0], 64);
    assert_int_equal(state.lookup_fault.word[2], 60);
}

static void test_receive_slot(void **context)
{
    static struct tcb thread;
    word_t buffer[128] = { 0 };

    (void)context;
    make_space();
    thread.slot[TCB_CSPACE].cap = host_cnode(root_slots, 4);
    buffer[IPC_BUFFER_RECEIVE_CNODE] = 1; /* inner */
    buffer[IPC_BUFFER_RECEIVE_CNODE + 1] = 4;
    buffer[IPC_BUFFER_RECEIVE_CNODE + 2] = 3;
    assert_ptr_equal(lookup_receive_slot(&thread, buffer), &inner_slots[4]);
    buffer[IPC_BUFFER_RECEIVE_CNODE + 1] = 5; /* occupied */
    assert_null(lookup_receive_slot(&thread, buffer));
    buffer[IPC_BUFFER_RECEIVE_CNODE + 2] = 0;
    assert_null(lookup_receive_slot(&thread, buffer));
    buffer[IPC_BUFFER_RECEIVE_CNODE] = 2; /* no CNode */
    assert_null(lookup_receive_slot(&thread, buffer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),    cmocka_unit_test(test_targets),
        cmocka_unit_test(test_deepest),      cmocka_unit_test(test_long_guards),
        cmocka_unit_test(test_receive_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
