/* SPDX-License-Identifier: BSD-2-Clause */
/* Breakpoints and single steps: refusals, which breakpoint a fault names, counting steps. */
#include "host_kernel.h"

#include <string.h>

#include <kernel/ipc.h>

static struct tcb thread;
static struct cte slot;
static unsigned faults, restarts;

void fault_raise(struct tcb *tcb)
{
    tcb->fault = state.fault;
    faults++;
}
void debug_restart(struct tcb *tcb)
{
    (void)tcb;
    restarts++;
}

static int start(void **context)
{
    (void)context;
    host_reset();
    memset(&thread, 0, sizeof(thread));
    slot = (struct cte){ .cap = cap_make(CAP_THREAD, 0, &thread, 0) };
    state.current = &thread;
    faults = restarts = 0;
    return 0;
}

static enum exception call(word_t label, word_t length, const word_t *mr)
{
    struct host_message message = { .label = label, .length = length };
    struct invocation inv;
    enum exception status = EXCEPTION_PREEMPTED;

    memcpy(message.mr, mr, length * sizeof(*mr));
    inv = host_invocation(&slot, &message);
    assert_true(debug_invocation(&inv, &status));
    return status;
}
#define CALL(label, length, ...) call(LABEL_TCB_##label, length, (word_t[8]){ __VA_ARGS__ })

static const struct refusal {
    const char *name;
    word_t mr[5];
    enum error_code code;
    word_t argument;
} refusals[] = {
    { "address", { 0, USER_TOP, 9, 9, 9 }, ERROR_INVALID_ARGUMENT, 1 },
    { "type", { 0, 0, 2, 9, 9 }, ERROR_INVALID_ARGUMENT, 2 },
    { "instruction: size", { 6, 0, 1, 4, 9 }, ERROR_INVALID_ARGUMENT, 3 },
    { "instruction: access", { 6, 0, 1, 0, 1 }, ERROR_INVALID_ARGUMENT, 4 },
    { "instruction: number", { 6, 0, 1, 0, 0 }, ERROR_INVALID_ARGUMENT, 2 },
    { "instruction: no such number", { 10, 0, 1, 0, 0 }, ERROR_INVALID_ARGUMENT, 2 },
    { "data: size 0", { 5, 0, 0, 0, 9 }, ERROR_INVALID_ARGUMENT, 3 },
    { "data: number", { 5, 1, 0, 16, 3 }, ERROR_INVALID_ARGUMENT, 2 },
    { "data: access", { 10, 1, 0, 8, 3 }, ERROR_INVALID_ARGUMENT, 3 },
    { "data: size 3", { 10, 1, 0, 3, 2 }, ERROR_INVALID_ARGUMENT, 3 },
    { "data: size 16", { 10, 1, 0, 16, 2 }, ERROR_INVALID_ARGUMENT, 3 },
    { "data: alignment", { 10, 4, 0, 8, 2 }, ERROR_ALIGNMENT, 0 },
    { "data: no such number", { 10, 8, 0, 8, 2 }, ERROR_RANGE, 0 },
};

static void test_refusals(void **context)
{
    (void)context;
    for (unsigned i = 0; i < COUNT(refusals); i++) {
        const struct refusal *row = &refusals[i];

        CHECK(row->name, call(LABEL_TCB_SET_BREAKPOINT, 5, row->mr) == EXCEPTION_SYSCALL_ERROR);
        CHECK(row->name, state.error.code == row->code);
        CHECK(row->name,
              row->code != ERROR_INVALID_ARGUMENT || state.error.argument == row->argument);
        if (row->code == ERROR_RANGE)
            CHECK(row->name, state.error.range_min == 0 && state.error.range_max == 9);
    }
    assert_int_equal(CALL(SET_BREAKPOINT, 4, 0, 0, 1, 0), EXCEPTION_SYSCALL_ERROR);
    assert_int_equal(state.error.code, ERROR_TRUNCATED_MESSAGE);
    for (unsigned i = 0; i < BREAKPOINTS; i++)
        assert_false(thread.debug.breakpoint[i].enabled);
}

static void test_other_labels(void **context)
{
    struct host_message message = { .label = LABEL_TCB_SET_TLS_BASE };
    struct invocation inv = host_invocation(&slot, &message);
    enum exception status;

    (void)context;
    assert_false(debug_invocation(&inv, &status));
    assert_int_equal(LABEL_TCB_SET_TLS_BASE, 20);
    assert_int_equal(TCB_BITS, 12);
}

/* The breakpoint that a fault names: of its type, enabled, at the address or reached from it. */
static void test_numbers(void **context)
{
    static const struct {
        word_t type;
        vaddr_t address;
        word_t number;
    } table[] = {
        { BREAK_INSTRUCTION, 0x1000, 2 }, { BREAK_INSTRUCTION, 0x2000, 4 },
        { BREAK_DATA, 0x8004, 7 },        { BREAK_DATA, 0x8007, 7 },
        { BREAK_DATA, 0x8000, 7 },        { BREAK_DATA, 0x8010, 9 },
        { BREAK_DATA, 0x7ff0, 7 }, /* an access that begins before */
    };

    (void)context;
    assert_int_equal(CALL(SET_BREAKPOINT, 5, 2, 0x1000, 1, 0, 0), EXCEPTION_NONE);
    assert_int_equal(CALL(SET_BREAKPOINT, 5, 4, 0x2002, 1, 0, 0), EXCEPTION_NONE);
    assert_int_equal(CALL(SET_BREAKPOINT, 5, 7, 0x8004, 0, 4, 1), EXCEPTION_NONE);
    assert_int_equal(CALL(SET_BREAKPOINT, 5, 8, 0x8000, 0, 8, 1), EXCEPTION_NONE);
    assert_int_equal(CALL(SET_BREAKPOINT, 5, 9, 0x8010, 0, 1, 2), EXCEPTION_NONE);
    assert_int_equal(CALL(UNSET_BREAKPOINT, 1, 8), EXCEPTION_NONE);
    for (unsigned i = 0; i < COUNT(table); i++) {
        assert_true(debug_raise((enum breakpoint_type)table[i].type, table[i].address));
        assert_int_equal(thread.fault.type, FAULT_DEBUG);
        assert_int_equal(thread.fault.word[0], table[i].type);
        assert_int_equal(thread.fault.word[1], table[i].address);
        assert_int_equal(thread.fault.word[2], table[i].number);
        assert_int_equal(debug_fault_words(&thread.fault), 3);
        assert_true(debug_fault_reply(&thread, 1, 5)); /* a word means nothing here */
    }
    assert_false(thread.debug.stepping);
    assert_true(debug_raise(BREAK_REQUEST, 0));
    assert_int_equal(debug_fault_words(&thread.fault), 1);
}

static void test_steps(void **context)
{
    (void)context;
    assert_int_equal(CALL(CONFIGURE_SINGLE_STEPPING, 2, 10, 1), EXCEPTION_SYSCALL_ERROR);
    assert_int_equal(state.error.code, ERROR_RANGE);
    assert_int_equal(CALL(CONFIGURE_SINGLE_STEPPING, 2, 5, 3), EXCEPTION_NONE);
    assert_true(thread.debug.stepping);
    for (unsigned i = 0; i < 2; i++) {
        thread.debug.step_pending = true;
        assert_true(debug_raise(BREAK_STEP, 0));
        assert_int_equal(faults, 0);
        assert_false(thread.debug.step_pending);
    }
    assert_true(debug_raise(BREAK_STEP, 0));
    assert_int_equal(faults, 1);
    assert_int_equal(debug_fault_words(&thread.fault), 1);
    assert_true(debug_raise(BREAK_STEP, 0)); /* resumed, not answered: the next one too */
    assert_int_equal(faults, 2);
    assert_true(debug_fault_reply(&thread, 1, 2));
    assert_int_equal(thread.debug.steps_left, 2);
    assert_true(debug_fault_reply(&thread, 0, 77)); /* no word: one */
    assert_int_equal(thread.debug.steps_left, 1);
    assert_true(debug_fault_reply(&thread, 1, 0));
    assert_false(thread.debug.stepping);
    assert_false(debug_fault_reply(&thread, 1, 1)); /* it was not to be stepped any more */
    assert_true(debug_raise(BREAK_STEP, 0));        /* under way when it was ended */
    assert_int_equal(faults, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_refusals, start),
        cmocka_unit_test_setup(test_other_labels, start),
        cmocka_unit_test_setup(test_numbers, start),
        cmocka_unit_test_setup(test_steps, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
