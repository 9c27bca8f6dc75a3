/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The derivation list under random operations, against what it stands for: links that agree, a cap
 * that is final exactly when no other slot has the object, an ancestor that stays one (abi 5.3).
 */
#include "host_kernel.h"
#include "random.h"

#define SLOTS 48u
#define OBJECTS 5u
#define STEPS 200000u

static struct cte slots[SLOTS];
static struct cte untyped;

static struct cap object_cap(unsigned object)
{
    static const enum cap_type types[OBJECTS] = { CAP_ENDPOINT, CAP_NOTIFICATION, CAP_THREAD,
                                                  CAP_FRAME, CAP_REPLY };
    static const word_t fields[OBJECTS] = { RIGHTS_ALL, 3, 0, VM_READ_WRITE << 1, 1 };

    return cap_make(types[object], fields[object], (void *)(0x100000 + object * 0x10000ul), 0);
}

static void check_links(void)
{
    unsigned listed = 0, full = 0;

    for (unsigned i = 0; i < SLOTS; i++)
        full += cap_type(slots[i].cap) != CAP_NULL;
    assert_ptr_equal(cte_prev(&untyped), &state.caps);
    for (struct cte *at = &untyped; cte_next(at) != NULL; at = cte_next(at)) {
        assert_ptr_equal(cte_prev(cte_next(at)), at);
        assert_true(cap_type(cte_next(at)->cap) != CAP_NULL);
        listed++;
    }
    assert_int_equal(listed, full); /* all are descendants of the one untyped */
}

static void check_final(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        bool alone = true;

        if (cap_type(slots[i].cap) == CAP_NULL)
            continue;
        for (unsigned j = 0; j < SLOTS; j++)
            alone = alone && (i == j || !cap_same_object(slots[i].cap, slots[j].cap));
        assert_int_equal(cte_is_final(&slots[i]), alone);
    }
}

static void insert_copy(struct cte *from, struct cte *to)
{
    struct cap cap = from->cap;

    if (random_below(3) == 0)
        cap = cap_update_data(cap, random_below(4), false);
    if (cap_type(cap) != CAP_NULL)
        cte_insert(cap, from, to);
}

static void random_step(void)
{
    struct cte *a = &slots[random_below(SLOTS)], *b = &slots[random_below(SLOTS)];
    unsigned object = random_below(OBJECTS);
    bool exists = false;

    if (a == b)
        return;
    switch (random_below(5)) {
    case 0:
        for (unsigned i = 0; i < SLOTS; i++)
            exists = exists || cap_same_object(object_cap(object), slots[i].cap);
        if (!exists && cap_type(a->cap) == CAP_NULL)
            cte_insert_child(object_cap(object), &untyped, a);
        break;
    case 1:
        if (cap_type(a->cap) != CAP_NULL && cap_type(b->cap) == CAP_NULL)
            insert_copy(a, b);
        break;
    case 2:
        if (cap_type(a->cap) != CAP_NULL && cap_type(b->cap) == CAP_NULL)
            cte_move(a->cap, a, b);
        break;
    case 3:
        if (cap_type(a->cap) != CAP_NULL && cap_type(b->cap) != CAP_NULL)
            cte_swap(a->cap, a, b->cap, b);
        break;
    default:
        cte_remove(a);
        break;
    }
}

static void test_random_operations(void **context)
{
    (void)context;
    random_announce("operations", 1, 1);
    random_seed(1);
    host_reset();
    cte_insert_root(cap_make(CAP_UNTYPED, 22 << 1, (void *)0x100000, 0), &untyped);
    for (unsigned step = 0; step < STEPS; step++) {
        random_step();
        check_links();
        if (step % 16 == 0)
            check_final();
    }
}

/* What Revoke on slot 0 removes, after the operations that the name tells. */
static void build(struct cap cap)
{
    host_reset();
    for (unsigned i = 0; i < SLOTS; i++)
        slots[i] = (struct cte){ .next = 0 };
    cte_insert_root(cap_make(CAP_UNTYPED, 22 << 1, (void *)0x100000, 0), &untyped);
    cte_insert_child(cap, &untyped, &slots[0]);
}

static bool full(unsigned slot)
{
    return cap_type(slots[slot].cap) != CAP_NULL;
}

static void test_revoke_original_takes_all(void **context)
{
    (void)context;
    build(object_cap(0));
    insert_copy(&slots[0], &slots[1]);
    cte_insert(cap_update_data(slots[0].cap, 7, false), &slots[0], &slots[2]);
    cte_insert(slots[2].cap, &slots[2], &slots[3]);
    assert_int_equal(cte_revoke(&slots[0]), EXCEPTION_NONE);
    assert_true(full(0) && !full(1) && !full(2) && !full(3));
    assert_int_equal(host_calls.endpoint, 0);
}

static void test_revoke_copy_takes_nothing(void **context)
{
    (void)context;
    build(object_cap(2));
    cte_insert(slots[0].cap, &slots[0], &slots[1]);
    cte_insert(slots[1].cap, &slots[1], &slots[2]);
    assert_int_equal(cte_revoke(&slots[1]), EXCEPTION_NONE);
    assert_true(full(0) && full(1) && full(2));
}

static void test_revoke_badged_takes_its_badge(void **context)
{
    (void)context;
    build(object_cap(0));
    cte_insert(cap_update_data(slots[0].cap, 7, false), &slots[0], &slots[1]);
    cte_insert(slots[1].cap, &slots[1], &slots[2]);                            /* copy of badge 7 */
    cte_insert(cap_update_data(slots[0].cap, 7, false), &slots[0], &slots[3]); /* minted anew */
    cte_insert(cap_update_data(slots[0].cap, 8, false), &slots[0], &slots[4]);
    assert_int_equal(cte_revoke(&slots[1]), EXCEPTION_NONE);
    assert_true(full(0) && full(1) && !full(2) && full(3) && full(4));
    /* Removing the first of a badge passes its place on: no other gets its copies. */
    cte_remove(&slots[1]);
    assert_int_equal(cte_revoke(&slots[3]), EXCEPTION_NONE);
    assert_true(full(3) && full(4));
}

static void test_revoke_irq_control(void **context)
{
    (void)context;
    build(object_cap(0));
    cte_insert_root(cap_make(CAP_IRQ_CONTROL, 0, NULL, 0), &slots[10]);
    cte_insert(cap_make(CAP_IRQ_HANDLER, 40, NULL, 0), &slots[10], &slots[11]);
    cte_insert(slots[11].cap, &slots[11], &slots[12]);
    cte_insert(cap_make(CAP_SGI_SIGNAL, 3, NULL, 0), &slots[10], &slots[13]);
    state.irq[40].active = true;
    assert_int_equal(cte_revoke(&slots[11]), EXCEPTION_NONE);
    assert_true(full(11) && !full(12) && state.irq[40].active);
    assert_int_equal(cte_revoke(&slots[10]), EXCEPTION_NONE);
    assert_true(full(10) && !full(11) && !full(13) && !state.irq[40].active);
    assert_int_equal(host_calls.irq_operations, 1);
}

/* A copied untyped may not hand out the same memory a second time. */
static void test_copy_of_untyped(void **context)
{
    (void)context;
    build(cap_make(CAP_UNTYPED, 16 << 1, (void *)0x100000, 0));
    cte_insert(slots[0].cap, &slots[0], &slots[1]);
    assert_int_equal(untyped_free_bytes_used(slots[0].cap), 0x10000);
    assert_int_equal(untyped_free_bytes_used(slots[1].cap), 0);
    assert_int_equal(cap_derive(&slots[0], slots[0].cap).status, EXCEPTION_SYSCALL_ERROR);
    assert_int_equal(state.error.code, ERROR_REVOKE_FIRST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_revoke_original_takes_all),
        cmocka_unit_test(test_revoke_copy_takes_nothing),
        cmocka_unit_test(test_revoke_badged_takes_its_badge),
        cmocka_unit_test(test_revoke_irq_control),
        cmocka_unit_test(test_copy_of_untyped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
