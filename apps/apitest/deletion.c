/* SPDX-License-Identifier: BSD-2-Clause */
/* The last capability of an object, containers in containers, zombies (abi section 5.4). */
#include "apitest.h"

static seL4_CPtr untyped; /* 256 KiB of which all that a case makes must come back */

static void prepare(void)
{
    untyped = object_new(seL4_UntypedObject, 18);
}

static seL4_CPtr made(seL4_Word type, seL4_Word bits)
{
    seL4_CPtr slot = slot_new();

    CHECK_OK(seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, slot, 1));
    return slot;
}

/* Nothing is left of what came from the untyped: it can be given away as a whole. */
static bool all_is_back(void)
{
    seL4_CPtr slot = slot_new();
    bool back =
        seL4_Untyped_Retype(untyped, seL4_UntypedObject, 18, ROOT, 0, 0, slot, 1) == seL4_NoError;

    (void)cap_delete(slot);
    return back;
}

static void case_last_cap(void)
{
    static const struct {
        seL4_Word type, bits;
    } table[] = { { seL4_UntypedObject, 12 },   { seL4_TCBObject, 0 },
                  { seL4_EndpointObject, 0 },   { seL4_NotificationObject, 0 },
                  { seL4_CapTableObject, 3 },   { seL4_SchedContextObject, 8 },
                  { seL4_ReplyObject, 0 },      { seL4_ARM_SmallPageObject, 0 },
                  { seL4_ARM_VSpaceObject, 0 }, { seL4_ARM_PageTableObject, 0 } };

    for (unsigned i = 0; i < API_COUNT(table); i++) {
        seL4_CPtr object = made(table[i].type, table[i].bits);

        CHECK(!all_is_back());
        CHECK_OK(cap_delete(object));
        CHECK(all_is_back());
    }
}

/* A copy of a CNode's cap goes without touching what is in the CNode. */
static void case_node_copy(void)
{
    seL4_CPtr node = made(seL4_CapTableObject, 3), copy = slot_new(), tcb = slot_new();

    CHECK_OK(cap_copy(copy, node));
    CHECK_OK(seL4_CNode_Copy(node, 4, 3, ROOT, SELF, DEPTH, seL4_AllRights));
    CHECK_OK(cap_delete(node));
    CHECK_OK(seL4_CNode_Move(ROOT, tcb, DEPTH, copy, 4, 3));
    CHECK_OK(cap_delete(copy));
    CHECK(all_is_back() && cap_exists(tcb));
}

static void case_node_contents(void)
{
    seL4_CPtr node = made(seL4_CapTableObject, 4);
    seL4_CPtr endpoint = made(seL4_EndpointObject, 0), tcb = made(seL4_TCBObject, 0);

    CHECK_OK(seL4_CNode_Move(node, 0, 4, ROOT, endpoint, DEPTH));
    CHECK_OK(seL4_CNode_Copy(node, 9, 4, node, 0, 4, seL4_CanRead));
    CHECK_OK(seL4_CNode_Move(node, 15, 4, ROOT, tcb, DEPTH));
    CHECK_OK(cap_delete(node));
    CHECK(all_is_back());
}

/* 32 CNodes, each the only holder of the next. */
static void case_deep(void)
{
    seL4_CPtr outer = made(seL4_CapTableObject, 2);

    for (seL4_Word i = 0; i < 31; i++) {
        seL4_CPtr next = made(seL4_CapTableObject, 2);

        CHECK_OK(seL4_CNode_Move(next, i % 4, 2, ROOT, outer, DEPTH));
        outer = next;
    }
    CHECK_OK(cap_delete(outer));
    CHECK(all_is_back());
}

/* A tree of 1 + 4 + 16 + 64 CNodes with endpoints in the last ones. */
static void case_wide(void)
{
    seL4_CPtr top = made(seL4_CapTableObject, 2);

    for (seL4_Word level = 1; level < 4; level++) {
        for (seL4_Word path = 0; path < 1ul << (2 * level); path++)
            CHECK_OK(seL4_Untyped_Retype(untyped, seL4_CapTableObject, 2, top,
                                         level == 1 ? 0 : path >> 2, 2 * (level - 1), path & 3, 1));
    }
    for (seL4_Word path = 0; path < 64; path++)
        CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, top, path, 6, 0, 4));
    CHECK_OK(cap_delete(top));
    CHECK(all_is_back());
}

static void case_holds_itself(void)
{
    seL4_CPtr node = made(seL4_CapTableObject, 2);

    for (seL4_Word i = 0; i < 4; i++)
        CHECK_OK(seL4_CNode_Copy(node, i, 2, ROOT, node, DEPTH, seL4_AllRights));
    CHECK_OK(seL4_CNode_Delete(node, 0xb, 4)); /* through itself: slot 3 */
    CHECK_OK(cap_delete(node));                /* lives on in its own slots */
    CHECK(!all_is_back());
    CHECK_OK(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    CHECK(all_is_back());
}

/* A CNode deletes the only capability to itself, which lies in it. */
static void case_deletes_itself(void)
{
    seL4_CPtr node = made(seL4_CapTableObject, 2), copy = slot_new();

    CHECK_OK(cap_copy(copy, node));
    CHECK_OK(seL4_CNode_Move(copy, 2, 2, ROOT, node, DEPTH));
    CHECK_OK(seL4_CNode_Copy(copy, 1, 2, ROOT, SELF, DEPTH, seL4_AllRights));
    CHECK_OK(cap_delete(copy)); /* the last one outside: it holds itself now */
    CHECK(!all_is_back());
    CHECK_OK(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    CHECK(all_is_back());
}

static void case_ring(void)
{
    seL4_CPtr one = made(seL4_CapTableObject, 2), two = made(seL4_CapTableObject, 2);

    CHECK_OK(seL4_CNode_Copy(one, 0, 2, ROOT, two, DEPTH, seL4_AllRights));
    CHECK_OK(seL4_CNode_Copy(two, 3, 2, ROOT, one, DEPTH, seL4_AllRights));
    CHECK_OK(cap_delete(one));
    CHECK_OK(seL4_CNode_Delete(two, 3, 2)); /* the last of `one`, whose slot 0 holds `two` */
    CHECK_OK(cap_delete(two));
    CHECK(all_is_back());
}

static void case_ring_revoked(void)
{
    seL4_CPtr node[3];

    for (unsigned i = 0; i < 3; i++)
        node[i] = made(seL4_CapTableObject, 3);
    for (unsigned i = 0; i < 3; i++)
        CHECK_OK(seL4_CNode_Copy(node[i], 5, 3, ROOT, node[(i + 1) % 3], DEPTH, seL4_AllRights));
    for (unsigned i = 0; i < 3; i++)
        CHECK_OK(cap_delete(node[i]));
    CHECK(!all_is_back());
    CHECK_OK(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    CHECK(all_is_back());
}

/* A TCB may hold the last capability of a CNode, and that the last of the TCB. */
static void case_thread_and_node(void)
{
    seL4_CPtr node = made(seL4_CapTableObject, 2), tcb = made(seL4_TCBObject, 0);

    CHECK_OK(seL4_TCB_SetSpace(tcb, 0, node, 0, VSPACE, 0));
    CHECK_OK(cap_delete(node));
    CHECK(!all_is_back());
    CHECK_OK(cap_delete(tcb));
    CHECK(all_is_back());
    node = made(seL4_CapTableObject, 2);
    tcb = made(seL4_TCBObject, 0);
    CHECK_OK(seL4_TCB_SetSpace(tcb, 0, node, 0, VSPACE, 0));
    CHECK_OK(seL4_CNode_Move(node, 1, 2, ROOT, tcb, DEPTH));
    CHECK_OK(cap_delete(node));
    CHECK_OK(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    CHECK(all_is_back());
}

/* A thread's handlers and buffer are capabilities that go with it. */
static void case_thread_contents(void)
{
    seL4_CPtr tcb = made(seL4_TCBObject, 0), frame = made(seL4_ARM_SmallPageObject, 0);
    seL4_CPtr fault = made(seL4_EndpointObject, 0), timeout = made(seL4_EndpointObject, 0);

    CHECK_OK(seL4_TCB_Configure(tcb, ROOT, 0, VSPACE, 0, 0x1000, frame));
    CHECK_OK(seL4_TCB_SetSpace(tcb, fault, ROOT, 0, VSPACE, 0));
    CHECK_OK(seL4_TCB_SetTimeoutEndpoint(tcb, timeout));
    CHECK_OK(cap_delete(frame));
    CHECK_OK(cap_delete(fault));
    CHECK_OK(cap_delete(timeout));
    CHECK(!all_is_back());
    CHECK_OK(cap_delete(tcb));
    CHECK(all_is_back());
}

static void teller(seL4_Word cap)
{
    thread_signal(cap);
    thread_wait_for_ever();
}

/* Lets every thread of a priority above 1 run until it waits. */
static void let_run(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0), badged = slot_new();
    seL4_Word badge = 0;
    struct thread last;

    CHECK_OK(cap_mint(badged, notification, 1));
    last = thread_start(teller, badged, (struct thread_options){ .priority = 1 });
    (void)seL4_Wait(notification, &badge);
    CHECK_EQUAL(badge, 1);
    thread_stop(&last);
}

#define RUNNING 100u
static volatile seL4_Word result; /* label of the thread's reply; RUNNING before it came */

static void deleter(seL4_Word slot)
{
    struct sel4_syscall_registers r = {
        .x0 = ROOT,
        .info = seL4_MessageInfo_new(CNodeDelete, 0, 0, 2).words[0],
        .mr = { slot, DEPTH },
    };

    result = RUNNING;
    sel4_trap(seL4_SysCall, &r, 0, 0);
    result = r.info >> 12;
    thread_wait_for_ever();
}

static void case_own_thread(void)
{
    struct thread t = thread_start(deleter, 0, (struct thread_options){ .priority = 50 });
    seL4_UserContext context;

    CHECK_OK(seL4_TCB_ReadRegisters(t.tcb, seL4_True, 0, seL4_UserContextWords, &context));
    context.x0 = t.tcb;
    CHECK_OK(seL4_TCB_WriteRegisters(t.tcb, seL4_True, 0, seL4_UserContextWords, &context));
    let_run();
    CHECK(!cap_exists(t.tcb));
    CHECK_EQUAL(result, RUNNING); /* it never came back from the call */
    CHECK_OK(seL4_SchedContext_Bind(t.sched_context, object_new(seL4_TCBObject, 0)));
}

static void caller(seL4_Word cap)
{
    struct sel4_syscall_registers r = { .x0 = cap };

    result = RUNNING;
    sel4_trap(seL4_SysCall, &r, 0, 0);
    result = r.info >> 12;
    thread_wait_for_ever();
}

/* A caller in the queue of an endpoint that goes repeats its call and finds nothing there. */
static void case_endpoint_with_callers(void)
{
    seL4_CPtr endpoint = made(seL4_EndpointObject, 0);
    struct thread t = thread_start(caller, endpoint, (struct thread_options){ .priority = 50 });

    let_run();
    CHECK_EQUAL(result, RUNNING);
    CHECK_OK(cap_delete(endpoint));
    let_run();
    CHECK_EQUAL(result, seL4_InvalidCapability);
    CHECK(all_is_back());
    thread_stop(&t);
}

static void waiter(seL4_Word cap)
{
    struct sel4_syscall_registers r = { .x0 = cap };

    sel4_trap(seL4_SysWait, &r, 0, 0);
    thread_wait_for_ever();
}

/* A receiver repeats its system call too; for it that is a fault. */
static void check_waiter(seL4_Word type)
{
    seL4_CPtr handler = object_new(seL4_EndpointObject, 0), object = made(type, 0);
    seL4_MessageInfo_t info;
    struct thread t = thread_start(
        waiter, object, (struct thread_options){ .priority = 50, .fault_endpoint = handler });

    let_run();
    CHECK_OK(cap_delete(object));
    CHECK(all_is_back());
    info = seL4_Recv(handler, 0, object_new(seL4_ReplyObject, 0));
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_CapFault);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_Addr), object);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_InRecvPhase), 1);
    thread_stop(&t);
}
static void case_waiters(void)
{
    check_waiter(seL4_EndpointObject);
    check_waiter(seL4_NotificationObject);
}

/* A thread that goes while it queues leaves the others in their order. */
static void case_thread_in_queue(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    struct thread t[3];
    seL4_CPtr badged[3];

    for (unsigned i = 0; i < 3; i++) {
        badged[i] = slot_new();
        CHECK_OK(cap_mint(badged[i], endpoint, i + 1));
        t[i] = thread_start(caller, badged[i], (struct thread_options){ .priority = 50 - i });
    }
    let_run();
    CHECK_OK(cap_delete(t[1].tcb));
    for (seL4_Word i = 1; i < 4; i += 2) {
        seL4_Word badge = 0;

        (void)seL4_NBRecv(endpoint, &badge, object_new(seL4_ReplyObject, 0));
        CHECK_EQUAL(badge, i);
    }
    thread_stop(&t[0]);
    thread_stop(&t[2]);
}

static const struct api_case cases[] = {
    { "last cap", case_last_cap },
    { "node copy", case_node_copy },
    { "node contents", case_node_contents },
    { "deep", case_deep },
    { "wide", case_wide },
    { "holds itself", case_holds_itself },
    { "only holder of itself", case_deletes_itself },
    { "ring", case_ring },
    { "ring revoked", case_ring_revoked },
    { "thread and node", case_thread_and_node },
    { "thread contents", case_thread_contents },
    { "own thread", case_own_thread },
    { "endpoint with callers", case_endpoint_with_callers },
    { "waiters", case_waiters },
    { "thread in queue", case_thread_in_queue },
};
const struct api_group deletion_group = {
    .name = "deletion",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
