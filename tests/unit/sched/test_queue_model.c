/* SPDX-License-Identifier: BSD-2-Clause */
/* Ready, release and wait queues against arrays that are kept in order by moving everything. */
#include "host_system.h"
#include "random.h"

#include <string.h>

#define MEMBERS 24u
#define SEEDS 30u
#define STEPS 1500u
#define DOMAINS_USED 3u

static struct tcb members[MEMBERS] __attribute__((aligned(16)));
static struct host_sc contexts[MEMBERS];

struct model {
    const struct tcb *member[MEMBERS];
    unsigned count;
};

static void model_insert(struct model *model, unsigned at, const struct tcb *tcb)
{
    for (unsigned i = model->count; i > at; i--) {
        model->member[i] = model->member[i - 1];
    }
    model->member[at] = tcb;
    model->count++;
}

static bool model_remove(struct model *model, const struct tcb *tcb)
{
    unsigned at = 0;

    while (at < model->count && model->member[at] != tcb) {
        at++;
    }
    if (at == model->count) {
        return false;
    }
    model->count--;
    for (; at < model->count; at++) {
        model->member[at] = model->member[at + 1];
    }
    return true;
}

static bool model_has(const struct model *model, const struct tcb *tcb)
{
    struct model copy = *model;

    return model_remove(&copy, tcb);
}

/* Both ways through the queue; `ep`: linked by ep_next, else by queue_next. */
static void check_queue(const struct tcb_queue *queue, const struct model *model, bool ep)
{
    const struct tcb *tcb = queue->head, *previous = NULL;

    for (unsigned i = 0; i < model->count; i++) {
        assert_ptr_equal(tcb, model->member[i]);
        assert_ptr_equal(ep ? tcb->ep_prev : tcb->queue_prev, previous);
        previous = tcb;
        tcb = ep ? tcb->ep_next : tcb->queue_next;
    }
    assert_null(tcb);
    assert_ptr_equal(queue->tail, previous);
}

static void start(unsigned seed)
{
    random_seed(seed);
    host_start();
    memset(members, 0, sizeof(members));
    memset(contexts, 0, sizeof(contexts));
    for (unsigned i = 0; i < MEMBERS; i++) {
        members[i].sched_context = &contexts[i].sc;
        contexts[i].sc.refill_max = 2;
    }
}

/* ---- ready ---------------------------------------------------------------------------------- */

static struct model ready[DOMAINS_USED][PRIORITIES];

/* Few priorities, of each word of the bitmap, so that queues are long and words empty and fill. */
static uint8_t random_priority(void)
{
    return (uint8_t)(random_below(4) * 64 + random_below(2) * 63);
}

static void step_ready(void)
{
    struct tcb *tcb = &members[random_below(MEMBERS)];
    struct model *model;

    if (!tcb->in_ready_queue) { /* attributes change outside of the queue only */
        tcb->priority = random_priority();
        tcb->domain = (uint8_t)random_below(DOMAINS_USED);
    }
    model = &ready[tcb->domain][tcb->priority];
    switch (random_below(5)) {
    case 0:
    case 1:
        if (!model_has(model, tcb)) {
            model_insert(model, 0, tcb);
        }
        ready_enqueue(tcb);
        break;
    case 2:
        if (!model_has(model, tcb)) {
            model_insert(model, model->count, tcb);
        }
        ready_append(tcb);
        break;
    default:
        model_remove(model, tcb);
        ready_dequeue(tcb);
        break;
    }
    assert_int_equal(tcb->in_ready_queue, model_has(model, tcb));
}

static void check_ready(void)
{
    for (unsigned domain = 0; domain < DOMAINS_USED; domain++) {
        int highest = -1;

        for (unsigned priority = 0; priority < PRIORITIES; priority++) {
            check_queue(&state.ready[domain][priority], &ready[domain][priority], false);
            highest = ready[domain][priority].count != 0 ? (int)priority : highest;
        }
        assert_ptr_equal(ready_highest(domain),
                         highest < 0 ? NULL : ready[domain][highest].member[0]);
        for (unsigned tries = 0; tries < 8; tries++) {
            unsigned priority = random_below(PRIORITIES);

            assert_int_equal(ready_is_highest(domain, priority), (int)priority >= highest);
        }
    }
}

static void test_ready(void **unused)
{
    (void)unused;
    random_announce("ready queues", 1, SEEDS);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        start(seed);
        memset(ready, 0, sizeof(ready));
        for (unsigned i = 0; i < STEPS; i++) {
            step_ready();
            if (i % 8 == 0) {
                check_ready();
            }
        }
    }
}

/* ---- release -------------------------------------------------------------------------------- */

static void step_release(struct model *model)
{
    unsigned i = random_below(MEMBERS), at = model->count;
    ticks_t time = random_below(12);

    if (random_one_in(3)) {
        assert_int_equal(members[i].in_release_queue, model_remove(model, &members[i]));
        release_remove(&members[i]);
        return;
    }
    if (!members[i].in_release_queue) {
        refill_head(&contexts[i].sc)->time = time;
        while (at > 0 && refill_head(model->member[at - 1]->sched_context)->time > time) {
            at--;
        }
        model_insert(model, at, &members[i]);
    }
    release_enqueue(&members[i]);
}

static void test_release(void **unused)
{
    (void)unused;
    random_announce("release queue", 1, SEEDS);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        struct model model = { .count = 0 };

        start(seed);
        for (unsigned i = 0; i < STEPS; i++) {
            step_release(&model);
            check_queue(&state.release, &model, false);
        }
    }
}

/* ---- wait ----------------------------------------------------------------------------------- */

static void step_wait(struct model *model, struct tcb_queue *queue)
{
    struct tcb *tcb = &members[random_below(MEMBERS)];
    unsigned at = model->count;

    if (model_has(model, tcb)) {
        if (random_one_in(2)) {
            model_remove(model, tcb);
            wait_queue_remove(queue, tcb);
        }
        return;
    }
    tcb->priority = (uint8_t)random_below(5);
    while (at > 0 && model->member[at - 1]->priority < tcb->priority) {
        at--;
    }
    model_insert(model, at, tcb);
    wait_queue_insert(queue, tcb);
}

static void test_wait(void **unused)
{
    (void)unused;
    random_announce("wait queue", 1, SEEDS);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        struct model model = { .count = 0 };
        struct tcb_queue queue = { NULL, NULL };

        start(seed);
        for (unsigned i = 0; i < STEPS; i++) {
            step_wait(&model, &queue);
            check_queue(&queue, &model, true);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_release),
        cmocka_unit_test(test_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
