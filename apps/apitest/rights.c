/* SPDX-License-Identifier: BSD-2-Clause */
/* Rights and badges of copies (abi sections 2.4 and 5.2). */
#include "apitest.h"

#define WRITE 1u
#define READ 2u
#define GRANT 4u
#define GRANT_REPLY 8u

static seL4_CPtr masked(seL4_CPtr from, seL4_Word rights)
{
    seL4_CPtr slot = slot_new();

    CHECK_OK(
        seL4_CNode_Copy(ROOT, slot, DEPTH, ROOT, from, DEPTH, (seL4_CapRights_t){ { rights } }));
    return slot;
}

static seL4_CPtr badged(seL4_CPtr from, seL4_Word badge)
{
    seL4_CPtr slot = slot_new();

    CHECK_OK(cap_mint(slot, from, badge));
    return slot;
}

/* The badge that a signal with this cap delivers. */
static seL4_Word signalled(seL4_CPtr cap, seL4_CPtr notification)
{
    seL4_Word badge = 0;

    seL4_Signal(cap);
    (void)seL4_Poll(notification, &badge);
    return badge;
}

static seL4_Error call(seL4_CPtr cap)
{
    return sel4_invoke(cap, 0, 0, 0, 0, 0, 0, 0);
}

static void case_endpoint_write(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);

    for (seL4_Word rights = 0; rights < 16; rights++) {
        if (rights & WRITE)
            continue;
        CHECK_FAILS(call(masked(endpoint, rights)), bad_cap(0));
    }
}

static void case_notification_write(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);
    seL4_CPtr badge = badged(notification, 4);

    CHECK_OK(call(masked(badge, WRITE)));
    CHECK_FAILS(call(masked(badge, READ)), bad_cap(0));
    CHECK_FAILS(call(masked(badge, 0)), bad_cap(0));
    CHECK_EQUAL(signalled(masked(badge, READ | GRANT | GRANT_REPLY), notification), 4);
    CHECK_EQUAL(signalled(masked(badge, READ), notification), 0);
}

/* Receiving without the read right is a fault, for endpoints and notifications alike. */
static void receiver(seL4_Word cap)
{
    struct sel4_syscall_registers r = { .x0 = cap };

    sel4_trap(seL4_SysNBWait, &r, 0, 0);
    thread_wait_for_ever();
}
static void check_cannot_receive(seL4_CPtr cap)
{
    seL4_CPtr handler = object_new(seL4_EndpointObject, 0), reply = object_new(seL4_ReplyObject, 0);
    seL4_MessageInfo_t info;
    struct thread t = thread_start(
        receiver, cap, (struct thread_options){ .priority = 9, .fault_endpoint = handler });

    info = seL4_Recv(handler, 0, reply);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_CapFault);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_Addr), cap);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_InRecvPhase), 1);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_LookupFailureType), seL4_MissingCapability);
    CHECK_EQUAL(seL4_GetMR(seL4_CapFault_BitsLeft), 0);
    thread_stop(&t);
}
static void case_read(void)
{
    check_cannot_receive(masked(object_new(seL4_EndpointObject, 0), WRITE | GRANT | GRANT_REPLY));
    check_cannot_receive(masked(object_new(seL4_NotificationObject, 0), WRITE));
}

static void case_rights_only_shrink(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr few = masked(endpoint, READ | GRANT);

    CHECK_FAILS(call(masked(few, 15)), bad_cap(0));
    CHECK_ERROR(seL4_CNode_CancelBadgedSends(ROOT, masked(few, 15), DEPTH), seL4_IllegalOperation);
    CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT, masked(endpoint, 15), DEPTH));
}

static void case_other_rights_bits(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);

    CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT, masked(endpoint, ~0ul), DEPTH));
    CHECK_FAILS(call(masked(endpoint, ~0ul << 4)), bad_cap(0));
}

/* Most caps know no rights: a copy without any can do everything. */
static void case_no_rights_to_lose(void)
{
    seL4_CPtr tcb = masked(object_new(seL4_TCBObject, 0), 0);
    seL4_CPtr untyped = masked(object_new(seL4_UntypedObject, 6), 0);
    seL4_CPtr node = masked(object_new(seL4_CapTableObject, 2), 0);
    seL4_CPtr sc = masked(object_new(seL4_SchedContextObject, 7), 0);

    CHECK_OK(seL4_TCB_SetPriority(tcb, SELF, 3));
    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, slot_new(), 1));
    CHECK_OK(seL4_CNode_Copy(node, 1, 2, ROOT, tcb, DEPTH, seL4_NoRights));
    CHECK_OK(seL4_SchedControl_Configure(boot->schedcontrol.start, sc, 100, 200, 0, 0));
    CHECK_OK(seL4_SchedContext_Bind(sc, tcb));
    CHECK_OK(call(masked(object_new(seL4_ReplyObject, 0), 0))); /* nobody to reply to */
}

static void case_badge_is_or(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);
    seL4_Word badge = 0;

    seL4_Signal(badged(notification, 0x8000000000000001));
    seL4_Signal(badged(notification, 0x11));
    (void)seL4_Poll(notification, &badge);
    CHECK_EQUAL(badge, 0x8000000000000011);
    CHECK_EQUAL(signalled(badged(notification, ~0ul), notification), ~0ul);
}

static void case_badge_set_once(void)
{
    static const seL4_Word types[] = { seL4_EndpointObject, seL4_NotificationObject };

    for (unsigned i = 0; i < API_COUNT(types); i++) {
        seL4_CPtr cap = badged(object_new(types[i], 0), 6), to = slot_new();

        CHECK_ERROR(cap_mint(to, cap, 7), seL4_IllegalOperation);
        CHECK_ERROR(cap_mint(to, cap, 6), seL4_IllegalOperation);
        CHECK_ERROR(cap_mint(to, cap, 0), seL4_IllegalOperation);
        CHECK(!cap_exists(to));
        CHECK_OK(cap_copy(to, cap));
    }
}

static void case_badge_copied(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);
    seL4_CPtr first = badged(notification, 0xb), moved = slot_new();

    CHECK_EQUAL(signalled(masked(first, WRITE), notification), 0xb);
    CHECK_OK(seL4_CNode_Move(ROOT, moved, DEPTH, ROOT, first, DEPTH));
    CHECK_EQUAL(signalled(moved, notification), 0xb);
}

/* Minting with 0 makes an unbadged cap, which may get a badge later. */
static void case_badge_zero(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);
    seL4_CPtr zero = badged(notification, 0);

    CHECK_EQUAL(signalled(badged(zero, 2), notification), 2);
}

static void case_badge_and_rights(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0), slot = slot_new();

    CHECK_OK(seL4_CNode_Mint(ROOT, slot, DEPTH, ROOT, notification, DEPTH, seL4_CanWrite, 0x30));
    CHECK_EQUAL(signalled(slot, notification), 0x30);
    check_cannot_receive(slot);
}

static void case_badge_without_meaning(void)
{
    seL4_CPtr tcb = badged(object_new(seL4_TCBObject, 0), 0x123);
    seL4_CPtr frame = badged(object_new(seL4_ARM_SmallPageObject, 0), 0x456);
    seL4_CPtr untyped = badged(object_new(seL4_UntypedObject, 6), 0x789);

    CHECK_OK(seL4_TCB_SetPriority(badged(tcb, 1), SELF, 3));
    CHECK_EQUAL(seL4_ARM_Page_GetAddress(badged(frame, 1)).paddr & 0xfff, 0);
    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, slot_new(), 1));
}

static const struct api_case cases[] = {
    { "endpoint write", case_endpoint_write },
    { "notification write", case_notification_write },
    { "read", case_read },
    { "rights only shrink", case_rights_only_shrink },
    { "other rights bits", case_other_rights_bits },
    { "no rights to lose", case_no_rights_to_lose },
    { "badge is ored", case_badge_is_or },
    { "badge set once", case_badge_set_once },
    { "badge copied", case_badge_copied },
    { "badge zero", case_badge_zero },
    { "badge and rights", case_badge_and_rights },
    { "badge without meaning", case_badge_without_meaning },
};
const struct api_group rights_group = {
    .name = "rights",
    .cases = cases,
    .count = API_COUNT(cases),
};
