/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts and SchedControl: what they refuse and bind (abi section 3.5). */
#include "puppet.h"

#define MIN_US 20ul
#define MAX_US 36893488147419ul

static seL4_CPtr control, endpoint, notification;

static void prepare(void)
{
    puppets_prepare();
    control = boot->schedcontrol.start;
    endpoint = endpoint_new();
    notification = notification_new();
}

static seL4_Error configure(seL4_CPtr sc, seL4_Word budget, seL4_Word period, seL4_Word extra)
{
    return seL4_SchedControl_Configure(control, sc, budget, period, extra, 0);
}

static void case_ranges(void)
{
    seL4_CPtr sc = sched_context_new();

    CHECK_FAILS(configure(sc, MAX_US + 1, MAX_US, 0), range(MIN_US, MAX_US));
    CHECK_FAILS(configure(sc, ~0ul, 1000, 0), range(MIN_US, MAX_US));
    CHECK_FAILS(configure(sc, 1000, MAX_US + 1, 0), range(MIN_US, MAX_US));
    CHECK_FAILS(configure(sc, 0, 1000, 0), range(MIN_US, MAX_US));
    CHECK_FAILS(configure(sc, MIN_US - 1, 1000, 0), range(MIN_US, MAX_US));
    CHECK_FAILS(configure(sc, 1000, 0, 0), range(MIN_US, MAX_US));
    CHECK_FAILS(configure(sc, 1000, MIN_US - 1, 0), range(MIN_US, MAX_US));
    CHECK_FAILS(configure(sc, 1000, 999, 0), range(MIN_US, 999));
    CHECK_FAILS(configure(sc, MAX_US, MIN_US, 0), range(MIN_US, MIN_US));
    CHECK_OK(configure(sc, MIN_US, MIN_US, 0));
    CHECK_OK(configure(sc, MIN_US, MAX_US, 0));
    CHECK_OK(configure(sc, MAX_US, MAX_US, 0));
}

/* The limit of extra refills is a matter of the object's size, also for round robin. */
static void case_refills(void)
{
    static const seL4_Word limits[][2] = { { 7, 0 }, { 8, 8 }, { 9, 24 }, { 10, 56 }, { 12, 248 } };

    for (unsigned i = 0; i < API_COUNT(limits); i++) {
        seL4_CPtr sc = object_new(seL4_SchedContextObject, limits[i][0]);
        seL4_Word limit = limits[i][1];

        CHECK_EQUAL(seL4_MaxExtraRefills(limits[i][0]), limit);
        CHECK_OK(configure(sc, 1000, 2000, limit));
        CHECK_FAILS(configure(sc, 1000, 2000, limit + 1), range(0, limit));
        CHECK_FAILS(configure(sc, 1000, 1000, limit + 1), range(0, limit));
        CHECK_FAILS(configure(sc, 1000, 2000, ~0ul), range(0, limit));
    }
}

static void case_configure_others(void)
{
    seL4_CPtr others[] = { SELF, ROOT, endpoint, control, slot_new() };

    for (unsigned i = 0; i < API_COUNT(others); i++) {
        CHECK_FAILS(configure(others[i], 1000, 1000, 0), bad_cap(1));
        CHECK_FAILS(configure(others[i], 1000, 1000, 9999), bad_cap(1));
        CHECK_FAILS(configure(others[i], 0, 1000, 0), range(MIN_US, MAX_US)); /* checked first */
    }
}

static void case_configure_truncated(void)
{
    seL4_CPtr sc = sched_context_new();

    seL4_SetCap(0, sc);
    for (seL4_Word length = 0; length < 5; length++)
        CHECK_ERROR(sel4_invoke(control, SchedControlConfigureFlags, 1, length, 5000, 5000, 0, 0),
                    seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(control, SchedControlConfigureFlags, 0, 5, 5000, 5000, 0, 0),
                seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(control, SchedContextBind, 1, 5, 5000, 5000, 0, 0),
                seL4_IllegalOperation);
    CHECK_ERROR(sel4_invoke(control, SchedContextBind, 0, 0, 0, 0, 0, 0), seL4_IllegalOperation);
}

static void case_other_label(void)
{
    seL4_CPtr sc = sched_context_new();

    CHECK_ERROR(sel4_invoke(sc, SchedControlConfigureFlags, 0, 0, 0, 0, 0, 0),
                seL4_IllegalOperation);
    CHECK_ERROR(sel4_invoke(sc, TCBSuspend, 0, 0, 0, 0, 0, 0), seL4_IllegalOperation);
    CHECK_ERROR(sel4_invoke(sc, nArchInvocationLabels, 0, 0, 0, 0, 0, 0), seL4_IllegalOperation);
    CHECK_ERROR(sel4_invoke(sc, SchedContextBind, 0, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(sc, SchedContextUnbindObject, 0, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
}

static void case_bind_kinds(void)
{
    seL4_CPtr others[] = { endpoint, ROOT, sched_context_new(), slot_new(), VSPACE };
    seL4_CPtr sc = sched_context_new();

    for (unsigned i = 0; i < API_COUNT(others); i++) {
        CHECK_FAILS(seL4_SchedContext_Bind(sc, others[i]), bad_cap(1));
        CHECK_FAILS(seL4_SchedContext_UnbindObject(sc, others[i]), bad_cap(1));
    }
}

static void case_bind_thread(void)
{
    struct puppet *p = puppet_new(20);
    seL4_CPtr sc = sched_context_new(), tcb = object_new(seL4_TCBObject, 0);

    CHECK_ERROR(seL4_SchedContext_Bind(p->sched_context, tcb), seL4_IllegalOperation);
    CHECK_ERROR(seL4_SchedContext_Bind(sc, p->tcb), seL4_IllegalOperation);
    CHECK_ERROR(seL4_SchedContext_Bind(p->sched_context, p->tcb), seL4_IllegalOperation);
    CHECK_OK(seL4_SchedContext_Bind(sc, tcb)); /* not configured, to an inactive thread */
    CHECK_ERROR(seL4_SchedContext_Bind(sc, object_new(seL4_TCBObject, 0)), seL4_IllegalOperation);
    CHECK_OK(seL4_SchedContext_UnbindObject(sc, tcb));
    CHECK_OK(seL4_SchedContext_Bind(sc, tcb));
}

/* To one that waits only time that is there can be given. */
static void case_bind_blocked(void)
{
    struct puppet *p = puppet_new(20);
    seL4_CPtr empty = sched_context_new();

    then(p, seL4_SysWait, notification, 0, 0);
    puppet_make_passive(p);
    CHECK_ERROR(seL4_SchedContext_Bind(empty, p->tcb), seL4_IllegalOperation);
    CHECK_OK(set_time(empty, 1000, 1000));
    CHECK_OK(seL4_SchedContext_Bind(empty, p->tcb));
    seL4_Signal(notification);
    settle();
    CHECK_EQUAL(p->done, 1);
}

/* A context whose budget comes in the future is none for a blocked thread. */
static void case_bind_exhausted(void)
{
    struct puppet *p = puppet_new(20), *q = puppet_new(20);

    puppet_set_time(q, 1000, 600000000);
    then(q, seL4_SysYield, 0, 0, 0);
    then(p, seL4_SysWait, notification, 0, 0);
    puppet_make_passive(p);
    puppet_play(q);
    settle();
    CHECK_EQUAL(q->done, 0);
    CHECK_OK(seL4_SchedContext_Unbind(q->sched_context));
    CHECK_ERROR(seL4_SchedContext_Bind(q->sched_context, p->tcb), seL4_IllegalOperation);
    CHECK_OK(seL4_TCB_Suspend(p->tcb));
    CHECK_OK(seL4_SchedContext_Bind(q->sched_context, p->tcb));
}

static void case_bind_notification(void)
{
    seL4_CPtr sc = sched_context_new(), other = sched_context_new();
    seL4_CPtr tcb = object_new(seL4_TCBObject, 0);

    CHECK_OK(seL4_SchedContext_Bind(sc, notification));
    CHECK_ERROR(seL4_SchedContext_Bind(sc, notification), seL4_IllegalOperation);
    CHECK_ERROR(seL4_SchedContext_Bind(sc, notification_new()), seL4_IllegalOperation);
    CHECK_ERROR(seL4_SchedContext_Bind(other, notification), seL4_IllegalOperation);
    CHECK_OK(seL4_SchedContext_Bind(sc, tcb)); /* both at once */
    CHECK_ERROR(seL4_SchedContext_UnbindObject(other, notification), seL4_IllegalOperation);
    CHECK_OK(seL4_SchedContext_UnbindObject(sc, notification));
    CHECK_ERROR(seL4_SchedContext_UnbindObject(sc, notification), seL4_IllegalOperation);
    CHECK_ERROR(seL4_SchedContext_Bind(sc, object_new(seL4_TCBObject, 0)), seL4_IllegalOperation);
    CHECK_OK(seL4_SchedContext_Bind(other, notification));
}

/* Unbind takes both away, and is content with nothing. */
static void case_unbind(void)
{
    seL4_CPtr sc = sched_context_new(), tcb = object_new(seL4_TCBObject, 0);

    CHECK_OK(seL4_SchedContext_Unbind(sc));
    CHECK_OK(seL4_SchedContext_Bind(sc, tcb));
    CHECK_OK(seL4_SchedContext_Bind(sc, notification));
    CHECK_OK(seL4_SchedContext_Unbind(sc));
    CHECK_ERROR(seL4_SchedContext_UnbindObject(sc, tcb), seL4_IllegalOperation);
    CHECK_ERROR(seL4_SchedContext_UnbindObject(sc, notification), seL4_IllegalOperation);
    CHECK_OK(seL4_SchedContext_Bind(sc, tcb));
    CHECK_OK(seL4_SchedContext_Bind(sc, notification));
}

/* A thread cannot take its own time away. */
static void case_unbind_own(void)
{
    struct puppet *p = puppet_new(20);
    struct step *all = then_invoke(p, p->sched_context, SchedContextUnbind, 0, 0, 0);
    struct step *one = then_invoke(p, p->sched_context, SchedContextUnbindObject, p->tcb, 0, 0);
    struct step *params = then(p, seL4_SysCall, p->tcb, INFO(TCBSetSchedParams, 3, 2), 0);

    CHECK_ERROR(seL4_SchedContext_Unbind(seL4_CapInitThreadSC), seL4_IllegalOperation);
    CHECK_ERROR(seL4_SchedContext_UnbindObject(seL4_CapInitThreadSC, SELF), seL4_IllegalOperation);
    p->buffer->caps_or_badges[1] = slot_new();
    p->buffer->caps_or_badges[2] = slot_new();
    params->r.mr[0] = params->r.mr[1] = 20;
    puppet_play(p);
    settle();
    CHECK_EQUAL(p->done, 3);
    CHECK_EQUAL(all->r.info, INFO(seL4_IllegalOperation, 0, 0));
    CHECK_EQUAL(one->r.info, INFO(seL4_IllegalOperation, 0, 0));
    CHECK_EQUAL(params->r.info, INFO(seL4_IllegalOperation, 0, 0));
}

static seL4_Error params(struct puppet *p, seL4_CPtr sc)
{
    return seL4_TCB_SetSchedParams(p->tcb, SELF, 20, 20, sc, endpoint);
}

static void case_sched_params(void)
{
    struct puppet *p = puppet_new(20), *q = puppet_new(20);
    seL4_CPtr sc = p->sched_context, unset = slot_new();

    CHECK_OK(params(p, sc)); /* has it already */
    CHECK_ERROR(params(p, q->sched_context), seL4_IllegalOperation);
    CHECK_ERROR(params(p, sched_context_new()), seL4_IllegalOperation);
    CHECK_FAILS(params(p, endpoint), bad_cap(2));
    CHECK_FAILS(params(p, notification), bad_cap(2));
    CHECK_OK(params(p, unset));
    CHECK_OK(params(p, unset));
    CHECK_ERROR(seL4_SchedContext_UnbindObject(sc, p->tcb), seL4_IllegalOperation);
    CHECK_ERROR(params(p, q->sched_context), seL4_IllegalOperation);
    CHECK_OK(params(p, sc));
    CHECK(holds(p, sc));
}

static void case_sched_params_blocked(void)
{
    struct puppet *p = puppet_new(20);

    then(p, seL4_SysWait, notification, 0, 0);
    puppet_make_passive(p);
    CHECK_ERROR(params(p, sched_context_new()), seL4_IllegalOperation);
    CHECK_OK(params(p, p->sched_context));
}

/* Ready and bound, but there is no time in it yet. */
static void case_configured_later(void)
{
    struct puppet *p = puppet_new(20);
    seL4_CPtr sc = sched_context_new();

    CHECK_OK(seL4_SchedContext_Unbind(p->sched_context));
    CHECK_OK(seL4_SchedContext_Bind(sc, p->tcb));
    then(p, seL4_SysYield, 0, 0, 0);
    puppet_play(p);
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(set_time(sc, 5000, 5000));
    settle();
    CHECK_EQUAL(p->done, 1);
}

/* First bound, then resumed; and the other way round (SCHED_CONTEXT_0007). */
static void case_bind_and_resume(void)
{
    struct puppet *p = puppet_new(20), *q = puppet_new(20);

    CHECK_OK(seL4_SchedContext_Unbind(p->sched_context));
    CHECK_OK(seL4_SchedContext_Unbind(q->sched_context));
    then(p, seL4_SysYield, 0, 0, 0);
    then(q, seL4_SysYield, 0, 0, 0);
    puppet_play(p);
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(seL4_SchedContext_Bind(p->sched_context, p->tcb));
    CHECK_OK(seL4_SchedContext_Bind(q->sched_context, q->tcb));
    puppet_play(q);
    settle();
    CHECK(p->done == 1 && q->done == 1);
}

/* A thread that loses its context stands still, and goes on where it was. */
static void case_unbound_and_bound(void)
{
    struct puppet *p = puppet_new(20);

    for (unsigned i = 0; i < 3; i++)
        then(p, seL4_SysWait, notification, 0, 0);
    puppet_play(p);
    settle();
    seL4_Signal(badged(notification, 1));
    CHECK_OK(seL4_SchedContext_Unbind(p->sched_context));
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(seL4_SchedContext_Bind(p->sched_context, p->tcb));
    settle();
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.x0, 1);
}

static void case_deleted(void)
{
    struct puppet *p = puppet_new(20);
    seL4_CPtr other = sched_context_new();

    CHECK_OK(seL4_SchedContext_Bind(p->sched_context, notification));
    then(p, seL4_SysYield, 0, 0, 0);
    puppet_play(p);
    CHECK_OK(cap_delete(p->sched_context));
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(set_time(other, 5000, 5000));
    CHECK_OK(seL4_SchedContext_Bind(other, notification));
    CHECK_OK(seL4_SchedContext_Bind(other, p->tcb));
    settle();
    CHECK_EQUAL(p->done, 1);
}

static void case_thread_deleted(void)
{
    struct puppet *p = puppet_new(20);
    seL4_CPtr tcb = object_new(seL4_TCBObject, 0);

    CHECK_OK(cap_delete(p->tcb));
    CHECK_OK(seL4_SchedContext_Bind(p->sched_context, tcb));
    CHECK_OK(cap_delete(tcb));
    CHECK_OK(seL4_SchedContext_Unbind(p->sched_context));
}

static void case_yield_to_refused(void)
{
    struct puppet *p = puppet_new(20), *high = puppet_new(21);
    struct step *own = then_invoke(p, p->sched_context, SchedContextYieldTo, 0, 0, 0);
    struct step *none = then_invoke(p, sched_context_new(), SchedContextYieldTo, 0, 0, 0);
    struct step *above = then_invoke(p, high->sched_context, SchedContextYieldTo, 0, 0, 0);

    puppet_play(p);
    settle();
    CHECK_EQUAL(p->done, 3);
    CHECK_EQUAL(own->r.info, INFO(seL4_IllegalOperation, 0, 0));
    CHECK_EQUAL(none->r.info, INFO(seL4_IllegalOperation, 0, 0));
    CHECK_EQUAL(above->r.info, INFO(seL4_IllegalOperation, 0, 0));
}

static const struct api_case cases[] = {
    { "ranges of budget and period", case_ranges },
    { "extra refills by the size of the object", case_refills },
    { "ConfigureFlags of other objects", case_configure_others },
    { "ConfigureFlags: truncated, other labels", case_configure_truncated },
    { "other labels, no capability", case_other_label },
    { "Bind and UnbindObject of other objects", case_bind_kinds },
    { "Bind to threads", case_bind_thread },
    { "Bind to a blocked thread", case_bind_blocked },
    { "Bind of an exhausted one to a blocked thread", case_bind_exhausted },
    { "Bind to notifications", case_bind_notification },
    { "Unbind takes all", case_unbind },
    { "a thread keeps its own", case_unbind_own },
    { "SetSchedParams binds and unbinds", case_sched_params },
    { "SetSchedParams of a blocked thread", case_sched_params_blocked },
    { "bound first, configured later", case_configured_later },
    { "bound and resumed, resumed and bound", case_bind_and_resume },
    { "unbound for a while", case_unbound_and_bound },
    { "deleted", case_deleted },
    { "its thread is deleted", case_thread_deleted },
    { "what YieldTo refuses", case_yield_to_refused },
};
const struct api_group sched_context_group = { "sched context", cases, API_COUNT(cases), prepare };
