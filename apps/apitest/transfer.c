/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities in messages (abi section 5.5). */
#include "puppet.h"

static seL4_CPtr endpoint, reply, notification, slot;
static struct puppet *from, *to;

static void prepare(void)
{
    puppets_prepare();
    endpoint = endpoint_new();
    reply = reply_new();
    notification = notification_new();
    slot = slot_new();
    from = puppet_new(20);
    to = puppet_new(30);
}

static void receive_at(seL4_CPtr root, seL4_Word index, seL4_Word depth)
{
    to->buffer->receiveCNode = root;
    to->buffer->receiveIndex = index;
    to->buffer->receiveDepth = depth;
}

static void offer(seL4_CPtr a, seL4_CPtr b, seL4_CPtr c)
{
    from->buffer->caps_or_badges[0] = a;
    from->buffer->caps_or_badges[1] = b;
    from->buffer->caps_or_badges[2] = c;
}

/* What has come: so many caps were handled, those of the mask are badges. */
static void check_came(const struct step *in, seL4_Word caps, seL4_Word unwrapped, int line)
{
    seL4_MessageInfo_t info = { { in->r.info } };

    check_equal(seL4_MessageInfo_get_extraCaps(info), caps, __FILE_NAME__, line, "caps");
    check_equal(seL4_MessageInfo_get_capsUnwrapped(info), unwrapped, __FILE_NAME__, line, "badges");
    check_equal(seL4_MessageInfo_get_label(info), 0x1abe1, __FILE_NAME__, line, "label");
    check_equal(seL4_MessageInfo_get_length(info), 2, __FILE_NAME__, line, "length");
    check(from->done == 1 && to->done == 1, __FILE_NAME__, line, "the message came");
}

/* Sends that many through a capability; both orders of sender and receiver. */
static struct step *send(seL4_CPtr cap, seL4_Word count, bool receiver_first)
{
    struct step *in;

    from->steps = from->done = to->steps = to->done = 0;
    then(from, seL4_SysSend, cap, INFO(0x1abe1, count, 2), 0);
    in = then(to, seL4_SysRecv, endpoint, 0, reply);
    puppet_play(receiver_first ? to : from);
    settle();
    puppet_play(receiver_first ? from : to);
    settle();
    return in;
}

/* In both orders; `slot` is full afterwards, or not. */
static void check_send(seL4_CPtr cap, seL4_Word count, seL4_Word caps, seL4_Word unwrapped,
                       bool full, int line)
{
    for (unsigned i = 0; i < 2; i++) {
        check_came(send(cap, count, i == 0), caps, unwrapped, line);
        check(cap_exists(slot) == full, __FILE_NAME__, line, "the slot");
        check_error(cap_delete(slot), seL4_NoError, __FILE_NAME__, line, "empty the slot");
    }
}
#define CHECK_SEND(cap, count, caps, unwrapped, full)                                              \
    check_send(cap, count, caps, unwrapped, full, __LINE__)

static void case_one(void)
{
    receive_at(ROOT, slot, DEPTH);
    offer(badged(notification, 0x40), 0, 0);
    CHECK_SEND(endpoint, 1, 1, 0, true);
    CHECK_SEND(endpoint, 0, 0, 0, false);
}

/* Badge and rights are the sender's. */
static void case_same_cap(void)
{
    seL4_CPtr sent = with_rights(notification, seL4_CanWrite, 0x40);

    receive_at(ROOT, slot, DEPTH);
    offer(sent, 0, 0);
    check_came(send(endpoint, 1, true), 1, 0, __LINE__);
    seL4_Signal(slot);
    CHECK_EQUAL(take(notification, 0).badge, 0x40);
    CHECK_ERROR(cap_mint(slot_new(), slot, 1), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_BindNotification(to->tcb, slot), seL4_IllegalOperation); /* no read */
}

static void case_grant(void)
{
    receive_at(ROOT, slot, DEPTH);
    offer(notification, endpoint, 0);
    CHECK_SEND(with_rights(endpoint, seL4_CapRights_new(1, 0, 1, 1), 0), 2, 0, 0, false);
    CHECK_SEND(with_rights(endpoint, seL4_CapRights_new(0, 0, 0, 1), 0), 2, 0, 0, false);
    CHECK_SEND(with_rights(endpoint, seL4_CapRights_new(0, 1, 0, 1), 0), 2, 2, 2, true);
}

/* Capabilities of the endpoint itself come as badges. */
static void case_badges(void)
{
    receive_at(ROOT, slot, DEPTH);
    offer(badged(endpoint, 0x11), endpoint, badged(endpoint, ~0ul));
    CHECK_SEND(endpoint, 3, 3, 7, false);
    CHECK_EQUAL(to->buffer->caps_or_badges[0], 0x11);
    CHECK_EQUAL(to->buffer->caps_or_badges[1], 0);
    CHECK_EQUAL(to->buffer->caps_or_badges[2], ~0ul);
    CHECK_SEND(endpoint, 1, 1, 1, false);
}

/* Badges need no receive slot. */
static void case_badges_without_slot(void)
{
    receive_at(0, 0, 0);
    offer(badged(endpoint, 0x11), notification, badged(endpoint, 0x22));
    CHECK_SEND(endpoint, 3, 1, 1, false);
    offer(badged(endpoint, 0x11), badged(endpoint, 0x22), notification);
    CHECK_SEND(endpoint, 3, 2, 3, false);
}

/* One capability between two badges, and its place in the buffer stays. */
static void case_mixed(void)
{
    receive_at(ROOT, slot, DEPTH);
    offer(badged(endpoint, 0x11), notification, badged(endpoint, 0x22));
    to->buffer->caps_or_badges[1] = 0x33;
    CHECK_SEND(endpoint, 3, 3, 5, true);
    CHECK_EQUAL(to->buffer->caps_or_badges[0], 0x11);
    CHECK_EQUAL(to->buffer->caps_or_badges[1], 0x33);
    CHECK_EQUAL(to->buffer->caps_or_badges[2], 0x22);
}

/* The second real one ends it, a badge behind it does not come either. */
static void case_second(void)
{
    receive_at(ROOT, slot, DEPTH);
    offer(notification, from->tcb, badged(endpoint, 0x22));
    to->buffer->caps_or_badges[2] = 0x33;
    CHECK_SEND(endpoint, 3, 1, 0, true);
    CHECK_EQUAL(to->buffer->caps_or_badges[2], 0x33);
}

/* Another endpoint is an ordinary capability. */
static void case_other_endpoint(void)
{
    receive_at(ROOT, slot, DEPTH);
    offer(badged(endpoint_new(), 0x44), 0, 0);
    CHECK_SEND(endpoint, 1, 1, 0, true);
}

static void case_receive_slot_wrong(void)
{
    seL4_CPtr cnode = object_new(seL4_CapTableObject, 4);

    offer(notification, 0, 0);
    receive_at(slot_new(), slot, DEPTH); /* no CNode there */
    CHECK_SEND(endpoint, 1, 0, 0, false);
    receive_at(endpoint, slot, DEPTH);
    CHECK_SEND(endpoint, 1, 0, 0, false);
    receive_at(ROOT, slot, 0);
    CHECK_SEND(endpoint, 1, 0, 0, false);
    receive_at(ROOT, slot, 65);
    CHECK_SEND(endpoint, 1, 0, 0, false);
    receive_at(ROOT, slot, 3); /* not deep enough */
    CHECK_SEND(endpoint, 1, 0, 0, false);
    receive_at(cnode, slot, DEPTH); /* too deep */
    CHECK_SEND(endpoint, 1, 0, 0, false);
}

static void case_receive_slot_full(void)
{
    receive_at(ROOT, slot, DEPTH);
    offer(notification, 0, 0);
    CHECK_OK(cap_copy(slot, endpoint));
    check_came(send(endpoint, 1, true), 0, 0, __LINE__);
    CHECK_OK(cap_delete(slot));
    CHECK_SEND(endpoint, 1, 1, 0, true);
}

/* Into another CNode, at its own depth. */
static void case_receive_slot_elsewhere(void)
{
    seL4_CPtr cnode = object_new(seL4_CapTableObject, 4);

    receive_at(cnode, 9, 4);
    offer(notification, 0, 0);
    check_came(send(endpoint, 1, true), 1, 0, __LINE__);
    CHECK_ERROR(seL4_CNode_Copy(cnode, 9, 4, ROOT, endpoint, DEPTH, seL4_AllRights),
                seL4_DeleteFirst);
    check_came(send(endpoint, 1, true), 0, 0, __LINE__);
}

/* An empty slot yields nothing and ends the transfer. */
static void case_null(void)
{
    receive_at(ROOT, slot, DEPTH);
    offer(badged(endpoint, 1), slot_new(), notification);
    CHECK_SEND(endpoint, 3, 1, 1, false);
}

/* What cannot be copied does not come. */
static void case_not_derivable(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), made = slot_new();

    receive_at(ROOT, slot, DEPTH);
    offer(seL4_CapIRQControl, notification, 0);
    CHECK_SEND(endpoint, 2, 0, 0, false);
    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, made, 1));
    offer(untyped, notification, 0);
    CHECK_SEND(endpoint, 2, 0, 0, false);
    offer(object_new(seL4_ARM_PageTableObject, 0), 0, 0); /* not mapped */
    CHECK_SEND(endpoint, 1, 0, 0, false);
    offer(object_new(seL4_ARM_VSpaceObject, 0), 0, 0); /* without an ASID */
    CHECK_SEND(endpoint, 1, 0, 0, false);
}

/* A frame comes without its mapping. */
static void case_frame(void)
{
    seL4_CPtr frame;

    receive_at(ROOT, slot, DEPTH);
    (void)page_new(&frame);
    offer(frame, 0, 0);
    check_came(send(endpoint, 1, true), 1, 0, __LINE__);
    CHECK_ERROR(seL4_ARM_Page_Clean_Data(slot, 0, 8), seL4_IllegalOperation);
    CHECK_OK(seL4_ARM_Page_Clean_Data(frame, 0, 8));
}

/* A copy is a sibling: revoking the sent one leaves it, revoking the original takes it. */
static void case_derivation(void)
{
    seL4_CPtr copy = slot_new();

    receive_at(ROOT, slot, DEPTH);
    CHECK_OK(cap_copy(copy, notification));
    offer(copy, 0, 0);
    check_came(send(endpoint, 1, true), 1, 0, __LINE__);
    CHECK_OK(seL4_CNode_Revoke(ROOT, copy, DEPTH));
    CHECK(cap_exists(slot));
    CHECK_OK(seL4_CNode_Revoke(ROOT, notification, DEPTH));
    CHECK(!cap_exists(slot));
}

/* A sender that waits is searched when its message goes: what has gone does not come. */
static void case_queued_sender(void)
{
    seL4_CPtr sent = badged(notification, 3);
    struct step *in;

    receive_at(ROOT, slot, DEPTH);
    offer(sent, 0, 0);
    then(from, seL4_SysSend, endpoint, INFO(0x1abe1, 1, 2), 0);
    in = then(to, seL4_SysRecv, endpoint, 0, reply);
    puppet_play(from);
    settle();
    CHECK_OK(cap_delete(sent));
    puppet_play(to);
    settle();
    check_came(in, 0, 0, __LINE__);
    CHECK(!cap_exists(slot));
}

/* Then a failing search only means that there are none. */
static void case_queued_sender_lost(void)
{
    seL4_CPtr cnode = object_new(seL4_CapTableObject, 4);
    seL4_CPtr cap = badged(endpoint, 1);
    struct step *in;

    receive_at(ROOT, slot, DEPTH);
    CHECK_OK(seL4_CNode_Copy(cnode, 1, 4, ROOT, cap, DEPTH, seL4_AllRights));
    CHECK_OK(seL4_TCB_SetSpace(from->tcb, endpoint_new(), cnode,
                               seL4_CNode_CapData_new(0, 60).words[0], VSPACE, 0));
    offer(1, 0, 0);
    then(from, seL4_SysSend, 1, INFO(0x1abe1, 1, 2), 0);
    in = then(to, seL4_SysRecv, endpoint, 0, reply);
    puppet_play(from);
    settle();
    offer(0x77777777, 0, 0); /* now there is no such address */
    puppet_play(to);
    settle();
    CHECK_EQUAL(in->r.info, INFO(0x1abe1, 0, 2));
    CHECK_EQUAL(in->r.x0, 1);
}

/* An answer carries capabilities if the reply capability has grant. */
static void check_reply(seL4_CPtr through, bool comes)
{
    from->steps = from->done = to->steps = to->done = 0;
    from->buffer->receiveCNode = ROOT;
    from->buffer->receiveIndex = slot;
    from->buffer->receiveDepth = DEPTH;
    to->buffer->caps_or_badges[0] = notification;
    then(from, seL4_SysCall, endpoint, 0, 0);
    then(to, seL4_SysRecv, endpoint, 0, reply);
    then(to, seL4_SysSend, through, INFO(6, 1, 1), 0);
    puppet_play(from);
    puppet_play(to);
    settle();
    CHECK_EQUAL(from->step[0].r.info, INFO(6, comes ? 1 : 0, 1));
    CHECK(cap_exists(slot) == comes);
    CHECK_OK(cap_delete(slot));
}

static void case_reply(void)
{
    check_reply(reply, true);
    check_reply(with_rights(reply, seL4_CapRights_new(0, 1, 0, 0), 0), true);
    check_reply(with_rights(reply, seL4_CapRights_new(1, 0, 1, 1), 0), false);
}

/* In an answer the caller's endpoint is an ordinary capability. */
static void case_reply_with_endpoint(void)
{
    seL4_CPtr kept = notification;

    notification = badged(endpoint, 5);
    check_reply(reply, true);
    notification = kept;
}

static void case_no_buffer(void)
{
    receive_at(ROOT, slot, DEPTH);
    offer(notification, 0, 0);
    puppet_drop_buffer(to);
    CHECK_SEND(endpoint, 1, 0, 0, false);
    CHECK_OK(seL4_TCB_SetIPCBuffer(to->tcb, (seL4_Word)to->buffer, to->frame));
    puppet_drop_buffer(from);
    CHECK_SEND(endpoint, 1, 0, 0, false);
}

static const struct api_case cases[] = {
    { "one capability", case_one },
    { "badge and rights are the sender's", case_same_cap },
    { "only with grant", case_grant },
    { "the endpoint's own come as badges", case_badges },
    { "badges need no slot", case_badges_without_slot },
    { "a capability between badges", case_mixed },
    { "a second capability ends it", case_second },
    { "another endpoint is a capability", case_other_endpoint },
    { "receive slots that are none", case_receive_slot_wrong },
    { "a receive slot that is full", case_receive_slot_full },
    { "a receive slot in another CNode", case_receive_slot_elsewhere },
    { "an empty slot ends it", case_null },
    { "what cannot be copied", case_not_derivable },
    { "a frame comes unmapped", case_frame },
    { "its place in the derivation tree", case_derivation },
    { "deleted while the sender waits", case_queued_sender },
    { "not to be found while the sender waits", case_queued_sender_lost },
    { "answers need grant of the reply capability", case_reply },
    { "the endpoint in an answer is a capability", case_reply_with_endpoint },
    { "no buffer on either side", case_no_buffer },
};
const struct api_group transfer_group = { "transfer", cases, API_COUNT(cases), prepare };
