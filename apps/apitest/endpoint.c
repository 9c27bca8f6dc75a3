/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoint queues and what ends them (abi sections 3.6, 5.4, 7.4). */
#include "puppet.h"

static seL4_CPtr endpoint, reply;

static void prepare(void)
{
    puppets_prepare();
    endpoint = endpoint_new();
    reply = reply_new();
}

/* A puppet that sends or calls with its badge and waits. */
static struct puppet *sender(seL4_Word priority, seL4_Syscall_ID number, seL4_Word badge)
{
    struct puppet *p = puppet_new(priority);

    then(p, number, badged(endpoint, badge), INFO(badge, 0, 1), 0);
    puppet_play(p);
    settle();
    return p;
}

static struct puppet *receiver(seL4_Word priority)
{
    struct puppet *p = puppet_new(priority);

    then(p, seL4_SysRecv, endpoint, 0, reply_new());
    puppet_play(p);
    settle();
    return p;
}

/* Badges in the order in which they come. */
static void check_order(const seL4_Word *badges, unsigned count, int line)
{
    for (unsigned i = 0; i < count; i++)
        check_equal(take(endpoint, reply).badge, badges[i], __FILE_NAME__, line, "the next");
    check_equal(take(endpoint, reply).badge, 0, __FILE_NAME__, line, "nobody is left");
}
#define CHECK_ORDER(...)                                                                           \
    check_order((const seL4_Word[]){ __VA_ARGS__ },                                                \
                API_COUNT(((const seL4_Word[]){ __VA_ARGS__ })), __LINE__)

static void case_senders_by_priority(void)
{
    static const seL4_Word priorities[] = { 30, 10, 50, 20, 40 };

    for (unsigned i = 0; i < API_COUNT(priorities); i++)
        (void)sender(priorities[i], seL4_SysSend, priorities[i]);
    CHECK_ORDER(50, 40, 30, 20, 10);
}

static void case_senders_in_order(void)
{
    for (seL4_Word i = 1; i <= 5; i++)
        (void)sender(20, i % 2 ? seL4_SysSend : seL4_SysCall, i);
    CHECK_ORDER(1, 2, 3, 4, 5);
}

/* Senders and callers of mixed priorities: first by priority, then by time. */
static void case_senders_mixed(void)
{
    static const seL4_Word priorities[] = { 10, 20, 10, 30, 20, 30 };

    for (seL4_Word i = 0; i < API_COUNT(priorities); i++)
        (void)sender(priorities[i], seL4_SysSend, i + 1);
    CHECK_ORDER(4, 6, 2, 5, 1, 3);
}

static void case_receivers_by_priority(void)
{
    static const seL4_Word priorities[] = { 20, 40, 10, 40, 30 };
    static const unsigned expected[] = { 1, 3, 4, 0, 2 };
    struct puppet *p[API_COUNT(priorities)];

    for (unsigned i = 0; i < API_COUNT(priorities); i++)
        p[i] = receiver(priorities[i]);
    for (unsigned i = 0; i < API_COUNT(expected); i++) {
        seL4_NBSend(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
        settle();
        for (unsigned k = 0; k < API_COUNT(expected); k++)
            CHECK_EQUAL(p[expected[k]]->done, k <= i ? 1 : 0);
    }
}

/* With a new priority a waiting thread becomes the last one of it. */
static void case_priority_changes(void)
{
    struct puppet *p[5];

    for (unsigned i = 0; i < API_COUNT(p); i++)
        p[i] = sender(20, seL4_SysSend, i + 1);
    CHECK_OK(seL4_TCB_SetPriority(p[3]->tcb, SELF, 30));
    CHECK_OK(seL4_TCB_SetPriority(p[1]->tcb, SELF, 30));
    CHECK_OK(seL4_TCB_SetPriority(p[0]->tcb, SELF, 10));
    CHECK_OK(seL4_TCB_SetPriority(p[2]->tcb, SELF, 20));
    CHECK_ORDER(4, 2, 5, 3, 1);
}

static void case_receiver_priority_changes(void)
{
    struct puppet *a = receiver(20), *b = receiver(20);

    CHECK_OK(seL4_TCB_SetPriority(b->tcb, SELF, 21));
    seL4_NBSend(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    settle();
    CHECK(b->done == 1 && a->done == 0);
}

/* The change of a parameter by SetSchedParams counts like SetPriority. */
static void case_sched_params_change(void)
{
    struct puppet *a = sender(20, seL4_SysSend, 1);

    (void)sender(20, seL4_SysSend, 2);
    CHECK_OK(seL4_TCB_SetSchedParams(a->tcb, SELF, 15, 15, a->sched_context, 0));
    CHECK_ORDER(2, 1);
}

/* Badge and rights are those of the moment of the call. */
static void case_badge_is_kept(void)
{
    struct puppet *p = puppet_new(20);
    seL4_CPtr cap = badged(endpoint, 0x77);

    then(p, seL4_SysCall, cap, INFO(0, 0, 0), 0);
    puppet_play(p);
    settle();
    CHECK_OK(cap_delete(cap));
    CHECK_EQUAL(take(endpoint, reply).badge, 0x77);
    answer(reply, 3, 0);
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.info, INFO(3, 0, 0));
}

static void case_full_badge(void)
{
    seL4_CPtr cap = badged(endpoint, ~0ul);
    struct puppet *p = puppet_new(20);

    then(p, seL4_SysSend, cap, 0, 0);
    puppet_play(p);
    settle();
    CHECK_EQUAL(take(endpoint, reply).badge, ~0ul);
}

/* NBSend finds nobody although others wait to send, too. */
static void case_nbsend_behind_senders(void)
{
    (void)sender(20, seL4_SysSend, 5);
    seL4_NBSend(badged(endpoint, 6), seL4_MessageInfo_new(0, 0, 0, 0));
    CHECK_ORDER(5);
}

/* Without grant and grantReply nobody can answer: the caller stops, its message has come. */
static void check_caller_stops(seL4_CapRights_t rights, bool answered)
{
    struct puppet *p = puppet_new(20);

    then(p, seL4_SysCall, with_rights(endpoint, rights, 9), INFO(8, 0, 1), 0);
    puppet_play(p);
    settle();
    CHECK_EQUAL(take(endpoint, reply).label, 8);
    answer(reply, 0, 0);
    CHECK_EQUAL(p->done, answered ? 1 : 0);
}

static void case_call_rights(void)
{
    check_caller_stops(seL4_CapRights_new(0, 0, 0, 1), false);
    check_caller_stops(seL4_CapRights_new(0, 0, 1, 1), false);
    check_caller_stops(seL4_CapRights_new(1, 0, 0, 1), true);
    check_caller_stops(seL4_CapRights_new(0, 1, 0, 1), true);
}

static void check_receiver_waits(seL4_CapRights_t rights, bool answered)
{
    struct puppet *r = receiver(30), *p = puppet_new(20);

    then(p, seL4_SysCall, with_rights(endpoint, rights, 9), INFO(8, 0, 1), 0);
    puppet_play(p);
    settle();
    CHECK_EQUAL(r->done, 1);
    CHECK_EQUAL(r->step[0].r.x0, 9);
    answer(r->step[0].x6, 0, 0);
    CHECK_EQUAL(p->done, answered ? 1 : 0);
    /* Stopped and resumed, it calls again. */
    if (!answered) {
        CHECK_OK(seL4_TCB_Resume(p->tcb));
        settle();
        CHECK_EQUAL(take(endpoint, reply).badge, 9);
    }
}

static void case_call_rights_receiver_waits(void)
{
    check_receiver_waits(seL4_CapRights_new(0, 0, 0, 1), false);
    check_receiver_waits(seL4_CapRights_new(0, 0, 1, 1), false);
    check_receiver_waits(seL4_CapRights_new(1, 0, 0, 1), true);
    check_receiver_waits(seL4_CapRights_new(0, 1, 0, 1), true);
}

/* Who receives without a reply object takes the message, and its caller stops. */
static void case_call_to_wait(void)
{
    struct puppet *p = sender(20, seL4_SysCall, 4);
    seL4_Word badge = 0;

    (void)seL4_Wait(endpoint, &badge);
    CHECK_EQUAL(badge, 4);
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(take(endpoint, reply).badge, 4);
    answer(reply, 0, 0);
    CHECK_EQUAL(p->done, 1);
}

/* When the endpoint goes, those who wait repeat their calls and find nothing. */
static void case_deleted(void)
{
    struct puppet *call = sender(20, seL4_SysCall, 0), *send = sender(20, seL4_SysSend, 0);
    seL4_CPtr copies = call->step[0].r.x0;

    CHECK_OK(cap_delete(copies));
    CHECK_OK(cap_delete(send->step[0].r.x0));
    settle();
    CHECK(call->done == 0 && send->done == 0);
    CHECK_OK(cap_delete(endpoint));
    settle();
    CHECK(call->done == 1 && send->done == 1);
    CHECK_EQUAL(call->step[0].r.info, INFO(seL4_InvalidCapability, 0, 1));
    CHECK_EQUAL(call->step[0].r.mr[0], 0);
    CHECK_EQUAL(send->step[0].r.mr[0], STEP_MR(0));
}

static void case_deleted_receivers(void)
{
    struct puppet *r = receiver(20);
    seL4_CPtr faults = endpoint_new();

    puppet_handler(r, faults);
    CHECK_OK(cap_delete(endpoint));
    settle();
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_CapFault);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_Addr), endpoint);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_InRecvPhase), 1);
    /* Its reply object is free: another may use it at once. */
    CHECK_EQUAL(r->done, 0);
}

/* Only senders with that badge go; they repeat their calls. */
static void case_cancel_badged(void)
{
    seL4_CPtr one = badged(endpoint, 1);
    struct puppet *a = puppet_new(20), *b;

    then(a, seL4_SysCall, one, 0, 0);
    puppet_play(a);
    settle();
    b = sender(20, seL4_SysCall, 2);
    CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT, one, DEPTH));
    settle();
    CHECK(a->done == 0 && b->done == 0);
    CHECK_ORDER(2, 1); /* the repeated call is behind the other */
}

static void case_cancel_badged_gone(void)
{
    seL4_CPtr one = badged(endpoint, 1), copy = slot_new();
    struct puppet *a = puppet_new(20), *b = sender(20, seL4_SysCall, 2);

    CHECK_OK(cap_copy(copy, one));
    then(a, seL4_SysCall, copy, 0, 0);
    puppet_play(a);
    settle();
    CHECK_OK(seL4_CNode_Revoke(ROOT, one, DEPTH));
    CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT, one, DEPTH));
    settle();
    CHECK(a->done == 1 && b->done == 0);
    CHECK_EQUAL(a->step[0].r.info, INFO(seL4_InvalidCapability, 0, 1));
    CHECK_ORDER(2);
}

/* The badge 0 cancels nobody. */
static void case_cancel_unbadged(void)
{
    struct puppet *p = puppet_new(20);

    then(p, seL4_SysSend, endpoint, INFO(0x66, 0, 0), 0);
    puppet_play(p);
    (void)sender(10, seL4_SysSend, 3);
    CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT, endpoint, DEPTH));
    settle();
    CHECK_EQUAL(take(endpoint, reply).label, 0x66);
    CHECK_ORDER(3);
}

/* A fault that waits in the queue is not repeated: its thread stops. */
static void case_cancel_faults(void)
{
    seL4_CPtr handler = badged(endpoint, 7);
    struct puppet *p = puppet_new(20);
    seL4_UserContext registers = { 0 };

    puppet_handler(p, handler);
    puppet_run(p, puppet_undefined, &registers);
    settle();
    CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT, handler, DEPTH));
    settle();
    CHECK_EQUAL(take(endpoint, reply).label, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(take(endpoint, reply).label, seL4_Fault_UserException);
}

static void case_deleted_with_faults(void)
{
    struct puppet *p = puppet_new(20);
    seL4_UserContext registers = { 0 };
    seL4_CPtr other = endpoint_new();

    puppet_handler(p, endpoint);
    puppet_run(p, puppet_undefined, &registers);
    settle();
    CHECK_OK(seL4_CNode_Revoke(ROOT, endpoint, DEPTH));
    CHECK_OK(cap_delete(endpoint));
    settle();
    puppet_handler(p, other);
    settle();
    CHECK_EQUAL(take(other, reply).label, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(take(other, reply).label, seL4_Fault_UserException);
}

/* Message to itself: it waits, and nobody comes. */
static void case_alone(void)
{
    struct puppet *p = puppet_new(20);

    then(p, seL4_SysReplyRecv, endpoint, 0, reply);
    puppet_play(p);
    settle();
    CHECK_EQUAL(p->done, 0);
    seL4_NBSend(badged(endpoint, 8), seL4_MessageInfo_new(1, 0, 0, 0));
    settle();
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.x0, 8);
}

/* Whoever is stopped while it waits leaves the queue. */
static void case_suspended(void)
{
    struct puppet *a = sender(30, seL4_SysSend, 1);

    (void)sender(20, seL4_SysSend, 2);
    CHECK_OK(seL4_TCB_Suspend(a->tcb));
    CHECK_ORDER(2);
    CHECK_OK(seL4_TCB_Resume(a->tcb));
    settle();
    CHECK_EQUAL(a->done, 0);
    CHECK_ORDER(1);
    settle();
    CHECK_EQUAL(a->done, 1);
}

/* A time slice end and a scheduling context gone leave a waiting thread where it is (IPC0019). */
static void case_without_time(void)
{
    struct puppet *p = sender(20, seL4_SysSend, 6), *r;

    CHECK_OK(cap_delete(p->sched_context));
    CHECK_EQUAL(take(endpoint, reply).badge, 6);
    settle();
    CHECK_EQUAL(p->done, 0);
    r = receiver(20);
    CHECK_OK(cap_delete(r->sched_context));
    seL4_NBSend(badged(endpoint, 8), seL4_MessageInfo_new(1, 0, 0, 0));
    settle();
    CHECK_EQUAL(take(endpoint, reply).badge, 0);
    CHECK_EQUAL(r->done, 0);
    r->sched_context = sched_context_new();
    CHECK_OK(set_time(r->sched_context, 5000, 5000));
    CHECK_OK(seL4_SchedContext_Bind(r->sched_context, r->tcb));
    settle();
    CHECK_EQUAL(r->done, 1);
    CHECK_EQUAL(r->step[0].r.x0, 8);
}

static const struct api_case cases[] = {
    { "senders by priority", case_senders_by_priority },
    { "equal senders in the order of their calls", case_senders_in_order },
    { "senders by priority, then by time", case_senders_mixed },
    { "receivers by priority, then by time", case_receivers_by_priority },
    { "a new priority is the last place of it", case_priority_changes },
    { "a new priority of a receiver", case_receiver_priority_changes },
    { "a new priority by SetSchedParams", case_sched_params_change },
    { "the badge is of the moment of the call", case_badge_is_kept },
    { "badges have 64 bits", case_full_badge },
    { "NBSend behind senders is dropped", case_nbsend_behind_senders },
    { "Call needs grant or grantReply for an answer", case_call_rights },
    { "the same with a receiver that waits", case_call_rights_receiver_waits },
    { "a Call received by Wait stops its caller", case_call_to_wait },
    { "deleted: senders repeat their calls", case_deleted },
    { "deleted: receivers repeat their calls", case_deleted_receivers },
    { "CancelBadgedSends takes one badge", case_cancel_badged },
    { "CancelBadgedSends after Revoke", case_cancel_badged_gone },
    { "CancelBadgedSends of badge 0", case_cancel_unbadged },
    { "CancelBadgedSends stops those in a fault", case_cancel_faults },
    { "deleted: those in a fault stop", case_deleted_with_faults },
    { "ReplyRecv of one who is alone", case_alone },
    { "a suspended thread leaves the queue", case_suspended },
    { "threads without time stay in the queue", case_without_time },
};
const struct api_group endpoint_group = { "endpoint", cases, API_COUNT(cases), prepare };

static void prepare_detour(void)
{
    prepare();
    detour = true;
}
const struct api_group endpoint_detour_group = { "endpoint by detour", cases, API_COUNT(cases),
                                                 prepare_detour };
