/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt control, handlers and software-generated interrupts (abi 3.9). */
#include "host_kernel.h"

#include <string.h>

#define D 64u
#define NO_SLOT UINT64_C(0x1000) /* behind the guard */

enum { EMPTY, ROOT, CONTROL, HANDLER, SGI, SGI_ELSEWHERE, NTFN, READ_ONLY, ENDPOINT, USED };
static struct cte slots[16];
static struct notification notification;

static enum exception call(unsigned slot, struct host_message message)
{
    struct invocation inv = host_invocation(&slots[slot], &message);

    switch (cap_type(slots[slot].cap)) {
    case CAP_IRQ_CONTROL:
        return decode_irq_control(&inv);
    case CAP_IRQ_HANDLER:
        return decode_irq_handler(&inv);
    default:
        return decode_sgi_signal(&inv);
    }
}

static enum exception get(word_t irq, unsigned slot)
{
    return call(CONTROL, (struct host_message){ .label = LABEL_IRQ_ISSUE_HANDLER,
                                                .length = 3,
                                                .mr = { irq, slot, D },
                                                .extra = { &slots[ROOT] } });
}
static enum exception issue_sgi(word_t irq, word_t target, unsigned slot)
{
    return call(CONTROL, (struct host_message){ .label = LABEL_IRQ_ISSUE_SGI_SIGNAL,
                                                .length = 4,
                                                .mr = { irq, target, slot, D },
                                                .extra = { &slots[ROOT] } });
}
static enum exception notify(unsigned slot)
{
    return call(HANDLER,
                (struct host_message){ .label = LABEL_IRQ_SET_HANDLER, .extra = { &slots[slot] } });
}
static void acknowledge(void)
{
    assert_int_equal(call(HANDLER, (struct host_message){ .label = LABEL_IRQ_ACK }),
                     EXCEPTION_NONE);
}
static void raise(unsigned slot)
{
    assert_int_equal(call(slot, (struct host_message){ .label = 99 }), EXCEPTION_NONE);
}

static int start(void **context)
{
    (void)context;
    host_reset();
    memset(slots, 0, sizeof(slots));
    cte_insert_root(host_cnode(slots, 4), &slots[ROOT]);
    cte_insert_root(cap_make(CAP_IRQ_CONTROL, 0, NULL, 0), &slots[CONTROL]);
    cte_insert_root(cap_make(CAP_NOTIFICATION, 3, &notification, 0), &slots[NTFN]);
    cte_insert(cap_make(CAP_NOTIFICATION, 2, &notification, 0), &slots[NTFN], &slots[READ_ONLY]);
    cte_insert_root(cap_make(CAP_ENDPOINT, 15, (void *)0x1000, 0), &slots[ENDPOINT]);
    cte_insert_root(cap_make(CAP_ENDPOINT, 15, (void *)0x2000, 0), &slots[USED]);
    state.irq[IRQ_VIRTUAL_TIMER].active = true;
    return 0;
}

static const struct refusal {
    const char *name;
    struct host_message message;
    enum error_code code;
    word_t first, second; /* argument, or range */
    bool no_root;
} refusals[] = {
    { "label", { .label = LABEL_IRQ_ACK, .length = 4 }, ERROR_ILLEGAL_OPERATION, 0, 0, false },
    { "get: length",
      { .label = LABEL_IRQ_ISSUE_HANDLER, .length = 2 },
      ERROR_TRUNCATED_MESSAGE,
      0,
      0,
      false },
    { "get: no root",
      { .label = LABEL_IRQ_ISSUE_HANDLER, .length = 3 },
      ERROR_TRUNCATED_MESSAGE,
      0,
      0,
      true },
    { "get: number, before the slot",
      { .label = LABEL_IRQ_ISSUE_HANDLER, .length = 3, .mr = { 160, NO_SLOT, 65 } },
      ERROR_RANGE,
      0,
      159,
      false },
    { "get: the kernel's timer",
      { .label = LABEL_IRQ_ISSUE_HANDLER, .length = 3, .mr = { 27, USED, D } },
      ERROR_REVOKE_FIRST,
      0,
      0,
      false },
    { "get: depth",
      { .label = LABEL_IRQ_ISSUE_HANDLER, .length = 3, .mr = { 33, EMPTY, 65 } },
      ERROR_RANGE,
      1,
      64,
      false },
    { "get: occupied",
      { .label = LABEL_IRQ_ISSUE_HANDLER, .length = 3, .mr = { 33, USED, D } },
      ERROR_DELETE_FIRST,
      0,
      0,
      false },
    { "trigger: length",
      { .label = LABEL_IRQ_ISSUE_HANDLER_TRIGGER, .length = 3, .mr = { 33, 1, EMPTY } },
      ERROR_TRUNCATED_MESSAGE,
      0,
      0,
      false },
    { "sgi: length",
      { .label = LABEL_IRQ_ISSUE_SGI_SIGNAL, .length = 3 },
      ERROR_TRUNCATED_MESSAGE,
      0,
      0,
      false },
    { "sgi: number",
      { .label = LABEL_IRQ_ISSUE_SGI_SIGNAL, .length = 4, .mr = { 16, 8, USED, D } },
      ERROR_RANGE,
      0,
      15,
      false },
    { "sgi: target",
      { .label = LABEL_IRQ_ISSUE_SGI_SIGNAL, .length = 4, .mr = { 15, 8, USED, D } },
      ERROR_INVALID_ARGUMENT,
      1,
      0,
      false },
    { "sgi: occupied",
      { .label = LABEL_IRQ_ISSUE_SGI_SIGNAL, .length = 4, .mr = { 15, 7, USED, D } },
      ERROR_DELETE_FIRST,
      0,
      0,
      false },
};

static void test_refusals(void **context)
{
    (void)context;
    for (unsigned i = 0; i < COUNT(refusals); i++) {
        const struct refusal *row = &refusals[i];
        struct host_message message = row->message;

        message.extra[0] = row->no_root ? NULL : &slots[ROOT];
        CHECK(row->name, call(CONTROL, message) == EXCEPTION_SYSCALL_ERROR);
        CHECK(row->name, state.error.code == row->code);
        if (row->code == ERROR_RANGE)
            CHECK(row->name,
                  state.error.range_min == row->first && state.error.range_max == row->second);
        if (row->code == ERROR_INVALID_ARGUMENT)
            CHECK(row->name, state.error.argument == row->first);
        CHECK(row->name, host_calls.irq_operations == 0 && !state.irq[33].active);
    }
}

static void test_handler(void **context)
{
    (void)context;
    assert_int_equal(get(33, HANDLER), EXCEPTION_NONE);
    assert_true(state.irq[33].active);
    assert_int_equal(host_calls.irq_operations, 1); /* unmasked at once */
    assert_int_equal(get(33, EMPTY), EXCEPTION_SYSCALL_ERROR);
    assert_int_equal(state.error.code, ERROR_REVOKE_FIRST);
    irq_deliver(33); /* nobody to tell */
    assert_int_equal(host_calls.signals, 0);
    assert_int_equal(call(HANDLER, (struct host_message){ .label = LABEL_IRQ_SET_HANDLER }),
                     EXCEPTION_SYSCALL_ERROR);
    assert_int_equal(state.error.code, ERROR_TRUNCATED_MESSAGE);
    for (unsigned bad = READ_ONLY; bad <= ENDPOINT; bad++) {
        assert_int_equal(notify(bad), EXCEPTION_SYSCALL_ERROR);
        assert_int_equal(state.error.code, ERROR_INVALID_CAPABILITY);
        assert_int_equal(state.error.argument, 0);
    }
    assert_int_equal(notify(NTFN), EXCEPTION_NONE);
    assert_int_equal(notify(NTFN), EXCEPTION_NONE); /* replaces its own copy */
    irq_deliver(33);
    assert_int_equal(host_calls.signals, 1);
    assert_int_equal(call(HANDLER, (struct host_message){ .label = LABEL_IRQ_CLEAR_HANDLER }),
                     EXCEPTION_NONE);
    irq_deliver(33);
    assert_int_equal(host_calls.signals, 1);
    assert_int_equal(call(HANDLER, (struct host_message){ .label = LABEL_IRQ_ISSUE_HANDLER }),
                     EXCEPTION_SYSCALL_ERROR);
    assert_int_equal(state.error.code, ERROR_ILLEGAL_OPERATION);
    assert_int_equal(cte_delete(&slots[HANDLER]), EXCEPTION_NONE);
    assert_true(!state.irq[33].active);
    assert_int_equal(host_calls.irq_operations, 2); /* masked */
}

/* Masked from its delivery until Ack; what comes meanwhile is one interrupt later. */
static void test_sgi(void **context)
{
    (void)context;
    assert_int_equal(get(3, HANDLER), EXCEPTION_NONE);
    assert_int_equal(notify(NTFN), EXCEPTION_NONE);
    assert_int_equal(issue_sgi(3, 0, SGI), EXCEPTION_NONE);
    assert_int_equal(issue_sgi(3, 7, SGI_ELSEWHERE), EXCEPTION_NONE);
    raise(SGI_ELSEWHERE); /* there is no node but this one */
    assert_int_equal(host_calls.signals, 0);
    raise(SGI);
    assert_int_equal(host_calls.signals, 1);
    raise(SGI);
    raise(SGI);
    assert_int_equal(host_calls.signals, 1);
    acknowledge();
    assert_int_equal(host_calls.signals, 2);
    acknowledge();
    acknowledge();
    assert_int_equal(host_calls.signals, 2);
    raise(SGI);
    assert_int_equal(host_calls.signals, 3);
    assert_int_equal(host_calls.irq_operations, 0); /* no line is touched */
}

/* Raised while nobody handles it, it is pending for who comes. */
static void test_sgi_without_handler(void **context)
{
    (void)context;
    assert_int_equal(issue_sgi(15, 0, SGI), EXCEPTION_NONE);
    raise(SGI);
    assert_int_equal(get(15, HANDLER), EXCEPTION_NONE); /* taken at once, by nobody: masked */
    assert_int_equal(notify(NTFN), EXCEPTION_NONE);
    raise(SGI);
    assert_int_equal(host_calls.signals, 0);
    acknowledge();
    assert_int_equal(host_calls.signals, 1);
    assert_int_equal(cte_delete(&slots[HANDLER]), EXCEPTION_NONE);
    raise(SGI);
    assert_int_equal(host_calls.signals, 1);
    assert_int_equal(cte_revoke(&slots[CONTROL]), EXCEPTION_NONE); /* the SGI cap goes with it */
    assert_int_equal(cap_type(slots[SGI].cap), CAP_NULL);
}

static void test_delivery_out_of_range(void **context)
{
    (void)context;
    irq_deliver(IRQS);
    irq_deliver(~UINT64_C(0));
    assert_int_equal(host_calls.signals, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_refusals, start),
        cmocka_unit_test_setup(test_handler, start),
        cmocka_unit_test_setup(test_sgi, start),
        cmocka_unit_test_setup(test_sgi_without_handler, start),
        cmocka_unit_test_setup(test_delivery_out_of_range, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
