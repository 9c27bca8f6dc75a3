/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time (abi section 7.3). What is measured is the kernel's own account against the counter. A timer
 * may be late, more so with many replicas, and what is used too much is paid back later. So a share
 * is watched until it is as small as it should be; it never becomes so when it is not kept.
 */
#include "puppet.h"

#define RESTS_MAX 200u
#define PERIOD_US 200000ul /* of a budget in two parts; a late timer should not matter */

static seL4_CPtr signals;
static volatile seL4_Word moments[4]; /* of a puppet */

static void prepare(void)
{
    puppets_prepare();
    signals = notification_new();
}

static void spin(seL4_Word argument)
{
    (void)argument;
    for (;;)
        asm volatile("");
}

/* Gives the rest of its time away, again and again. */
static void yield(seL4_Word argument)
{
    (void)argument;
    for (;;) {
        struct sel4_syscall_registers r = { 0 };

        tally_add();
        sel4_trap(seL4_SysYield, &r, 0, 0);
    }
}

static seL4_Word used(const struct puppet *p)
{
    return seL4_SchedContext_Consumed(p->sched_context).consumed;
}

static void stop(struct puppet *p)
{
    CHECK_OK(seL4_TCB_Suspend(p->tcb));
}

static struct puppet *spinner(seL4_Word priority, seL4_Word budget_us, seL4_Word period_us)
{
    struct puppet *p = puppet_new(priority);

    puppet_set_time(p, budget_us, period_us);
    puppet_call(p, spin, 0);
    return p;
}

static struct puppet *speaker(seL4_Word priority, seL4_Word word)
{
    struct puppet *p = puppet_new(priority);

    then_say(p, word);
    puppet_play(p);
    return p;
}

/* Equals with a budget for the whole period take turns. */
static void case_round_robin(void)
{
    struct puppet *p[3];
    seL4_Word time[3] = { 0 };
    bool enough = false;

    for (unsigned i = 0; i < 3; i++)
        p[i] = spinner(20, 500, 500);
    for (unsigned i = 0; i < RESTS_MAX && !enough; i++) {
        rest_us(2000);
        enough = true;
        for (unsigned k = 0; k < 3; k++) {
            time[k] += used(p[k]);
            enough = enough && time[k] >= 1500;
        }
    }
    CHECK(enough);
    for (unsigned i = 0; i < 3; i++)
        stop(p[i]);
}

/* They never run out: nobody below gets a turn. */
static void case_round_robin_alone(void)
{
    struct puppet *p = spinner(20, 500, 500);

    (void)speaker(19, 1);
    rest_us(4000);
    check_said(NULL, 0, __LINE__);
    stop(p);
    settle();
    CHECK_SAID(1);
}

/* A share of the processor: at least one budget, far from all; the rest is for those below. */
static void check_share(seL4_Word extra, seL4_Word flags)
{
    struct puppet *high = puppet_new(20), *low = spinner(10, 10000000, 10000000);
    seL4_Word start, passed = 0, share = 0, rest;

    CHECK_OK(seL4_SchedControl_ConfigureFlags(boot->schedcontrol.start, high->sched_context, 200,
                                              4000, extra, 0, flags));
    puppet_call(high, spin, 0);
    (void)used(high);
    start = now_us();
    for (unsigned i = 0; i < RESTS_MAX && (passed < 12000 || share * 2 >= passed); i++) {
        rest_us(2000);
        share += used(high);
        passed = now_us() - start;
    }
    rest = used(low);
    stop(high);
    stop(low);
    CHECK(share >= 200);
    CHECK(share * 2 < passed);
    CHECK(rest > share);
}

static void case_share(void)
{
    check_share(0, 0);
}
static void case_share_refills(void)
{
    check_share(8, 0);
}
static void case_share_sporadic(void)
{
    check_share(8, seL4_SchedContext_Sporadic);
}

/* Works a little whenever it is signalled; so its budget is used in small pieces. */
static void work(seL4_Word argument)
{
    for (;;) {
        struct sel4_syscall_registers r = { .x0 = argument };

        for (unsigned i = 0; i < 200000; i++)
            asm volatile("");
        sel4_trap(seL4_SysWait, &r, 0, 0);
    }
}

static void check_pieces(seL4_Word extra, seL4_Word flags)
{
    struct puppet *p = puppet_new(20), *low = spinner(10, 10000000, 10000000);
    seL4_Word start, passed = 0, share = 0;

    CHECK_OK(seL4_SchedControl_ConfigureFlags(boot->schedcontrol.start, p->sched_context, 200, 4000,
                                              extra, 0, flags));
    puppet_call(p, work, signals);
    start = now_us();
    for (unsigned i = 0; i < RESTS_MAX && (passed < 10000 || share * 2 >= passed); i++) {
        rest_us(200);
        seL4_Signal(signals);
        share += used(p);
        passed = now_us() - start;
    }
    stop(p);
    stop(low);
    CHECK(share >= 200);
    CHECK(share * 2 < passed);
}

static void case_pieces(void)
{
    check_pieces(0, 0);
    check_pieces(8, 0);
}
static void case_pieces_sporadic(void)
{
    check_pieces(0, seL4_SchedContext_Sporadic);
    check_pieces(8, seL4_SchedContext_Sporadic);
}

/* A budget that was given away comes back one period later, not before. */
static void case_period(void)
{
    struct puppet *p = puppet_new(20);
    seL4_Word start, passed;

    puppet_set_time(p, 1000, 5000);
    for (unsigned i = 0; i < 4; i++)
        then(p, seL4_SysYield, 0, 0, 0);
    start = now_us();
    puppet_play(p);
    for (unsigned i = 0; i < RESTS_MAX && !puppet_ended(p); i++)
        rest_us(1000);
    passed = now_us() - start;
    CHECK_EQUAL(p->done, 4);
    CHECK(passed >= 4 * 5000);
}

/* Two parts of a budget, given away at different times, come back one period after each. */
static void use_parts(seL4_Word signal)
{
    struct sel4_syscall_registers r = { .x0 = signal };

    moments[0] = now_us();
    while (now_us() - moments[0] < 1000)
        continue;
    sel4_trap(seL4_SysWait, &r, 0, 0);
    moments[1] = now_us();
    sel4_trap(seL4_SysYield, &r, 0, 0); /* all but the millisecond */
    moments[2] = now_us();
    sel4_trap(seL4_SysYield, &r, 0, 0); /* that */
    moments[3] = now_us();
}

static void case_two_parts(void)
{
    struct puppet *p = puppet_new(20);

    CHECK_OK(seL4_SchedControl_Configure(boot->schedcontrol.start, p->sched_context, 20000,
                                         PERIOD_US, 8, 0));
    puppet_call(p, use_parts, signals);
    settle();
    rest_us(50000);
    seL4_Signal(signals);
    settle();
    for (unsigned i = 0; i < RESTS_MAX && !puppet_ended(p); i++)
        rest_us(5000);
    CHECK(moments[1] - moments[0] >= 50000);
    CHECK(moments[2] - moments[0] >= PERIOD_US - 20000); /* read late */
    CHECK(moments[3] - moments[1] >= PERIOD_US - 20000);
    if (moments[1] - moments[0] > PERIOD_US - 50000)
        skip("the timer was so late that both parts were used at once");
    else
        CHECK(moments[3] - moments[2] < PERIOD_US - 20000); /* not one period after the first */
}

/* Yield gives all of it away, but counts only what was used (SCHED0016). */
static void case_yield(void)
{
    struct puppet *p = puppet_new(20);

    puppet_set_time(p, 500000, 600000000);
    then(p, seL4_SysYield, 0, 0, 0);
    puppet_play(p);
    settle();
    rest_us(2000);
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK(used(p) < 250000);
}

/* Neither Suspend and Resume nor another thread gets it back; a new configuration does. */
static void case_yield_lasts(void)
{
    struct puppet *p = puppet_new(20), *q = puppet_new(20);

    puppet_set_time(p, 500000, 600000000);
    then(p, seL4_SysYield, 0, 0, 0);
    then(q, seL4_SysYield, 0, 0, 0);
    puppet_play(p);
    settle();
    stop(p);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(seL4_SchedContext_Unbind(p->sched_context));
    CHECK_OK(seL4_SchedContext_Unbind(q->sched_context));
    CHECK_OK(seL4_SchedContext_Bind(p->sched_context, q->tcb));
    puppet_play(q);
    settle();
    CHECK_EQUAL(q->done, 0);
    /* For a thread that is ready the budget stays used; without one it is all there again. */
    CHECK_OK(set_time(p->sched_context, 500000, 600000000));
    settle();
    CHECK_EQUAL(q->done, 0);
    CHECK_OK(seL4_SchedContext_Unbind(p->sched_context));
    CHECK_OK(set_time(p->sched_context, 500000, 500000));
    CHECK_OK(seL4_SchedContext_Bind(p->sched_context, p->tcb));
    settle();
    CHECK_EQUAL(p->done, 1);
}

static void reconfigure(struct puppet *p)
{
    puppet_set_time(p, 200, 100000);
}
static void suspend_resume(struct puppet *p)
{
    CHECK_OK(seL4_TCB_Suspend(p->tcb));
    CHECK_OK(seL4_TCB_Resume(p->tcb));
}
static void unbind_bind(struct puppet *p)
{
    CHECK_OK(seL4_SchedContext_Unbind(p->sched_context));
    CHECK_OK(seL4_SchedContext_Bind(p->sched_context, p->tcb));
}
static void change_priority(struct puppet *p)
{
    CHECK_OK(seL4_TCB_SetPriority(p->tcb, SELF, 21));
    CHECK_OK(seL4_TCB_SetPriority(p->tcb, SELF, 20));
}

/* What is done to a ready thread every now and then gives it no more time. */
static void check_no_gift(void (*act)(struct puppet *p))
{
    struct puppet *p = spinner(20, 200, 100000);
    seL4_Word start = now_us(), passed = 0, share = 0;

    for (unsigned i = 0; i < RESTS_MAX && (passed < 6000 || share * 2 >= passed); i++) {
        rest_us(300);
        act(p);
        share += used(p);
        passed = now_us() - start;
    }
    stop(p);
    CHECK(share * 2 < passed);
}

static void case_no_gift(void)
{
    check_no_gift(reconfigure);
    check_no_gift(suspend_resume);
    check_no_gift(unbind_bind);
    check_no_gift(change_priority);
}

static void case_consumed(void)
{
    struct puppet *p = puppet_new(20);

    puppet_call(p, work, signals);
    settle();
    CHECK(used(p) > 0);
    CHECK_EQUAL(used(p), 0);
    rest_us(1000);
    CHECK_EQUAL(used(p), 0);
    seL4_Signal(signals);
    settle();
    CHECK(used(p) > 0);
    CHECK_EQUAL(seL4_SchedContext_Consumed(sched_context_new()).consumed, 0);
}

/* The caller's own account, with what was charged to it. */
static void case_consumed_own(void)
{
    seL4_Word first, start, spent;

    start = now_us();
    seL4_Yield();
    (void)seL4_SchedContext_Consumed(seL4_CapInitThreadSC);
    spent = now_us();
    while (now_us() - spent < 100)
        continue;
    seL4_Yield();
    first = seL4_SchedContext_Consumed(seL4_CapInitThreadSC).consumed;
    CHECK(first >= 99);
    CHECK(first <= now_us() - start + 1);
}

/* A refill of a higher priority takes the processor from whoever is running. */
static void case_preempts(void)
{
    struct puppet *high = puppet_new(30), *low = spinner(20, 10000000, 10000000);

    puppet_set_time(high, 50, 500);
    tally_open();
    puppet_call(high, yield, 0);
    for (unsigned i = 0; i < RESTS_MAX && tally_count() < 5; i++)
        rest_us(1000);
    stop(high);
    stop(low);
    CHECK(tally_count() >= 5);
    CHECK(used(low) > 0);
}

/* One of a lower priority waits for its turn after its refill, too. */
static void case_released_below(void)
{
    struct puppet *p = puppet_new(10), *high = spinner(20, 10000000, 10000000);

    puppet_set_time(p, 50, 500);
    tally_open();
    puppet_call(p, yield, 0);
    rest_us(3000);
    CHECK_EQUAL(tally_count(), 0);
    stop(high);
    for (unsigned i = 0; i < RESTS_MAX && tally_count() == 0; i++)
        rest_us(500);
    CHECK(tally_count() >= 1);
    stop(p);
}

/* Refills come in the order of their times, whatever the order of waiting. */
static void case_release_order(void)
{
    static const seL4_Word periods[] = { 200000, 1000, 100000 };
    struct puppet *p[API_COUNT(periods)];

    for (unsigned i = 0; i < API_COUNT(periods); i++) {
        p[i] = puppet_new(20);
        puppet_set_time(p[i], 500, periods[i]);
        then(p[i], seL4_SysYield, 0, 0, 0);
        then_say(p[i], periods[i]);
        puppet_play(p[i]);
    }
    settle();
    for (unsigned i = 0; i < API_COUNT(periods); i++) {
        for (unsigned k = 0; k < RESTS_MAX && !puppet_ended(p[i]); k++)
            rest_us(10000);
    }
    CHECK_SAID(1000, 100000, 200000);
}

/* A passive server runs out of its client's budget, and goes on when that comes back. */
static void case_passive_server(void)
{
    struct puppet *server = puppet_new(20), *client = puppet_new(10);
    seL4_CPtr endpoint = endpoint_new(), reply = reply_new();
    seL4_Word start;

    then(server, seL4_SysRecv, endpoint, 0, reply);
    then(server, seL4_SysYield, 0, 0, 0);
    then(server, seL4_SysReplyRecv, endpoint, 0, reply);
    puppet_make_passive(server);
    puppet_set_time(client, 10000, 50000);
    then(client, seL4_SysCall, endpoint, 0, 0);
    puppet_play(client);
    start = now_us();
    settle();
    CHECK(server->done == 1 && client->done == 0);
    for (unsigned i = 0; i < RESTS_MAX && !puppet_ended(client); i++)
        rest_us(1000);
    CHECK(now_us() - start >= 49900);
    CHECK(server->done == 2 && client->done == 1);
}

static const struct api_case cases[] = {
    { "round robin", case_round_robin },
    { "round robin never runs out", case_round_robin_alone },
    { "a share of the processor", case_share },
    { "a share with more refills", case_share_refills },
    { "a share, sporadic", case_share_sporadic },
    { "a share in pieces", case_pieces },
    { "a share in pieces, sporadic", case_pieces_sporadic },
    { "a budget comes back after its period", case_period },
    { "two parts come back at their times", case_two_parts },
    { "Yield gives the budget away", case_yield },
    { "Yield cannot be undone", case_yield_lasts },
    { "no way to more time", case_no_gift },
    { "Consumed counts and begins anew", case_consumed },
    { "Consumed of the caller", case_consumed_own },
    { "a refill preempts", case_preempts },
    { "a refill below waits", case_released_below },
    { "refills in order", case_release_order },
    { "a passive server out of budget", case_passive_server },
};
const struct api_group budget_group = { "budget", cases, API_COUNT(cases), prepare };
