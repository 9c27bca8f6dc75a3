/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long operations that were stopped on their way (abi sections 3.4 and 5.4): a thread deletes,
 * revokes or retypes much with little time, and its timeout fault shows the state in between.
 */
#include "apitest.h"

#define SLOT_BITS 12u
#define SLOTS (1u << SLOT_BITS)
#define FIRST_BUDGET_US 100u
#define PERIOD_US 1000000u
#define RUNNING 100u

static seL4_CPtr untyped, node; /* 256 KiB; a CNode of 4096 endpoints in it */
static seL4_CPtr timeout, reply;
static volatile seL4_Word result; /* label of the reply; RUNNING before it came */

static void prepare(void)
{
    untyped = object_new(seL4_UntypedObject, 18);
    node = slot_new();
    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_CapTableObject, SLOT_BITS, ROOT, 0, 0, node, 1));
    for (seL4_Word i = 0; i < SLOTS; i += 256)
        CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, node, 0, 0, i, 256));
    timeout = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
}

static void call_cnode(seL4_Word label, seL4_CPtr slot)
{
    struct sel4_syscall_registers r = {
        .x0 = ROOT,
        .info = seL4_MessageInfo_new(label, 0, 0, 2).words[0],
        .mr = { slot, DEPTH },
    };

    result = RUNNING;
    sel4_trap(seL4_SysCall, &r, 0, 0);
    result = r.info >> 12;
    thread_wait_for_ever();
}
static void deleter(seL4_Word slot)
{
    call_cnode(CNodeDelete, slot);
}
static void revoker(seL4_Word slot)
{
    call_cnode(CNodeRevoke, slot);
}

static void wait_for_timeout(void)
{
    seL4_MessageInfo_t info = seL4_Recv(timeout, 0, reply);

    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_Timeout);
}

/*
 * Starts a thread whose call takes long, and gives it more time until `begun` says that the call
 * has an effect. Then it is stopped in the middle: its call has not returned.
 */
static struct thread start_until(thread_entry entry, seL4_CPtr slot, bool (*begun)(void))
{
    seL4_Word budget = FIRST_BUDGET_US;
    struct thread t = thread_start(entry, slot,
                                   (struct thread_options){ .priority = 50,
                                                            .budget_us = budget,
                                                            .period_us = PERIOD_US,
                                                            .timeout_endpoint = timeout });

    wait_for_timeout();
    while (!begun() && budget < PERIOD_US / 2) {
        budget += budget;
        CHECK_OK(seL4_SchedContext_Unbind(t.sched_context));
        CHECK_OK(seL4_SchedControl_Configure(boot->schedcontrol.start, t.sched_context, budget,
                                             PERIOD_US, 0, 0));
        CHECK_OK(seL4_SchedContext_Bind(t.sched_context, t.tcb));
        seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
        wait_for_timeout();
    }
    CHECK(begun());
    CHECK_EQUAL(result, RUNNING);
    return t;
}

/* Lets the stopped thread have all the time that it needs. */
static void let_finish(struct thread *t)
{
    CHECK_OK(seL4_SchedContext_Unbind(t->sched_context));
    CHECK_OK(seL4_SchedControl_Configure(boot->schedcontrol.start, t->sched_context, 10000, 10000,
                                         0, 0));
    CHECK_OK(seL4_SchedContext_Bind(t->sched_context, t->tcb));
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 1));
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 255));
    CHECK_EQUAL(result, seL4_NoError);
}

static bool node_is_zombie(void)
{
    return sel4_invoke(node, CNodeDelete, 0, 2, 0, SLOT_BITS, 0, 0) == seL4_InvalidCapability;
}

static bool all_is_back(void)
{
    return seL4_Untyped_Retype(untyped, seL4_UntypedObject, 18, ROOT, 0, 0, slot_new(), 1) ==
           seL4_NoError;
}

static void case_zombie(void)
{
    struct thread t = start_until(deleter, node, node_is_zombie);
    seL4_CPtr to = slot_new();

    CHECK_FAILS(seL4_CNode_Delete(node, 0, SLOT_BITS), bad_cap(0));
    CHECK_FAILS(seL4_TCB_Resume(node), bad_cap(0));
    CHECK_ERROR(cap_copy(to, node), seL4_IllegalOperation);
    CHECK_ERROR(cap_mint(to, node, 0), seL4_IllegalOperation);
    CHECK_ERROR(cap_copy(node, SELF), seL4_DeleteFirst);
    CHECK_FAILS(seL4_CNode_Copy(ROOT, to, DEPTH, node, 0, SLOT_BITS, seL4_AllRights),
                invalid_root(1));
    CHECK(!cap_exists(to) && !all_is_back());
    thread_stop(&t);
}

static void case_other_continues(void)
{
    struct thread t = start_until(deleter, node, node_is_zombie);

    CHECK_OK(cap_delete(node));
    CHECK(!cap_exists(node));
    CHECK(all_is_back());
    thread_stop(&t);
}

static void case_both_finish(void)
{
    struct thread t = start_until(deleter, node, node_is_zombie);

    CHECK_OK(cap_delete(node));
    let_finish(&t); /* its call finds an empty slot, which is a success */
    CHECK(all_is_back());
}

static void case_goes_on(void)
{
    struct thread t = start_until(deleter, node, node_is_zombie);

    let_finish(&t);
    CHECK(!cap_exists(node) && all_is_back());
}

/* Who deleted is deleted itself: the rest stays until somebody else takes it. */
static void case_deleter_dies(void)
{
    struct thread t = start_until(deleter, node, node_is_zombie);

    CHECK_OK(cap_delete(t.tcb));
    CHECK(node_is_zombie() && !all_is_back());
    CHECK_OK(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    CHECK(!cap_exists(node) && all_is_back());
}

static seL4_CPtr parent;

/* Slot 0 was made first: Revoke has taken it, or its cap is still there. */
static bool children_are_going(void)
{
    return seL4_CNode_Copy(node, 0, SLOT_BITS, ROOT, boot->empty.end - 1, DEPTH, seL4_AllRights) !=
               seL4_DeleteFirst ||
           seL4_CNode_Copy(node, SLOTS - 1, SLOT_BITS, ROOT, boot->empty.end - 1, DEPTH,
                           seL4_AllRights) != seL4_DeleteFirst;
}

/* 4096 copies of an endpoint, in the node. */
static void copies_new(void)
{
    seL4_CPtr all = untyped;

    CHECK_OK(seL4_CNode_Revoke(ROOT, all, DEPTH));
    CHECK_OK(seL4_Untyped_Retype(all, seL4_CapTableObject, SLOT_BITS, ROOT, 0, 0, node, 1));
    parent = object_new(seL4_EndpointObject, 0);
    for (seL4_Word i = 0; i < SLOTS; i++)
        CHECK_OK(seL4_CNode_Copy(node, i, SLOT_BITS, ROOT, parent, DEPTH, seL4_AllRights));
}

static bool node_is_empty(void)
{
    for (seL4_Word i = 0; i < SLOTS; i += 13) {
        if (seL4_CNode_Copy(node, i, SLOT_BITS, ROOT, boot->empty.end - 1, DEPTH, seL4_AllRights) ==
            seL4_DeleteFirst)
            return false;
    }
    return true;
}

static void case_revoke_stopped(void)
{
    struct thread t;

    copies_new();
    t = start_until(revoker, parent, children_are_going);
    CHECK(!node_is_empty() && cap_exists(parent));
    let_finish(&t);
    CHECK(node_is_empty() && cap_exists(parent));
}

/* While somebody revokes, new copies may be made; they are children like the others. */
static void case_copy_while_revoking(void)
{
    seL4_CPtr a = slot_new(), b = slot_new();
    struct thread t;

    copies_new();
    t = start_until(revoker, parent, children_are_going);
    CHECK_OK(cap_copy(a, parent));
    CHECK_OK(cap_copy(b, a));
    let_finish(&t);
    CHECK(node_is_empty() && !cap_exists(a) && !cap_exists(b) && cap_exists(parent));
}

static const struct api_case cases[] = {
    { "zombie", case_zombie },
    { "other continues", case_other_continues },
    { "both finish", case_both_finish },
    { "goes on", case_goes_on },
    { "deleter dies", case_deleter_dies },
    { "revoke stopped", case_revoke_stopped },
    { "copy while revoking", case_copy_while_revoking },
};
const struct api_group zombie_group = {
    .name = "zombie",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
