/* SPDX-License-Identifier: BSD-2-Clause */
/* Where threads go on that were stopped, moved or deleted (abi sections 3.3, 5.4, 11). */
#include "puppet.h"

static seL4_CPtr endpoint, reply, signals;
static struct puppet *p;

static void prepare(void)
{
    puppets_prepare();
    endpoint = endpoint_new();
    reply = reply_new();
    signals = notification_new();
    p = puppet_new(20);
}

static void suspend_and_resume(struct puppet *who)
{
    CHECK_OK(seL4_TCB_Suspend(who->tcb));
    settle();
    CHECK_OK(seL4_TCB_Resume(who->tcb));
    settle();
}

/* Whatever it waits for, it asks again, with the same arguments. */
static void case_waiting(void)
{
    static const seL4_Syscall_ID numbers[] = {
        seL4_SysSend, seL4_SysCall,      seL4_SysRecv,
        seL4_SysWait, seL4_SysReplyRecv, seL4_SysNBSendRecv
    };

    for (unsigned i = 0; i < API_COUNT(numbers); i++) {
        bool sends = numbers[i] == seL4_SysSend || numbers[i] == seL4_SysCall;

        p->steps = p->done = 0;
        then(p, numbers[i], sends ? badged(endpoint, 5) : endpoint, INFO(4, 0, 2), reply_new());
        puppet_play(p);
        settle();
        suspend_and_resume(p);
        CHECK_EQUAL(p->done, 0);
        if (sends) {
            CHECK_EQUAL(take(endpoint, reply).badge, 5);
            CHECK_EQUAL(seL4_GetMR(1), STEP_MR(1));
            answer(reply, 0, 0);
        } else {
            seL4_NBSend(badged(endpoint, 6), seL4_MessageInfo_new(0, 0, 0, 0));
            settle();
            CHECK_EQUAL(p->step[0].r.x0, 6);
        }
        CHECK_EQUAL(p->done, 1);
    }
}

/* In the middle of a Call the message is sent twice (IPC0010). */
static void case_in_call(void)
{
    then(p, seL4_SysCall, endpoint, INFO(4, 0, 0), 0);
    puppet_play(p);
    settle();
    CHECK_EQUAL(take(endpoint, reply).label, 4);
    suspend_and_resume(p);
    answer(reply, 1, 0);
    CHECK_EQUAL(p->done, 0);
    CHECK_EQUAL(take(endpoint, reply).label, 4);
    answer(reply, 2, 0);
    CHECK_EQUAL(p->step[0].r.info, INFO(2, 0, 0));
}

/* Resume alone cancels what it waits for, too. */
static void case_resumed_waiting(void)
{
    then(p, seL4_SysCall, endpoint, INFO(4, 0, 0), 0);
    puppet_play(p);
    settle();
    (void)take(endpoint, reply);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    answer(reply, 1, 0);
    CHECK_EQUAL(p->done, 0);
    CHECK_EQUAL(take(endpoint, reply).label, 4);
}

static void case_notification(void)
{
    then(p, seL4_SysWait, signals, 0, 0);
    puppet_play(p);
    settle();
    CHECK_OK(seL4_TCB_Suspend(p->tcb));
    signal_to(badged(signals, 3));
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(p->step[0].r.x0, 3);
}

/* A thread with its message already: it goes on behind the call. */
static void case_ready(void)
{
    then(p, seL4_SysWait, signals, 0, 0);
    then(p, seL4_SysWait, signals, 0, 0);
    puppet_play(p);
    settle();
    signal_to(badged(signals, 3));
    suspend_and_resume(p);
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.x0, 3);
}

/* ReadRegisters shows where a thread repeats; with the flag, where it goes on. */
static void case_read_registers(void)
{
    seL4_UserContext registers = { .x0 = signals, .x7 = (seL4_Word)(seL4_Int64)seL4_SysWait };

    puppet_run(p, puppet_svc, &registers);
    settle();
    CHECK_EQUAL(puppet_registers(p).pc, (seL4_Word)puppet_svc);
    signal_to(signals);
    CHECK_EQUAL(puppet_registers(p).pc, (seL4_Word)puppet_svc);
    CHECK_OK(seL4_TCB_ReadRegisters(p->tcb, seL4_True, 0, seL4_UserContextWords, &registers));
    CHECK_EQUAL(registers.pc, (seL4_Word)puppet_park);
    settle();
    CHECK_OK(seL4_TCB_ReadRegisters(p->tcb, seL4_False, 0, 1, &registers));
    CHECK_EQUAL(registers.pc, (seL4_Word)puppet_park);
}

/* A waiting thread whose registers are written goes on there when it is woken. */
static void case_write_registers(void)
{
    seL4_UserContext registers = { .x0 = signals, .x7 = (seL4_Word)(seL4_Int64)seL4_SysWait };

    puppet_run(p, puppet_svc, &registers);
    settle();
    registers.pc = (seL4_Word)puppet_counter;
    registers.x9 = 0;
    CHECK_OK(seL4_TCB_WriteRegisters(p->tcb, seL4_False, 0, seL4_UserContextWords, &registers));
    settle();
    CHECK_EQUAL(puppet_registers(p).pc, (seL4_Word)puppet_counter);
    signal_to(badged(signals, 7));
    settle();
    CHECK(puppet_parked(p));
    CHECK_EQUAL(puppet_registers(p).x0, 7);
    CHECK(puppet_registers(p).x9 != 0);
}

/* With the flag it leaves the queue at once and runs there. */
static void case_write_and_resume(void)
{
    seL4_UserContext registers = { .x0 = endpoint, .x7 = (seL4_Word)(seL4_Int64)seL4_SysSend };

    puppet_run(p, puppet_svc, &registers);
    settle();
    CHECK(!puppet_parked(p));
    puppet_run(p, puppet_park, &registers);
    settle();
    CHECK(puppet_parked(p));
    CHECK_EQUAL(take(endpoint, reply).length, 0);
}

static void case_copy_registers(void)
{
    struct puppet *q = puppet_new(20);
    seL4_UserContext registers = { .x0 = signals, .x7 = (seL4_Word)(seL4_Int64)seL4_SysWait };

    puppet_run(p, puppet_svc, &registers);
    settle();
    CHECK_OK(seL4_TCB_CopyRegisters(q->tcb, p->tcb, seL4_True, seL4_True, seL4_True, seL4_True, 0));
    settle();
    signal_to(badged(signals, 1)); /* to the copy; the first one is stopped */
    settle();
    CHECK(puppet_parked(q) && !puppet_parked(p));
    CHECK_EQUAL(puppet_registers(q).x0, 1);
}

/* A thread stops itself: no answer. Resumed, it stops itself again. */
static void case_self(void)
{
    then_invoke(p, p->tcb, TCBSuspend, 0, 0, 0);
    then_say(p, 1);
    puppet_play(p);
    for (unsigned i = 0; i < 3; i++) {
        settle();
        CHECK_EQUAL(p->done, 0);
        CHECK_OK(seL4_TCB_Resume(p->tcb));
    }
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_EQUAL(p->step[0].r.x0, p->tcb); /* no answer has come */
}

static void case_resume_self(void)
{
    struct step *step = then_invoke(p, p->tcb, TCBResume, 0, 0, 0);

    puppet_play(p);
    settle();
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(step->r.info, 0);
}

/* Resume of one that is ready does nothing. */
static void case_resume_ready(void)
{
    then(p, seL4_SysWait, signals, 0, 0);
    then(p, seL4_SysWait, signals, 0, 0);
    puppet_play(p);
    settle();
    signal_to(badged(signals, 3));
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(p->step[0].r.x0, 3);
}

static void case_bound(void)
{
    CHECK_OK(seL4_TCB_BindNotification(p->tcb, signals));
    then(p, seL4_SysRecv, endpoint, 0, reply);
    puppet_play(p);
    settle();
    CHECK_OK(seL4_TCB_Suspend(p->tcb));
    signal_to(badged(signals, 1));
    signal_to(badged(signals, 2));
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(p->step[0].r.x0, 3);
}

/* A reply object is free when its receiver is stopped. */
static void case_reply_object(void)
{
    struct puppet *other = puppet_new(20);

    then(p, seL4_SysRecv, endpoint, 0, reply);
    puppet_play(p);
    settle();
    CHECK_OK(seL4_TCB_Suspend(p->tcb));
    then(other, seL4_SysRecv, endpoint, 0, reply);
    puppet_play(other);
    settle();
    CHECK_OK(seL4_TCB_Resume(p->tcb)); /* takes it away again */
    settle();
    seL4_NBSend(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    settle();
    CHECK(p->done == 1 && other->done == 0);
}

/* Deleted in any queue: the others in it stay. */
static void case_deleted(void)
{
    struct puppet *q = puppet_new(20), *r = puppet_new(20);

    then(p, seL4_SysSend, badged(endpoint, 1), 0, 0);
    then(q, seL4_SysSend, badged(endpoint, 2), 0, 0);
    then(r, seL4_SysSend, badged(endpoint, 3), 0, 0);
    puppet_play(p);
    settle();
    puppet_play(q);
    settle();
    puppet_play(r);
    settle();
    CHECK_OK(cap_delete(q->tcb));
    CHECK_EQUAL(take(endpoint, reply).badge, 1);
    CHECK_EQUAL(take(endpoint, reply).badge, 3);
    CHECK_EQUAL(take(endpoint, reply).badge, 0);
}

/* The same among threads that wait for their refills. */
static void case_deleted_waiting_for_time(void)
{
    static const seL4_Word periods[] = { 300000000, 400000000, 500000000, 5000 };
    struct puppet *q[API_COUNT(periods)];

    for (unsigned i = 0; i < API_COUNT(periods); i++) {
        q[i] = puppet_new(20);
        puppet_set_time(q[i], 1000, periods[i]);
        then(q[i], seL4_SysYield, 0, 0, 0);
        puppet_play(q[i]);
        settle();
    }
    CHECK_OK(cap_delete(q[1]->tcb));
    CHECK_OK(cap_delete(q[0]->tcb));
    for (unsigned i = 0; i < 200 && !puppet_ended(q[3]); i++)
        rest_us(1000);
    CHECK(puppet_ended(q[3]));
    CHECK(q[0]->done == 0 && q[1]->done == 0 && q[2]->done == 0);
    CHECK_OK(set_time(q[2]->sched_context, 1000, 1000)); /* in the queue still */
}

/* A thread deletes itself: it does not come back, all others do. */
static void case_deletes_itself(void)
{
    struct puppet *other = puppet_new(10);

    then_invoke(p, ROOT, CNodeDelete, 0, 2, p->tcb)->r.mr[1] = DEPTH;
    then_say(p, 1);
    then_say(other, 2);
    puppet_play(p);
    puppet_play(other);
    settle();
    CHECK_SAID(2);
    CHECK(!cap_exists(p->tcb));
}

/* The same with a CNode that holds it and more: nothing stays behind, however often it is done. */
static void case_deletes_its_holder(void)
{
    for (unsigned round = 0; round < 3; round++) {
        struct puppet *q = puppet_new(20);
        seL4_CPtr cnode = object_new(seL4_CapTableObject, 6);

        for (seL4_Word i = 0; i < 40; i++)
            CHECK_OK(seL4_CNode_Copy(cnode, i, 6, ROOT, signals, DEPTH, seL4_AllRights));
        then_invoke(q, ROOT, CNodeDelete, 0, 2, cnode)->r.mr[1] = DEPTH;
        puppet_play(q);
        CHECK_OK(seL4_CNode_Move(cnode, 63, 6, ROOT, q->tcb, DEPTH));
        settle();
        CHECK_EQUAL(q->done, 0);
        CHECK(!cap_exists(cnode));
    }
}

/* It deletes its address space: it faults where it goes on. */
static void case_deletes_its_vspace(void)
{
    seL4_CPtr vspace = object_new(seL4_ARM_VSpaceObject, 0), faults = endpoint_new();

    CHECK_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace));
    CHECK_OK(seL4_TCB_SetSpace(p->tcb, faults, ROOT, 0, vspace, 0));
    CHECK_OK(cap_delete(vspace));
    puppet_run(p, puppet_park, &(seL4_UserContext){ 0 });
    settle();
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_VMFault);
    CHECK_EQUAL(seL4_GetMR(seL4_VMFault_Addr), (seL4_Word)puppet_park);
}

/* No time, stopped, and time again: each of them alone does not make it run. */
static void case_without_time(void)
{
    then(p, seL4_SysYield, 0, 0, 0);
    CHECK_OK(seL4_SchedContext_Unbind(p->sched_context));
    puppet_play(p);
    CHECK_OK(seL4_TCB_Suspend(p->tcb));
    CHECK_OK(seL4_SchedContext_Bind(p->sched_context, p->tcb));
    settle();
    CHECK_EQUAL(p->done, 0);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    CHECK_EQUAL(p->done, 1);
}

static const struct api_case cases[] = {
    { "waiting: it asks again", case_waiting },
    { "in a Call: it calls again", case_in_call },
    { "Resume while it waits", case_resumed_waiting },
    { "a signal meanwhile", case_notification },
    { "ready: it goes on", case_ready },
    { "ReadRegisters: where it repeats, where it goes on", case_read_registers },
    { "WriteRegisters while it waits", case_write_registers },
    { "WriteRegisters and resume while it waits", case_write_and_resume },
    { "CopyRegisters, suspend and resume", case_copy_registers },
    { "a thread suspends itself", case_self },
    { "a thread resumes itself", case_resume_self },
    { "Resume of a ready thread", case_resume_ready },
    { "signals of a suspended, bound thread", case_bound },
    { "the reply object of a suspended receiver", case_reply_object },
    { "deleted in a queue", case_deleted },
    { "deleted without budget", case_deleted_waiting_for_time },
    { "a thread deletes itself", case_deletes_itself },
    { "a thread deletes what holds it", case_deletes_its_holder },
    { "a thread without address space", case_deletes_its_vspace },
    { "suspended and without time", case_without_time },
};
const struct api_group suspend_group = { "suspend", cases, API_COUNT(cases), prepare };

static void prepare_detour(void)
{
    prepare();
    detour = true;
}
const struct api_group suspend_detour_group = { "suspend by detour", cases, API_COUNT(cases),
                                                prepare_detour };
