/* SPDX-License-Identifier: BSD-2-Clause */
/* Fault handlers: their capabilities, who waits for what, handlers that fault (abi section 6.2). */
#include "puppet.h"

static seL4_CPtr faults, reply;
static struct puppet *p;

static void prepare(void)
{
    puppets_prepare();
    faults = endpoint_new();
    reply = reply_new();
    p = puppet_new(20);
}

static void fault(struct puppet *who)
{
    seL4_UserContext registers = { 0 };

    puppet_run(who, puppet_undefined, &registers);
    settle();
}

/* The three ways to name a handler, each with its own number of the capability. */
static seL4_Error set_by_space(seL4_CPtr cap)
{
    return seL4_TCB_SetSpace(p->tcb, cap, ROOT, 0, VSPACE, 0);
}
static seL4_Error set_by_params(seL4_CPtr cap)
{
    return seL4_TCB_SetSchedParams(p->tcb, SELF, 20, 20, p->sched_context, cap);
}
static seL4_Error set_timeout(seL4_CPtr cap)
{
    return seL4_TCB_SetTimeoutEndpoint(p->tcb, cap);
}

static void case_rights(void)
{
    static const struct {
        seL4_CapRights_t rights;
        bool good;
    } table[] = {
        { { { 0xf } }, true },  { { { 0xd } }, true },  { { { 0x9 } }, true },
        { { { 0x5 } }, true },  { { { 0x1 } }, false }, { { { 0x3 } }, false },
        { { { 0xe } }, false }, { { { 0x2 } }, false }, { { { 0x0 } }, false },
    };

    for (unsigned i = 0; i < API_COUNT(table); i++) {
        seL4_CPtr cap = with_rights(faults, table[i].rights, 1);

        if (table[i].good) {
            CHECK_OK(set_by_space(cap));
            CHECK_OK(set_by_params(cap));
            CHECK_OK(set_timeout(cap));
        } else {
            CHECK_FAILS(set_by_space(cap), bad_cap(1));
            CHECK_FAILS(set_by_params(cap), bad_cap(3));
            CHECK_FAILS(set_timeout(cap), bad_cap(1));
        }
    }
}

static void case_kinds(void)
{
    seL4_CPtr others[] = { notification_new(), reply, p->tcb, ROOT, VSPACE };

    for (unsigned i = 0; i < API_COUNT(others); i++) {
        CHECK_FAILS(set_by_space(others[i]), bad_cap(1));
        CHECK_FAILS(set_by_params(others[i]), bad_cap(3));
        CHECK_FAILS(set_timeout(others[i]), bad_cap(1));
    }
    CHECK_OK(set_by_space(slot_new()));
    CHECK_OK(set_by_params(slot_new()));
    CHECK_OK(set_timeout(slot_new()));
}

/* The capability is copied: what happens to the slot later does not matter. */
static void case_copied(void)
{
    seL4_CPtr cap = badged(faults, 0x31);

    puppet_handler(p, cap);
    CHECK_OK(cap_delete(cap));
    fault(p);
    CHECK_EQUAL(take(faults, reply).badge, 0x31);
    CHECK_OK(set_by_params(badged(faults, 0x32)));
    answer(reply, 0, 0);
    CHECK_EQUAL(take(faults, reply).badge, 0x32);
}

/* Faults are not reported: the thread stops, and repeats the instruction when it is resumed. */
static void case_without(void)
{
    seL4_UserContext registers = { 0 };

    puppet_handler(p, slot_new());
    puppet_run(p, puppet_undefined, &registers);
    settle();
    CHECK_EQUAL(puppet_registers(p).pc, (seL4_Word)puppet_undefined);
    puppet_handler(p, faults);
    settle();
    CHECK_EQUAL(take(faults, reply).label, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_UserException);
}

/* A copy of the revoked capability is its descendant, and goes with it. */
static void case_revoked(void)
{
    puppet_handler(p, faults);
    CHECK_OK(seL4_CNode_Revoke(ROOT, faults, DEPTH));
    fault(p);
    CHECK_EQUAL(take(faults, reply).label, 0);
}

/* Wait takes the message; nobody can answer, but Resume goes on. */
static void case_received_by_wait(void)
{
    struct puppet *handler = puppet_new(30);

    puppet_handler(p, faults);
    then(handler, seL4_SysWait, faults, 0, 0);
    puppet_play(handler);
    settle();
    fault(p);
    CHECK_EQUAL(handler->done, 1);
    CHECK_EQUAL(handler->step[0].r.info, INFO(seL4_Fault_UserException, 0, 5));
    CHECK_EQUAL(take(faults, reply).label, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_UserException);
}

/* Only with write and grantReply in it: the answer works. */
static void case_grant_reply(void)
{
    puppet_handler(p, with_rights(faults, seL4_CapRights_new(1, 0, 0, 1), 5));
    fault(p);
    CHECK_EQUAL(take(faults, reply).badge, 5);
    answer(reply, 0, 0);
    CHECK_EQUAL(take(faults, reply).badge, 5);
}

/* Messages wait in the order of priorities, and stay when the thread changes it. */
static void case_queue(void)
{
    struct puppet *low = puppet_new(10), *high = puppet_new(40);

    puppet_handler(p, badged(faults, 20));
    puppet_handler(low, badged(faults, 10));
    puppet_handler(high, badged(faults, 40));
    fault(low);
    fault(p);
    fault(high);
    CHECK_OK(seL4_TCB_SetPriority(p->tcb, SELF, 50));
    CHECK_EQUAL(take(faults, reply).badge, 20);
    CHECK_EQUAL(take(faults, reply_new()).badge, 40);
    CHECK_EQUAL(take(faults, reply_new()).badge, 10);
}

/* Suspended in a fault: the message is gone; resumed it faults again. */
static void case_suspended(void)
{
    puppet_handler(p, faults);
    fault(p);
    CHECK_OK(seL4_TCB_Suspend(p->tcb));
    CHECK_EQUAL(take(faults, reply).label, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_UserException);
    /* The same when it waits for the answer. */
    CHECK_OK(seL4_TCB_Suspend(p->tcb));
    answer(reply, 0, 0);
    CHECK_EQUAL(take(faults, reply).label, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_UserException);
}

/* A handler that faults has its own handler, which may fault, too. */
static void case_nested(void)
{
    struct puppet *second = puppet_new(30), *third = puppet_new(40);
    seL4_CPtr to_second = endpoint_new(), to_third = endpoint_new();

    puppet_handler(p, to_second);
    puppet_handler(second, to_third);
    puppet_handler(third, faults);
    then(second, seL4_SysRecv, to_second, 0, reply_new());
    then(third, seL4_SysRecv, to_third, 0, reply_new());
    puppet_play(second);
    puppet_play(third);
    settle();
    fault(p);
    /* Each of them parks, by a fault, with the fault of the one before it unanswered. */
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_UserException);
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_FaultIP), (seL4_Word)puppet_park);
    CHECK_EQUAL(third->step[0].r.info, INFO(seL4_Fault_UserException, 0, 5));
    CHECK_EQUAL(third->step[0].r.mr[0], (seL4_Word)puppet_park);
    CHECK_EQUAL(second->step[0].r.mr[0], (seL4_Word)puppet_undefined);
    /* The innermost is answered through the reply object of the second. */
    answer(second->step[0].x6, 1, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(take(to_second, reply).label, seL4_Fault_UserException);
}

/* Its own handler: the message waits for ever. */
static void case_own_handler(void)
{
    puppet_handler(p, faults);
    fault(p);
    fault(p);
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_UserException);
    CHECK_EQUAL(take(faults, reply_new()).label, 0);
}

/* A passive handler runs on the time of who faults, and gives it back with the answer. */
static void case_passive(void)
{
    struct puppet *handler = puppet_new(30);
    struct step *step;

    puppet_handler(p, faults);
    then(handler, seL4_SysRecv, faults, 0, reply);
    step = then(handler, seL4_SysReplyRecv, faults, INFO(0, 0, 1), reply);
    step->r.mr[0] = (seL4_Word)puppet_svc;
    then(handler, seL4_SysWait, notification_new(), 0, 0);
    puppet_make_passive(handler);
    puppet_run(p, puppet_undefined, &(seL4_UserContext){ .x7 = ~77ul });
    settle();
    CHECK_EQUAL(handler->done, 2);
    CHECK_EQUAL(step->r.info, INFO(seL4_Fault_UnknownSyscall, 0, 13));
    CHECK(holds(handler, p->sched_context));
    answer(reply, 1, 0);
    CHECK(holds(p, p->sched_context));
}

/* With a Wait there is no answer to come: the time stays with the one that faults. */
static void case_passive_wait(void)
{
    struct puppet *handler = puppet_new(30);

    puppet_handler(p, faults);
    then(handler, seL4_SysWait, faults, 0, 0);
    puppet_make_passive(handler);
    fault(p);
    CHECK_EQUAL(handler->done, 0);
    CHECK(holds(p, p->sched_context));
}

/* The reply object goes while it is waited for: the thread stops. */
static void case_reply_deleted(void)
{
    puppet_handler(p, faults);
    fault(p);
    (void)take(faults, reply);
    CHECK_OK(cap_delete(reply));
    settle();
    reply = reply_new();
    CHECK_EQUAL(take(faults, reply).label, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_UserException);
}

static const struct api_case cases[] = {
    { "rights of a handler capability", case_rights },
    { "kinds of handler capabilities", case_kinds },
    { "the capability is copied", case_copied },
    { "no handler: the thread stops", case_without },
    { "a revoked handler is none", case_revoked },
    { "received by Wait: no answer", case_received_by_wait },
    { "grantReply is enough", case_grant_reply },
    { "faults wait by priority", case_queue },
    { "suspended in a fault", case_suspended },
    { "handlers that fault", case_nested },
    { "a thread that handles its own faults", case_own_handler },
    { "a passive handler", case_passive },
    { "a passive handler that waits", case_passive_wait },
    { "the reply object is deleted", case_reply_deleted },
};
const struct api_group handler_group = { "handler", cases, API_COUNT(cases), prepare };
