/* SPDX-License-Identifier: BSD-2-Clause */
/* Domains: who may run at all (abi sections 3.8, 7.3). */
#include "puppet.h"

#define DOMAINS 16u
#define ENTRIES 100u
#define DURATION_MAX ((1ul << 56) - 1)
#define TICKS_PER_MS 62500u
#define RESTS_MAX 200u

static struct puppet *p;
static volatile unsigned result; /* of a puppet */

static void prepare(void)
{
    puppets_prepare();
    p = puppet_new(20);
    result = 0;
}

static seL4_Error entry(seL4_Word index, seL4_Word domain, seL4_Word ticks)
{
    return seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, index, (seL4_Domain)domain, ticks);
}

static void spin(seL4_Word argument)
{
    (void)argument;
    for (;;)
        asm volatile("");
}

/* As it was at the start: only domain 0, for ever. */
static void restore(void)
{
    CHECK_OK(entry(0, 0, DURATION_MAX));
    CHECK_OK(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0));
    for (seL4_Word i = 1; i < 4; i++)
        CHECK_OK(entry(i, 0, 0));
}

static void case_set_refused(void)
{
    CHECK_FAILS(seL4_DomainSet_Set(seL4_CapDomain, DOMAINS, p->tcb), bad_argument(0));
    CHECK_FAILS(seL4_DomainSet_Set(seL4_CapDomain, 255, p->tcb), bad_argument(0));
    CHECK_FAILS(seL4_DomainSet_Set(seL4_CapDomain, 0, p->sched_context), bad_argument(1));
    CHECK_FAILS(seL4_DomainSet_Set(seL4_CapDomain, 0, slot_new()), bad_argument(1));
    CHECK_ERROR(sel4_invoke(seL4_CapDomain, DomainSetSet, 1, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(seL4_CapDomain, DomainSetSet, 0, 1, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_FAILS(sel4_invoke(seL4_CapDomain, DomainSetSet, 0, 1, DOMAINS, 0, 0, 0), bad_argument(0));
    CHECK_ERROR(sel4_invoke(seL4_CapDomain, TCBSuspend, 1, 1, 0, 0, 0, 0), seL4_IllegalOperation);
    CHECK_ERROR(seL4_DomainSet_Set(p->tcb, 0, p->tcb), seL4_IllegalOperation);
}

static void case_schedule_refused(void)
{
    CHECK_FAILS(entry(ENTRIES - 1, 0, 1000), range(0, ENTRIES - 2));
    CHECK_FAILS(entry(1, DOMAINS, 1000), range(0, DOMAINS - 1));
    CHECK_FAILS(entry(1, 0, DURATION_MAX + 1), bad_argument(2));
    CHECK_FAILS(entry(1, 1, 0), bad_argument(1));
    CHECK_FAILS(entry(0, 0, 0), bad_argument(2));
    CHECK_ERROR(sel4_invoke(seL4_CapDomain, DomainScheduleConfigure, 0, 2, 1, 0, 0, 0),
                seL4_TruncatedMessage);
    CHECK_FAILS(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, ENTRIES), range(0, ENTRIES - 1));
    CHECK_FAILS(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 1), bad_argument(0));
    CHECK_FAILS(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, ENTRIES - 1), bad_argument(0));
    CHECK_ERROR(sel4_invoke(seL4_CapDomain, DomainScheduleSetStart, 0, 0, 0, 0, 0, 0),
                seL4_TruncatedMessage);
}

/* Outside the current domain it is ready, and does not run; in it, it does. */
static void case_elsewhere(void)
{
    then_say(p, 1);
    CHECK_OK(seL4_DomainSet_Set(seL4_CapDomain, 3, p->tcb));
    puppet_play(p);
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(seL4_DomainSet_Set(seL4_CapDomain, DOMAINS - 1, p->tcb));
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(seL4_DomainSet_Set(seL4_CapDomain, 0, p->tcb));
    settle();
    CHECK_SAID(1);
}

/* Messages and signals reach it all the same. */
static void case_woken_elsewhere(void)
{
    seL4_CPtr signals = notification_new();

    then(p, seL4_SysWait, signals, 0, 0);
    puppet_play(p);
    settle();
    CHECK_OK(seL4_DomainSet_Set(seL4_CapDomain, 3, p->tcb));
    seL4_Signal(badged(signals, 4));
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_EQUAL(take(signals, 0).badge, 0);
    CHECK_OK(seL4_DomainSet_Set(seL4_CapDomain, 0, p->tcb));
    settle();
    CHECK_EQUAL(p->step[0].r.x0, 4);
}

/* Domains take turns; the lowest priority of one runs while the highest of another waits. */
static void case_turns(void)
{
    struct puppet *here = puppet_new(30);
    seL4_Word mine = 0, theirs = 0;

    CHECK_OK(seL4_DomainSet_Set(seL4_CapDomain, 5, p->tcb));
    puppet_call(p, spin, 0);
    puppet_call(here, spin, 0);
    CHECK_OK(entry(1, 5, TICKS_PER_MS));
    CHECK_OK(entry(0, 0, TICKS_PER_MS));
    CHECK_OK(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0));
    for (unsigned i = 0; i < RESTS_MAX && (theirs < 2000 || mine < 2000); i++) {
        rest_us(1000);
        theirs += seL4_SchedContext_Consumed(p->sched_context).consumed;
        mine += seL4_SchedContext_Consumed(here->sched_context).consumed;
    }
    restore();
    CHECK_OK(seL4_TCB_Suspend(p->tcb));
    CHECK_OK(seL4_TCB_Suspend(here->tcb));
    CHECK(theirs >= 2000);
    CHECK(mine >= 2000);
}

/* The schedule begins at its start again: an entry in front of that is not used. */
static void case_start(void)
{
    CHECK_OK(seL4_DomainSet_Set(seL4_CapDomain, 5, p->tcb));
    puppet_call(p, spin, 0);
    CHECK_OK(entry(1, 0, TICKS_PER_MS / 2));
    CHECK_OK(entry(2, 4, TICKS_PER_MS / 2));
    CHECK_OK(entry(3, 0, 0));
    CHECK_OK(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 1));
    CHECK_OK(entry(0, 5, TICKS_PER_MS / 2));
    rest_us(4000);
    CHECK_EQUAL(seL4_SchedContext_Consumed(p->sched_context).consumed, 0);
    restore();
    CHECK_OK(seL4_TCB_Suspend(p->tcb));
}

/* Started at another domain's entry: the caller waits for its own turn. */
static void case_start_elsewhere(void)
{
    seL4_Word start, passed;

    CHECK_OK(entry(1, 5, 5 * TICKS_PER_MS));
    CHECK_OK(entry(2, 0, 5 * TICKS_PER_MS));
    CHECK_OK(entry(3, 0, 0));
    start = now_us();
    CHECK_OK(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 1));
    passed = now_us() - start;
    restore();
    CHECK(passed >= 4900); /* less the part of an entry that is not worth its while */
}

/* A thread is made in the domain that runs. */
static void make(seL4_Word argument)
{
    const seL4_CPtr *cap = (const seL4_CPtr *)argument;
    struct sel4_syscall_registers r = { .x0 = cap[0],
                                        .info = INFO(UntypedRetype, 1, 6),
                                        .mr = { seL4_TCBObject, 0, 0, 0 } };

    sel4_trap(seL4_SysCall, &r, 0, 0);
    result = r.info == 0 ? 1 : 2;
}

static void case_inherited(void)
{
    static seL4_CPtr cap[1];
    struct puppet *q = puppet_new(20);
    seL4_CPtr made = slot_new();

    cap[0] = object_new(seL4_UntypedObject, 12);
    p->buffer->caps_or_badges[0] = ROOT;
    p->buffer->msg[4] = made;
    p->buffer->msg[5] = 1;
    CHECK_OK(seL4_DomainSet_Set(seL4_CapDomain, 5, p->tcb));
    puppet_call(p, make, (seL4_Word)cap);
    CHECK_OK(entry(1, 5, TICKS_PER_MS));
    CHECK_OK(entry(0, 0, TICKS_PER_MS));
    CHECK_OK(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0));
    for (unsigned i = 0; i < RESTS_MAX && !puppet_ended(p); i++)
        rest_us(1000);
    restore();
    CHECK_EQUAL(result, 1);
    /* It is in domain 5: ready in domain 0 only after it has been moved. */
    q->tcb = made;
    CHECK_OK(seL4_TCB_Configure(made, ROOT, 0, VSPACE, 0, 0, 0));
    CHECK_OK(seL4_SchedContext_Unbind(q->sched_context));
    CHECK_OK(seL4_TCB_SetSchedParams(made, SELF, 20, 20, q->sched_context, endpoint_new()));
    then_say(q, 1);
    puppet_play(q);
    settle();
    CHECK_EQUAL(q->done, 0);
    CHECK_OK(seL4_DomainSet_Set(seL4_CapDomain, 0, made));
    settle();
    CHECK_EQUAL(q->done, 1);
}

static const struct api_case cases[] = {
    { "Set: what it refuses", case_set_refused },
    { "schedule: what it refuses", case_schedule_refused },
    { "a thread in another domain", case_elsewhere },
    { "woken in another domain", case_woken_elsewhere },
    { "domains take turns", case_turns },
    { "the schedule begins at its start", case_start },
    { "started in another domain", case_start_elsewhere },
    { "new threads are in the domain of their maker", case_inherited },
};
const struct api_group domain_group = { "domain", cases, API_COUNT(cases), prepare };
