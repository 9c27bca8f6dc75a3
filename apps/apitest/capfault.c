/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability faults, with their exact words, and what is none (abi sections 2.3, 5.1, 6.1). */
#include "puppet.h"

#define SECOND 3u /* the slot of the first level that holds the second */

static seL4_CPtr endpoint, reply, faults, signals;
static struct puppet *p;

static void prepare(void)
{
    puppets_prepare();
    endpoint = endpoint_new();
    reply = reply_new();
    faults = endpoint_new();
    signals = notification_new();
    p = puppet_new(20);
    puppet_handler(p, badged(faults, 0xfa));
}

/* The puppet's next system call; it has been made when this returns. */
static struct step *attempt(seL4_Syscall_ID number, seL4_CPtr x0, seL4_Word info, seL4_CPtr x6)
{
    struct step *step;

    p->steps = p->done = 0;
    step = then(p, number, x0, info, x6);
    puppet_play(p);
    settle();
    return step;
}

struct words {
    seL4_Word address, in_receive_phase, type, count, detail[3];
};

/* The puppet stands in a fault with these words. Its address: of the svc in puppet_call's play. */
static void check_fault(struct words expected, int line)
{
    struct message m = take(faults, reply);

    check_equal(m.label, seL4_Fault_CapFault, __FILE_NAME__, line, "label");
    check_equal(m.badge, 0xfa, __FILE_NAME__, line, "badge");
    check_equal(m.length, 4 + expected.count, __FILE_NAME__, line, "length");
    check_equal(seL4_GetMR(seL4_CapFault_Addr), expected.address, __FILE_NAME__, line, "address");
    check_equal(seL4_GetMR(seL4_CapFault_InRecvPhase), expected.in_receive_phase, __FILE_NAME__,
                line, "receive phase");
    check_equal(seL4_GetMR(seL4_CapFault_LookupFailureType), expected.type, __FILE_NAME__, line,
                "type");
    for (unsigned i = 0; i < expected.count; i++)
        check_equal(seL4_GetMR(seL4_CapFault_BitsLeft + (int)i), expected.detail[i], __FILE_NAME__,
                    line, "detail");
    check_equal(seL4_GetMR(seL4_CapFault_IP), puppet_registers(p).pc, __FILE_NAME__, line, "IP");
    check(p->done == 0, __FILE_NAME__, line, "the call has not returned");
}
#define CHECK_FAULT(...) check_fault((struct words){ __VA_ARGS__ }, __LINE__)
#define CHECK_MISSING(cptr) CHECK_FAULT(cptr, 1, seL4_MissingCapability, 1, { 0 })
#define CHECK_NO_FAULT()                                                                           \
    do {                                                                                           \
        CHECK(p->done == 1);                                                                       \
        CHECK_EQUAL(take(faults, reply).label, seL4_Fault_UserException); /* its end */            \
    } while (0)

/*
 * A capability space of the puppet's own: 4 bits behind a guard 0x5a of 8 bits, and in one slot
 * 8 bits behind a guard 0x3 of 4 bits. So 12 bits are used up, 52 are left at the second level.
 */
static seL4_CPtr first_level;
static void use_two_levels(void)
{
    seL4_CPtr second = object_new(seL4_CapTableObject, 8);

    first_level = object_new(seL4_CapTableObject, 4);
    CHECK_OK(seL4_CNode_Mint(first_level, SECOND, 4, ROOT, second, DEPTH, seL4_AllRights,
                             seL4_CNode_CapData_new(0x3, 4).words[0]));
    CHECK_OK(seL4_CNode_Copy(first_level, 5, 4, ROOT, endpoint, DEPTH, seL4_AllRights));
    CHECK_OK(seL4_CNode_Copy(first_level, 6, 4, ROOT, reply, DEPTH, seL4_AllRights));
    CHECK_OK(seL4_TCB_SetSpace(p->tcb, badged(faults, 0xfa), first_level,
                               seL4_CNode_CapData_new(0x5a, 8).words[0], VSPACE, 0));
}
/* First level slot, then whatever the 52 bits after it say. */
static seL4_CPtr path(seL4_Word slot, seL4_Word rest)
{
    return 0x5aul << 56 | slot << 52 | rest;
}

static void case_guard(void)
{
    seL4_CPtr wrong = 0x5bul << 56 | 5ul << 52;

    use_two_levels();
    (void)attempt(seL4_SysSend, wrong, 0, 0);
    CHECK_FAULT(wrong, 0, seL4_GuardMismatch, 3, { 64, 0x5a, 8 });
    (void)attempt(seL4_SysCall, wrong, 0, 0);
    CHECK_FAULT(wrong, 0, seL4_GuardMismatch, 3, { 64, 0x5a, 8 });
    (void)attempt(seL4_SysRecv, wrong, 0, path(6, 0));
    CHECK_FAULT(wrong, 1, seL4_GuardMismatch, 3, { 64, 0x5a, 8 });
}

static void case_second_guard(void)
{
    seL4_CPtr wrong = path(SECOND, 0x4ul << 48);

    use_two_levels();
    (void)attempt(seL4_SysSend, wrong, 0, 0);
    CHECK_FAULT(wrong, 0, seL4_GuardMismatch, 3, { 52, 0x3, 4 });
    (void)attempt(seL4_SysWait, wrong, 0, 0);
    CHECK_FAULT(wrong, 1, seL4_GuardMismatch, 3, { 52, 0x3, 4 });
}

/* 56 bits of guard leave 4 for a CNode of 8: it does not fit into what is left. */
static void case_depth(void)
{
    seL4_CPtr inner = object_new(seL4_CapTableObject, 8);
    seL4_CPtr cptr = 0x11ul << 8 | 2 << 4 | 1;

    first_level = object_new(seL4_CapTableObject, 4);
    CHECK_OK(seL4_CNode_Copy(first_level, 2, 4, ROOT, inner, DEPTH, seL4_AllRights));
    CHECK_OK(seL4_TCB_SetSpace(p->tcb, badged(faults, 0xfa), first_level,
                               seL4_CNode_CapData_new(0x11, 56).words[0], VSPACE, 0));
    (void)attempt(seL4_SysSend, cptr, 0, 0);
    CHECK_FAULT(cptr, 0, seL4_DepthMismatch, 2, { 4, 8 });
    (void)attempt(seL4_SysNBRecv, cptr, 0, cptr);
    CHECK_FAULT(cptr, 1, seL4_DepthMismatch, 2, { 4, 8 });
}

static void case_no_root(void)
{
    use_two_levels();
    CHECK_OK(seL4_CNode_Revoke(ROOT, first_level, DEPTH));
    (void)attempt(seL4_SysSend, 1, 0, 0);
    CHECK_FAULT(1, 0, seL4_InvalidRoot, 0, { 0 });
    (void)attempt(seL4_SysNBWait, 2, 0, 0);
    CHECK_FAULT(2, 1, seL4_InvalidRoot, 0, { 0 });
}

/* Bits that are left over after a capability that is no CNode mean nothing. */
static void case_bits_left_over(void)
{
    use_two_levels();
    (void)attempt(seL4_SysNBSend, path(5, 0xffffffff), 0, 0);
    CHECK_NO_FAULT();
    (void)attempt(seL4_SysNBRecv, path(5, 0x12345), 0, path(6, 1));
    CHECK_NO_FAULT();
}

static void case_empty_slot(void)
{
    struct step *step;

    use_two_levels();
    step = attempt(seL4_SysCall, path(7, 0), INFO(9, 0, 0), 0);
    CHECK_NO_FAULT();
    CHECK_EQUAL(step->r.info, INFO(seL4_InvalidCapability, 0, 1));
    CHECK_EQUAL(step->r.mr[0], 0);
    (void)attempt(seL4_SysSend, path(SECOND, 0x3ul << 48), 0, 0);
    CHECK_NO_FAULT();
    (void)attempt(seL4_SysRecv, path(7, 0), 0, path(6, 0));
    CHECK_MISSING(path(7, 0));
}

/* Phases that do not block take no notice of what they cannot find. */
static void case_not_blocking(void)
{
    seL4_CPtr wrong = 1;

    use_two_levels();
    (void)attempt(seL4_SysNBSend, wrong, INFO(0, 0, 4), 0);
    CHECK_NO_FAULT();
    CHECK_OK(seL4_TCB_BindNotification(p->tcb, signals));
    seL4_Signal(badged(signals, 1));
    (void)attempt(seL4_SysNBSendWait, path(5, 0), 0, wrong);
    CHECK_NO_FAULT();
    seL4_Signal(signals);
    p->steps = p->done = 0;
    then(p, seL4_SysNBSendRecv, path(5, 0), 0, path(6, 0))->x8 = wrong;
    puppet_play(p);
    settle();
    CHECK_NO_FAULT();
}

static void case_extra_caps(void)
{
    use_two_levels();
    p->buffer->caps_or_badges[0] = path(5, 0);
    p->buffer->caps_or_badges[1] = 0x77;
    (void)attempt(seL4_SysSend, path(5, 0), INFO(0, 2, 0), 0);
    CHECK_FAULT(0x77, 0, seL4_GuardMismatch, 3, { 64, 0x5a, 8 });
    (void)attempt(seL4_SysCall, path(5, 0), INFO(0, 3, 0), 0);
    CHECK_FAULT(0x77, 0, seL4_GuardMismatch, 3, { 64, 0x5a, 8 });
    (void)attempt(seL4_SysNBSend, path(5, 0), INFO(0, 2, 0), 0);
    CHECK_NO_FAULT();
}

/* Only as many are looked up as the message says; an empty slot is fine. */
static void case_extra_caps_fine(void)
{
    use_two_levels();
    p->buffer->caps_or_badges[0] = path(7, 0);
    p->buffer->caps_or_badges[1] = 0x77;
    (void)attempt(seL4_SysSend, path(5, 0), INFO(4, 1, 0), 0);
    CHECK(p->done == 0);
    CHECK_EQUAL(take(endpoint, reply).label, 4);
    settle();
    CHECK_NO_FAULT();
    /* Without a buffer there are none. */
    CHECK_OK(seL4_TCB_SetIPCBuffer(p->tcb, 0, 0));
    (void)attempt(seL4_SysNBSend, path(5, 0), INFO(4, 3, 0), 0);
    CHECK_NO_FAULT();
}

static void case_receive_right(void)
{
    static const seL4_Syscall_ID numbers[] = { seL4_SysRecv, seL4_SysNBRecv, seL4_SysWait,
                                               seL4_SysNBWait, seL4_SysReplyRecv };
    seL4_CPtr deaf = with_rights(endpoint, seL4_CapRights_new(1, 1, 0, 1), 0);

    for (unsigned i = 0; i < API_COUNT(numbers); i++) {
        (void)attempt(numbers[i], deaf, 0, reply_new());
        CHECK_MISSING(deaf);
    }
}

static void case_receive_right_of_notification(void)
{
    seL4_CPtr deaf = with_rights(signals, seL4_CanWrite, 0);

    seL4_Signal(signals);
    (void)attempt(seL4_SysWait, deaf, 0, 0);
    CHECK_MISSING(deaf);
    (void)attempt(seL4_SysNBRecv, deaf, 0, 0);
    CHECK_MISSING(deaf);
}

static void case_receive_from_others(void)
{
    seL4_CPtr others[] = { slot_new(), p->tcb, ROOT, VSPACE, reply_new(), p->sched_context };

    for (unsigned i = 0; i < API_COUNT(others); i++) {
        (void)attempt(seL4_SysWait, others[i], 0, 0);
        CHECK_MISSING(others[i]);
        (void)attempt(seL4_SysNBRecv, others[i], 0, reply_new());
        CHECK_MISSING(others[i]);
    }
}

static void case_bound_to_another(void)
{
    struct puppet *other = puppet_new(10);

    CHECK_OK(seL4_TCB_BindNotification(other->tcb, signals));
    seL4_Signal(signals);
    (void)attempt(seL4_SysWait, signals, 0, 0);
    CHECK_MISSING(signals);
    (void)attempt(seL4_SysNBWait, signals, 0, 0);
    CHECK_MISSING(signals);
    CHECK_OK(seL4_TCB_UnbindNotification(other->tcb));
    (void)attempt(seL4_SysNBWait, signals, 0, 0);
    CHECK_NO_FAULT();
}

static void case_reply_lookup(void)
{
    seL4_CPtr wrong = 0x12;

    use_two_levels();
    (void)attempt(seL4_SysRecv, path(5, 0), 0, wrong);
    CHECK_FAULT(wrong, 1, seL4_GuardMismatch, 3, { 64, 0x5a, 8 });
    (void)attempt(seL4_SysNBRecv, path(5, 0), 0, wrong);
    CHECK_FAULT(wrong, 1, seL4_GuardMismatch, 3, { 64, 0x5a, 8 });
    (void)attempt(seL4_SysReplyRecv, path(5, 0), 0, wrong);
    CHECK_FAULT(wrong, 1, seL4_GuardMismatch, 3, { 64, 0x5a, 8 });
}

static void case_no_reply(void)
{
    seL4_CPtr others[] = { slot_new(), endpoint, p->tcb };

    for (unsigned i = 0; i < API_COUNT(others); i++) {
        (void)attempt(seL4_SysRecv, endpoint, 0, others[i]);
        CHECK_MISSING(others[i]);
        (void)attempt(seL4_SysNBRecv, endpoint, 0, others[i]);
        CHECK_MISSING(others[i]);
    }
}

/* The right to read comes first, the reply object second. */
static void case_order(void)
{
    seL4_CPtr deaf = with_rights(endpoint, seL4_CanWrite, 0);

    (void)attempt(seL4_SysRecv, deaf, 0, slot_new());
    CHECK_MISSING(deaf);
}

/* A notification has no use for a reply object; neither has Wait. */
static void case_reply_ignored(void)
{
    seL4_Signal(signals);
    (void)attempt(seL4_SysRecv, signals, 0, ~0ul);
    CHECK_NO_FAULT();
    (void)attempt(seL4_SysNBRecv, signals, 0, ~0ul);
    CHECK_NO_FAULT();
    (void)attempt(seL4_SysNBWait, endpoint, 0, ~0ul);
    CHECK_NO_FAULT();
}

/* The first phase has taken place when the second one fails. */
static void case_second_phase(void)
{
    seL4_CPtr none = slot_new();

    (void)attempt(seL4_SysNBSendWait, none, 0, badged(signals, 0x21));
    CHECK_MISSING(none);
    CHECK_EQUAL(take(signals, 0).badge, 0x21);
}

/* The answer repeats the system call, whatever its label and words say. */
static void case_repeated(void)
{
    seL4_CPtr slot = slot_new();
    struct step *step = attempt(seL4_SysWait, slot, 0, 0);

    CHECK_MISSING(slot);
    answer(reply, 1, 3);
    CHECK_MISSING(slot);
    CHECK_OK(cap_copy(slot, signals));
    seL4_Signal(badged(signals, 0x31));
    answer(reply, 99, 0);
    CHECK_NO_FAULT();
    CHECK_EQUAL(step->r.x0, 0x31);
    CHECK_EQUAL(step->r.mr[0], STEP_MR(0));
}

static const struct api_case cases[] = {
    { "guard of the first level", case_guard },
    { "guard of the second level", case_second_guard },
    { "a CNode deeper than the address", case_depth },
    { "no capability space", case_no_root },
    { "bits left over mean nothing", case_bits_left_over },
    { "an empty slot: an error to Call, a fault to Recv", case_empty_slot },
    { "phases that do not block do not fault", case_not_blocking },
    { "extra capabilities that cannot be found", case_extra_caps },
    { "extra capabilities: as many as counted, empty ones too", case_extra_caps_fine },
    { "endpoint without the read right", case_receive_right },
    { "notification without the read right", case_receive_right_of_notification },
    { "receiving from other objects", case_receive_from_others },
    { "notification bound to another thread", case_bound_to_another },
    { "reply object that cannot be found", case_reply_lookup },
    { "reply object that is none", case_no_reply },
    { "the endpoint is looked at before the reply object", case_order },
    { "notifications and Wait ignore the reply object", case_reply_ignored },
    { "in the second phase, after the first", case_second_phase },
    { "the answer repeats the call", case_repeated },
};
const struct api_group capfault_group = { "capfault", cases, API_COUNT(cases), prepare };
