/* SPDX-License-Identifier: BSD-2-Clause */
/* Suspend, Resume, BindNotification, SetTimeoutEndpoint, SetTLSBase, SetFlags (abi section 3.3). */
#include "apitest.h"

static seL4_CPtr tcb;

static void prepare(void)
{
    tcb = object_new(seL4_TCBObject, 0);
}

static void case_other_label(void)
{
    static const seL4_Word labels[] = { InvalidInvocation, UntypedRetype,         TCBSetFlags + 1,
                                        CNodeRevoke,       nArchInvocationLabels, DomainSetSet };

    for (unsigned i = 0; i < API_COUNT(labels); i++)
        CHECK_ERROR(sel4_invoke(tcb, labels[i], 0, 0, 0, 0, 0, 0), seL4_IllegalOperation);
}

static void case_timeout_endpoint(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);

    CHECK_ERROR(sel4_invoke(tcb, TCBSetTimeoutEndpoint, 0, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
    for (seL4_Word rights = 0; rights < 16; rights++) {
        seL4_CPtr slot = slot_new();
        bool valid = (rights & 1) != 0 && (rights & 12) != 0;

        CHECK_OK(seL4_CNode_Copy(ROOT, slot, DEPTH, ROOT, endpoint, DEPTH,
                                 (seL4_CapRights_t){ { rights } }));
        if (valid)
            CHECK_OK(seL4_TCB_SetTimeoutEndpoint(tcb, slot));
        else
            CHECK_FAILS(seL4_TCB_SetTimeoutEndpoint(tcb, slot), bad_cap(1));
    }
    CHECK_FAILS(seL4_TCB_SetTimeoutEndpoint(tcb, SELF), bad_cap(1));
    CHECK_OK(seL4_TCB_SetTimeoutEndpoint(tcb, 0));
}

static void case_tls_base(void)
{
    static const seL4_Word bases[] = { 0, 0x400000, 0x123456789abcdef1, ~0ul };
    seL4_UserContext context;

    CHECK_ERROR(sel4_invoke(tcb, TCBSetTLSBase, 0, 0, 5, 0, 0, 0), seL4_TruncatedMessage);
    for (unsigned i = 0; i < API_COUNT(bases); i++) {
        CHECK_OK(seL4_TCB_SetTLSBase(tcb, bases[i]));
        CHECK_OK(seL4_TCB_ReadRegisters(tcb, seL4_False, 0, seL4_UserContextWords, &context));
        CHECK_EQUAL(context.tpidr_el0, bases[i]);
        CHECK_EQUAL(context.tpidrro_el0, 0);
    }
}

static seL4_Word thread_pointer(void)
{
    seL4_Word value;

    asm volatile("mrs %0, tpidr_el0" : "=r"(value));
    return value;
}

/* One's own base is in the register when the call returns. */
static void case_own_tls_base(void)
{
    seL4_Word before = thread_pointer();

    CHECK_OK(seL4_TCB_SetTLSBase(SELF, 0xabcdef0));
    CHECK_EQUAL(thread_pointer(), 0xabcdef0);
    CHECK_OK(seL4_TCB_SetTLSBase(SELF, before));
    CHECK_EQUAL(thread_pointer(), before);
}

static void case_flags(void)
{
    CHECK_ERROR(sel4_invoke(tcb, TCBSetFlags, 0, 1, 0, 1, 0, 0), seL4_TruncatedMessage);
    CHECK_EQUAL(seL4_TCB_SetFlags(tcb, 0, 0).flags, 0);
    CHECK_EQUAL(seL4_TCB_SetFlags(tcb, 0, 1).flags, 1);
    CHECK_EQUAL(seL4_TCB_SetFlags(tcb, 0, 0).flags, 1);
    CHECK_EQUAL(seL4_TCB_SetFlags(tcb, 1, 1).flags, 1); /* set wins */
    CHECK_EQUAL(seL4_TCB_SetFlags(tcb, ~1ul, 0).flags, 1);
    CHECK_EQUAL(seL4_TCB_SetFlags(tcb, 1, ~1ul).flags, 0); /* unknown flags stay 0 */
    CHECK_EQUAL(seL4_TCB_SetFlags(tcb, 0, ~0ul).flags, 1);
    CHECK_EQUAL((seL4_Word)seL4_TCB_SetFlags(tcb, ~0ul, 0).error, seL4_NoError);
}

static void case_bind_truncated(void)
{
    CHECK_ERROR(sel4_invoke(tcb, TCBBindNotification, 0, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
}

static void case_bind_refused(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0), narrow = slot_new();

    CHECK_ERROR(seL4_TCB_BindNotification(tcb, 0), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_BindNotification(tcb, object_new(seL4_EndpointObject, 0)),
                seL4_IllegalOperation);
    CHECK_OK(seL4_CNode_Copy(ROOT, narrow, DEPTH, ROOT, notification, DEPTH, seL4_CanWrite));
    CHECK_ERROR(seL4_TCB_BindNotification(tcb, narrow), seL4_IllegalOperation);
    CHECK_OK(seL4_CNode_Delete(ROOT, narrow, DEPTH));
    CHECK_OK(seL4_CNode_Copy(ROOT, narrow, DEPTH, ROOT, notification, DEPTH, seL4_CanRead));
    CHECK_OK(seL4_TCB_BindNotification(tcb, narrow));
}

static void case_bind_once(void)
{
    seL4_CPtr one = object_new(seL4_NotificationObject, 0);
    seL4_CPtr two = object_new(seL4_NotificationObject, 0);
    seL4_CPtr other = object_new(seL4_TCBObject, 0);

    CHECK_ERROR(seL4_TCB_UnbindNotification(tcb), seL4_IllegalOperation);
    CHECK_OK(seL4_TCB_BindNotification(tcb, one));
    CHECK_ERROR(seL4_TCB_BindNotification(tcb, one), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_BindNotification(tcb, two), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_BindNotification(other, one), seL4_IllegalOperation);
    CHECK_OK(seL4_TCB_UnbindNotification(tcb));
    CHECK_ERROR(seL4_TCB_UnbindNotification(tcb), seL4_IllegalOperation);
    CHECK_OK(seL4_TCB_BindNotification(other, one));
    CHECK_OK(seL4_TCB_BindNotification(tcb, two));
}

/* The binding ends with the notification, and with the thread. */
static void case_bind_ends(void)
{
    seL4_CPtr one = object_new(seL4_NotificationObject, 0), copy = slot_new();
    seL4_CPtr two = object_new(seL4_NotificationObject, 0);

    CHECK_OK(cap_copy(copy, one));
    CHECK_OK(seL4_TCB_BindNotification(tcb, one));
    CHECK_OK(cap_delete(one));
    CHECK_ERROR(seL4_TCB_BindNotification(tcb, two), seL4_IllegalOperation); /* a copy is left */
    CHECK_OK(cap_delete(copy));
    CHECK_ERROR(seL4_TCB_UnbindNotification(tcb), seL4_IllegalOperation);
    CHECK_OK(seL4_TCB_BindNotification(tcb, two));
    CHECK_OK(cap_delete(tcb));
    CHECK_OK(seL4_TCB_BindNotification(object_new(seL4_TCBObject, 0), two));
}

static volatile seL4_Word steps;

static void waiter(seL4_Word cap)
{
    struct sel4_syscall_registers r = { .x0 = cap };

    sel4_trap(seL4_SysWait, &r, 0, 0);
    steps++;
    thread_wait_for_ever();
}

/* Threads of priority 250 run until they wait. */
static void let_run(void)
{
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 249));
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 255));
}

static void case_bind_with_waiter(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);
    struct thread t =
        thread_start(waiter, notification, (struct thread_options){ .priority = 250 });

    let_run();
    CHECK_ERROR(seL4_TCB_BindNotification(tcb, notification), seL4_IllegalOperation);
    thread_stop(&t);
    CHECK_OK(seL4_TCB_BindNotification(tcb, notification));
}

static void case_suspend_and_resume_any(void)
{
    CHECK_OK(seL4_TCB_Resume(SELF));
    CHECK_OK(seL4_TCB_Suspend(tcb));
    CHECK_OK(seL4_TCB_Suspend(tcb));
    CHECK_OK(seL4_TCB_Resume(tcb)); /* it has no scheduling context: it does not run */
    CHECK_OK(seL4_TCB_Resume(tcb));
    CHECK_OK(seL4_TCB_Suspend(tcb));
}

static void self_suspender(seL4_Word own)
{
    struct sel4_syscall_registers r = {
        .x0 = own,
        .info = seL4_MessageInfo_new(TCBSuspend, 0, 0, 0).words[0],
    };

    steps = 1;
    sel4_trap(seL4_SysCall, &r, 0, 0);
    steps = 2;
    thread_wait_for_ever();
}

/* No reply to one's own suspend: a resumed thread suspends itself again. */
static void case_suspend_self(void)
{
    struct thread t = thread_start(self_suspender, 0, (struct thread_options){ .priority = 250 });
    seL4_UserContext context = { .pc = (seL4_Word)self_suspender, .x0 = t.tcb };

    thread_stop(&t);
    CHECK_OK(seL4_TCB_ReadRegisters(t.tcb, seL4_False, 0, seL4_UserContextWords, &context));
    context.x0 = t.tcb;
    steps = 0;
    CHECK_OK(seL4_TCB_WriteRegisters(t.tcb, seL4_True, 0, seL4_UserContextWords, &context));
    for (unsigned i = 0; i < 3; i++) {
        let_run();
        CHECK_EQUAL(steps, 1);
        CHECK_OK(seL4_TCB_Resume(t.tcb));
    }
    let_run();
    CHECK_OK(seL4_TCB_ReadRegisters(t.tcb, seL4_False, 0, seL4_UserContextWords, &context));
    CHECK_EQUAL(context.x0, t.tcb);
    CHECK_EQUAL(*(const unsigned *)context.pc, 0xd4000001); /* still at its svc */
}

static void sender(seL4_Word cap)
{
    struct sel4_syscall_registers r = {
        .x0 = cap,
        .info = seL4_MessageInfo_new(0, 0, 0, 1).words[0],
        .mr = { 0x5e },
    };

    sel4_trap(seL4_SysSend, &r, 0, 0);
    steps++;
    thread_wait_for_ever();
}

static seL4_Word receive_badge(seL4_CPtr endpoint)
{
    seL4_Word badge = 0;

    (void)seL4_NBRecv(endpoint, &badge, object_new(seL4_ReplyObject, 0));
    return badge;
}

/* A suspended sender leaves the queue; resumed, it sends again. */
static void case_suspend_sender(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), badged = slot_new();
    struct thread t;

    steps = 0;
    CHECK_OK(cap_mint(badged, endpoint, 6));
    t = thread_start(sender, badged, (struct thread_options){ .priority = 250 });
    let_run();
    thread_stop(&t);
    CHECK_EQUAL(receive_badge(endpoint), 0);
    CHECK_OK(seL4_TCB_Resume(t.tcb));
    let_run();
    CHECK_EQUAL(receive_badge(endpoint), 6);
    let_run();
    CHECK_EQUAL(steps, 1);
    thread_stop(&t);
}

/* Resume of a blocked thread makes it repeat its system call: it is in the queue once. */
static void case_resume_sender(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), badged = slot_new();
    struct thread t;

    steps = 0;
    CHECK_OK(cap_mint(badged, endpoint, 6));
    t = thread_start(sender, badged, (struct thread_options){ .priority = 250 });
    let_run();
    CHECK_OK(seL4_TCB_Resume(t.tcb));
    let_run();
    CHECK_EQUAL(steps, 0);
    CHECK_EQUAL(receive_badge(endpoint), 6);
    CHECK_EQUAL(receive_badge(endpoint), 0);
    thread_stop(&t);
}

/* A waiter that was suspended when the signal came takes it when it is resumed. */
static void case_suspend_waiter(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0), badged = slot_new();
    struct thread t =
        thread_start(waiter, notification, (struct thread_options){ .priority = 250 });

    steps = 0;
    CHECK_OK(cap_mint(badged, notification, 6));
    let_run();
    thread_stop(&t);
    seL4_Signal(badged);
    let_run();
    CHECK_EQUAL(steps, 0);
    CHECK_OK(seL4_TCB_Resume(t.tcb));
    let_run();
    CHECK_EQUAL(steps, 1);
    thread_stop(&t);
}

static const struct api_case cases[] = {
    { "other label", case_other_label },
    { "timeout endpoint", case_timeout_endpoint },
    { "tls base", case_tls_base },
    { "own tls base", case_own_tls_base },
    { "flags", case_flags },
    { "bind truncated", case_bind_truncated },
    { "bind refused", case_bind_refused },
    { "bind once", case_bind_once },
    { "bind ends", case_bind_ends },
    { "bind with waiter", case_bind_with_waiter },
    { "suspend and resume any", case_suspend_and_resume_any },
    { "suspend self", case_suspend_self },
    { "suspend sender", case_suspend_sender },
    { "resume sender", case_resume_sender },
    { "suspend waiter", case_suspend_waiter },
};
const struct api_group tcb_group = {
    .name = "tcb",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
