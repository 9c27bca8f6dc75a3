/* SPDX-License-Identifier: BSD-2-Clause */
/* Deletion of containers: chains, cycles, random graphs of CNodes and threads; preemption. */
#include "host_kernel.h"
#include "random.h"

#define NODES 24u
#define RADIX 2u
#define NODE_SLOTS (1u << RADIX)

static struct {
    struct cte slot[NODES][NODE_SLOTS];
} nodes __attribute__((aligned(4096)));
static struct tcb threads[4] __attribute__((aligned(2048)));
static struct cte memory; /* untyped that all of the above was made of */
static struct cte outside[NODES];
#define SEEDS 999u

static void start(void)
{
    host_reset();
    for (unsigned i = 0; i < NODES * NODE_SLOTS; i++)
        nodes.slot[i / NODE_SLOTS][i % NODE_SLOTS] = (struct cte){ .next = 0 };
    for (unsigned i = 0; i < NODES; i++)
        outside[i] = (struct cte){ .next = 0 };
    for (unsigned i = 0; i < COUNT(threads); i++)
        threads[i] = (struct tcb){ .status = THREAD_INACTIVE };
    /* Large enough to hold every object of this test: it stands for the address space. */
    cte_insert_root(cap_make(CAP_UNTYPED, 47 << 1, (void *)0, 0), &memory);
}

static struct cap node_cap(unsigned node)
{
    return cap_make(CAP_CNODE, RADIX, nodes.slot[node], 0);
}

/* A container with a full slot has a cap, so that its memory cannot be reused. */
static void check_covered(void)
{
    for (unsigned i = 0; i < NODES; i++) {
        bool full = false, covered = false;

        for (unsigned s = 0; s < NODE_SLOTS; s++)
            full = full || cap_type(nodes.slot[i][s].cap) != CAP_NULL;
        for (struct cte *at = cte_next(&memory); at != NULL; at = cte_next(at)) {
            assert_ptr_equal(cte_prev(cte_next(cte_prev(at))), cte_prev(at));
            covered = covered || cap_object(at->cap) == nodes.slot[i];
        }
        assert_true(covered || !full);
    }
}

/*
 * A deletion is complete: nothing is left half done. Only what a cycle through the deleted slot
 * held may wait, inside, for the revocation of its memory.
 */
static void check_complete(const struct cte *slot, bool is_acyclic)
{
    assert_int_equal(cap_type(slot->cap), CAP_NULL);
    for (struct cte *at = cte_next(&memory); at != NULL; at = cte_next(at)) {
        struct cte *first = cap_object(at->cap);

        if (cap_type(at->cap) == CAP_ZOMBIE)
            assert_true(!is_acyclic && at >= first && at < first + NODE_SLOTS);
    }
}

static bool acyclic; /* of make_graph() */
static bool preempt_each_step;

static void before_pass(void)
{
    if (preempt_each_step)
        state.work_units = WORK_UNITS_PER_PREEMPTION - 1;
}

/* Repeats a preempted operation as the system call would; the number of passes. */
static unsigned delete_fully(struct cte *slot)
{
    unsigned passes = 1;

    before_pass();
    while (cte_delete(slot) == EXCEPTION_PREEMPTED) {
        check_covered();
        assert_true(passes++ < 10000);
        before_pass();
    }
    check_covered();
    check_complete(slot, acyclic);
    return passes;
}

static unsigned revoke_fully(struct cte *slot)
{
    unsigned passes = 1;

    before_pass();
    while (cte_revoke(slot) == EXCEPTION_PREEMPTED) {
        check_covered();
        assert_true(passes++ < 10000);
        before_pass();
    }
    return passes;
}

static void check_all_empty(void)
{
    for (unsigned i = 0; i < NODES * NODE_SLOTS; i++)
        assert_int_equal(cap_type(nodes.slot[i / NODE_SLOTS][i % NODE_SLOTS].cap), CAP_NULL);
    for (unsigned i = 0; i < NODES; i++)
        assert_int_equal(cap_type(outside[i].cap), CAP_NULL);
    assert_null(cte_next(&memory));
}

static void test_chain(void **context)
{
    (void)context;
    start();
    cte_insert_child(node_cap(0), &memory, &outside[0]);
    for (unsigned i = 1; i < NODES; i++)
        cte_insert_child(node_cap(i), &memory, &nodes.slot[i - 1][i % NODE_SLOTS]);
    delete_fully(&outside[0]);
    check_all_empty();
}

static void test_cap_to_itself(void **context)
{
    (void)context;
    for (unsigned at = 0; at < NODE_SLOTS; at++) {
        start();
        cte_insert_child(node_cap(0), &memory, &outside[0]);
        cte_insert(outside[0].cap, &outside[0], &nodes.slot[0][at]);
        delete_fully(&outside[0]); /* not the last one: the node lives on, held by itself */
        assert_int_equal(cap_type(nodes.slot[0][at].cap), CAP_CNODE);
        revoke_fully(&memory);
        check_all_empty();
    }
}

/* The only cap of a node is moved into the node, and deleted from there. */
static void test_only_cap_inside(void **context)
{
    (void)context;
    for (unsigned at = 0; at < NODE_SLOTS; at++) {
        start();
        cte_insert_child(node_cap(0), &memory, &nodes.slot[0][at]);
        for (unsigned i = 0; i < NODE_SLOTS; i++) {
            if (i != at)
                cte_insert_child(node_cap(1 + i), &memory, &nodes.slot[0][i]);
        }
        delete_fully(&nodes.slot[0][at]);
        check_all_empty();
    }
}

static void test_ring(void **context)
{
    (void)context;
    start();
    for (unsigned i = 0; i < NODES; i++)
        cte_insert_child(node_cap(i), &memory, &nodes.slot[(i + 1) % NODES][i % NODE_SLOTS]);
    delete_fully(&nodes.slot[1][0]); /* the only cap of node 0, which the whole ring hangs on */
    revoke_fully(&memory);
    check_all_empty();
}

static void test_thread_holds_its_cspace(void **context)
{
    (void)context;
    start();
    cte_insert_child(cap_make(CAP_THREAD, 0, &threads[0], 0), &memory, &outside[0]);
    cte_insert_child(node_cap(0), &memory, &threads[0].slot[TCB_CSPACE]);
    cte_insert(outside[0].cap, &outside[0], &nodes.slot[0][3]);
    cte_insert_child(cap_make(CAP_ENDPOINT, 15, (void *)0x1000, 0), &memory, &nodes.slot[0][1]);
    cte_move(outside[0].cap, &outside[0], &nodes.slot[0][0]); /* thread and space: a cycle */
    delete_fully(&nodes.slot[0][0]);
    assert_int_equal(host_calls.thread, 0); /* slot 3 still has it */
    delete_fully(&nodes.slot[0][3]);
    assert_int_equal(host_calls.thread, 1);
    revoke_fully(&memory); /* the space held the slot itself: the rest of it waited for this */
    assert_int_equal(host_calls.endpoint, 1);
    check_all_empty();
    assert_int_equal(cap_type(threads[0].slot[TCB_CSPACE].cap), CAP_NULL);
}

/* Any container may hold any other, itself too, by several caps. */
static void make_graph(void)
{
    unsigned count = COUNT(threads) + NODES;

    for (unsigned i = 0; i < count; i++) {
        struct cap cap = i < NODES ? node_cap(i) : cap_make(CAP_THREAD, 0, &threads[i - NODES], 0);
        unsigned copies = 1 + random_below(3);
        struct cte *first = NULL;

        for (unsigned tries = 0; copies > 0 && tries < 200; tries++) {
            unsigned node = random_below(acyclic && i > 0 && i < NODES ? i : NODES);
            struct cte *slot = random_below(8) == 0 && !acyclic
                                   ? &threads[random_below(COUNT(threads))].slot[random_below(5)]
                                   : &nodes.slot[node][random_below(NODE_SLOTS)];

            if (acyclic && i == 0)
                slot = &outside[random_below(NODES)];

            if (cap_type(slot->cap) != CAP_NULL)
                continue;
            if (first == NULL)
                cte_insert_child(cap, &memory, slot);
            else
                cte_insert(cap, first, slot);
            first = first == NULL ? slot : first;
            copies--;
        }
    }
}

static void random_graphs(void)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        random_seed(seed);
        start();
        make_graph();
        for (unsigned i = 0; i < 6; i++)
            delete_fully(&nodes.slot[random_below(NODES)][random_below(NODE_SLOTS)]);
        for (unsigned i = 0; acyclic && i < NODES; i++)
            delete_fully(&outside[i]); /* all else hangs on these */
        if (!acyclic)
            revoke_fully(&memory);
        check_all_empty();
        for (unsigned i = 0; i < COUNT(threads); i++) {
            for (unsigned s = 0; s < TCB_SLOTS; s++)
                assert_int_equal(cap_type(threads[i].slot[s].cap), CAP_NULL);
        }
    }
}

static void test_random_graphs(void **context)
{
    (void)context;
    random_announce("graphs", 1, SEEDS);
    preempt_each_step = false;
    random_graphs();
    acyclic = true;
    random_graphs();
    acyclic = false;
}

static void test_random_graphs_in_single_steps(void **context)
{
    (void)context;
    random_announce("graphs, in single steps", 1, SEEDS);
    preempt_each_step = true;
    random_graphs();
    acyclic = true;
    random_graphs();
    acyclic = false;
    preempt_each_step = false;
}

/* A deletion is left half done; others then delete in the middle of it. */
static void test_interleaved(void **context)
{
    (void)context;
    random_announce("interleaved", 1, SEEDS);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        random_seed(seed);
        start();
        make_graph();
        for (unsigned i = 0; i < 60; i++) {
            state.work_units = WORK_UNITS_PER_PREEMPTION - 1 - random_below(3);
            (void)(cte_delete(&nodes.slot[random_below(NODES)][random_below(NODE_SLOTS)]) == 0);
            check_covered();
        }
        revoke_fully(&memory);
        check_all_empty();
    }
}

static void test_preemption(void **context)
{
    static struct cte large[1024];
    unsigned passes;

    (void)context;
    start();
    for (unsigned i = 0; i < COUNT(large); i++)
        large[i] = (struct cte){ .next = 0 };
    cte_insert_child(cap_make(CAP_CNODE, 10, large, 0), &memory, &outside[0]);
    for (unsigned i = 0; i < COUNT(large); i++)
        cte_insert_child(cap_make(CAP_ENDPOINT, 15, (void *)(0x1000 + i * 16ul), 0), &memory,
                         &large[i]);
    passes = delete_fully(&outside[0]);
    assert_int_equal(host_calls.endpoint, COUNT(large));
    assert_in_range(passes, COUNT(large) / WORK_UNITS_PER_PREEMPTION,
                    COUNT(large) / WORK_UNITS_PER_PREEMPTION + 2);
    check_all_empty();
}

/* Threads wait at an endpoint: from the first step on nobody can name it. */
static void test_waiting_threads(void **context)
{
    (void)context;
    for (unsigned type = 0; type < 2; type++) {
        start();
        cte_insert_child(cap_make(type ? CAP_ENDPOINT : CAP_NOTIFICATION, 3, (void *)0x1000, 0),
                         &memory, &outside[0]);
        host_calls.waiting = 250;
        assert_int_equal(cte_delete(&outside[0]), EXCEPTION_PREEMPTED);
        assert_int_equal(host_calls.waiting, 150);
        assert_int_equal(cap_type(outside[0].cap), CAP_ZOMBIE);
        assert_true(cte_has_children(&memory)); /* it is still in use */
        assert_int_equal(cte_delete(&outside[0]), EXCEPTION_PREEMPTED);
        assert_int_equal(cte_delete(&outside[0]), EXCEPTION_NONE);
        assert_int_equal(host_calls.waiting, 0);
        assert_int_equal(host_calls.endpoint, type);
        assert_int_equal(host_calls.notification, 1 - type);
        check_all_empty();
    }
}

/* The same inside of a container, and when the first deletion is given up half done. */
static void test_waiting_threads_inside(void **context)
{
    (void)context;
    start();
    cte_insert_child(node_cap(0), &memory, &outside[0]);
    cte_insert_child(cap_make(CAP_ENDPOINT, 15, (void *)0x1000, 0), &memory, &nodes.slot[0][2]);
    host_calls.waiting = 250;
    assert_int_equal(cte_delete(&nodes.slot[0][2]), EXCEPTION_PREEMPTED);
    assert_int_equal(cte_delete(&outside[0]), EXCEPTION_PREEMPTED);
    assert_int_equal(cap_type(nodes.slot[0][2].cap), CAP_ZOMBIE);
    delete_fully(&outside[0]);
    assert_int_equal(host_calls.waiting, 0);
    assert_int_equal(host_calls.endpoint, 1);
    check_all_empty();
    start();
    cte_insert_child(node_cap(0), &memory, &outside[0]);
    cte_insert_child(cap_make(CAP_ENDPOINT, 15, (void *)0x1000, 0), &memory, &nodes.slot[0][0]);
    host_calls.waiting = 250;
    assert_in_range(delete_fully(&outside[0]), 3, 4);
    check_all_empty();
}

/* The last cap of a notification is the one that an interrupt handler keeps. */
static void test_interrupt_handler(void **context)
{
    static struct cte control;
    struct cte *kept = &state.irq[40].slot;

    (void)context;
    for (unsigned waiting = 0; waiting < 300; waiting += 120) {
        start();
        control = (struct cte){ .next = 0 };
        cte_insert_root(cap_make(CAP_IRQ_CONTROL, 0, NULL, 0), &control);
        cte_insert(cap_make(CAP_IRQ_HANDLER, 40, NULL, 0), &control, &outside[1]);
        cte_insert(outside[1].cap, &outside[1], &outside[2]); /* a copy: nothing happens yet */
        state.irq[40].active = true;
        cte_insert_child(cap_make(CAP_NOTIFICATION, 3, (void *)0x1000, 0), &memory, kept);
        host_calls.waiting = waiting;
        assert_int_equal(cte_delete(&outside[2]), EXCEPTION_NONE);
        assert_true(state.irq[40].active && cap_type(kept->cap) == CAP_NOTIFICATION);
        if (waiting > WORK_UNITS_PER_PREEMPTION) {
            assert_int_equal(cte_delete(&outside[1]), EXCEPTION_PREEMPTED);
            assert_int_equal(cap_type(outside[1].cap), CAP_ZOMBIE);
        }
        assert_true(delete_fully(&outside[1]) >= 1 && !state.irq[40].active);
        assert_int_equal(cap_type(kept->cap), CAP_NULL);
        assert_int_equal(host_calls.notification, 1);
        check_all_empty();
        assert_ptr_equal(cte_next(&control), &memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_cap_to_itself),
        cmocka_unit_test(test_only_cap_inside),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_thread_holds_its_cspace),
        cmocka_unit_test(test_random_graphs),
        cmocka_unit_test(test_random_graphs_in_single_steps),
        cmocka_unit_test(test_interleaved),
        cmocka_unit_test(test_preemption),
        cmocka_unit_test(test_waiting_threads),
        cmocka_unit_test(test_waiting_threads_inside),
        cmocka_unit_test(test_interrupt_handler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
