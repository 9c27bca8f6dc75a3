/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications (abi sections 3.7 and 7.5). */
#include "apitest.h"

/* Signals with the badge of its argument, a capability pointer. */
static void signaller(seL4_Word argument)
{
    thread_signal(argument);
    thread_wait_for_ever();
}

static void case_signal_and_bind(void)
{
    seL4_CPtr done = object_new(seL4_NotificationObject, 0);
    seL4_CPtr a = slot_new(), b = slot_new();
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr reply = object_new(seL4_ReplyObject, 0);
    seL4_Word badge = 1;
    struct thread t;

    CHECK_OK(seL4_CNode_Mint(ROOT, a, DEPTH, ROOT, done, DEPTH, seL4_AllRights, 4));
    CHECK_OK(seL4_CNode_Mint(ROOT, b, DEPTH, ROOT, done, DEPTH, seL4_CanWrite, 8));
    (void)seL4_Poll(done, &badge);
    CHECK(badge == 0);
    seL4_Signal(a);
    seL4_Signal(b);
    (void)seL4_Poll(done, &badge);
    CHECK(badge == 12);
    (void)seL4_Poll(done, &badge);
    CHECK(badge == 0);
    t = thread_start(signaller, a, (struct thread_options){ .priority = 100 });
    (void)seL4_Wait(done, &badge);
    CHECK(badge == 4);
    thread_stop(&t);

    CHECK_OK(seL4_TCB_BindNotification(SELF, done));
    CHECK_ERROR(seL4_TCB_BindNotification(SELF, done), seL4_IllegalOperation);
    t = thread_start(signaller, b, (struct thread_options){ .priority = 100 });
    (void)seL4_Recv(endpoint, &badge, reply);
    CHECK(badge == 8);
    thread_stop(&t);
    CHECK_OK(seL4_TCB_UnbindNotification(SELF));
    CHECK_ERROR(seL4_TCB_UnbindNotification(SELF), seL4_IllegalOperation);
}

static const struct api_case cases[] = {
    { "signal and bind", case_signal_and_bind },
};
const struct api_group notification_group = {
    .name = "notification",
    .cases = cases,
    .count = API_COUNT(cases),
};
