/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts (abi section 3.9). */
#include "apitest.h"

static void case_handler(void)
{
    seL4_CPtr handler = slot_new();
    seL4_CPtr events = object_new(seL4_NotificationObject, 0);

    CHECK_ERROR(seL4_IRQControl_Get(seL4_CapIRQControl, 160, ROOT, handler, DEPTH),
                seL4_RangeError);
    CHECK(seL4_GetMR(0) == 0 && seL4_GetMR(1) == 159);
    CHECK_ERROR(seL4_IRQControl_Get(seL4_CapIRQControl, 27, ROOT, handler, DEPTH),
                seL4_RevokeFirst);
    CHECK_OK(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, 33, 0, ROOT, handler, DEPTH));
    CHECK_ERROR(seL4_IRQControl_Get(seL4_CapIRQControl, 33, ROOT, slot_new(), DEPTH),
                seL4_RevokeFirst);
    CHECK_ERROR(seL4_IRQHandler_SetNotification(handler, ROOT), seL4_InvalidCapability);
    CHECK(seL4_GetMR(0) == 0);
    CHECK_OK(seL4_IRQHandler_SetNotification(handler, events));
    CHECK_OK(seL4_IRQHandler_Ack(handler));
    CHECK_OK(seL4_IRQHandler_Clear(handler));
    CHECK_OK(seL4_CNode_Delete(ROOT, handler, DEPTH));
    CHECK_OK(seL4_IRQControl_Get(seL4_CapIRQControl, 33, ROOT, handler, DEPTH));
    CHECK_OK(seL4_CNode_Delete(ROOT, handler, DEPTH));
}

static const struct api_case cases[] = {
    { "handler", case_handler },
};
const struct api_group irq_group = {
    .name = "irq",
    .cases = cases,
    .count = API_COUNT(cases),
};
