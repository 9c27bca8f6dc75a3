/* SPDX-License-Identifier: BSD-2-Clause */
/* CNode invocations: which mistake is reported first, and what success leaves (abi 3.4). */
#include "host_kernel.h"

#include <rcoe/rcoe.h>

#include <string.h>

#define D 64u /* depth that resolves slot numbers of the root CNode */

enum { EMPTY, EMPTY2, ROOT, EP, EP_BADGED, TCB, SC, IRQ_CONTROL, UNTYPED, CHILD, NTFN, SLOTS = 16 };
static struct cte slots[SLOTS];

static void start(void)
{
    host_reset();
    for (unsigned i = 0; i < SLOTS; i++)
        slots[i] = (struct cte){ .next = 0 };
    cte_insert_root(host_cnode(slots, 4), &slots[ROOT]);
    cte_insert_root(cap_make(CAP_ENDPOINT, RIGHTS_ALL, (void *)0x100, 0), &slots[EP]);
    cte_insert(cap_update_data(slots[EP].cap, 9, false), &slots[EP], &slots[EP_BADGED]);
    cte_insert_root(cap_make(CAP_THREAD, 0, (void *)0x1000, 0), &slots[TCB]);
    cte_insert_root(cap_make(CAP_SCHED_CONTEXT, 8, (void *)0x2000, 0), &slots[SC]);
    cte_insert_root(cap_make(CAP_IRQ_CONTROL, 0, NULL, 0), &slots[IRQ_CONTROL]);
    cte_insert_root(cap_make(CAP_UNTYPED, 12 << 1, (void *)0x4000, 0), &slots[UNTYPED]);
    cte_insert_child(cap_make(CAP_ENDPOINT, RIGHTS_ALL, (void *)0x4000, 0), &slots[UNTYPED],
                     &slots[CHILD]);
    cte_insert_root(cap_make(CAP_NOTIFICATION, 3, (void *)0x200, 0), &slots[NTFN]);
}

static const struct refusal {
    const char *name;
    word_t label, length, extras;
    word_t mr[8];
    enum error_code error;
    word_t detail[2]; /* range: min, max; lookup: was source, failure */
} refusals[] = {
    { "label below", LABEL_TCB_SET_FLAGS, 8, 1, { 0 }, ERROR_ILLEGAL_OPERATION, { 0 } },
    { "label above", LABEL_IRQ_ISSUE_HANDLER, 8, 1, { 0 }, ERROR_ILLEGAL_OPERATION, { 0 } },
    { "no words", LABEL_CNODE_DELETE, 1, 0, { EP, D }, ERROR_TRUNCATED_MESSAGE, { 0 } },
    { "depth 0", LABEL_CNODE_DELETE, 2, 0, { EP, 0 }, ERROR_RANGE, { 1, 64 } },
    { "bad guard",
      LABEL_CNODE_DELETE,
      2,
      0,
      { 1 << 8 | EP, D },
      ERROR_FAILED_LOOKUP,
      { 0, LOOKUP_GUARD } },
    { "copy: short", LABEL_CNODE_COPY, 3, 1, { EP, D }, ERROR_TRUNCATED_MESSAGE, { 0 } },
    { "copy: no root",
      LABEL_CNODE_COPY,
      5,
      0,
      { EP, D, EP, D, 15 },
      ERROR_TRUNCATED_MESSAGE,
      { 0 } },
    { "copy: occupied, before the source",
      LABEL_CNODE_COPY,
      5,
      1,
      { EP, D, EMPTY, 0, 15 },
      ERROR_DELETE_FIRST,
      { 0 } },
    { "copy: source depth",
      LABEL_CNODE_COPY,
      5,
      1,
      { EMPTY, D, EP, 65, 15 },
      ERROR_RANGE,
      { 1, 64 } },
    { "copy: source empty, before the length",
      LABEL_CNODE_COPY,
      4,
      1,
      { EMPTY, D, EMPTY2, D },
      ERROR_FAILED_LOOKUP,
      { 1, LOOKUP_MISSING } },
    { "copy: rights missing",
      LABEL_CNODE_COPY,
      4,
      1,
      { EMPTY, D, EP, D },
      ERROR_TRUNCATED_MESSAGE,
      { 0 } },
    { "mint: badge missing",
      LABEL_CNODE_MINT,
      5,
      1,
      { EMPTY, D, EP, D, 15 },
      ERROR_TRUNCATED_MESSAGE,
      { 0 } },
    { "copy: underivable",
      LABEL_CNODE_COPY,
      5,
      1,
      { EMPTY, D, IRQ_CONTROL, D, 15 },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "copy: untyped with children",
      LABEL_CNODE_COPY,
      5,
      1,
      { EMPTY, D, UNTYPED, D, 15 },
      ERROR_REVOKE_FIRST,
      { 0 } },
    { "mint: badged already",
      LABEL_CNODE_MINT,
      6,
      1,
      { EMPTY, D, EP_BADGED, D, 15, 0 },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "mutate: endpoint",
      LABEL_CNODE_MUTATE,
      5,
      1,
      { EMPTY, D, EP, D, 4 },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "cancel: empty",
      LABEL_CNODE_CANCEL_BADGED_SENDS,
      2,
      0,
      { EMPTY, D },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "cancel: no endpoint",
      LABEL_CNODE_CANCEL_BADGED_SENDS,
      2,
      0,
      { NTFN, D },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "rotate: one root",
      LABEL_CNODE_ROTATE,
      8,
      1,
      { EMPTY, D, 0, SC, D, 0, TCB, D },
      ERROR_TRUNCATED_MESSAGE,
      { 0 } },
    { "rotate: pivot is source",
      LABEL_CNODE_ROTATE,
      8,
      2,
      { EMPTY, D, 0, TCB, D, 0, TCB, D },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "rotate: pivot is destination",
      LABEL_CNODE_ROTATE,
      8,
      2,
      { SC, D, 0, SC, D, 0, TCB, D },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "rotate: occupied, before empty source",
      LABEL_CNODE_ROTATE,
      8,
      2,
      { EP, D, 0, EMPTY2, D, 0, EMPTY, D },
      ERROR_DELETE_FIRST,
      { 0 } },
    { "rotate: source empty",
      LABEL_CNODE_ROTATE,
      8,
      2,
      { EMPTY, D, 0, SC, D, 0, EMPTY2, D },
      ERROR_FAILED_LOOKUP,
      { 1, LOOKUP_MISSING } },
    { "rotate: pivot empty",
      LABEL_CNODE_ROTATE,
      8,
      2,
      { EMPTY, D, 0, EMPTY2, D, 0, TCB, D },
      ERROR_FAILED_LOOKUP,
      { 0, LOOKUP_MISSING } },
    { "rotate: endpoint",
      LABEL_CNODE_ROTATE,
      8,
      2,
      { EMPTY, D, 0, EP, D, 0, TCB, D },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
};

static enum exception run(word_t label, word_t length, word_t extras, const word_t mr[8])
{
    struct host_message message = { .label = label, .length = length };
    struct invocation inv;

    for (unsigned i = 0; i < 8; i++)
        message.mr[i] = mr[i];
    for (unsigned i = 0; i < extras; i++)
        message.extra[i] = &slots[ROOT];
    inv = host_invocation(&slots[ROOT], &message);
    return decode_cnode(&inv);
}

static void test_refusals(void **context)
{
    (void)context;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const struct refusal *row = &refusals[i];
        struct cte before[SLOTS];

        start();
        for (unsigned s = 0; s < SLOTS; s++)
            before[s] = slots[s];
        rcoe_fingerprint = 1;
        CHECK(row->name,
              run(row->label, row->length, row->extras, row->mr) == EXCEPTION_SYSCALL_ERROR);
        CHECK(row->name, state.error.code == row->error);
        if (row->error == ERROR_RANGE)
            CHECK(row->name, state.error.range_min == row->detail[0] &&
                                 state.error.range_max == row->detail[1]);
        if (row->error == ERROR_FAILED_LOOKUP)
            CHECK(row->name, state.error.lookup_was_source == (row->detail[0] != 0) &&
                                 state.error.lookup == row->detail[1]);
        CHECK(row->name, rcoe_fingerprint == 1); /* refused: nothing was written */
        for (unsigned s = 0; s < SLOTS; s++)
            CHECK(row->name, memcmp(&before[s], &slots[s], sizeof(slots[s])) == 0);
    }
}

static bool run_ok(word_t label, word_t length, word_t extras, const word_t mr[8])
{
    return run(label, length, extras, mr) == EXCEPTION_NONE;
}

static void test_successes(void **context)
{
    (void)context;
    start();
    assert_true(run_ok(LABEL_CNODE_COPY, 5, 1, (word_t[8]){ EMPTY, D, EP, D, RIGHT_READ }));
    assert_int_equal(cap_rights(slots[EMPTY].cap), RIGHT_READ);
    assert_true(run_ok(LABEL_CNODE_MINT, 6, 1, (word_t[8]){ EMPTY2, D, EP, D, 15, 77 }));
    assert_int_equal(cap_badge(slots[EMPTY2].cap), 77);
    assert_true(run_ok(LABEL_CNODE_REVOKE, 2, 0, (word_t[8]){ EP, D }));
    assert_int_equal(cap_type(slots[EMPTY].cap), CAP_NULL);
    assert_int_equal(cap_type(slots[EMPTY2].cap), CAP_NULL);
    assert_int_equal(cap_type(slots[EP].cap), CAP_ENDPOINT);
    assert_true(run_ok(LABEL_CNODE_MOVE, 4, 1, (word_t[8]){ EMPTY, D, EP, D }));
    assert_int_equal(cap_type(slots[EP].cap), CAP_NULL);
    assert_int_equal(host_calls.endpoint, 0);
    assert_true(run_ok(LABEL_CNODE_DELETE, 2, 0, (word_t[8]){ EMPTY, D }));
    assert_int_equal(host_calls.endpoint, 1);
    assert_true(run_ok(LABEL_CNODE_DELETE, 2, 0, (word_t[8]){ EMPTY, D })); /* empty: fine */
    assert_true(run_ok(LABEL_CNODE_REVOKE, 2, 0, (word_t[8]){ EMPTY, D }));
}

static void test_cancel(void **context)
{
    (void)context;
    start();
    assert_true(run_ok(LABEL_CNODE_CANCEL_BADGED_SENDS, 2, 0, (word_t[8]){ EP, D }));
    start();
    assert_true(run_ok(LABEL_CNODE_MINT, 6, 1, (word_t[8]){ EMPTY, D, EP, D, 15, 5 }));
    assert_true(run_ok(LABEL_CNODE_CANCEL_BADGED_SENDS, 2, 0, (word_t[8]){ EMPTY, D }));
    assert_int_equal(host_calls.cancelled_badge, 5);
}

/* Repeated, it knows which senders it was about; answered, it begins anew. */
static void test_cancel_in_passes(void **context)
{
    word_t label = LABEL_CNODE_CANCEL_BADGED_SENDS;

    (void)context;
    start();
    assert_true(run_ok(LABEL_CNODE_MINT, 6, 1, (word_t[8]){ EMPTY, D, EP, D, 15, 5 }));
    state.senders = 300;
    host_calls.waiting = 1;
    assert_int_equal(run(label, 2, 0, (word_t[8]){ EMPTY, D }), EXCEPTION_PREEMPTED);
    assert_int_equal(host_calls.cancelled_before, 300);
    state.senders = 400;
    assert_int_equal(run(label, 2, 0, (word_t[8]){ EMPTY, D }), EXCEPTION_PREEMPTED);
    assert_int_equal(host_calls.cancelled_before, 300);
    progress_end(&host_caller);
    host_calls.waiting = 0;
    assert_true(run_ok(label, 2, 0, (word_t[8]){ EMPTY, D }));
    assert_int_equal(host_calls.cancelled_before, 400);
}

static void test_rotate(void **context)
{
    (void)context;
    start();
    assert_true(run_ok(LABEL_CNODE_ROTATE, 8, 2, (word_t[8]){ EMPTY, D, 0, SC, D, 0, TCB, D }));
    assert_int_equal(cap_type(slots[EMPTY].cap), CAP_SCHED_CONTEXT);
    assert_int_equal(cap_type(slots[SC].cap), CAP_THREAD);
    assert_int_equal(cap_type(slots[TCB].cap), CAP_NULL);
    assert_true(run_ok(LABEL_CNODE_ROTATE, 8, 2, (word_t[8]){ SC, D, 0, EMPTY, D, 0, SC, D }));
    assert_int_equal(cap_type(slots[EMPTY].cap), CAP_THREAD);
    assert_int_equal(cap_type(slots[SC].cap), CAP_SCHED_CONTEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_successes),
        cmocka_unit_test(test_cancel),   cmocka_unit_test(test_cancel_in_passes),
        cmocka_unit_test(test_rotate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
