/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages between threads: order, words, badges, capabilities, errors (abi 2.3, 5.5, 7.4). */
#include "host_system.h"

#define EP SLOT_ENDPOINT
#define RECV(i)                                                                                    \
    {                                                                                              \
        .number = SYS_RECV, .cptr = EP, .reply = SLOT_REPLY_OBJECT + (i)                           \
    }

/* Thread 0 receives on the endpoint; thread 1, of lower priority, runs. */
static void serve(void)
{
    host_start();
    host_run(0, 20, 5 * US, 5 * US);
    host_syscall((struct host_call)RECV(0));
    host_run(1, 10, 5 * US, 5 * US);
    assert_int_equal(host_current(), 1);
}

static void test_call_and_reply(void **unused)
{
    (void)unused;
    serve();
    host_badge(SLOT_FREE, EP, 0xb0b);
    host_syscall((struct host_call){ .number = SYS_CALL,
                                     .cptr = SLOT_FREE,
                                     .label = 0x1234567,
                                     .length = 6,
                                     .mr = { 1, 2, 3, 4, 5, 6 } });
    assert_int_equal(host_current(), 0);
    assert_int_equal(thread[1]->status, THREAD_BLOCKED_ON_REPLY);
    assert_int_equal(thread[0]->context.x[0], 0xb0b);
    assert_int_equal(thread[0]->context.x[1], info_make(0x1234567, 0, 0, 6));
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(host_mr(0, i), i + 1);
    }
    assert_int_equal(host_buffer[0][1 + 4], 5);
    assert_int_equal(host_buffer[0][1 + 5], 6);
    assert_int_equal(thread[0]->context.x[6], SLOT_REPLY_OBJECT);
    host_syscall((struct host_call){ .number = SYS_REPLY_RECV,
                                     .cptr = EP,
                                     .label = 7,
                                     .length = 2,
                                     .mr = { 40, 41, 42 },
                                     .reply = SLOT_REPLY_OBJECT });
    assert_int_equal(host_current(), 1);
    assert_int_equal(thread[1]->context.x[0], 0); /* replies have no badge */
    assert_int_equal(thread[1]->context.x[1], info_make(7, 0, 0, 2));
    assert_int_equal(host_mr(1, 0), 40);
    assert_int_equal(host_mr(1, 1), 41);
    assert_int_equal(host_mr(1, 2), 3); /* beyond the length: as it was */
    assert_int_equal(thread[0]->status, THREAD_BLOCKED_ON_RECEIVE);
}

static void test_send_leaves_registers(void **unused)
{
    struct host_call send = { .number = SYS_SEND,
                              .cptr = EP,
                              .label = 9,
                              .length = 1,
                              .mr = { 11, 12, 13, 14 },
                              .reply = 66,
                              .destination = 88 };

    (void)unused;
    serve();
    host_syscall(send);
    assert_int_equal(host_current(), 0);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(host_mr(1, i), send.mr[i]);
    }
    assert_int_equal(thread[1]->context.x[0], EP);
    assert_int_equal(thread[1]->context.x[6], 66);
    assert_int_equal(thread[1]->context.x[8], 88);
    assert_int_equal(thread[1]->status, THREAD_RUNNING);
}

static void test_senders_by_priority(void **unused)
{
    static const unsigned priority[] = { 0, 12, 14, 13, 14 };
    static const unsigned order[] = { 2, 4, 3, 1 };

    (void)unused;
    host_start();
    for (unsigned i = 1; i < COUNT(priority); i++) {
        host_run(i, priority[i], 5 * US, 5 * US);
        host_syscall((struct host_call){ .number = SYS_SEND, .cptr = EP, .label = i });
        assert_int_equal(thread[i]->status, THREAD_BLOCKED_ON_SEND);
    }
    host_run(0, 20, 5 * US, 5 * US);
    for (unsigned i = 0; i < COUNT(order); i++) {
        host_syscall((struct host_call)RECV(0));
        assert_int_equal(info_label(thread[0]->context.x[1]), order[i]);
        assert_int_equal(host_current(), 0);
    }
}

static void test_non_blocking(void **unused)
{
    (void)unused;
    host_start();
    host_run(1, 10, 5 * US, 5 * US);
    host_syscall((struct host_call){ .number = SYS_NB_SEND, .cptr = EP, .label = 1 });
    assert_int_equal(thread[1]->status, THREAD_RUNNING); /* dropped */
    host_syscall((struct host_call){
        .number = SYS_NB_RECV, .cptr = EP, .label = 3, .reply = SLOT_REPLY_OBJECT });
    assert_int_equal(thread[1]->context.x[0], 0);
    assert_int_equal(info_label(thread[1]->context.x[1]), 3); /* untouched */
    assert_null(reply[0].tcb);
}

/* Without rights to be answered, or nobody to answer through: delivered, and the caller stops. */
static void test_call_without_answer(void **unused)
{
    (void)unused;
    serve();
    slots[SLOT_FREE].cap = cap_mask_rights(slots[EP].cap, RIGHT_WRITE);
    host_syscall((struct host_call){ .number = SYS_CALL, .cptr = SLOT_FREE, .label = 5 });
    assert_int_equal(info_label(thread[0]->context.x[1]), 5);
    assert_int_equal(thread[1]->status, THREAD_INACTIVE);
    host_start();
    host_run(0, 20, 5 * US, 5 * US);
    host_syscall((struct host_call){ .number = SYS_WAIT, .cptr = EP });
    host_run(1, 10, 5 * US, 5 * US);
    host_syscall((struct host_call){ .number = SYS_CALL, .cptr = EP, .label = 5 });
    assert_int_equal(info_label(thread[0]->context.x[1]), 5);
    assert_int_equal(thread[1]->status, THREAD_INACTIVE);
}

static void test_caps(void **unused)
{
    word_t *receiver = host_buffer[0];

    (void)unused;
    serve();
    receiver[IPC_BUFFER_RECEIVE_CNODE] = SLOT_ROOT;
    receiver[IPC_BUFFER_RECEIVE_CNODE + 1] = SLOT_FREE + 9;
    receiver[IPC_BUFFER_RECEIVE_CNODE + 2] = 64;
    host_badge(SLOT_FREE, EP, 0xaa);
    host_badge(SLOT_FREE + 1, EP, 0xbb);
    /* The endpoint itself, a capability, the endpoint again: badge, cap, badge. */
    host_syscall((struct host_call){ .number = SYS_CALL,
                                     .cptr = SLOT_FREE,
                                     .caps = 3,
                                     .cap = { SLOT_FREE, SLOT_NOTIFICATION, SLOT_FREE + 1 } });
    assert_int_equal(thread[0]->context.x[1], info_make(0, 5, 3, 0));
    assert_int_equal(receiver[IPC_BUFFER_CAPS_WORD], 0xaa);
    assert_int_equal(receiver[IPC_BUFFER_CAPS_WORD + 2], 0xbb);
    assert_true(cap_same_object(slots[SLOT_FREE + 9].cap, slots[SLOT_NOTIFICATION].cap));
    /* A second one: the receive slot is taken. */
    host_syscall(
        (struct host_call){ .number = SYS_REPLY_RECV, .cptr = EP, .reply = SLOT_REPLY_OBJECT });
    host_syscall((struct host_call){
        .number = SYS_CALL, .cptr = SLOT_FREE, .caps = 1, .cap = { SLOT_NOTIFICATION } });
    assert_int_equal(info_extra_caps(thread[0]->context.x[1]), 0);
}

static void test_caps_need_grant(void **unused)
{
    (void)unused;
    serve();
    slots[SLOT_FREE].cap = cap_mask_rights(slots[EP].cap, RIGHT_WRITE | RIGHT_GRANT_REPLY);
    host_syscall(
        (struct host_call){ .number = SYS_CALL, .cptr = SLOT_FREE, .caps = 1, .cap = { EP } });
    assert_int_equal(thread[0]->context.x[1], 0);
    assert_int_equal(thread[1]->status, THREAD_BLOCKED_ON_REPLY);
}

/* Invocation errors: a Call is told, others hear nothing. */
static void test_errors(void **unused)
{
    static const struct {
        const char *name;
        word_t cptr;
        enum error_code error;
    } rows[] = {
        { "empty slot", SLOT_FREE, ERROR_INVALID_CAPABILITY },
        { "endpoint that may not be written", SLOT_FREE + 1, ERROR_INVALID_CAPABILITY },
        { "notification that may not be written", SLOT_FREE + 2, ERROR_INVALID_CAPABILITY },
        { "label that the thread does not know", SLOT_TCB, ERROR_ILLEGAL_OPERATION },
        { "reply with nobody waiting", SLOT_REPLY_OBJECT + 3, ERROR_NONE },
        { "notification", SLOT_NOTIFICATION, ERROR_NONE },
    };

    (void)unused;
    host_start();
    host_run(1, 10, 5 * US, 5 * US);
    slots[SLOT_FREE + 1].cap = cap_mask_rights(slots[EP].cap, RIGHT_READ | RIGHT_GRANT);
    slots[SLOT_FREE + 2].cap = cap_mask_rights(slots[SLOT_NOTIFICATION].cap, RIGHT_READ);
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct host_call call = { .cptr = rows[i].cptr, .label = LABEL_DOMAIN_SET };

        CHECK(rows[i].name, host_invoke(call) == rows[i].error);
        call.number = SYS_SEND;
        host_syscall(call);
        CHECK(rows[i].name, thread[1]->context.x[0] == rows[i].cptr);
        CHECK(rows[i].name, info_label(thread[1]->context.x[1]) == LABEL_DOMAIN_SET);
        CHECK(rows[i].name, host_current() == 1);
    }
}

/* A first phase that fails, or names an object it may not, is skipped; the receive goes on. */
static void test_first_phase(void **unused)
{
    static const word_t first[] = { SLOT_FREE, SLOT_TCB + 1, SLOT_CONTROL, 1u << 20 };

    (void)unused;
    for (unsigned i = 0; i < COUNT(first); i++) {
        host_start();
        host_run(1, 10, 5 * US, 5 * US);
        host_syscall((struct host_call){ .number = SYS_NB_SEND_RECV,
                                         .destination = first[i],
                                         .cptr = EP,
                                         .label = LABEL_TCB_SUSPEND,
                                         .reply = SLOT_REPLY_OBJECT });
        assert_int_equal(thread[1]->status, THREAD_BLOCKED_ON_RECEIVE);
        assert_ptr_equal(thread[1]->blocking_object, &endpoint[0]);
    }
}

static void test_endpoint_goes(void **unused)
{
    word_t pc;

    (void)unused;
    serve();
    pc = thread[0]->fault_pc;
    assert_int_equal(
        host_invoke((struct host_call){
            .cptr = SLOT_ROOT, .label = LABEL_CNODE_DELETE, .length = 2, .mr = { EP, 64 } }),
        ERROR_NONE);
    /* The receiver repeats its Recv, finds nothing there and faults, unheard. */
    assert_int_equal(host_current(), 0);
    assert_int_equal(thread[0]->context.pc, pc);
    host_syscall((struct host_call)RECV(0));
    assert_int_equal(thread[0]->status, THREAD_INACTIVE);
    assert_int_equal(state.fault.type, FAULT_CAP);
}

static void test_cancel_badged(void **unused)
{
    (void)unused;
    host_start();
    host_badge(SLOT_FREE + 1, EP, 1);
    host_badge(SLOT_FREE + 2, EP, 2);
    for (unsigned i = 1; i < 5; i++) {
        host_run(i, 20, 5 * US, 5 * US);
        host_syscall((struct host_call){ .number = SYS_CALL, .cptr = SLOT_FREE + 1 + i % 2 });
    }
    host_run(0, 10, 5 * US, 5 * US);
    assert_int_equal(host_invoke((struct host_call){ .cptr = SLOT_ROOT,
                                                     .label = LABEL_CNODE_CANCEL_BADGED_SENDS,
                                                     .length = 2,
                                                     .mr = { SLOT_FREE + 1, 64 } }),
                     ERROR_NONE);
    assert_true(tcb_is_runnable(thread[2]) && tcb_is_runnable(thread[4]));
    assert_int_equal(thread[1]->status, THREAD_BLOCKED_ON_SEND);
    assert_int_equal(thread[3]->status, THREAD_BLOCKED_ON_SEND);
    assert_int_equal(state.current->context.pc, state.current->fault_pc); /* repeats its call */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call_and_reply),      cmocka_unit_test(test_send_leaves_registers),
        cmocka_unit_test(test_senders_by_priority), cmocka_unit_test(test_non_blocking),
        cmocka_unit_test(test_call_without_answer), cmocka_unit_test(test_caps),
        cmocka_unit_test(test_caps_need_grant),     cmocka_unit_test(test_errors),
        cmocka_unit_test(test_first_phase),         cmocka_unit_test(test_endpoint_goes),
        cmocka_unit_test(test_cancel_badged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
