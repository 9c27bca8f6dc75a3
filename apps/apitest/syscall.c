/* SPDX-License-Identifier: BSD-2-Clause */
/* Which registers each system call writes, and which never (abi sections 2.2, 2.3). */
#include "puppet.h"

#define X(n) (1u << (n))
#define MESSAGE(n) (((1u << (n)) - 1) << 2) /* n message registers */
#define WORD_X0 3                           /* x0..x8 are words 3 to 11 of a context */
#define FLAGS 0xa0000000ul

static seL4_CPtr endpoint, reply, signals;
static struct puppet *caller;
static seL4_UserContext before, after;

static void prepare(void)
{
    puppets_prepare();
    endpoint = endpoint_new();
    reply = reply_new();
    signals = notification_new();
    caller = puppet_new(20);
}

/* Starts the caller at an svc with a value of its own in each register. */
static void issue_at(const char *code, seL4_Syscall_ID number, seL4_CPtr x0, seL4_Word info,
                     seL4_CPtr x6, seL4_CPtr x8)
{
    seL4_Word *word = (seL4_Word *)&before;

    for (seL4_Word i = 0; i < seL4_UserContextWords; i++)
        word[i] = 0x1111111100000000 + i;
    for (seL4_Word i = 0; i < 4; i++)
        word[WORD_X0 + 2 + i] = STEP_MR(i);
    before.spsr = FLAGS;
    before.x0 = x0;
    before.x1 = info;
    before.x6 = x6;
    before.x7 = (seL4_Word)(seL4_Int64)number;
    before.x8 = x8;
    puppet_run(caller, code, &before);
    settle();
}

static void issue(seL4_Syscall_ID number, seL4_CPtr x0, seL4_Word info, seL4_CPtr x6, seL4_CPtr x8)
{
    issue_at(puppet_svc, number, x0, info, x6, x8);
}

/* The call has returned; of all registers only those of `written` have another value. */
static void check_written(unsigned written, int line)
{
    seL4_Word *old = (seL4_Word *)&before, *new = (seL4_Word *)&after;

    after = puppet_registers(caller);
    check_equal(after.pc, (seL4_Word)puppet_park, __FILE_NAME__, line, "returned");
    check_equal(after.spsr & 0xf000000f, FLAGS, __FILE_NAME__, line, "flags");
    for (unsigned i = 1; i < seL4_UserContextWords; i++) {
        bool may = i >= WORD_X0 && i < WORD_X0 + 9 && (written & X(i - WORD_X0));

        if (i != 2 && !may && old[i] != new[i])
            check_equal(new[i], old[i], __FILE_NAME__, line, "an untouched register");
    }
}
#define CHECK_WRITTEN(registers) check_written(registers, __LINE__)

/* A puppet that sends `length` words to the endpoint and waits there. */
static struct puppet *sender(seL4_Word length)
{
    struct puppet *p = puppet_new(10);

    then(p, seL4_SysSend, badged(endpoint, 0xbad), INFO(0x5e, 0, length), 0);
    puppet_play(p);
    settle();
    return p;
}

static void case_send_blocking(void)
{
    issue(seL4_SysSend, badged(endpoint, 7), INFO(3, 0, 4), 0, 0);
    CHECK(!puppet_parked(caller));
    CHECK_EQUAL(take(endpoint, reply).badge, 7);
    settle();
    CHECK_WRITTEN(0);
}

static void case_send_at_once(void)
{
    struct puppet *receiver = puppet_new(30);

    then(receiver, seL4_SysRecv, endpoint, 0, reply);
    puppet_play(receiver);
    settle();
    issue(seL4_SysSend, endpoint, INFO(3, 0, 4), 0, 0);
    CHECK(receiver->done == 1);
    CHECK_WRITTEN(0);
    receiver->steps = receiver->done = 0;
    then(receiver, seL4_SysRecv, endpoint, 0, reply);
    puppet_play(receiver);
    settle();
    issue(seL4_SysNBSend, endpoint, INFO(3, 0, 4), 0, 0);
    CHECK(receiver->done == 1);
    CHECK_WRITTEN(0);
}

static void case_nbsend_dropped(void)
{
    issue(seL4_SysNBSend, endpoint, INFO(3, 0, 4), 0, 0);
    CHECK_WRITTEN(0);
    CHECK_EQUAL(take(endpoint, reply).length, 0);
}

static void case_signal(void)
{
    issue(seL4_SysSend, badged(signals, 4), INFO(9, 0, 2), 0, 0);
    CHECK_WRITTEN(0);
    issue(seL4_SysNBSend, badged(signals, 2), 0, 0, 0);
    CHECK_WRITTEN(0);
    CHECK_EQUAL(take(signals, 0).badge, 6);
}

/* A reply of n words writes n message registers. */
static void case_call_reply(void)
{
    for (unsigned n = 0; n <= 4; n++) {
        issue(seL4_SysCall, endpoint, INFO(1, 0, 4), 0, 0);
        (void)take(endpoint, reply);
        for (unsigned i = 0; i < 4; i++)
            seL4_SetMR((int)i, 0x700 + i);
        answer(reply, 0x77, n);
        CHECK_WRITTEN(X(0) | X(1) | MESSAGE(n));
        CHECK_EQUAL(after.x0, 0);
        CHECK_EQUAL(after.x1, INFO(0x77, 0, n));
        CHECK(n == 0 || after.x2 == 0x700);
        CHECK(n < 4 || after.x5 == 0x703);
    }
}

static void case_call_object(void)
{
    issue(seL4_SysCall, object_new(seL4_TCBObject, 0), INFO(TCBSuspend, 0, 0), 0, 0);
    CHECK_WRITTEN(X(0) | X(1));
    CHECK_EQUAL(after.x0, 0);
    CHECK_EQUAL(after.x1, 0);
}

static void case_call_result(void)
{
    issue(seL4_SysCall, sched_context_new(), INFO(SchedContextConsumed, 0, 0), 0, 0);
    CHECK_WRITTEN(X(0) | X(1) | MESSAGE(1));
    CHECK_EQUAL(after.x0, 0);
    CHECK_EQUAL(after.x1, INFO(0, 0, 1));
    CHECK_EQUAL(after.x2, 0);
}

static void case_send_result(void)
{
    seL4_CPtr sc = sched_context_new();

    issue(seL4_SysSend, sc, INFO(SchedContextConsumed, 0, 0), 0, 0);
    CHECK_WRITTEN(0);
    issue(seL4_SysNBSend, sc, INFO(SchedContextConsumed, 0, 0), 0, 0);
    CHECK_WRITTEN(0);
}

static void case_call_error(void)
{
    issue(seL4_SysCall, slot_new(), INFO(TCBSuspend, 0, 4), 0, 0);
    CHECK_WRITTEN(X(0) | X(1) | MESSAGE(1));
    CHECK_EQUAL(after.x0, 0);
    CHECK_EQUAL(after.x1, INFO(seL4_InvalidCapability, 0, 1));
    CHECK_EQUAL(after.x2, 0);
    issue(seL4_SysCall, caller->tcb, INFO(~0u, 0, 4), 0, 0);
    CHECK_WRITTEN(X(0) | X(1));
    CHECK_EQUAL(after.x1, INFO(seL4_IllegalOperation, 0, 0));
}

static void case_call_range_error(void)
{
    caller->buffer->caps_or_badges[0] = caller->tcb;
    issue(seL4_SysCall, caller->tcb, INFO(TCBSetPriority, 1, 1), 0, 0);
    CHECK_WRITTEN(X(0) | X(1) | MESSAGE(2));
    CHECK_EQUAL(after.x1, INFO(seL4_RangeError, 0, 2));
    CHECK_EQUAL(after.x2, 0);
    CHECK_EQUAL(after.x3, 20);
}

static void case_send_error(void)
{
    issue(seL4_SysSend, slot_new(), INFO(TCBSuspend, 0, 4), 0, 0);
    CHECK_WRITTEN(0);
    issue(seL4_SysNBSend, slot_new(), INFO(TCBSuspend, 0, 4), 0, 0);
    CHECK_WRITTEN(0);
    issue(seL4_SysSend, with_rights(endpoint, seL4_CanRead, 0), INFO(0, 0, 4), 0, 0);
    CHECK_WRITTEN(0);
}

static void case_call_without_right(void)
{
    issue(seL4_SysCall, with_rights(endpoint, seL4_CanRead, 0), INFO(0, 0, 4), 0, 0);
    CHECK_WRITTEN(X(0) | X(1) | MESSAGE(1));
    CHECK_EQUAL(after.x1, INFO(seL4_InvalidCapability, 0, 1));
    issue(seL4_SysCall, with_rights(signals, seL4_CanRead, 0), INFO(0, 0, 4), 0, 0);
    CHECK_WRITTEN(X(0) | X(1) | MESSAGE(1));
    CHECK_EQUAL(after.x1, INFO(seL4_InvalidCapability, 0, 1));
    CHECK_EQUAL(after.x2, 0);
}

static void case_call_notification(void)
{
    issue(seL4_SysCall, badged(signals, 0x11), INFO(5, 0, 4), 0, 0);
    CHECK_WRITTEN(X(0) | X(1));
    CHECK_EQUAL(after.x0, 0);
    CHECK_EQUAL(after.x1, 0);
    CHECK_EQUAL(take(signals, 0).badge, 0x11);
}

static void case_call_idle_reply(void)
{
    issue(seL4_SysCall, reply, INFO(5, 0, 4), 0, 0);
    CHECK_WRITTEN(X(0) | X(1));
    CHECK_EQUAL(after.x1, 0);
}

/* A message of n words writes the badge, the information and n message registers. */
static void check_message(unsigned n, int line)
{
    check_written(X(0) | X(1) | MESSAGE(n < 4 ? n : 4), line);
    check_equal(after.x0, 0xbad, __FILE_NAME__, line, "badge");
    check_equal(after.x1, INFO(0x5e, 0, n), __FILE_NAME__, line, "information");
}

static void case_recv(void)
{
    for (unsigned n = 0; n <= 5; n++) {
        (void)sender(n);
        issue(seL4_SysRecv, endpoint, INFO(1, 2, 3), reply, 0);
        check_message(n, __LINE__);
    }
}

static void case_recv_later(void)
{
    issue(seL4_SysRecv, endpoint, INFO(1, 2, 3), reply, 0);
    CHECK(!puppet_parked(caller));
    (void)sender(2);
    check_message(2, __LINE__);
}

static void case_nbrecv(void)
{
    (void)sender(3);
    issue(seL4_SysNBRecv, endpoint, INFO(1, 2, 3), reply, 0);
    check_message(3, __LINE__);
    issue(seL4_SysNBRecv, endpoint, INFO(1, 2, 3), reply, 0);
    CHECK_WRITTEN(X(0));
    CHECK_EQUAL(after.x0, 0);
}

static void case_wait(void)
{
    (void)sender(1);
    issue(seL4_SysWait, endpoint, INFO(1, 2, 3), 0, 0);
    check_message(1, __LINE__);
}

static void case_nbwait(void)
{
    (void)sender(4);
    issue(seL4_SysNBWait, endpoint, INFO(1, 2, 3), 0, 0);
    check_message(4, __LINE__);
    issue(seL4_SysNBWait, endpoint, INFO(1, 2, 3), 0, 0);
    CHECK_WRITTEN(X(0));
    CHECK_EQUAL(after.x0, 0);
    issue(seL4_SysNBWait, signals, INFO(1, 2, 3), 0, 0);
    CHECK_WRITTEN(X(0));
    CHECK_EQUAL(after.x0, 0);
}

static void case_two_phases(void)
{
    (void)sender(2);
    issue(seL4_SysReplyRecv, endpoint, INFO(0, 0, 4), reply, 0);
    check_message(2, __LINE__);
    (void)sender(2);
    issue(seL4_SysNBSendRecv, endpoint, INFO(0, 0, 4), reply, badged(signals, 1));
    check_message(2, __LINE__);
    (void)sender(2);
    issue(seL4_SysNBSendWait, endpoint, INFO(0, 0, 4), badged(signals, 2), 0);
    check_message(2, __LINE__);
    CHECK_EQUAL(take(signals, 0).badge, 3);
}

/* A signal writes the badge and nothing else, however it is received. */
static void case_signal_received(void)
{
    static const seL4_Syscall_ID numbers[] = { seL4_SysRecv, seL4_SysNBRecv, seL4_SysWait,
                                               seL4_SysNBWait };
    seL4_CPtr signal = badged(signals, 0x51);

    for (unsigned i = 0; i < API_COUNT(numbers); i++) {
        seL4_Signal(signal);
        issue(numbers[i], signals, INFO(1, 2, 3), reply, 0);
        CHECK_WRITTEN(X(0));
        CHECK_EQUAL(after.x0, 0x51);
    }
    issue(seL4_SysWait, signals, INFO(1, 2, 3), reply, 0);
    CHECK(!puppet_parked(caller));
    seL4_Signal(signal);
    settle();
    CHECK_WRITTEN(X(0));
    CHECK_EQUAL(after.x0, 0x51);
}

static void case_bound_signal_received(void)
{
    static const seL4_Syscall_ID numbers[] = {
        seL4_SysRecv,   seL4_SysNBRecv,    seL4_SysWait,
        seL4_SysNBWait, seL4_SysReplyRecv, seL4_SysNBSendRecv
    };
    seL4_CPtr signal = badged(signals, 0x52);

    CHECK_OK(seL4_TCB_BindNotification(caller->tcb, signals));
    for (unsigned i = 0; i < API_COUNT(numbers); i++) {
        seL4_Signal(signal);
        issue(numbers[i], endpoint, INFO(1, 0, 3), reply, slot_new());
        CHECK_WRITTEN(X(0));
        CHECK_EQUAL(after.x0, 0x52);
    }
    issue(seL4_SysRecv, endpoint, INFO(1, 2, 3), reply, 0);
    seL4_Signal(signal);
    settle();
    CHECK_WRITTEN(X(0));
    CHECK_EQUAL(after.x0, 0x52);
}

static void case_yield(void)
{
    issue(seL4_SysYield, 1, 2, 3, 4);
    CHECK_WRITTEN(0);
}

static void case_put_char(void)
{
    issue(seL4_SysDebugPutChar, '\r', 2, 3, 4);
    CHECK_WRITTEN(0);
}

/* The number is in x7; the immediate of the instruction means nothing. */
static void case_immediate(void)
{
    issue_at(puppet_svc_strange, seL4_SysNBSend, badged(signals, 1), 0, 0, 0);
    CHECK_WRITTEN(0);
    CHECK_EQUAL(take(signals, 0).badge, 1);
}

/* A number that nobody knows is a fault; the handler's unchanged answer changes nothing. */
static void case_unknown_skipped(void)
{
    seL4_CPtr faults = endpoint_new();

    puppet_handler(caller, faults);
    issue((seL4_Syscall_ID)-77, 1, 2, 3, 4);
    take_fault(faults, reply, seL4_Fault_UnknownSyscall, seL4_UnknownSyscall_Length);
    seL4_SetMR(seL4_UnknownSyscall_FaultIP, (seL4_Word)puppet_park);
    answer(reply, 0, seL4_UnknownSyscall_Length - 1);
    CHECK_WRITTEN(0);
}

static void case_label(void)
{
    seL4_Word label = 0xfedcba9876543;

    issue(seL4_SysSend, endpoint, INFO(label, 0, 1), 0, 0);
    CHECK_EQUAL(take(endpoint, reply).label, label);
    issue(seL4_SysCall, endpoint, INFO(0, 0, 0), 0, 0);
    (void)take(endpoint, reply);
    answer(reply, ~label, 0);
    CHECK_WRITTEN(X(0) | X(1));
    CHECK_EQUAL(after.x1, INFO(~label, 0, 0));
}

/* What the first of two phases may not name is left alone, and the second phase takes place. */
static void check_first_phase_refused(seL4_CPtr cap, seL4_Word info)
{
    seL4_Signal(badged(signals, 0x99));
    issue(seL4_SysNBSendWait, signals, info, cap, 0);
    CHECK_WRITTEN(X(0));
    CHECK_EQUAL(after.x0, 0x99);
    seL4_Signal(badged(signals, 0x98));
    issue(seL4_SysNBSendRecv, signals, info, 0, cap);
    CHECK_WRITTEN(X(0));
    CHECK_EQUAL(after.x0, 0x98);
}

static void case_first_phase_refused(void)
{
    struct puppet *other = puppet_new(10);
    seL4_CPtr sc = other->sched_context;

    puppet_run(other, puppet_svc,
               &(seL4_UserContext){ .x0 = endpoint, .x7 = (seL4_Word)(seL4_Int64)seL4_SysWait });
    check_first_phase_refused(caller->tcb, INFO(TCBSetTLSBase, 0, 1));
    CHECK_EQUAL(after.tpidr_el0, before.tpidr_el0);
    check_first_phase_refused(sc, INFO(SchedContextUnbind, 0, 0));
    CHECK(holds(other, sc));
    check_first_phase_refused(ROOT, INFO(CNodeRevoke, 0, 2));
    caller->buffer->caps_or_badges[0] = sc;
    check_first_phase_refused(boot->schedcontrol.start, INFO(SchedControlConfigureFlags, 1, 5));
    caller->buffer->caps_or_badges[0] = caller->tcb;
    check_first_phase_refused(seL4_CapDomain, INFO(DomainSetSet, 1, 1));
    check_first_phase_refused(slot_new(), INFO(0, 0, 0));
}

/* Untyped, IRQ and architecture capabilities are allowed there. */
static void case_first_phase_allowed(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), made = slot_new(), frame;
    seL4_Word address = (seL4_Word)page_new(&frame);
    struct step *step;

    caller->buffer->caps_or_badges[0] = ROOT;
    caller->buffer->msg[4] = made;
    caller->buffer->msg[5] = 1;
    step = then(caller, seL4_SysNBSendWait, signals, INFO(UntypedRetype, 1, 6), untyped);
    step->r.mr[0] = seL4_EndpointObject;
    step->r.mr[1] = step->r.mr[2] = step->r.mr[3] = 0;
    (void)then(caller, seL4_SysNBSendWait, signals, INFO(ARMPageUnmap, 0, 0), frame);
    puppet_play(caller);
    settle();
    CHECK(cap_exists(made));
    seL4_Signal(signals);
    settle();
    CHECK(caller->done == 1);
    CHECK_ERROR(seL4_ARM_Page_Clean_Data(frame, 0, 8), seL4_IllegalOperation);
    CHECK(address != 0);
}

/*
 * The library's NBSendWaitWithMRs issues NBSendRecv with its destination in x6: nothing is sent,
 * and x6 is looked at as the reply object of the receive phase.
 */
static void case_nbsendwait_quirk(void)
{
    seL4_CPtr destination = badged(signals, 1), source = endpoint_new(), faults = endpoint_new();

    puppet_handler(caller, faults);
    (void)sender(1);
    issue(seL4_SysNBSendRecv, source, INFO(0, 0, 4), destination, 0);
    take_fault(faults, reply, seL4_Fault_CapFault, 5);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_Addr), destination);
    CHECK_EQUAL(take(signals, 0).badge, 0);
    issue(seL4_SysNBSendRecv, endpoint, INFO(0, 0, 4), reply_new(), 0);
    check_message(1, __LINE__);
}

static const struct api_case cases[] = {
    { "Send to come: writes nothing", case_send_blocking },
    { "Send and NBSend to a receiver: write nothing", case_send_at_once },
    { "NBSend to nobody: dropped, writes nothing", case_nbsend_dropped },
    { "Send and NBSend of a signal: write nothing", case_signal },
    { "Call: a reply of n words writes n registers", case_call_reply },
    { "Call of an object: empty answer", case_call_object },
    { "Call of an object with a result", case_call_result },
    { "Send to an object with a result: writes nothing", case_send_result },
    { "Call refused: error and its word", case_call_error },
    { "Call refused: error and its two words", case_call_range_error },
    { "Send refused: writes nothing", case_send_error },
    { "Call without the write right", case_call_without_right },
    { "Call of a notification: a signal, empty answer", case_call_notification },
    { "Call of an unused reply object: empty answer", case_call_idle_reply },
    { "Recv: n words write n registers", case_recv },
    { "Recv before the message", case_recv_later },
    { "NBRecv: a message, or badge 0 only", case_nbrecv },
    { "Wait: a message of an endpoint", case_wait },
    { "NBWait: a message, or badge 0 only", case_nbwait },
    { "ReplyRecv, NBSendRecv, NBSendWait: like Recv", case_two_phases },
    { "a signal writes the badge only", case_signal_received },
    { "a bound signal writes the badge only", case_bound_signal_received },
    { "Yield: writes nothing", case_yield },
    { "DebugPutChar: writes nothing", case_put_char },
    { "the immediate of svc means nothing", case_immediate },
    { "unknown number: skipped by its handler", case_unknown_skipped },
    { "labels have 52 bits", case_label },
    { "first phase: capabilities that it refuses", case_first_phase_refused },
    { "first phase: capabilities that it takes", case_first_phase_allowed },
    { "NBSendWaitWithMRs of the library", case_nbsendwait_quirk },
};
const struct api_group syscall_group = { "syscall", cases, API_COUNT(cases), prepare };
