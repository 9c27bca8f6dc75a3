/* SPDX-License-Identifier: BSD-2-Clause */
/* Priorities and scheduling contexts (abi sections 3.5 and 7). */
#include "apitest.h"

static seL4_CPtr events, high_done, low_done;

static void compute(seL4_Word rounds)
{
    for (seL4_Word i = 0; i < rounds; i++)
        asm volatile("" : : "r"(i));
}
static void signaller(seL4_Word cap)
{
    thread_signal(cap);
    thread_wait_for_ever();
}
/* Computes for about `argument` loop rounds; then tells. */
static void worker(seL4_Word argument)
{
    compute(argument);
    thread_signal(high_done);
    thread_wait_for_ever();
}

static void case_configure(void)
{
    seL4_CPtr control = boot->schedcontrol.start;
    seL4_CPtr sc = object_new(seL4_SchedContextObject, 7);
    seL4_CPtr big = object_new(seL4_SchedContextObject, 8);

    CHECK_ERROR(seL4_SchedControl_Configure(control, ROOT, 1000, 1000, 0, 0),
                seL4_InvalidCapability);
    CHECK_ERROR(seL4_SchedControl_Configure(control, sc, 0, 1000, 0, 0), seL4_RangeError);
    CHECK(seL4_GetMR(0) == 20);
    CHECK_ERROR(seL4_SchedControl_Configure(control, sc, 1000, 0, 0, 0), seL4_RangeError);
    CHECK_ERROR(seL4_SchedControl_Configure(control, sc, 1001, 1000, 0, 0), seL4_RangeError);
    CHECK(seL4_GetMR(0) == 20 && seL4_GetMR(1) == 1000);
    CHECK_ERROR(seL4_SchedControl_Configure(control, sc, 500, 1000, 1, 0), seL4_RangeError);
    CHECK(seL4_GetMR(1) == 0);
    CHECK_OK(seL4_SchedControl_Configure(control, sc, 20, 1000, 0, 0));
    CHECK_OK(seL4_SchedControl_Configure(control, big, 500, 1000, 8, 0));
    CHECK_ERROR(seL4_SchedControl_Configure(control, big, 500, 1000, 9, 0), seL4_RangeError);
    CHECK_ERROR(seL4_SchedContext_Bind(sc, SELF), seL4_IllegalOperation);
    CHECK_ERROR(seL4_SchedContext_Bind(sc, ROOT), seL4_InvalidCapability);
    CHECK_ERROR(seL4_SchedContext_Unbind(seL4_CapInitThreadSC), seL4_IllegalOperation);
    CHECK(seL4_SchedContext_Consumed(sc).consumed == 0);
    CHECK(seL4_SchedContext_Consumed(seL4_CapInitThreadSC).error == seL4_NoError);
    CHECK((seL4_Word)seL4_SchedContext_YieldTo(sc).error == seL4_IllegalOperation);
    seL4_Yield();
}

/* Whoever has the higher priority is heard first, though it starts last. */
static void case_priority(void)
{
    seL4_Word badge = 0;
    struct thread low =
        thread_start(signaller, low_done, (struct thread_options){ .priority = 50 });
    struct thread high =
        thread_start(signaller, high_done, (struct thread_options){ .priority = 60 });

    (void)seL4_Wait(events, &badge);
    CHECK(badge == 1);
    (void)seL4_Wait(events, &badge);
    CHECK(badge == 2);
    thread_stop(&low);
    thread_stop(&high);
}

/* A thread with a tenth of the processor leaves the rest to lower priorities. */
static void case_budget(void)
{
    seL4_Word badge = 0;
    struct thread high = thread_start(
        worker, 3000000,
        (struct thread_options){ .priority = 60, .budget_us = 1000, .period_us = 10000 });
    struct thread low =
        thread_start(signaller, low_done, (struct thread_options){ .priority = 50 });

    (void)seL4_Wait(events, &badge);
    CHECK(badge == 2);
    (void)seL4_Wait(events, &badge);
    CHECK(badge == 1);
    CHECK(seL4_SchedContext_Consumed(high.sched_context).consumed >= 1000);
    thread_stop(&low);
    thread_stop(&high);
}

static void case_timeout_fault(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr badged = slot_new();
    seL4_Word badge = 0;
    seL4_MessageInfo_t info;
    struct thread t;

    CHECK_OK(seL4_CNode_Mint(ROOT, badged, DEPTH, ROOT, endpoint, DEPTH, seL4_AllRights, 0x70));
    t = thread_start(
        worker, ~0ul,
        (struct thread_options){
            .priority = 60, .budget_us = 1000, .period_us = 20000, .timeout_endpoint = badged });
    info = seL4_Recv(endpoint, &badge, object_new(seL4_ReplyObject, 0));
    CHECK(badge == 0x70);
    CHECK(seL4_MessageInfo_get_label(info) == seL4_Fault_Timeout);
    CHECK(seL4_MessageInfo_get_length(info) == seL4_Timeout_Length);
    CHECK(seL4_GetMR(seL4_Timeout_Data) == 0x5c);
    CHECK(seL4_GetMR(seL4_Timeout_Consumed) >= 900);
    thread_stop(&t);
}

static void prepare(void)
{
    events = object_new(seL4_NotificationObject, 0);
    high_done = slot_new();
    low_done = slot_new();
    CHECK_OK(cap_mint(high_done, events, 1));
    CHECK_OK(cap_mint(low_done, events, 2));
}

static const struct api_case cases[] = {
    { "configure", case_configure },
    { "priority", case_priority },
    { "budget", case_budget },
    { "timeout fault", case_timeout_fault },
};
const struct api_group sched_group = {
    .name = "sched",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
