/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults as messages, and the answers to them (abi 6). */
#include "host_system.h"

#define EP SLOT_ENDPOINT
#define RECEIVE                                                                                    \
    (struct host_call)                                                                             \
    {                                                                                              \
        .number = SYS_RECV, .cptr = EP, .reply = SLOT_REPLY_OBJECT                                 \
    }

/* Thread 0 handles faults of thread 1, which runs. */
static void handle(word_t rights)
{
    host_start();
    host_run(0, 20, 5 * US, 5 * US);
    host_syscall(RECEIVE);
    host_run(1, 10, 1 * US, 10 * US);
    host_badge(SLOT_FREE, EP, 0xfa);
    thread[1]->slot[TCB_FAULT_HANDLER].cap = cap_mask_rights(slots[SLOT_FREE].cap, rights);
    assert_int_equal(host_current(), 1);
}

static void answer(word_t label, word_t length, const word_t mr[6])
{
    struct host_call call = {
        .number = SYS_SEND, .cptr = SLOT_REPLY_OBJECT, .label = label, .length = length
    };

    for (unsigned i = 0; mr != NULL && i < 6; i++) {
        call.mr[i] = mr[i];
    }
    host_syscall(call);
    host_syscall((struct host_call){ .number = SYS_WAIT, .cptr = SLOT_NOTIFICATION });
}

static void test_vm_fault(void **unused)
{
    (void)unused;
    handle(RIGHTS_ALL);
    host_vm_fault(0xdead000);
    assert_int_equal(host_current(), 0);
    assert_int_equal(thread[0]->context.x[0], 0xfa);
    assert_int_equal(thread[0]->context.x[1], info_make(FAULT_VM, 0, 0, 4));
    assert_int_equal(host_mr(0, 0), thread[1]->fault_pc);
    assert_int_equal(host_mr(0, 1), 0xdead000);
    assert_int_equal(host_mr(0, 2), 0);
    assert_int_equal(host_mr(0, 3), 0x92000046);
    thread[1]->context.pc = 1;
    answer(99, 0, NULL); /* whatever the label */
    assert_int_equal(host_current(), 1);
    assert_int_equal(thread[1]->context.pc, thread[1]->fault_pc);
    assert_int_equal(thread[1]->fault.type, FAULT_NONE);
}

static void test_unknown_syscall(void **unused)
{
    static const word_t registers[6] = { 100, 101, 102, 103, 104, 105 };
    word_t *buffer = host_buffer[0];

    (void)unused;
    handle(RIGHTS_ALL);
    host_syscall((struct host_call){ .number = -77, .cptr = 41 });
    assert_int_equal(thread[0]->context.x[1], info_make(FAULT_UNKNOWN_SYSCALL, 0, 0, 13));
    assert_int_equal(host_mr(0, 0), 41);
    assert_int_equal(buffer[1 + 8], thread[1]->fault_pc);
    assert_int_equal(buffer[1 + 10], thread[1]->fault_pc + 4); /* "LR": the next pc */
    assert_int_equal(buffer[1 + 12], (word_t)-77);
    buffer[1 + 8] += 4; /* skip it */
    buffer[1 + 11] = ~UINT64_C(0);
    answer(0, 12, registers);
    assert_int_equal(host_current(), 1);
    assert_int_equal(thread[1]->context.x[0], 100);
    assert_int_equal(thread[1]->context.x[5], 105);
    assert_int_equal(thread[1]->context.pc, thread[1]->fault_pc);
    assert_int_equal(thread[1]->context.spsr, 0xf0000140); /* flags are the user's, no more */
}

static void test_answer_that_stops(void **unused)
{
    (void)unused;
    handle(RIGHTS_ALL);
    host_syscall((struct host_call){ .number = -77 });
    answer(1, 0, NULL);
    assert_int_equal(thread[1]->status, THREAD_INACTIVE);
}

/* Fault in the receive phase: where, and why. */
static const struct cap_fault {
    const char *name;
    struct host_call call;
    word_t address, in_receive, failure, length;
    bool quiet; /* no fault at all */
} cap_faults[] = {
    { "receive from an empty slot",
      { .number = SYS_RECV, .cptr = SLOT_FREE + 9 },
      SLOT_FREE + 9,
      1,
      LOOKUP_MISSING,
      5,
      false },
    { "receive beyond the CSpace",
      { .number = SYS_RECV, .cptr = 1 << 20 },
      1 << 20,
      1,
      LOOKUP_GUARD,
      7,
      false },
    { "receive with a cap that is no reply",
      { .number = SYS_RECV, .cptr = EP + 1, .reply = EP },
      EP,
      1,
      LOOKUP_MISSING,
      5,
      false },
    { "receive with a reply beyond the CSpace",
      { .number = SYS_NB_RECV, .cptr = EP + 1, .reply = 1 << 20 },
      1 << 20,
      1,
      LOOKUP_GUARD,
      7,
      false },
    { "receive from a thread",
      { .number = SYS_WAIT, .cptr = SLOT_TCB },
      SLOT_TCB,
      1,
      LOOKUP_MISSING,
      5,
      false },
    { "send beyond the CSpace",
      { .number = SYS_SEND, .cptr = 1 << 20 },
      1 << 20,
      0,
      LOOKUP_GUARD,
      7,
      false },
    { "call with an extra cap beyond the CSpace",
      { .number = SYS_CALL, .cptr = EP + 1, .caps = 1, .cap = { 1 << 20 } },
      1 << 20,
      0,
      LOOKUP_GUARD,
      7,
      false },
    { "non-blocking send beyond the CSpace",
      { .number = SYS_NB_SEND, .cptr = 1 << 20 },
      0,
      0,
      0,
      0,
      true },
};

static void test_cap_faults(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < COUNT(cap_faults); i++) {
        const struct cap_fault *row = &cap_faults[i];
        word_t pc;

        handle(RIGHTS_ALL);
        host_syscall(row->call);
        CHECK(row->name, (host_current() == 1) == row->quiet);
        if (row->quiet) {
            continue;
        }
        pc = thread[1]->fault_pc;
        CHECK(row->name, thread[0]->context.x[1] == info_make(FAULT_CAP, 0, 0, row->length));
        CHECK(row->name, host_mr(0, 0) == pc && host_mr(0, 1) == row->address);
        CHECK(row->name, host_mr(0, 2) == row->in_receive && host_mr(0, 3) == row->failure);
        answer(5, 0, NULL);
        CHECK(row->name, host_current() == 1 && thread[1]->context.pc == pc);
    }
}

static void test_handler_on_faulters_time(void **unused)
{
    (void)unused;
    handle(RIGHTS_ALL);
    sched_context_unbind_tcb(context[0]);
    host_vm_fault(0x1000);
    assert_int_equal(host_current(), 0);
    assert_ptr_equal(thread[0]->sched_context, context[1]);
    host_syscall(
        (struct host_call){ .number = SYS_REPLY_RECV, .cptr = EP, .reply = SLOT_REPLY_OBJECT });
    assert_int_equal(host_current(), 1);
    assert_ptr_equal(thread[1]->sched_context, context[1]);
}

static void test_nobody_to_answer(void **unused)
{
    (void)unused;
    host_start(); /* the handler waits without reply object */
    host_run(0, 20, 5 * US, 5 * US);
    host_syscall((struct host_call){ .number = SYS_WAIT, .cptr = EP });
    host_run(1, 10, 5 * US, 5 * US);
    thread[1]->slot[TCB_FAULT_HANDLER].cap = slots[EP].cap;
    host_vm_fault(0x1000);
    assert_int_equal(host_current(), 0);
    assert_int_equal(info_label(thread[0]->context.x[1]), FAULT_VM);
    assert_int_equal(thread[1]->status, THREAD_INACTIVE);
    host_start(); /* no handler at all */
    host_run(1, 10, 5 * US, 5 * US);
    host_vm_fault(0x1000);
    assert_int_equal(thread[1]->status, THREAD_INACTIVE);
    assert_int_equal(host_current(), THREADS);
}

/* A queued fault whose endpoint goes: the thread stops; resumed, it repeats the instruction. */
static void test_endpoint_goes(void **unused)
{
    (void)unused;
    host_start();
    host_run(1, 10, 5 * US, 5 * US);
    thread[1]->slot[TCB_FAULT_HANDLER].cap = slots[EP].cap;
    host_vm_fault(0x1000);
    assert_int_equal(thread[1]->status, THREAD_BLOCKED_ON_SEND);
    assert_true(endpoint_finalise(&endpoint[0]));
    sched_run();
    assert_int_equal(thread[1]->status, THREAD_INACTIVE);
    host_run(0, 20, 5 * US, 5 * US);
    assert_int_equal(
        host_invoke((struct host_call){ .cptr = SLOT_TCB + 1, .label = LABEL_TCB_RESUME }),
        ERROR_NONE);
    assert_int_equal(thread[1]->fault.type, FAULT_NONE);
    assert_true(tcb_is_schedulable(thread[1]));
}

static void set_timeout_handler(void)
{
    handle(RIGHTS_ALL);
    thread[1]->slot[TCB_TIMEOUT_HANDLER].cap = thread[1]->slot[TCB_FAULT_HANDLER].cap;
}

static void test_timeout(void **unused)
{
    (void)unused;
    set_timeout_handler();
    host_pass(999);
    assert_int_equal(host_current(), 1);
    host_pass(1);
    assert_int_equal(host_current(), 0);
    assert_int_equal(thread[0]->context.x[1], info_make(FAULT_TIMEOUT, 0, 0, 2));
    assert_int_equal(host_mr(0, 0), 0x5c1);
    assert_int_equal(host_mr(0, 1), 1000);
    assert_ptr_equal(thread[1]->sched_context, context[1]); /* it stays with the faulter */
    answer(0, 0, NULL);
    assert_int_equal(host_current(), THREADS); /* without budget until its next refill */
    assert_true(thread[1]->in_release_queue);
    host_pass(9 * US);
    assert_int_equal(host_current(), 1);
}

/* A reply gives back a context that is used up: the caller's timeout handler is told. */
static void test_timeout_at_reply(void **unused)
{
    (void)unused;
    set_timeout_handler();
    host_run(2, 15, 5 * US, 5 * US);
    host_syscall(
        (struct host_call){ .number = SYS_RECV, .cptr = EP + 1, .reply = SLOT_REPLY_OBJECT + 2 });
    sched_context_unbind_tcb(context[2]);
    host_syscall((struct host_call){ .number = SYS_CALL, .cptr = EP + 1 });
    assert_int_equal(host_current(), 2);
    host_pass(1 * US); /* the server has no timeout handler: it just waits */
    assert_int_equal(host_current(), THREADS);
    sched_context_bind_tcb(context[3], thread[3]); /* unconfigured */
    host_run(4, 30, 5 * US, 5 * US);
    reply_send(&reply[2], thread[4], true); /* another holder of the cap answers */
    sched_run();
    assert_int_equal(thread[1]->fault.type, FAULT_TIMEOUT);
    assert_int_equal(thread[1]->status, THREAD_BLOCKED_ON_REPLY);
}

static void test_round_robin_has_no_timeout(void **unused)
{
    (void)unused;
    set_timeout_handler();
    refill_new(context[1], 2, us_to_ticks(US), 0, state.now);
    host_pass(10 * US);
    assert_int_equal(host_current(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vm_fault),
        cmocka_unit_test(test_unknown_syscall),
        cmocka_unit_test(test_answer_that_stops),
        cmocka_unit_test(test_cap_faults),
        cmocka_unit_test(test_handler_on_faulters_time),
        cmocka_unit_test(test_nobody_to_answer),
        cmocka_unit_test(test_endpoint_goes),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_timeout_at_reply),
        cmocka_unit_test(test_round_robin_has_no_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
