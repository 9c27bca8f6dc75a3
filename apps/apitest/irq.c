/* SPDX-License-Identifier: BSD-2-Clause */
/* IRQControl and IRQHandler: what they refuse and do (abi section 3.9); sgi.c has deliveries. */
#include "apitest.h"

#define IRQS 160u
#define TIMER_IRQ 27u
#define FREE_IRQ 90u /* no device of the board has it */

static seL4_Error get(seL4_Word irq, seL4_CPtr to)
{
    return seL4_IRQControl_Get(seL4_CapIRQControl, irq, ROOT, to, DEPTH);
}
static seL4_Error get_trigger(seL4_Word irq, seL4_Word trigger, seL4_CPtr to)
{
    return seL4_IRQControl_GetTrigger(seL4_CapIRQControl, irq, trigger, ROOT, to, DEPTH);
}
static seL4_CPtr handler_new(void)
{
    seL4_CPtr handler = slot_new();

    CHECK_OK(get(FREE_IRQ, handler));
    return handler;
}

static void case_other_label(void)
{
    static const seL4_Word labels[] = { InvalidInvocation,        IRQAckIRQ,
                                        IRQSetIRQHandler,         IRQClearIRQHandler,
                                        ARMIRQIssueSGISignal + 1, CNodeCopy };

    for (unsigned i = 0; i < API_COUNT(labels); i++)
        CHECK_ERROR(sel4_invoke(seL4_CapIRQControl, labels[i], 0, 0, 999, 0, 0, 0),
                    seL4_IllegalOperation);
}

static void case_truncated(void)
{
    static const struct {
        seL4_Word label, length;
    } table[] = { { IRQIssueIRQHandler, 3 },
                  { ARMIRQIssueIRQHandlerTrigger, 4 },
                  { ARMIRQIssueSGISignal, 4 } };

    seL4_SetCap(0, ROOT);
    for (unsigned i = 0; i < API_COUNT(table); i++) {
        for (seL4_Word length = 0; length < table[i].length; length++)
            CHECK_ERROR(
                sel4_invoke(seL4_CapIRQControl, table[i].label, 1, length, 999, 99, 0, DEPTH),
                seL4_TruncatedMessage);
        CHECK_ERROR(
            sel4_invoke(seL4_CapIRQControl, table[i].label, 0, table[i].length, 999, 99, 0, DEPTH),
            seL4_TruncatedMessage);
    }
}

static void case_range(void)
{
    static const seL4_Word wrong[] = { IRQS, IRQS + 1, 1023, 1ul << 32, ~0ul };

    for (unsigned i = 0; i < API_COUNT(wrong); i++) {
        CHECK_FAILS(get(wrong[i], slot_new()), range(0, IRQS - 1));
        CHECK_FAILS(get_trigger(wrong[i], 1, slot_new()), range(0, IRQS - 1));
    }
}

/* Every number has one handler at a time; the timer's is the kernel. */
static void case_every_number(void)
{
    seL4_CPtr handler = slot_new(), second = slot_new();

    for (seL4_Word irq = 0; irq < IRQS; irq++) {
        if (irq == TIMER_IRQ) {
            CHECK_ERROR(get(irq, handler), seL4_RevokeFirst);
            continue;
        }
        CHECK_OK(get(irq, handler));
        CHECK_ERROR(get(irq, second), seL4_RevokeFirst);
        CHECK_ERROR(get_trigger(irq, 0, second), seL4_RevokeFirst);
        CHECK_OK(cap_delete(handler));
    }
}

static void case_destination(void)
{
    seL4_CPtr node = object_new(seL4_CapTableObject, 3), to = slot_new();

    CHECK_ERROR(get(FREE_IRQ, SELF), seL4_DeleteFirst);
    CHECK_ERROR(get_trigger(FREE_IRQ, 0, SELF), seL4_DeleteFirst);
    CHECK_FAILS(seL4_IRQControl_Get(seL4_CapIRQControl, FREE_IRQ, SELF, to, 65), invalid_root(0));
    CHECK_FAILS(seL4_IRQControl_Get(seL4_CapIRQControl, FREE_IRQ, ROOT, to, 65), range(1, 64));
    CHECK_FAILS(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, FREE_IRQ, 1, ROOT, to, 0),
                range(1, 64));
    CHECK_FAILS(seL4_IRQControl_Get(seL4_CapIRQControl, FREE_IRQ, node, 0, 9),
                depth_mismatch(0, 6, 0));
    CHECK_OK(seL4_IRQControl_Get(seL4_CapIRQControl, FREE_IRQ, node, 7, 3));
    CHECK_OK(seL4_CNode_Move(ROOT, to, DEPTH, node, 7, 3));
    CHECK_OK(seL4_IRQHandler_Ack(to));
}

/* Number, then whether it is taken, then the slot. */
static void case_precedence(void)
{
    (void)handler_new();
    CHECK_FAILS(get(IRQS, SELF), range(0, IRQS - 1));
    CHECK_ERROR(get(FREE_IRQ, SELF), seL4_RevokeFirst);
    CHECK_ERROR(seL4_IRQControl_Get(seL4_CapIRQControl, FREE_IRQ, SELF, 0, 65), seL4_RevokeFirst);
    CHECK_FAILS(seL4_IRQControl_Get(seL4_CapIRQControl, FREE_IRQ + 1, SELF, 0, 65),
                invalid_root(0));
    CHECK_ERROR(get(FREE_IRQ + 1, SELF), seL4_DeleteFirst);
}

/* A refused Get has not taken the number. */
static void case_refused_without_effect(void)
{
    CHECK_ERROR(get(FREE_IRQ, SELF), seL4_DeleteFirst);
    CHECK_OK(cap_delete(handler_new()));
}

static void case_trigger(void)
{
    static const seL4_Word triggers[] = { 0, 1, 2, ~0ul };

    for (unsigned i = 0; i < API_COUNT(triggers); i++) {
        seL4_CPtr handler = slot_new();

        CHECK_OK(get_trigger(FREE_IRQ, triggers[i], handler));
        CHECK_OK(seL4_IRQHandler_Ack(handler));
        CHECK_OK(cap_delete(handler));
    }
}

/* The number is free again when the last capability of its handler is gone. */
static void case_last_handler(void)
{
    seL4_CPtr handler = handler_new(), copy = slot_new();

    CHECK_OK(cap_copy(copy, handler));
    CHECK_OK(cap_delete(handler));
    CHECK_ERROR(get(FREE_IRQ, handler), seL4_RevokeFirst);
    CHECK_OK(seL4_IRQHandler_Ack(copy));
    CHECK_OK(cap_delete(copy));
    CHECK_OK(get(FREE_IRQ, handler));
}

static void case_handler_other_label(void)
{
    static const seL4_Word labels[] = { InvalidInvocation, IRQIssueIRQHandler,
                                        IRQClearIRQHandler + 1, ARMIRQIssueIRQHandlerTrigger };
    seL4_CPtr handler = handler_new();

    for (unsigned i = 0; i < API_COUNT(labels); i++)
        CHECK_ERROR(sel4_invoke(handler, labels[i], 0, 0, 0, 0, 0, 0), seL4_IllegalOperation);
}

/* A wrong notification is capability 0, as the reference says it. */
static void case_set_notification(void)
{
    seL4_CPtr handler = handler_new(), notification = object_new(seL4_NotificationObject, 0);
    seL4_CPtr narrow = slot_new(), wide = slot_new();
    const seL4_CPtr wrong[] = { 0, slot_new(), ROOT, object_new(seL4_EndpointObject, 0), narrow };

    CHECK_OK(seL4_CNode_Copy(ROOT, narrow, DEPTH, ROOT, notification, DEPTH, seL4_CanRead));
    CHECK_OK(seL4_CNode_Copy(ROOT, wide, DEPTH, ROOT, notification, DEPTH, seL4_CanWrite));
    CHECK_ERROR(sel4_invoke(handler, IRQSetIRQHandler, 0, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
    for (unsigned i = 0; i < API_COUNT(wrong); i++)
        CHECK_FAILS(seL4_IRQHandler_SetNotification(handler, wrong[i]), bad_cap(0));
    CHECK_OK(seL4_IRQHandler_SetNotification(handler, wide));
    CHECK_OK(seL4_IRQHandler_SetNotification(handler, notification)); /* replaces the first */
}

/* The handler holds a copy: the notification lives as long as that. */
static void case_notification_held(void)
{
    seL4_CPtr handler = handler_new(), untyped = object_new(seL4_UntypedObject, 6);
    seL4_CPtr notification = slot_new(), other = object_new(seL4_NotificationObject, 0);

    for (unsigned way = 0; way < 3; way++) {
        CHECK_OK(
            seL4_Untyped_Retype(untyped, seL4_NotificationObject, 0, ROOT, 0, 0, notification, 1));
        CHECK_OK(seL4_IRQHandler_SetNotification(handler, notification));
        CHECK_OK(cap_delete(notification));
        CHECK_FAILS(
            seL4_Untyped_Retype(untyped, seL4_NotificationObject, 0, ROOT, 0, 0, notification, 1),
            memory_left(0));
        if (way == 0)
            CHECK_OK(seL4_IRQHandler_Clear(handler));
        else if (way == 1)
            CHECK_OK(seL4_IRQHandler_SetNotification(handler, other));
        else
            CHECK_OK(cap_delete(handler));
    }
    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_NotificationObject, 0, ROOT, 0, 0, notification, 1));
}

static void case_clear_and_ack(void)
{
    seL4_CPtr handler = handler_new();

    CHECK_OK(seL4_IRQHandler_Clear(handler));
    CHECK_OK(seL4_IRQHandler_Clear(handler));
    CHECK_OK(seL4_IRQHandler_Ack(handler));
    CHECK_OK(seL4_IRQHandler_Ack(handler));
    CHECK_ERROR(get(FREE_IRQ, slot_new()), seL4_RevokeFirst); /* still its handler */
}

static const struct api_case cases[] = {
    { "other label", case_other_label },
    { "truncated", case_truncated },
    { "range", case_range },
    { "every number", case_every_number },
    { "destination", case_destination },
    { "precedence", case_precedence },
    { "refused without effect", case_refused_without_effect },
    { "trigger", case_trigger },
    { "last handler", case_last_handler },
    { "handler other label", case_handler_other_label },
    { "set notification", case_set_notification },
    { "notification held", case_notification_held },
    { "clear and ack", case_clear_and_ack },
};
const struct api_group irq_group = {
    .name = "irq",
    .cases = cases,
    .count = API_COUNT(cases),
};
