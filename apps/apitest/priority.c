/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs first: priorities and the places in their queues (abi section 7.2). */
#include "puppet.h"

static seL4_CPtr signals, endpoint;

static void prepare(void)
{
    puppets_prepare();
    signals = notification_new();
    endpoint = endpoint_new();
}

/* Will say its word when it runs; it is ready. */
static struct puppet *speaker(seL4_Word priority, seL4_Word word)
{
    struct puppet *p = puppet_new(priority);

    then_say(p, word);
    puppet_play(p);
    return p;
}

/* Waits for a signal, and then says its word. */
static struct puppet *listener(seL4_Word priority, seL4_CPtr cap, seL4_Word word)
{
    struct puppet *p = puppet_new(priority);

    then(p, seL4_SysWait, cap, 0, 0);
    then_say(p, word);
    puppet_play(p);
    settle();
    return p;
}

static void case_order(void)
{
    static const seL4_Word priorities[] = { 100, 3, 254, 64, 63, 128, 2, 127, 129, 65 };

    for (unsigned i = 0; i < API_COUNT(priorities); i++)
        (void)speaker(priorities[i], priorities[i]);
    settle();
    CHECK_SAID(254, 129, 128, 127, 100, 65, 64, 63, 3, 2);
}

/* Who becomes ready goes to the head: the last one first. */
static void case_head(void)
{
    for (seL4_Word i = 1; i <= 4; i++)
        (void)speaker(20, i);
    settle();
    CHECK_SAID(4, 3, 2, 1);
}

/* Yield goes to the tail: everybody's turn comes. */
static void case_yield(void)
{
    for (seL4_Word i = 1; i <= 3; i++) {
        struct puppet *p = puppet_new(20);

        for (unsigned round = 0; round < 3; round++) {
            then_say(p, i);
            then(p, seL4_SysYield, 0, 0, 0);
        }
        puppet_play(p);
    }
    settle();
    CHECK_SAID(3, 2, 1, 3, 2, 1, 3, 2, 1);
}

/* Yield gives no turn to lower priorities. */
static void case_yield_above(void)
{
    struct puppet *p = puppet_new(20);

    (void)speaker(19, 2);
    then(p, seL4_SysYield, 0, 0, 0);
    then_say(p, 1);
    puppet_play(p);
    settle();
    CHECK_SAID(1, 2);
}

/* What a running puppet does next to another that is `ready`, and then both speak. */
static void check_signal(seL4_Word other, const seL4_Word *words, int line)
{
    struct puppet *p = puppet_new(20);

    (void)listener(other, signals, 3);
    (void)speaker(20, 2);
    then(p, seL4_SysSend, signals, 0, 0);
    then_say(p, 1);
    puppet_play(p); /* in front of the other ready one */
    settle();
    check_said(words, 3, line);
}

static void case_wake_higher(void)
{
    check_signal(21, (const seL4_Word[]){ 3, 1, 2 }, __LINE__);
}
static void case_wake_equal(void)
{
    check_signal(20, (const seL4_Word[]){ 1, 2, 3 }, __LINE__);
}
static void case_wake_lower(void)
{
    check_signal(19, (const seL4_Word[]){ 1, 2, 3 }, __LINE__);
}

/* A message to a receiver that waits counts like a signal. */
static void case_send(void)
{
    struct puppet *p = puppet_new(20);

    (void)listener(21, endpoint, 3);
    (void)speaker(20, 2);
    then(p, seL4_SysSend, endpoint, 0, 0);
    then_say(p, 1);
    puppet_play(p);
    settle();
    CHECK_SAID(3, 1, 2);
}

/* Taking the message of a sender of a higher priority wakes that one at once. */
static void case_receive(void)
{
    struct puppet *sender = puppet_new(21), *p = puppet_new(20);

    then(sender, seL4_SysSend, endpoint, 0, 0);
    then_say(sender, 1);
    puppet_play(sender);
    settle();
    then(p, seL4_SysRecv, endpoint, 0, reply_new());
    then_say(p, 2);
    puppet_play(p);
    settle();
    CHECK_SAID(1, 2);
}

/* A caller that waits for its answer leaves the processor to whoever is highest. */
static void case_call_lower(void)
{
    struct puppet *server = puppet_new(10), *client = puppet_new(30);
    seL4_CPtr reply = reply_new();

    then(server, seL4_SysRecv, endpoint, 0, reply);
    then_say(server, 3);
    then(server, seL4_SysReplyRecv, endpoint, 0, reply);
    puppet_make_passive(server);
    then(client, seL4_SysCall, endpoint, 0, 0);
    then_say(client, 4);
    (void)speaker(20, 2);
    puppet_play(client);
    settle();
    CHECK_SAID(2, 3, 4); /* the server has its own priority, not the client's */
}

static void case_call_higher(void)
{
    struct puppet *server = puppet_new(30), *client = puppet_new(20);
    seL4_CPtr reply = reply_new();

    then(server, seL4_SysRecv, endpoint, 0, reply);
    then_say(server, 1);
    then(server, seL4_SysReplyRecv, endpoint, 0, reply);
    puppet_make_passive(server);
    (void)speaker(20, 9);
    then(client, seL4_SysCall, endpoint, 0, 0);
    then_say(client, 2);
    puppet_play(client);
    settle();
    CHECK_SAID(1, 2, 9);
}

/* ReplyRecv: the caller of higher priority goes on at once; one of lower waits its turn. */
static void case_reply(void)
{
    struct puppet *server = puppet_new(20), *high = puppet_new(30), *low = puppet_new(10);
    seL4_CPtr reply = reply_new();

    then(server, seL4_SysRecv, endpoint, 0, reply);
    then(server, seL4_SysReplyRecv, endpoint, 0, reply);
    then_say(server, 2);
    then(server, seL4_SysReplyRecv, endpoint, 0, reply);
    then(high, seL4_SysCall, endpoint, 0, 0);
    then_say(high, 1);
    then(low, seL4_SysCall, endpoint, 0, 0);
    then_say(low, 3);
    puppet_play(high);
    puppet_play(low);
    settle();
    puppet_play(server);
    settle();
    CHECK_SAID(1, 2, 3);
}

/* A puppet changes a priority, with the authority of one who may. */
static struct puppet *changer(seL4_Word priority, struct puppet *target, seL4_Word to)
{
    struct puppet *p = puppet_new(priority);

    then_invoke(p, (target ? target : p)->tcb, TCBSetPriority, SELF, 1, to);
    then_say(p, 1);
    return p;
}

static void case_raise_other(void)
{
    struct puppet *target = speaker(10, 2);

    puppet_play(changer(20, target, 21));
    settle();
    CHECK_SAID(2, 1);
}

/* Raised to the very priority of the caller it comes next, before others that are ready. */
static void case_raise_other_equal(void)
{
    struct puppet *target = speaker(10, 2);

    (void)speaker(20, 3);
    puppet_play(changer(20, target, 20));
    settle();
    CHECK_SAID(1, 2, 3);
}

static void case_raise_other_below(void)
{
    struct puppet *target = speaker(10, 2);

    (void)speaker(15, 3);
    puppet_play(changer(20, target, 15));
    settle();
    CHECK_SAID(1, 2, 3);
}

static void case_lower_self(void)
{
    (void)speaker(20, 2);
    puppet_play(changer(30, NULL, 10));
    settle();
    CHECK_SAID(2, 1);
}

/* Down to the priority of another: it stays in front. */
static void case_lower_self_equal(void)
{
    (void)speaker(20, 2);
    puppet_play(changer(30, NULL, 20));
    settle();
    CHECK_SAID(1, 2);
}

static void case_lower_other(void)
{
    struct puppet *target = speaker(40, 3);

    (void)speaker(20, 2);
    CHECK_OK(seL4_TCB_SetPriority(target->tcb, SELF, 10));
    puppet_play(changer(30, target, 15));
    settle();
    CHECK_SAID(1, 2, 3);
}

/* A blocked thread takes its new priority with it. */
static void case_raise_blocked(void)
{
    struct puppet *target = listener(10, signals, 2), *p = puppet_new(20);

    CHECK_OK(seL4_TCB_SetPriority(target->tcb, SELF, 30));
    then(p, seL4_SysSend, signals, 0, 0);
    then_say(p, 1);
    puppet_play(p);
    settle();
    CHECK_SAID(2, 1);
}

/* Its own MCP bounds what its authority gives away; not what it has. */
static void case_mcp(void)
{
    struct puppet *p = puppet_new(20), *other = puppet_new(5);

    CHECK_OK(seL4_TCB_SetMCPriority(p->tcb, SELF, 10));
    CHECK_OK(seL4_TCB_SetPriority(other->tcb, p->tcb, 10));
    CHECK_FAILS(seL4_TCB_SetPriority(other->tcb, p->tcb, 11), range(0, 10));
    CHECK_FAILS(seL4_TCB_SetMCPriority(other->tcb, p->tcb, 11), range(0, 10));
    CHECK_FAILS(seL4_TCB_SetPriority(p->tcb, p->tcb, 20), range(0, 10));
    (void)speaker(19, 2);
    then_say(p, 1);
    puppet_play(p);
    settle();
    CHECK_SAID(1, 2); /* it still has 20 */
}

static void case_resume(void)
{
    struct puppet *target = speaker(30, 2), *p = puppet_new(20);

    CHECK_OK(seL4_TCB_Suspend(target->tcb));
    then_invoke(p, target->tcb, TCBResume, 0, 0, 0);
    then_say(p, 1);
    puppet_play(p);
    settle();
    CHECK_SAID(2, 1);
}

/* A thread that is ready for want of time only runs when it gets some. */
static void case_bind(void)
{
    struct puppet *target = puppet_new(30), *p = puppet_new(20);

    CHECK_OK(seL4_SchedContext_Unbind(target->sched_context));
    then_say(target, 2);
    puppet_play(target);
    then_invoke(p, target->sched_context, SchedContextBind, target->tcb, 0, 0);
    then_say(p, 1);
    puppet_play(p);
    settle();
    CHECK_SAID(2, 1);
}

static void case_unbind_other(void)
{
    struct puppet *target = speaker(10, 2), *p = puppet_new(20);

    then_invoke(p, target->sched_context, SchedContextUnbind, 0, 0, 0);
    then_say(p, 1);
    puppet_play(p);
    settle();
    CHECK_SAID(1);
    CHECK_OK(seL4_SchedContext_Bind(target->sched_context, target->tcb));
    settle();
    CHECK_SAID(2);
}

/* Two that wake in one system call take their turn by priority. */
static void case_two_at_once(void)
{
    seL4_CPtr gone = endpoint_new();
    struct puppet *a = puppet_new(21), *b = puppet_new(22), *p = puppet_new(20);

    then(a, seL4_SysSend, gone, 0, 0);
    then_say(a, 2);
    then(b, seL4_SysSend, gone, 0, 0);
    then_say(b, 1);
    puppet_play(a);
    puppet_play(b);
    settle();
    then_invoke(p, ROOT, CNodeDelete, 0, 2, gone)->r.mr[1] = DEPTH;
    then_say(p, 3);
    puppet_play(p);
    settle();
    CHECK_SAID(1, 2, 3);
}

static const struct api_case cases[] = {
    { "the highest priority first", case_order },
    { "who becomes ready comes before its equals", case_head },
    { "Yield lets its equals go first", case_yield },
    { "Yield lets nobody below go first", case_yield_above },
    { "a signal to a higher priority", case_wake_higher },
    { "a signal to an equal priority", case_wake_equal },
    { "a signal to a lower priority", case_wake_lower },
    { "a message to a higher priority", case_send },
    { "the message of a higher priority is taken", case_receive },
    { "Call of a server of lower priority", case_call_lower },
    { "Call of a server of higher priority", case_call_higher },
    { "ReplyRecv between higher and lower callers", case_reply },
    { "another is raised above the caller", case_raise_other },
    { "another is raised beside the caller", case_raise_other_equal },
    { "another is raised, but not so far", case_raise_other_below },
    { "a thread lowers itself below others", case_lower_self },
    { "a thread lowers itself to others", case_lower_self_equal },
    { "another is lowered", case_lower_other },
    { "a blocked thread is raised", case_raise_blocked },
    { "MCP bounds what authority gives", case_mcp },
    { "Resume of a higher priority", case_resume },
    { "Bind to a higher priority", case_bind },
    { "Unbind of one that is ready", case_unbind_other },
    { "two that wake at once", case_two_at_once },
};
const struct api_group priority_group = { "priority", cases, API_COUNT(cases), prepare };

static void prepare_detour(void)
{
    prepare();
    detour = true;
}
const struct api_group priority_detour_group = { "priority by detour", cases, API_COUNT(cases),
                                                 prepare_detour };
