/* SPDX-License-Identifier: BSD-2-Clause */
/* Timeout faults: when they come, what they say, how they are answered (abi sections 6.3, 6.4). */
#include "puppet.h"

#define DATA 0x5cd47a
#define NEVER_US 600000000ul /* a period longer than any run */
#define REPLY_WORDS 34u      /* without the thread pointers */
#define RESTS_MAX 200u

static seL4_CPtr timeouts, reply;
static struct puppet *p;

static void spin(seL4_Word argument)
{
    (void)argument;
    for (;;)
        asm volatile("");
}

static void set_data(struct puppet *who, seL4_Word budget_us, seL4_Word period_us)
{
    CHECK_OK(seL4_SchedControl_Configure(boot->schedcontrol.start, who->sched_context, budget_us,
                                         period_us, 0, DATA));
}

static void prepare(void)
{
    puppets_prepare();
    timeouts = endpoint_new();
    reply = reply_new();
    p = puppet_new(20);
    CHECK_OK(seL4_TCB_SetTimeoutEndpoint(p->tcb, badged(timeouts, 0x70)));
}

/* The fault is there once the puppet has run out; it runs in settle(). */
static void take_timeout(seL4_Word length)
{
    struct message m;

    settle();
    m = take(timeouts, reply);
    CHECK_EQUAL(m.label, seL4_Fault_Timeout);
    CHECK_EQUAL(m.badge, 0x70);
    CHECK_EQUAL(m.length, length);
    CHECK_EQUAL(seL4_GetMR(seL4_Timeout_Data), DATA);
}

static void case_words(void)
{
    set_data(p, 1000, NEVER_US);
    puppet_call(p, spin, 0);
    take_timeout(2);
    CHECK(seL4_GetMR(seL4_Timeout_Consumed) >= 900);
    CHECK(seL4_SchedContext_Consumed(p->sched_context).consumed < 900); /* begun anew */
}

/* Goes on with its next refill, not before, and times out again. */
static void case_answer(void)
{
    seL4_Word start;

    set_data(p, 1000, 10000);
    start = now_us();
    puppet_call(p, spin, 0);
    take_timeout(2);
    answer(reply, 0, 0);
    CHECK_EQUAL(take(timeouts, reply).label, 0);
    for (unsigned i = 0; i < RESTS_MAX; i++) {
        rest_us(2000);
        if (take(timeouts, reply).label == seL4_Fault_Timeout)
            break;
    }
    CHECK(now_us() - start >= 10000);
    CHECK_EQUAL(seL4_GetMR(seL4_Timeout_Data), DATA);
}

/* An answer without budget is no reason for another fault. */
static void case_answer_without_budget(void)
{
    set_data(p, 1000, NEVER_US);
    puppet_call(p, spin, 0);
    take_timeout(2);
    answer(reply, 0, 0);
    CHECK_EQUAL(take(timeouts, reply).label, 0);
    rest_us(2000);
    CHECK_EQUAL(take(timeouts, reply).label, 0);
}

static void case_answer_label(void)
{
    set_data(p, 1000, NEVER_US);
    puppet_call(p, spin, 0);
    take_timeout(2);
    answer(reply, 1, 0);
    /* It is stopped, not out of time: other time does not set it going. */
    CHECK_OK(seL4_SchedContext_Unbind(p->sched_context));
    set_data(p, 1000, NEVER_US);
    CHECK_OK(seL4_SchedContext_Bind(p->sched_context, p->tcb));
    settle();
    CHECK_EQUAL(take(timeouts, reply).label, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    take_timeout(2);
}

/* A whole set of registers: a checkpoint to which the thread is brought back. */
static void case_answer_registers(void)
{
    seL4_UserContext after;
    const seL4_Word *word = (const seL4_Word *)&after;

    set_data(p, 1000, 5000);
    puppet_call(p, spin, 0);
    take_timeout(2);
    for (unsigned i = 0; i < REPLY_WORDS; i++)
        seL4_SetMR((int)i, 0x4400000000 + i);
    seL4_SetMR(0, (seL4_Word)puppet_park);
    seL4_SetMR(2, 0x50000000);
    answer(reply, 0, REPLY_WORDS);
    rest_us(10000);
    settle();
    after = puppet_registers(p);
    CHECK_EQUAL(after.pc, (seL4_Word)puppet_park);
    CHECK_EQUAL(after.spsr & 0xf000000f, 0x50000000);
    for (unsigned i = 1; i < REPLY_WORDS; i++)
        CHECK_EQUAL(i == 2 ? 0x4400000002 : word[i], 0x4400000000 + i);
}

static void case_round_robin(void)
{
    set_data(p, 500, 500);
    puppet_call(p, spin, 0);
    rest_us(5000);
    CHECK_EQUAL(take(timeouts, reply).label, 0);
    CHECK_OK(seL4_TCB_Suspend(p->tcb));
}

static void case_yield(void)
{
    set_data(p, 1000, NEVER_US);
    then(p, seL4_SysYield, 0, 0, 0);
    puppet_play(p);
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_EQUAL(take(timeouts, reply).label, 0);
}

/* Without a handler it just waits for its refill. */
static void case_no_handler(void)
{
    struct puppet *low = puppet_new(10);

    CHECK_OK(seL4_TCB_SetTimeoutEndpoint(p->tcb, slot_new()));
    set_data(p, 1000, NEVER_US);
    puppet_call(p, spin, 0);
    then_say(low, 1);
    puppet_play(low);
    settle();
    CHECK_SAID(1);
    CHECK_EQUAL(take(timeouts, reply).label, 0);
    CHECK(seL4_SchedContext_Consumed(p->sched_context).consumed >= 900);
}

/* The context has gone when the message is received: nothing about its time. */
static void case_context_gone(void)
{
    set_data(p, 1000, NEVER_US);
    puppet_call(p, spin, 0);
    settle();
    CHECK_OK(seL4_SchedContext_Unbind(p->sched_context));
    take_timeout(1);
}

/* The handler gets no time with it: a passive one has the message, but does not run. */
static void case_passive_handler(void)
{
    struct puppet *handler = puppet_new(30);

    then(handler, seL4_SysRecv, timeouts, 0, reply);
    puppet_make_passive(handler);
    set_data(p, 1000, NEVER_US);
    puppet_call(p, spin, 0);
    settle();
    CHECK_EQUAL(handler->done, 0);
    CHECK(holds(p, p->sched_context));
    CHECK_OK(seL4_SchedContext_Bind(handler->sched_context, handler->tcb));
    settle();
    CHECK_EQUAL(handler->done, 1);
    CHECK_EQUAL(handler->step[0].r.info, INFO(seL4_Fault_Timeout, 0, 2));
    CHECK_EQUAL(handler->step[0].r.mr[0], DATA);
}

/* The same when the message waits for it: receiving brings no time with it. */
static void case_passive_handler_later(void)
{
    struct puppet *handler = puppet_new(30);
    seL4_CPtr lender = notification_new();

    set_data(p, 1000, NEVER_US);
    puppet_call(p, spin, 0);
    settle();
    then(handler, seL4_SysRecv, timeouts, 0, reply);
    CHECK_OK(seL4_SchedContext_Bind(handler->sched_context, lender));
    CHECK_OK(seL4_TCB_BindNotification(handler->tcb, lender));
    puppet_play(handler); /* its time goes back to the notification when it receives */
    settle();
    CHECK(holds(NULL, handler->sched_context));
    CHECK(holds(p, p->sched_context));
    CHECK_EQUAL(handler->done, 0);
    CHECK_EQUAL(take(timeouts, reply_new()).label, 0); /* it has the message already */
}

static void serve_for_ever(seL4_Word argument)
{
    const seL4_CPtr *cap = (const seL4_CPtr *)argument;
    struct sel4_syscall_registers r = { .x0 = cap[0] };

    sel4_trap(seL4_SysRecv, &r, cap[1], 0);
    spin(0);
}

/* A passive server that spins, and a client that calls it with so much time. */
static struct puppet *exhaust(struct puppet *server, struct puppet *client)
{
    static seL4_CPtr cap[2];

    cap[0] = endpoint_new();
    cap[1] = reply_new();
    puppet_call(server, serve_for_ever, (seL4_Word)cap);
    settle();
    CHECK_OK(seL4_SchedContext_Unbind(server->sched_context));
    set_data(client, 1000, NEVER_US);
    then(client, seL4_SysCall, cap[0], 0, 0);
    puppet_play(client);
    settle();
    server->step[0].x6 = cap[1];
    return server;
}

/* The server's handler hears of the client's time, by the data of that. */
static void case_passive_server(void)
{
    struct puppet *client = puppet_new(10);

    (void)exhaust(p, client);
    take_timeout(2);
    CHECK(seL4_GetMR(seL4_Timeout_Consumed) >= 900);
    CHECK(holds(p, client->sched_context));
}

/* A client that gets its time back used up: its own handler hears of it, or it waits. */
static void case_returned_used_up(void)
{
    struct puppet *server = exhaust(puppet_new(30), p);

    CHECK_EQUAL(take(timeouts, reply).label, 0);
    answer(server->step[0].x6, 0, 0);
    CHECK_EQUAL(p->done, 0);
    take_timeout(2);
    CHECK(holds(p, p->sched_context));
}

static void case_returned_without_handler(void)
{
    struct puppet *client = puppet_new(10), *server = exhaust(puppet_new(30), client);

    answer(server->step[0].x6, 9, 0);
    CHECK_EQUAL(client->done, 0);
    CHECK(holds(client, client->sched_context));
    CHECK_OK(seL4_SchedContext_Unbind(client->sched_context));
    CHECK_OK(set_time(client->sched_context, 5000, 5000));
    CHECK_OK(seL4_SchedContext_Bind(client->sched_context, client->tcb));
    settle();
    CHECK_EQUAL(client->done, 1);
    CHECK_EQUAL(client->step[0].r.info, INFO(9, 0, 0));
}

static const struct api_case cases[] = {
    { "words of the message", case_words },
    { "answered: goes on with the next refill", case_answer },
    { "answered without budget: no other fault", case_answer_without_budget },
    { "answered with another label: stops", case_answer_label },
    { "answered with all registers", case_answer_registers },
    { "none for round robin", case_round_robin },
    { "none for Yield", case_yield },
    { "none without a handler", case_no_handler },
    { "the context is gone", case_context_gone },
    { "a passive handler gets no time", case_passive_handler },
    { "a passive handler that comes later gets none", case_passive_handler_later },
    { "a passive server on its client's time", case_passive_server },
    { "time comes back used up", case_returned_used_up },
    { "time comes back used up, no handler", case_returned_without_handler },
};
const struct api_group timeout_group = { "timeout", cases, API_COUNT(cases), prepare };
