/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications, and what is bound to them (abi sections 3.7, 7.5). */
#include "puppet.h"

static seL4_CPtr signals, endpoint, reply;

static void prepare(void)
{
    puppets_prepare();
    signals = notification_new();
    endpoint = endpoint_new();
    reply = reply_new();
}

static struct puppet *waiter(seL4_Word priority, seL4_Syscall_ID number, seL4_CPtr cap)
{
    struct puppet *p = puppet_new(priority);

    then(p, number, cap, INFO(1, 0, 0), reply_new());
    puppet_play(p);
    settle();
    return p;
}

static void signal_with(seL4_Word badge)
{
    signal_to(badged(signals, badge));
    settle();
}

static void case_or(void)
{
    signal_with(1);
    signal_with(4);
    signal_with(1ul << 63);
    signal_with(4);
    CHECK_EQUAL(take(signals, 0).badge, 1ul << 63 | 5);
    CHECK_EQUAL(take(signals, 0).badge, 0);
}

/* Also a signal of badge 0 is one: a Wait does not wait. */
static void case_badge_zero(void)
{
    struct puppet *p;

    signal_to(signals);
    p = waiter(20, seL4_SysWait, signals);
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.x0, 0);
    p = waiter(20, seL4_SysWait, signals);
    CHECK_EQUAL(p->done, 0);
    signal_to(signals);
    settle();
    CHECK_EQUAL(p->done, 1);
}

/* A signal to a waiter is gone with it. */
static void case_waiter(void)
{
    struct puppet *p = waiter(20, seL4_SysWait, signals);

    CHECK_EQUAL(p->done, 0);
    signal_with(6);
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.x0, 6);
    CHECK_EQUAL(take(signals, 0).badge, 0);
}

static void case_one_each(void)
{
    struct puppet *a = waiter(20, seL4_SysWait, signals);
    struct puppet *b = waiter(20, seL4_SysRecv, signals);

    signal_with(1);
    CHECK(a->done == 1 && b->done == 0);
    signal_with(2);
    CHECK_EQUAL(b->done, 1);
    CHECK_EQUAL(b->step[0].r.x0, 2);
    signal_with(4);
    CHECK_EQUAL(take(signals, 0).badge, 4);
}

static void case_waiters_by_priority(void)
{
    static const seL4_Word priorities[] = { 20, 40, 20, 40, 30 };
    static const unsigned expected[] = { 1, 3, 4, 0, 2 };
    struct puppet *p[API_COUNT(priorities)];

    for (unsigned i = 0; i < API_COUNT(priorities); i++)
        p[i] = waiter(priorities[i], seL4_SysWait, signals);
    for (unsigned i = 0; i < API_COUNT(expected); i++) {
        signal_with(1ul << i);
        CHECK_EQUAL(p[expected[i]]->done, 1);
        CHECK_EQUAL(p[expected[i]]->step[0].r.x0, 1ul << i);
    }
}

static void case_priority_changes(void)
{
    struct puppet *a = waiter(20, seL4_SysWait, signals);
    struct puppet *b = waiter(20, seL4_SysWait, signals);
    struct puppet *c = waiter(20, seL4_SysWait, signals);

    CHECK_OK(seL4_TCB_SetPriority(a->tcb, SELF, 20)); /* now the last one */
    CHECK_OK(seL4_TCB_SetPriority(c->tcb, SELF, 21));
    signal_with(1);
    CHECK(c->done == 1 && a->done == 0 && b->done == 0);
    signal_with(1);
    CHECK(b->done == 1 && a->done == 0);
}

static void case_rights(void)
{
    seL4_CPtr deaf = with_rights(signals, seL4_CanWrite, 2);

    signal_to(with_rights(signals, seL4_CanRead, 1)); /* refused, and nobody is told */
    signal_to(deaf);
    CHECK_EQUAL(take(signals, 0).badge, 2);
    CHECK_ERROR(seL4_TCB_BindNotification(puppet_new(9)->tcb, deaf), seL4_IllegalOperation);
}

/* The bound thread is called away from any endpoint; its reply object is free again. */
static void case_bound(void)
{
    struct puppet *p = waiter(20, seL4_SysRecv, endpoint), *other;

    CHECK_OK(seL4_TCB_BindNotification(p->tcb, signals));
    signal_with(0x12);
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.x0, 0x12);
    CHECK_EQUAL(p->step[0].r.info, INFO(1, 0, 0));
    other = puppet_new(20);
    then(other, seL4_SysRecv, endpoint, 0, p->step[0].x6);
    puppet_play(other);
    settle();
    CHECK_EQUAL(p->done, 1);
    seL4_NBSend(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    settle();
    CHECK_EQUAL(other->done, 1);
}

static void case_bound_by_wait(void)
{
    struct puppet *p = waiter(20, seL4_SysWait, endpoint);

    CHECK_OK(seL4_TCB_BindNotification(p->tcb, signals));
    signal_with(0x12);
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.x0, 0x12);
}

/* A pending signal comes before senders that wait, then they come. */
static void case_bound_first(void)
{
    struct puppet *sender = puppet_new(10), *p = puppet_new(20);

    then(sender, seL4_SysSend, badged(endpoint, 0x5e), INFO(2, 0, 0), 0);
    puppet_play(sender);
    CHECK_OK(seL4_TCB_BindNotification(p->tcb, signals));
    signal_with(0x51);
    then(p, seL4_SysRecv, endpoint, INFO(1, 0, 0), reply);
    then(p, seL4_SysRecv, endpoint, INFO(1, 0, 0), reply);
    puppet_play(p);
    settle();
    CHECK_EQUAL(p->done, 2);
    CHECK_EQUAL(p->step[0].r.x0, 0x51);
    CHECK_EQUAL(p->step[1].r.x0, 0x5e);
    CHECK_EQUAL(p->step[1].r.info, INFO(2, 0, 0));
}

static void case_bound_polled(void)
{
    struct puppet *p = puppet_new(20);

    CHECK_OK(seL4_TCB_BindNotification(p->tcb, signals));
    signal_with(0x51);
    then(p, seL4_SysNBRecv, endpoint, 0, reply);
    then(p, seL4_SysNBRecv, endpoint, 0, reply);
    puppet_play(p);
    settle();
    CHECK_EQUAL(p->step[0].r.x0, 0x51);
    CHECK_EQUAL(p->step[1].r.x0, 0);
}

/* Waiting elsewhere than to receive: signals just pile up. */
static void case_bound_elsewhere(void)
{
    struct puppet *p = puppet_new(20);

    CHECK_OK(seL4_TCB_BindNotification(p->tcb, signals));
    then(p, seL4_SysSend, endpoint, 0, 0);
    then(p, seL4_SysCall, endpoint, 0, 0);
    then(p, seL4_SysWait, notification_new(), 0, 0);
    puppet_play(p);
    settle();
    signal_with(1);
    CHECK_EQUAL(p->done, 0);
    (void)take(endpoint, reply);
    settle();
    CHECK_EQUAL(p->done, 1);
    (void)take(endpoint, reply);
    signal_with(2);
    CHECK_EQUAL(p->done, 1);
    answer(reply, 0, 0);
    CHECK_EQUAL(p->done, 2);
    signal_with(4);
    CHECK_EQUAL(p->done, 2);
    CHECK_OK(seL4_TCB_UnbindNotification(p->tcb));
    CHECK_EQUAL(take(signals, 0).badge, 7);
}

static void case_bound_waited_for(void)
{
    struct puppet *p = puppet_new(20);

    CHECK_OK(seL4_TCB_BindNotification(p->tcb, signals));
    then(p, seL4_SysWait, signals, 0, 0);
    puppet_play(p);
    settle();
    CHECK_EQUAL(p->done, 0);
    signal_with(9);
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.x0, 9);
}

static void case_bind_refused(void)
{
    struct puppet *p = waiter(20, seL4_SysWait, signals), *other = puppet_new(20);
    seL4_CPtr another = notification_new();

    CHECK_ERROR(seL4_TCB_BindNotification(other->tcb, signals), seL4_IllegalOperation);
    signal_with(1);
    CHECK_OK(seL4_TCB_BindNotification(other->tcb, signals));
    CHECK_ERROR(seL4_TCB_BindNotification(p->tcb, signals), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_BindNotification(other->tcb, another), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_BindNotification(p->tcb, endpoint), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_UnbindNotification(p->tcb), seL4_IllegalOperation);
    CHECK_OK(seL4_TCB_UnbindNotification(other->tcb));
    CHECK_OK(seL4_TCB_BindNotification(p->tcb, signals));
}

static void case_deleted(void)
{
    struct puppet *p = waiter(20, seL4_SysWait, signals), *bound = puppet_new(20);
    seL4_CPtr faults = endpoint_new(), mine = notification_new();

    puppet_handler(p, faults);
    CHECK_OK(cap_delete(signals));
    settle();
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_CapFault);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_Addr), signals);
    CHECK_OK(seL4_TCB_BindNotification(bound->tcb, mine));
    CHECK_OK(cap_delete(mine));
    CHECK_ERROR(seL4_TCB_UnbindNotification(bound->tcb), seL4_IllegalOperation);
}

static void case_bound_thread_deleted(void)
{
    struct puppet *p = waiter(20, seL4_SysRecv, endpoint), *other = puppet_new(20);

    CHECK_OK(seL4_TCB_BindNotification(p->tcb, signals));
    CHECK_OK(cap_delete(p->tcb));
    CHECK_OK(seL4_TCB_BindNotification(other->tcb, signals));
    signal_with(3);
    then(other, seL4_SysRecv, endpoint, 0, reply);
    puppet_play(other);
    settle();
    CHECK_EQUAL(other->step[0].r.x0, 3);
}

/* ---- scheduling contexts of notifications -------------------------------------------------- */

/* A thread that waits and has no time of its own. */
static struct puppet *passive_waiter(seL4_Word priority, seL4_Syscall_ID number, seL4_CPtr cap)
{
    struct puppet *p = puppet_new(priority);

    then(p, number, cap, INFO(1, 0, 0), reply_new());
    then(p, number, cap, INFO(1, 0, 0), reply_new());
    puppet_make_passive(p);
    return p;
}

/* Without a scheduling context anywhere the woken thread does not run until it gets one. */
static void case_no_time(void)
{
    struct puppet *p = passive_waiter(20, seL4_SysWait, signals);

    signal_with(5);
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(seL4_SchedContext_Bind(p->sched_context, p->tcb));
    settle();
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.x0, 5);
}

/* The waiter borrows the notification's, and gives it back when it waits again. */
static void case_lends(void)
{
    struct puppet *p = passive_waiter(20, seL4_SysWait, signals);
    seL4_CPtr sc = p->sched_context;

    CHECK_OK(seL4_SchedContext_Bind(sc, signals));
    CHECK(holds(NULL, sc));
    signal_with(5);
    CHECK_EQUAL(p->done, 1);
    CHECK(holds(NULL, sc));
    signal_with(6);
    CHECK_EQUAL(p->done, 2);
    CHECK_EQUAL(p->step[1].r.x0, 6);
    CHECK(holds(p, sc)); /* it did not wait again */
}

static void case_lends_once(void)
{
    struct puppet *a = passive_waiter(20, seL4_SysWait, signals);
    struct puppet *b = passive_waiter(10, seL4_SysWait, signals);

    a->steps = 1;
    CHECK_OK(seL4_SchedContext_Bind(a->sched_context, signals));
    signal_with(1);
    signal_with(2);
    CHECK(a->done == 1 && b->done == 0);
    CHECK(holds(a, a->sched_context));
    /* When its thread goes, the next waiter gets it (SCHED_CONTEXT_0006). */
    CHECK_OK(cap_delete(a->tcb));
    settle();
    CHECK_EQUAL(b->done, 0);
    b = passive_waiter(30, seL4_SysWait, signals);
    signal_with(4);
    CHECK_EQUAL(b->done, 1);
    CHECK_EQUAL(b->step[0].r.x0, 4);
}

/* A bound thread on an endpoint borrows it, too, and returns it there. */
static void case_lends_to_bound(void)
{
    struct puppet *p = passive_waiter(20, seL4_SysRecv, endpoint);
    seL4_CPtr sc = p->sched_context;

    CHECK_OK(seL4_TCB_BindNotification(p->tcb, signals));
    CHECK_OK(seL4_SchedContext_Bind(sc, signals));
    signal_with(5);
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.x0, 5);
    CHECK(holds(NULL, sc));
    signal_with(6);
    CHECK_EQUAL(p->done, 2);
    CHECK(holds(p, sc));
}

/* Who has a scheduling context keeps to it. */
static void case_lends_not(void)
{
    struct puppet *p = waiter(20, seL4_SysWait, signals);
    seL4_CPtr sc = sched_context_new();

    CHECK_OK(set_time(sc, 5000, 5000));
    CHECK_OK(seL4_SchedContext_Bind(sc, signals));
    signal_with(5);
    CHECK_EQUAL(p->done, 1);
    CHECK(holds(NULL, sc));
    CHECK(holds(p, p->sched_context));
}

/* A context bound to both leaves the thread when it first waits. */
static void check_lazy(seL4_Syscall_ID number, seL4_CPtr cap)
{
    struct puppet *p = puppet_new(20);
    seL4_CPtr sc = p->sched_context;

    CHECK_OK(seL4_SchedContext_Bind(sc, signals));
    CHECK(holds(p, sc));
    then(p, number, cap, 0, reply_new());
    if (cap != signals)
        CHECK_OK(seL4_TCB_BindNotification(p->tcb, signals));
    puppet_play(p);
    settle();
    CHECK(holds(NULL, sc));
    signal_with(5);
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.x0, 5);
    CHECK_OK(seL4_SchedContext_Unbind(sc));
    if (cap != signals)
        CHECK_OK(seL4_TCB_UnbindNotification(p->tcb));
}

static void case_lazy(void)
{
    check_lazy(seL4_SysWait, signals);
    check_lazy(seL4_SysRecv, signals);
    check_lazy(seL4_SysRecv, endpoint);
    check_lazy(seL4_SysWait, endpoint);
    check_lazy(seL4_SysReplyRecv, endpoint);
    check_lazy(seL4_SysNBSendRecv, endpoint);
}

/* Not when it waits for another notification, and not when nothing blocks. */
static void case_not_lazy(void)
{
    struct puppet *p = puppet_new(20);

    CHECK_OK(seL4_SchedContext_Bind(p->sched_context, signals));
    then(p, seL4_SysNBWait, signals, 0, 0);
    then(p, seL4_SysWait, notification_new(), 0, 0);
    puppet_play(p);
    settle();
    CHECK_EQUAL(p->done, 1);
    CHECK(holds(p, p->sched_context));
}

static void case_notification_deleted(void)
{
    struct puppet *p = passive_waiter(20, seL4_SysWait, signals);
    seL4_CPtr sc = p->sched_context, other = notification_new();

    CHECK_OK(seL4_SchedContext_Bind(sc, signals));
    CHECK_ERROR(seL4_SchedContext_Bind(sc, other), seL4_IllegalOperation);
    CHECK_OK(cap_delete(signals));
    CHECK_OK(seL4_SchedContext_Bind(sc, other));
}

static const struct api_case cases[] = {
    { "badges are combined", case_or },
    { "a signal of badge 0 is one", case_badge_zero },
    { "a waiter takes its signal", case_waiter },
    { "one waiter for each signal", case_one_each },
    { "waiters by priority, then by time", case_waiters_by_priority },
    { "a new priority is the last place of it", case_priority_changes },
    { "rights to signal, to wait, to bind", case_rights },
    { "a bound thread is called away from Recv", case_bound },
    { "a bound thread is called away from Wait", case_bound_by_wait },
    { "a pending signal comes before senders", case_bound_first },
    { "NBRecv takes a pending signal", case_bound_polled },
    { "a bound thread that sends, calls or waits elsewhere", case_bound_elsewhere },
    { "waiting for the bound one itself", case_bound_waited_for },
    { "what Bind refuses", case_bind_refused },
    { "deleted: waiters repeat, the binding ends", case_deleted },
    { "its bound thread is deleted", case_bound_thread_deleted },
    { "a woken thread without time", case_no_time },
    { "lends its context to a waiter", case_lends },
    { "lends its context once", case_lends_once },
    { "lends its context to the bound thread", case_lends_to_bound },
    { "lends nothing to those who have", case_lends_not },
    { "a context bound to both leaves the thread", case_lazy },
    { "a context bound to both stays", case_not_lazy },
    { "deleted: its context is free", case_notification_deleted },
};
const struct api_group signal_group = { "signal", cases, API_COUNT(cases), prepare };

static void prepare_detour(void)
{
    prepare();
    detour = true;
}
const struct api_group signal_detour_group = { "signal by detour", cases, API_COUNT(cases),
                                               prepare_detour };
