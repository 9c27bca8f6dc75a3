/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals, and what is bound to notifications (abi 3.7, 7.5). */
#include "host_system.h"

#define EP SLOT_ENDPOINT
#define NTFN SLOT_NOTIFICATION

static void wait(void)
{
    host_syscall((struct host_call){ .number = SYS_WAIT, .cptr = NTFN, .label = 77 });
}

static void signal(word_t slot)
{
    host_syscall((struct host_call){ .number = SYS_SEND, .cptr = slot });
}

static void test_signals_add_up(void **unused)
{
    (void)unused;
    host_start();
    host_badge(SLOT_FREE, NTFN, 5);
    host_badge(SLOT_FREE + 1, NTFN, 8);
    host_run(0, 10, 5 * US, 5 * US);
    signal(SLOT_FREE);
    signal(SLOT_FREE + 1);
    wait();
    assert_int_equal(thread[0]->context.x[0], 13);
    assert_int_equal(info_label(thread[0]->context.x[1]), 77); /* only x0 is written */
    host_syscall((struct host_call){ .number = SYS_NB_WAIT, .cptr = NTFN });
    assert_int_equal(thread[0]->context.x[0], 0);
}

static void test_highest_waiter_first(void **unused)
{
    (void)unused;
    host_start();
    host_badge(SLOT_FREE, NTFN, 5);
    for (unsigned i = 1; i < 4; i++) {
        host_run(i, 10 + i % 3, 5 * US, 5 * US); /* 11, 12, 10 */
        wait();
    }
    host_run(0, 50, 5 * US, 5 * US);
    signal(SLOT_FREE);
    assert_int_equal(thread[2]->status, THREAD_RUNNING);
    assert_int_equal(thread[2]->context.x[0], 5);
    signal(SLOT_FREE);
    assert_int_equal(thread[1]->status, THREAD_RUNNING);
    assert_int_equal(thread[3]->status, THREAD_BLOCKED_ON_NOTIFICATION);
}

static void bind(unsigned i)
{
    assert_int_equal(host_invoke((struct host_call){ .cptr = SLOT_TCB + i,
                                                     .caps = 1,
                                                     .label = LABEL_TCB_BIND_NOTIFICATION,
                                                     .cap = { NTFN } }),
                     ERROR_NONE);
}

static void test_bound(void **unused)
{
    (void)unused;
    host_start();
    host_run(1, 20, 5 * US, 5 * US);
    bind(1);
    host_syscall((struct host_call){ .number = SYS_RECV, .cptr = EP, .reply = SLOT_REPLY_OBJECT });
    host_run(0, 10, 5 * US, 5 * US);
    host_badge(SLOT_FREE, NTFN, 5);
    signal(SLOT_FREE);
    assert_int_equal(host_current(), 1);
    assert_int_equal(thread[1]->context.x[0], 5);
    assert_null(reply[0].tcb); /* no longer receiving with it */
    /* An active one is consumed first, senders wait. */
    host_syscall((struct host_call){ .number = SYS_SEND, .cptr = SLOT_FREE });
    host_syscall(
        (struct host_call){ .number = SYS_NB_RECV, .cptr = EP, .reply = SLOT_REPLY_OBJECT });
    assert_int_equal(thread[1]->context.x[0], 5);
    /* Another thread may not wait on it. */
    tcb_finalise(thread[1]);
    sched_run();
    assert_null(notification[0].bound_tcb);
}

static void test_bound_to_another(void **unused)
{
    (void)unused;
    host_start();
    host_run(0, 10, 5 * US, 5 * US);
    bind(1);
    wait();
    assert_int_equal(state.fault.type, FAULT_CAP);
    assert_int_equal(thread[0]->status, THREAD_INACTIVE);
}

/* SC of thread and notification: the first wait makes the thread passive, a signal wakes it. */
static void test_lazy_unbind(void **unused)
{
    (void)unused;
    host_start();
    host_run(1, 20, 5 * US, 5 * US);
    sched_context_bind_notification(context[1], &notification[0]);
    wait();
    assert_null(thread[1]->sched_context);
    assert_null(context[1]->tcb);
    host_run(0, 10, 5 * US, 5 * US);
    signal(NTFN);
    assert_int_equal(host_current(), 1);
    assert_ptr_equal(thread[1]->sched_context, context[1]);
    wait();
    assert_null(context[1]->tcb);
    /* The thread goes while it runs on the lent context: that serves the next waiter. */
    signal(NTFN);
    tcb_finalise(thread[1]);
    sched_run();
    assert_ptr_equal(context[1]->notification, &notification[0]);
    host_run(2, 30, 5 * US, 5 * US);
    wait();
    sched_context_unbind_tcb(context[2]);
    signal(NTFN);
    assert_ptr_equal(thread[2]->sched_context, context[1]);
}

/* A passive thread bound to the notification runs on its context, and calls still donate. */
static void test_passive_bound(void **unused)
{
    (void)unused;
    host_start();
    host_run(1, 20, 5 * US, 5 * US);
    sched_context_bind_notification(context[1], &notification[0]);
    bind(1);
    host_syscall((struct host_call){ .number = SYS_RECV, .cptr = EP, .reply = SLOT_REPLY_OBJECT });
    assert_null(thread[1]->sched_context);
    host_run(0, 10, 5 * US, 5 * US);
    host_syscall((struct host_call){ .number = SYS_CALL, .cptr = EP });
    assert_ptr_equal(thread[1]->sched_context, context[0]);
    host_syscall(
        (struct host_call){ .number = SYS_REPLY_RECV, .cptr = EP, .reply = SLOT_REPLY_OBJECT });
    assert_int_equal(host_current(), 0);
    signal(NTFN);
    assert_int_equal(host_current(), 1);
    assert_ptr_equal(thread[1]->sched_context, context[1]);
}

static void test_notification_goes(void **unused)
{
    (void)unused;
    host_start();
    host_run(1, 20, 5 * US, 5 * US);
    wait();
    host_run(0, 10, 5 * US, 5 * US);
    sched_context_bind_notification(context[2], &notification[0]);
    assert_int_equal(
        host_invoke((struct host_call){
            .cptr = SLOT_ROOT, .label = LABEL_CNODE_DELETE, .length = 2, .mr = { NTFN, 64 } }),
        ERROR_NONE);
    assert_int_equal(host_current(), 1);
    assert_int_equal(thread[1]->context.pc, thread[1]->fault_pc);
    assert_null(context[2]->notification);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals_add_up),
        cmocka_unit_test(test_highest_waiter_first),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_bound_to_another),
        cmocka_unit_test(test_lazy_unbind),
        cmocka_unit_test(test_passive_bound),
        cmocka_unit_test(test_notification_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
