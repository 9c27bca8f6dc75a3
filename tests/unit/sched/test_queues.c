/* SPDX-License-Identifier: BSD-2-Clause */
/* Ready, release and wait queues: who comes first. */
#include "host_system.h"

static void start(void)
{
    host_start();
    for (unsigned i = 0; i < THREADS; i++) {
        thread[i]->priority = (uint8_t)(i < 4 ? 100 : 200);
        thread[i]->sched_context = context[i];
        context[i]->tcb = thread[i];
        refill_new(context[i], 2, MIN_BUDGET_TICKS, 0, state.now);
    }
}

static void test_ready(void **unused)
{
    (void)unused;
    start();
    assert_null(ready_highest(0));
    assert_true(ready_is_highest(0, 0));
    ready_append(thread[0]);
    ready_append(thread[1]);
    ready_enqueue(thread[2]);
    ready_enqueue(thread[2]); /* already there */
    assert_ptr_equal(ready_highest(0), thread[2]);
    assert_ptr_equal(thread[2]->queue_next, thread[0]);
    assert_ptr_equal(thread[0]->queue_next, thread[1]);
    assert_true(ready_is_highest(0, 100));
    assert_false(ready_is_highest(0, 99));
    ready_enqueue(thread[4]);
    assert_ptr_equal(ready_highest(0), thread[4]);
    assert_null(ready_highest(1)); /* another domain */
    ready_dequeue(thread[4]);
    ready_dequeue(thread[4]); /* no longer there */
    ready_dequeue(thread[0]); /* from the middle */
    assert_ptr_equal(thread[2]->queue_next, thread[1]);
    ready_dequeue(thread[2]);
    ready_dequeue(thread[1]);
    assert_null(ready_highest(0));
}

static void test_every_priority(void **unused)
{
    (void)unused;
    start();
    for (unsigned low = 0; low < PRIORITIES; low++) {
        unsigned high = PRIORITIES - 1 - low;

        thread[0]->priority = (uint8_t)low;
        thread[1]->priority = (uint8_t)high;
        ready_append(thread[0]);
        ready_append(thread[1]);
        assert_ptr_equal(ready_highest(0), low > high ? thread[0] : thread[1]);
        ready_dequeue(thread[0]);
        ready_dequeue(thread[1]);
        assert_int_equal(state.ready_words[0], 0);
    }
}

static void test_release(void **unused)
{
    static const struct {
        unsigned thread;
        ticks_t time;
    } entries[] = { { 0, 50 }, { 1, 20 }, { 2, 50 }, { 3, 70 }, { 4, 20 } };
    static const unsigned order[] = { 1, 4, 0, 2, 3 }; /* by time, then first come first served */
    struct tcb *tcb;

    (void)unused;
    start();
    for (unsigned i = 0; i < COUNT(entries); i++) {
        refill_head(context[entries[i].thread])->time = entries[i].time;
        release_enqueue(thread[entries[i].thread]);
    }
    tcb = state.release.head;
    for (unsigned i = 0; i < COUNT(order); i++, tcb = tcb->queue_next) {
        assert_ptr_equal(tcb, thread[order[i]]);
    }
    assert_null(tcb);
    release_remove(thread[0]);
    release_remove(thread[0]);
    assert_ptr_equal(thread[4]->queue_next, thread[2]);
    release_remove(thread[1]);
    release_remove(thread[3]);
    assert_ptr_equal(state.release.head, thread[4]);
    assert_ptr_equal(state.release.tail, thread[2]);
}

static void test_wait(void **unused)
{
    static const unsigned priority[] = { 10, 30, 20, 30, 10, 5 };
    static const unsigned order[] = { 1, 3, 2, 0, 4, 5 };
    struct tcb_queue queue = { NULL, NULL };
    struct tcb *tcb;

    (void)unused;
    start();
    for (unsigned i = 0; i < COUNT(priority); i++) {
        thread[i]->priority = (uint8_t)priority[i];
        wait_queue_insert(&queue, thread[i]);
    }
    tcb = queue.head;
    for (unsigned i = 0; i < COUNT(order); i++, tcb = tcb->ep_next) {
        assert_ptr_equal(tcb, thread[order[i]]);
    }
    for (unsigned i = 0; i < COUNT(order); i++) {
        assert_ptr_equal(queue.head, thread[order[i]]);
        wait_queue_remove(&queue, queue.head);
    }
    assert_null(queue.tail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_every_priority),
        cmocka_unit_test(test_release),
        cmocka_unit_test(test_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
