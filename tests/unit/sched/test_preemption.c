/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long operations in passes, with real threads that wait and come back: each ends, whoever runs in
 * between.
 */
#include "host_system.h"

#include <kernel/tcb.h>

#define EP SLOT_ENDPOINT
#define NTFN SLOT_NOTIFICATION
#define BADGED (SLOT_FREE + 8)
#define WORKER 0u /* deletes, at the lowest priority */

/* Threads 1 to 7 make `call`, each above the worker; then the worker runs. */
static void start_waiters(struct host_call call)
{
    host_start();
    host_run(WORKER, 5, 5 * US, 5 * US);
    host_badge(BADGED, EP, 9);
    for (unsigned i = 1; i < THREADS; i++) {
        call.reply = SLOT_REPLY_OBJECT + i;
        host_run(i, 10, 5 * US, 5 * US);
        assert_int_equal(host_current(), i);
        host_syscall(call);
    }
    assert_int_equal(host_current(), WORKER);
}

static void two_units_left(void)
{
    state.work_units = WORK_UNITS_PER_PREEMPTION - 2;
}

/*
 * The worker calls until it is answered; whoever was let go repeats `call` at once. The number of
 * passes; `repeated` counts calls of others.
 */
static unsigned run_passes(struct host_call work, struct host_call call, unsigned *repeated)
{
    unsigned passes = 0;

    *repeated = 0;
    for (;;) {
        unsigned i = host_current();

        if (i == WORKER && passes > 0 && thread[WORKER]->context.x[1] == 0) {
            return passes; /* answered: success, no words */
        }
        if (i == WORKER) {
            two_units_left();
            host_syscall(work);
            passes++;
        } else {
            call.reply = SLOT_REPLY_OBJECT + i;
            host_syscall(call);
            (*repeated)++;
        }
        assert_true(passes < 20);
    }
}

static const struct host_call receive = { .number = SYS_RECV, .cptr = EP };
static const struct host_call wait = { .number = SYS_WAIT, .cptr = NTFN };
static const struct host_call send = { .number = SYS_SEND, .cptr = BADGED, .length = 1 };

static struct host_call on_slot(word_t label, word_t slot)
{
    return (struct host_call){
        .number = SYS_CALL, .cptr = SLOT_ROOT, .label = label, .length = 2, .mr = { slot, 64 }
    };
}

/* Those who were let go find no endpoint any more, although it is not quite gone. */
static void test_endpoint_in_passes(void **unused)
{
    unsigned repeated;

    (void)unused;
    start_waiters(receive);
    assert_int_equal(run_passes(on_slot(LABEL_CNODE_REVOKE, EP), receive, &repeated), 1);
    assert_int_equal(run_passes(on_slot(LABEL_CNODE_DELETE, EP), receive, &repeated), 4);
    assert_int_equal(repeated, THREADS - 1);
    assert_int_equal(cap_type(slots[EP].cap), CAP_NULL);
    for (unsigned i = 1; i < THREADS; i++) {
        assert_int_equal(thread[i]->status, THREAD_INACTIVE); /* a fault without a handler */
        assert_null(reply[i].tcb);
    }
}

static void test_notification_in_passes(void **unused)
{
    unsigned repeated;

    (void)unused;
    start_waiters(wait);
    notification_bind(&notification[0], thread[3]);
    sched_context_bind_notification(context[3], &notification[0]);
    assert_int_equal(run_passes(on_slot(LABEL_CNODE_DELETE, NTFN), wait, &repeated), 4);
    assert_int_equal(repeated, THREADS - 1);
    assert_null(thread[3]->bound_notification);
    assert_null(context[3]->notification);
    assert_int_equal(notification[0].state, NOTIFICATION_IDLE);
}

/* The senders still have the cap and send again, at once: each is cancelled once. */
static void test_cancel_in_passes(void **unused)
{
    unsigned repeated;

    (void)unused;
    start_waiters(send);
    assert_in_range(run_passes(on_slot(LABEL_CNODE_CANCEL_BADGED_SENDS, BADGED), send, &repeated),
                    4, 5);
    assert_int_equal(repeated, THREADS - 1);
    for (unsigned i = 1; i < THREADS; i++) {
        assert_int_equal(thread[i]->status, THREAD_BLOCKED_ON_SEND);
    }
    assert_int_equal(thread[WORKER]->progress, 0);
}

/* What was kept of a pass is of no use to a thread that was sent elsewhere. */
static void test_written_registers_begin_anew(void **unused)
{
    (void)unused;
    start_waiters(send);
    two_units_left();
    host_syscall(on_slot(LABEL_CNODE_CANCEL_BADGED_SENDS, BADGED));
    assert_true(thread[WORKER]->progress != 0);
    assert_int_equal(host_invoke((struct host_call){ .cptr = SLOT_TCB + WORKER,
                                                     .label = LABEL_TCB_WRITE_REGISTERS,
                                                     .length = 3,
                                                     .mr = { 0, 1, 0x5000 } }),
                     ERROR_NONE);
    assert_int_equal(thread[WORKER]->progress, 0);
    thread[WORKER]->progress = 1;
    assert_int_equal(host_invoke((struct host_call){ .cptr = SLOT_TCB + WORKER,
                                                     .label = LABEL_TCB_COPY_REGISTERS,
                                                     .length = 1,
                                                     .caps = 1,
                                                     .mr = { 4 },
                                                     .cap = { SLOT_TCB + 7 } }),
                     ERROR_NONE);
    assert_int_equal(thread[WORKER]->progress, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoint_in_passes),
        cmocka_unit_test(test_notification_in_passes),
        cmocka_unit_test(test_cancel_in_passes),
        cmocka_unit_test(test_written_registers_begin_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
