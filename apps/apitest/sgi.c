/* SPDX-License-Identifier: BSD-2-Clause */
/* Software-generated interrupts: the cap that signals, and the handler (abi section 3.9). */
#include "apitest.h"

static seL4_CPtr events, handler;

static seL4_Error issue(seL4_Word irq, seL4_Word target, seL4_CPtr slot)
{
    return seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, irq, target, ROOT, slot, DEPTH);
}

static seL4_CPtr signal_new(seL4_Word irq, seL4_Word target)
{
    seL4_CPtr slot = slot_new();

    CHECK_OK(issue(irq, target, slot));
    return slot;
}

static void raise(seL4_CPtr signal)
{
    seL4_NBSend(signal, seL4_MessageInfo_new(77, 0, 0, 0));
}

/* Badge of what came, 0 if nothing did. */
static seL4_Word came(void)
{
    seL4_Word badge = 0;

    (void)seL4_Poll(events, &badge);
    return badge;
}

static void handle(seL4_Word irq)
{
    handler = slot_new();
    CHECK_OK(seL4_IRQControl_Get(seL4_CapIRQControl, irq, ROOT, handler, DEPTH));
    CHECK_OK(seL4_IRQHandler_SetNotification(handler, events));
}

static void case_refusals(void)
{
    seL4_CPtr full = object_new(seL4_EndpointObject, 0);

    CHECK_FAILS(issue(16, 8, full), range(0, 15));
    CHECK_FAILS(issue(15, 8, full), bad_argument(1));
    CHECK_ERROR(issue(15, 7, full), seL4_DeleteFirst);
    CHECK_FAILS(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 0, 0, ROOT, full, 65),
                range(1, 64));
    CHECK_FAILS(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 0, 0, full, full, DEPTH),
                invalid_root(0));
    seL4_SetCap(0, ROOT);
    CHECK_ERROR(sel4_invoke(seL4_CapIRQControl, ARMIRQIssueSGISignal, 1, 3, 0, 0, full, 0),
                seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(seL4_CapIRQControl, ARMIRQIssueSGISignal, 0, 4, 0, 0, full, 0),
                seL4_TruncatedMessage);
}

static void case_signal(void)
{
    for (seL4_Word irq = 0; irq < 16; irq++) {
        seL4_CPtr signal = signal_new(irq, 0);

        handle(irq);
        CHECK_EQUAL(came(), 0);
        raise(signal);
        CHECK_EQUAL(came(), 0x51);
        raise(signal);
        raise(signal);
        CHECK_EQUAL(came(), 0); /* masked until it is acknowledged */
        CHECK_OK(seL4_IRQHandler_Ack(handler));
        CHECK_EQUAL(came(), 0x51);
        CHECK_OK(seL4_IRQHandler_Ack(handler));
        CHECK_EQUAL(came(), 0);
        CHECK_OK(cap_delete(handler));
    }
}

/* Any label and any system call raise it; a Call is answered with nothing. */
static void case_every_call(void)
{
    seL4_CPtr signal = signal_new(4, 0);
    seL4_MessageInfo_t info;

    handle(4);
    info = seL4_Call(signal, seL4_MessageInfo_new(12345, 0, 0, 3));
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_NoError);
    CHECK_EQUAL(seL4_MessageInfo_get_length(info), 0);
    CHECK_EQUAL(came(), 0x51);
    CHECK_OK(seL4_IRQHandler_Ack(handler));
    seL4_Send(signal, seL4_MessageInfo_new(0, 0, 0, 0));
    CHECK_EQUAL(came(), 0x51);
}

static void case_other_targets(void)
{
    handle(5);
    for (seL4_Word target = 1; target < 8; target++)
        raise(signal_new(5, target));
    CHECK_EQUAL(came(), 0);
}

static void case_other_numbers(void)
{
    handle(6);
    raise(signal_new(7, 0));
    CHECK_EQUAL(came(), 0);
    raise(signal_new(6, 0));
    CHECK_EQUAL(came(), 0x51);
}

/* Caps are copied and revoked like others; nothing can be set in them. */
static void case_caps(void)
{
    seL4_CPtr signal = signal_new(8, 0), copy = slot_new(), minted = slot_new();

    handle(8);
    CHECK_OK(cap_copy(copy, signal));
    CHECK_OK(cap_mint(minted, signal, 9)); /* data and rights mean nothing here */
    raise(minted);
    CHECK_EQUAL(came(), 0x51);
    CHECK_OK(seL4_CNode_Revoke(ROOT, signal, DEPTH));
    CHECK(!cap_exists(copy) && !cap_exists(minted));
    CHECK_OK(seL4_CNode_Revoke(ROOT, seL4_CapIRQControl, DEPTH));
    CHECK(!cap_exists(signal) && !cap_exists(handler));
}

static void prepare(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);

    events = slot_new();
    CHECK_OK(cap_mint(events, notification, 0x51));
}

static const struct api_case cases[] = {
    { "refusals", case_refusals },           { "signal", case_signal },
    { "every call", case_every_call },       { "other targets", case_other_targets },
    { "other numbers", case_other_numbers }, { "caps", case_caps },
};
const struct api_group sgi_group = {
    .name = "sgi",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
