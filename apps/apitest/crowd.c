/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * More threads wait than the kernel lets go in one entry: ends of endpoints, notifications and
 * interrupt handlers, and CancelBadgedSends (abi sections 3.4, 5.4). What ends them has the lowest
 * priority, so that everyone who was let go runs, and calls again, before it goes on.
 */
#include "puppet.h"

#define CROWD 250ul
#define PRIORITY 50
#define FAULT_BADGE 0xfa
#define BADGE 0xb

static seL4_CPtr faults, faults_badged, reply, endpoint, notification;

/* A system call once, then an undefined instruction: an answer shows as a fault. */
extern const char crowd_code[];
asm(".pushsection .text\n"
    "crowd_code: svc #0\n"
    ".inst 0\n"
    ".popsection");

static void make(seL4_Word type, seL4_Word size_bits, seL4_CPtr slots)
{
    seL4_CPtr memory = object_new(seL4_UntypedObject, 20);

    CHECK_OK(seL4_Untyped_Retype(memory, type, size_bits, ROOT, 0, 0, slots, CROWD));
}

/* All of the crowd execute that system call, and wait in it. */
static void crowd_start(seL4_Syscall_ID number, seL4_CPtr cap)
{
    seL4_CPtr tcbs = slots_new(CROWD), contexts = slots_new(CROWD);
    seL4_UserContext context = { .pc = (seL4_Word)crowd_code,
                                 .x0 = cap,
                                 .x7 = (seL4_Word)(seL4_Int64)number };
    seL4_Word wrong = 0;

    make(seL4_TCBObject, 0, tcbs);
    make(seL4_SchedContextObject, 8, contexts);
    for (seL4_Word i = 0; i < CROWD; i++) {
        seL4_CPtr tcb = tcbs + i;

        wrong += seL4_TCB_Configure(tcb, ROOT, 0, VSPACE, 0, 0, ROOT);
        wrong +=
            seL4_SchedControl_Configure(boot->schedcontrol.start, contexts + i, 5000, 5000, 0, 0);
        wrong +=
            seL4_TCB_SetSchedParams(tcb, SELF, PRIORITY, PRIORITY, contexts + i, faults_badged);
        wrong += seL4_TCB_WriteRegisters(tcb, seL4_True, 0, seL4_UserContextWords, &context);
    }
    CHECK_EQUAL(wrong, 0);
    settle();
    CHECK_EQUAL(take(faults, reply).badge, 0); /* they do wait */
}

/* The invocation of the root CNode, by a root task that is the last to run. */
static seL4_Error as_the_last(seL4_Word label, seL4_CPtr slot)
{
    seL4_Error error;

    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, PRIORITY_SETTLED));
    error = sel4_invoke(ROOT, label, 0, 2, slot, DEPTH, 0, 0);
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, seL4_MaxPrio));
    return error;
}

/* Each of the crowd had that fault, and once. */
static void check_faults(seL4_Word label)
{
    seL4_Word count = 0;
    struct message m;

    settle();
    while ((m = take(faults, reply)).badge == FAULT_BADGE && m.label == label)
        count++;
    CHECK_EQUAL(count, CROWD);
    CHECK_EQUAL(m.badge, 0);
}

static void case_receivers(void)
{
    crowd_start(seL4_SysWait, endpoint);
    CHECK_OK(as_the_last(CNodeDelete, endpoint));
    CHECK(!cap_exists(endpoint));
    check_faults(seL4_Fault_CapFault);
}

/* A Send to nothing is nothing: they go on. */
static void case_senders(void)
{
    crowd_start(seL4_SysSend, endpoint);
    CHECK_OK(as_the_last(CNodeDelete, endpoint));
    CHECK(!cap_exists(endpoint));
    check_faults(seL4_Fault_UserException);
}

static void case_callers(void)
{
    crowd_start(seL4_SysCall, endpoint);
    CHECK_OK(as_the_last(CNodeDelete, endpoint));
    check_faults(seL4_Fault_UserException);
}

static void case_waiters(void)
{
    crowd_start(seL4_SysWait, notification);
    CHECK_OK(as_the_last(CNodeDelete, notification));
    CHECK(!cap_exists(notification));
    check_faults(seL4_Fault_CapFault);
}

/* The last capability is the one that an interrupt handler keeps. */
static void case_interrupt_handler(void)
{
    seL4_CPtr handler = slot_new();

    CHECK_OK(seL4_IRQControl_Get(seL4_CapIRQControl, 40, ROOT, handler, DEPTH));
    CHECK_OK(seL4_IRQHandler_SetNotification(handler, notification));
    crowd_start(seL4_SysWait, notification);
    CHECK_OK(as_the_last(CNodeDelete, notification));
    settle();
    CHECK_EQUAL(take(faults, reply).badge, 0);
    CHECK_OK(as_the_last(CNodeDelete, handler));
    CHECK(!cap_exists(handler));
    settle(); /* nobody was told that the capability had gone: they find out now */
    check_faults(seL4_Fault_CapFault);
    CHECK_OK(seL4_IRQControl_Get(seL4_CapIRQControl, 40, ROOT, handler, DEPTH));
}

/* A CNode that holds the endpoint is deleted. */
static void case_inside_of_a_cnode(void)
{
    seL4_CPtr node = object_new(seL4_CapTableObject, 4);

    crowd_start(seL4_SysSend, endpoint);
    CHECK_OK(seL4_CNode_Move(node, 9, 4, ROOT, endpoint, DEPTH));
    CHECK_OK(as_the_last(CNodeDelete, node));
    CHECK(!cap_exists(node));
    check_faults(seL4_Fault_UserException);
}

static void case_revoke_memory(void)
{
    seL4_CPtr memory = object_new(seL4_UntypedObject, 4);

    CHECK_OK(cap_delete(endpoint));
    CHECK_OK(seL4_Untyped_Retype(memory, seL4_EndpointObject, 0, ROOT, 0, 0, endpoint, 1));
    crowd_start(seL4_SysSend, endpoint);
    CHECK_OK(as_the_last(CNodeRevoke, memory));
    CHECK(!cap_exists(endpoint));
    check_faults(seL4_Fault_UserException);
    CHECK_OK(seL4_Untyped_Retype(memory, seL4_EndpointObject, 0, ROOT, 0, 0, endpoint, 1));
}

/* Everybody sends again at once, and is not cancelled a second time. */
static void case_cancel_badged_sends(void)
{
    seL4_CPtr badged = slot_new();
    seL4_Word count = 0;
    struct message m;

    CHECK_OK(cap_mint(badged, endpoint, BADGE));
    crowd_start(seL4_SysSend, badged);
    CHECK_OK(as_the_last(CNodeCancelBadgedSends, badged));
    while ((m = take(endpoint, reply)).badge == BADGE)
        count++;
    CHECK_EQUAL(count, CROWD);
    check_faults(seL4_Fault_UserException); /* it was taken: they go on */
}

/* The badge is revoked before: who is let go has no capability any more. */
static void case_cancel_revoked(void)
{
    seL4_CPtr badged = slot_new(), copy = slot_new();

    CHECK_OK(cap_mint(badged, endpoint, BADGE));
    CHECK_OK(cap_copy(copy, badged));
    crowd_start(seL4_SysSend, copy);
    CHECK_OK(seL4_CNode_Revoke(ROOT, badged, DEPTH));
    CHECK_OK(as_the_last(CNodeCancelBadgedSends, badged));
    check_faults(seL4_Fault_UserException);
    CHECK_EQUAL(take(endpoint, reply).badge, 0);
}

static void prepare(void)
{
    faults = object_new(seL4_EndpointObject, 0);
    faults_badged = slot_new();
    CHECK_OK(cap_mint(faults_badged, faults, FAULT_BADGE));
    reply = object_new(seL4_ReplyObject, 0);
    endpoint = object_new(seL4_EndpointObject, 0);
    notification = object_new(seL4_NotificationObject, 0);
}

static const struct api_case cases[] = {
    { "receivers", case_receivers },
    { "senders", case_senders },
    { "callers", case_callers },
    { "waiters", case_waiters },
    { "interrupt handler", case_interrupt_handler },
    { "inside of a CNode", case_inside_of_a_cnode },
    { "revoke memory", case_revoke_memory },
    { "cancel badged sends", case_cancel_badged_sends },
    { "cancel revoked", case_cancel_revoked },
};
const struct api_group crowd_group = {
    .name = "crowd",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
