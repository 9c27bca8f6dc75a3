/* SPDX-License-Identifier: BSD-2-Clause */
/* SchedContext_YieldTo: who goes first, and when the caller gets its answer (abi section 3.5). */
#include "puppet.h"

static seL4_CPtr endpoint, reply, signals;

static void prepare(void)
{
    puppets_prepare();
    endpoint = endpoint_new();
    reply = reply_new();
    signals = notification_new();
}

static struct puppet *speaker(seL4_Word priority, seL4_Word word)
{
    struct puppet *p = puppet_new(priority);

    then_say(p, word);
    puppet_play(p);
    return p;
}

/* Yields to the target and says its word. */
static struct puppet *yielder(seL4_Word priority, const struct puppet *target, seL4_Word word)
{
    struct puppet *p = puppet_new(priority);

    then_invoke(p, target->sched_context, SchedContextYieldTo, 0, 0, 0);
    then_say(p, word);
    return p;
}

static void check_answered(const struct puppet *p, int line)
{
    check_equal(p->step[0].r.info, INFO(0, 0, 1), __FILE_NAME__, line, "answer");
    check_equal(p->step[0].r.x0, 0, __FILE_NAME__, line, "badge");
    check(p->step[0].r.mr[0] < 100000000, __FILE_NAME__, line, "microseconds");
}
#define CHECK_ANSWERED(p) check_answered(p, __LINE__)

/* The target goes to the front of its queue; a lower one only there. */
static void case_lower(void)
{
    struct puppet *target = speaker(10, 2), *p;

    (void)speaker(10, 3);
    p = yielder(20, target, 1);
    puppet_play(p);
    settle();
    CHECK_SAID(1, 2, 3);
    CHECK_ANSWERED(p);
    CHECK_EQUAL(p->step[0].r.mr[0], 0); /* it had not run before */
}

static void case_equal(void)
{
    struct puppet *target = speaker(20, 1), *p;

    (void)speaker(20, 3);
    p = yielder(20, target, 2);
    puppet_play(p);
    settle();
    CHECK_SAID(1, 2, 3);
    CHECK_ANSWERED(p);
}

/* It can only be higher by not having run yet: a thread lowers itself in between. */
static void case_higher(void)
{
    struct puppet *target = speaker(30, 1), *p;

    CHECK_OK(seL4_TCB_Suspend(target->tcb));
    p = puppet_new(20);
    CHECK_OK(seL4_TCB_SetMCPriority(p->tcb, SELF, 40));
    then_invoke(p, target->sched_context, SchedContextYieldTo, 0, 0, 0);
    then_say(p, 2);
    puppet_play(p);
    settle();
    CHECK_SAID(2); /* suspended: the answer comes at once */
    CHECK_ANSWERED(p);
    CHECK_EQUAL(p->step[0].r.mr[0], 0);
}

/* Blocked, without budget, not configured: the answer comes at once. */
static void case_not_ready(void)
{
    struct puppet *blocked = puppet_new(20), *late = puppet_new(20), *p;

    then(blocked, seL4_SysWait, signals, 0, 0);
    puppet_play(blocked);
    puppet_set_time(late, 1000, 600000000);
    then(late, seL4_SysYield, 0, 0, 0);
    puppet_play(late);
    settle();
    p = yielder(20, blocked, 1);
    then_invoke(p, late->sched_context, SchedContextYieldTo, 0, 0, 0);
    then_say(p, 2);
    puppet_play(p);
    settle();
    CHECK_SAID(1, 2);
    CHECK_ANSWERED(p);
    CHECK_EQUAL(p->step[2].r.info, INFO(0, 0, 1));
    CHECK(blocked->done == 0 && late->done == 0);
}

/* The time that the target has used, and that it is counted anew afterwards. */
static void work(seL4_Word rounds)
{
    for (seL4_Word i = 0; i < rounds; i++)
        asm volatile("" : : "r"(i));
}

static void case_consumed(void)
{
    struct puppet *target = puppet_new(20), *p;

    puppet_call(target, work, 400000);
    p = yielder(20, target, 1);
    puppet_play(p);
    settle();
    CHECK_SAID(1);
    CHECK_EQUAL(p->step[0].r.info, INFO(0, 0, 1));
    CHECK(p->step[0].r.mr[0] > 0);
    CHECK_EQUAL(seL4_SchedContext_Consumed(target->sched_context).consumed, 0);
}

/* Send gives no answer, but gives way. */
static void case_send(void)
{
    struct puppet *target = speaker(20, 1), *p = puppet_new(20);

    then(p, seL4_SysSend, target->sched_context, INFO(SchedContextYieldTo, 0, 0), 0);
    then_say(p, 2);
    puppet_play(p);
    settle();
    CHECK_SAID(1, 2);
    CHECK_EQUAL(p->step[0].r.info, INFO(SchedContextYieldTo, 0, 0));
    CHECK_EQUAL(p->step[0].r.mr[0], STEP_MR(0));
}

/* When the target blocks its yielder is next. */
static void case_target_blocks(void)
{
    struct puppet *target = puppet_new(20), *p;

    then_say(target, 1);
    then(target, seL4_SysWait, signals, 0, 0);
    then_say(target, 9);
    puppet_play(target);
    (void)speaker(20, 3);
    p = yielder(20, target, 2);
    puppet_play(p);
    settle();
    CHECK_SAID(1, 2, 3);
    CHECK_ANSWERED(p);
}

/* A second yielder releases the first, who gets its answer. */
static void case_two_yielders(void)
{
    struct puppet *target = puppet_new(20), *first, *second;

    then_say(target, 1);
    then(target, seL4_SysSend, signals, 0, 0); /* wakes the second one, which is higher */
    then_say(target, 3);
    puppet_play(target);
    second = puppet_new(30);
    then(second, seL4_SysWait, signals, 0, 0);
    then_invoke(second, target->sched_context, SchedContextYieldTo, 0, 0, 0);
    then_say(second, 2);
    puppet_play(second);
    CHECK_OK(seL4_TCB_SetPriority(target->tcb, SELF, 5));
    settle();
    CHECK_SAID(1, 2, 3);
    target = puppet_new(20);
    then_say(target, 1);
    then(target, seL4_SysWait, signals, 0, 0);
    puppet_play(target);
    first = yielder(20, target, 2);
    second = yielder(20, target, 3);
    puppet_play(second);
    puppet_play(first);
    settle();
    CHECK_SAID(1, 2, 3);
    CHECK_ANSWERED(first);
    CHECK_ANSWERED(second);
}

/* A yielder is running, so to speak: stopped and resumed it goes on after its call. */
static void case_yielder_suspended(void)
{
    struct puppet *target = puppet_new(20), *p = yielder(20, target, 3);

    then_invoke(target, p->tcb, TCBSuspend, 0, 0, 0);
    then_say(target, 1);
    then(target, seL4_SysYield, 0, 0, 0);
    then_say(target, 2);
    puppet_play(target);
    puppet_play(p);
    settle();
    CHECK_SAID(1, 2);
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_SAID(3);
    CHECK_EQUAL(p->step[0].r.x0, 0);
}

/* The target deletes what is yielded to: the yielder goes on. */
static void check_deleted(bool thread)
{
    struct puppet *target = puppet_new(20), *helper = puppet_new(30), *p = yielder(20, target, 2);

    then(helper, seL4_SysWait, signals, 0, 0);
    then_invoke(helper, ROOT, CNodeDelete, 0, 2, thread ? target->tcb : target->sched_context)
        ->r.mr[1] = DEPTH;
    puppet_play(helper);
    settle();
    then_say(target, 1);
    then(target, seL4_SysSend, signals, 0, 0);
    then_say(target, 9);
    puppet_play(target);
    puppet_play(p);
    settle();
    CHECK_EQUAL(helper->done, 2);
    CHECK_SAID(1, 2);
    CHECK_ANSWERED(p);
}

static void case_context_deleted(void)
{
    check_deleted(false);
}
static void case_thread_deleted(void)
{
    check_deleted(true);
}

static const struct api_case cases[] = {
    { "a lower priority", case_lower },
    { "an equal priority", case_equal },
    { "a suspended thread of a higher priority", case_higher },
    { "threads that cannot run", case_not_ready },
    { "the answer is the time that was used", case_consumed },
    { "by Send", case_send },
    { "the target blocks", case_target_blocks },
    { "two yield to one", case_two_yielders },
    { "the yielder is suspended", case_yielder_suspended },
    { "the target's context is deleted", case_context_deleted },
    { "the target's thread is deleted", case_thread_deleted },
};
const struct api_group yield_to_group = { "yield to", cases, API_COUNT(cases), prepare };
