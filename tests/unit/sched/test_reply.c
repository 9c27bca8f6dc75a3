/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply objects and the travels of scheduling contexts (abi 3.6, 7.4, 7.6). */
#include "host_system.h"

#define EP(i) (SLOT_ENDPOINT + (i))
#define REPLY(i) (SLOT_REPLY_OBJECT + (i))

/* Threads 1..3 are passive servers on endpoints 1..3; thread 0, the client, runs. */
static void serve(const unsigned priority[3])
{
    host_start();
    for (unsigned i = 1; i <= 3; i++) {
        host_run(i, priority[i - 1], 5 * US, 5 * US);
        host_syscall((struct host_call){ .number = SYS_RECV, .cptr = EP(i), .reply = REPLY(i) });
        sched_context_unbind_tcb(context[i]);
    }
    host_run(0, 100, 4 * US, 10 * US);
}

static void call(unsigned to)
{
    host_syscall((struct host_call){ .number = SYS_CALL, .cptr = EP(to), .label = to });
}

static void reply_receive(unsigned self)
{
    host_syscall((struct host_call){
        .number = SYS_REPLY_RECV, .cptr = EP(self), .label = 0x50, .reply = REPLY(self) });
}

static void test_chain(void **unused)
{
    static const unsigned priorities[3][3] = { { 90, 80, 70 },
                                               { 100, 100, 100 },
                                               { 110, 120, 130 } };

    (void)unused;
    for (unsigned p = 0; p < 3; p++) {
        serve(priorities[p]);
        for (unsigned i = 1; i <= 3; i++) {
            call(i);
            assert_int_equal(host_current(), i);
            assert_ptr_equal(thread[i]->sched_context, context[0]);
            assert_ptr_equal(context[0]->reply, &reply[i]);
        }
        for (unsigned i = 3; i >= 1; i--) {
            reply_receive(i);
            assert_int_equal(host_current(), i - 1);
            assert_ptr_equal(thread[i - 1]->sched_context, context[0]);
            assert_null(thread[i]->sched_context);
        }
        assert_null(context[0]->reply);
    }
}

static const unsigned high[3] = { 110, 120, 130 };

/* Deletes the last cap of an object in the name of a supervisor. */
static void delete_slot(word_t slot)
{
    host_run(7, 255, 5 * US, 5 * US);
    assert_int_equal(
        host_invoke((struct host_call){
            .cptr = SLOT_ROOT, .label = LABEL_CNODE_DELETE, .length = 2, .mr = { slot, 64 } }),
        ERROR_NONE);
    host_syscall((struct host_call){ .number = SYS_WAIT, .cptr = SLOT_NOTIFICATION + 3 });
}

static void test_delete_middle(void **unused)
{
    (void)unused;
    serve(high);
    call(1);
    call(2);
    call(3);
    delete_slot(REPLY(2));
    assert_int_equal(thread[1]->status, THREAD_INACTIVE); /* its call has no answer any more */
    assert_int_equal(host_current(), 3);
    reply_receive(3); /* down to the cut */
    assert_int_equal(host_current(), 2);
    assert_null(context[0]->reply);
    reply_receive(2); /* the stack ended here: the context stays */
    assert_ptr_equal(thread[2]->sched_context, context[0]);
    assert_int_equal(thread[0]->status, THREAD_BLOCKED_ON_REPLY);
}

static void test_delete_head(void **unused)
{
    (void)unused;
    serve(high);
    call(1);
    call(2);
    delete_slot(REPLY(2));
    assert_int_equal(thread[1]->status, THREAD_INACTIVE);
    assert_ptr_equal(thread[1]->sched_context, context[0]); /* given back, to no avail */
    assert_null(thread[2]->sched_context);
    assert_int_equal(host_current(), THREADS);
}

static void test_delete_context(void **unused)
{
    (void)unused;
    serve(high);
    call(1);
    call(2);
    delete_slot(SLOT_SC);
    assert_null(thread[2]->sched_context);
    assert_int_equal(host_current(), THREADS);
    assert_int_equal(thread[1]->status, THREAD_BLOCKED_ON_REPLY);
    sched_context_bind_tcb(context[2], thread[2]); /* replies work, no context moves */
    sched_run();
    reply_receive(2);
    assert_int_equal(thread[1]->status, THREAD_RUNNING);
    assert_null(thread[1]->sched_context);
}

static void test_suspend_caller(void **unused)
{
    word_t pc;

    (void)unused;
    serve(high);
    call(1);
    call(2);
    pc = thread[1]->fault_pc;
    tcb_finalise(thread[0]); /* the client goes: its context stays with the callee */
    sched_run();
    assert_int_equal(host_current(), 2);
    assert_ptr_equal(thread[2]->sched_context, context[0]);
    reply_receive(2);
    assert_int_equal(host_current(), 1);
    reply_receive(1);
    assert_ptr_equal(thread[1]->sched_context, context[0]); /* nobody left to return it to */
    assert_true(pc != 0);
}

static void test_resume_restarts_call(void **unused)
{
    word_t pc;

    (void)unused;
    host_start();
    host_run(0, 10, 5 * US, 5 * US);
    call(1); /* nobody there yet */
    pc = thread[0]->fault_pc;
    host_run(7, 255, 5 * US, 5 * US);
    assert_int_equal(
        host_invoke((struct host_call){ .cptr = SLOT_TCB, .label = LABEL_TCB_SUSPEND }),
        ERROR_NONE);
    assert_int_equal(thread[0]->status, THREAD_INACTIVE);
    assert_int_equal(host_invoke((struct host_call){ .cptr = SLOT_TCB, .label = LABEL_TCB_RESUME }),
                     ERROR_NONE);
    host_syscall((struct host_call){ .number = SYS_WAIT, .cptr = SLOT_NOTIFICATION + 3 });
    assert_int_equal(host_current(), 0);
    assert_int_equal(thread[0]->context.pc, pc);
}

/* A reply object in use is taken over by the newer receive: the older one is cancelled. */
static void test_reply_taken_over(void **unused)
{
    (void)unused;
    serve(high);
    call(1);
    host_syscall((struct host_call){ .number = SYS_RECV, .cptr = EP(0), .reply = REPLY(1) });
    assert_int_equal(thread[0]->status, THREAD_INACTIVE);
    assert_ptr_equal(reply[1].tcb, thread[1]);
    host_start();
    host_run(1, 20, 5 * US, 5 * US);
    host_syscall((struct host_call){ .number = SYS_RECV, .cptr = EP(1), .reply = REPLY(1) });
    host_run(2, 20, 5 * US, 5 * US);
    host_syscall((struct host_call){ .number = SYS_RECV, .cptr = EP(1), .reply = REPLY(1) });
    assert_int_equal(thread[1]->status, THREAD_INACTIVE);
    assert_int_equal(thread[2]->status, THREAD_BLOCKED_ON_RECEIVE);
}

/* NBSendWait hands the context on for good (SCHED_CONTEXT_0008). */
static void test_one_way_donation(void **unused)
{
    (void)unused;
    serve(high);
    host_syscall((struct host_call){
        .number = SYS_NB_SEND_WAIT, .reply = EP(1), .cptr = SLOT_NOTIFICATION });
    assert_int_equal(host_current(), 1);
    assert_ptr_equal(thread[1]->sched_context, context[0]);
    assert_null(thread[0]->sched_context);
    host_syscall((struct host_call){ .number = SYS_NB_SEND_WAIT, .reply = EP(2), .cptr = EP(1) });
    assert_int_equal(host_current(), 2);
    assert_ptr_equal(thread[2]->sched_context, context[0]);
    assert_int_equal(thread[1]->status, THREAD_BLOCKED_ON_RECEIVE);
    tcb_finalise(thread[2]);
    assert_null(context[0]->tcb); /* free for a new Bind */
}

static void test_plain_send_donates_nothing(void **unused)
{
    static const int64_t numbers[] = { SYS_SEND, SYS_NB_SEND };

    (void)unused;
    for (unsigned i = 0; i < COUNT(numbers); i++) {
        serve(high);
        host_syscall((struct host_call){ .number = numbers[i], .cptr = EP(1), .label = 3 });
        assert_int_equal(host_current(), 0);
        assert_int_equal(thread[1]->status, THREAD_RUNNING); /* but no time */
        assert_int_equal(info_label(thread[1]->context.x[1]), 3);
    }
}

static void test_queued_call_donates(void **unused)
{
    (void)unused;
    serve(high);
    thread[1]->bound_notification = &notification[0];
    notification[0].bound_tcb = thread[1];
    call(0); /* queued: nobody receives on endpoint 0 */
    ipc_cancel(thread[1]);
    host_run(1, 50, 1 * US, 1 * US);
    sched_context_bind_notification(context[1], &notification[0]);
    /* The thread's context is its notification's: it is returned first, the caller's comes. */
    host_syscall((struct host_call){ .number = SYS_RECV, .cptr = EP(0), .reply = REPLY(1) });
    assert_null(context[1]->tcb);
    assert_ptr_equal(thread[1]->sched_context, context[0]);
    assert_int_equal(host_current(), 1);
}

/* A caller that got another context meanwhile does not get the lent one back. */
static void test_reply_to_owner_of_another(void **unused)
{
    (void)unused;
    serve(high);
    call(1);
    sched_context_bind_tcb(context[5], thread[0]); /* not configured: cannot run */
    reply_receive(1);
    assert_ptr_equal(thread[0]->sched_context, context[5]);
    assert_ptr_equal(thread[1]->sched_context, context[0]);
    assert_int_equal(thread[0]->status, THREAD_RUNNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_delete_middle),
        cmocka_unit_test(test_delete_head),
        cmocka_unit_test(test_delete_context),
        cmocka_unit_test(test_suspend_caller),
        cmocka_unit_test(test_resume_restarts_call),
        cmocka_unit_test(test_reply_taken_over),
        cmocka_unit_test(test_one_way_donation),
        cmocka_unit_test(test_plain_send_donates_nothing),
        cmocka_unit_test(test_queued_call_donates),
        cmocka_unit_test(test_reply_to_owner_of_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
