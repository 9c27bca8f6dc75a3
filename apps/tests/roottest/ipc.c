/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints, reply objects, notifications (abi sections 3.6, 3.7 and 7). */
#include "roottest.h"

/* Shared with the threads below; written before they start. */
static seL4_CPtr service, service_reply, done;

/* Answers each call with its badge and words + 1; words from 4 go back as they came. */
static void echo(seL4_Word argument)
{
    struct sel4_syscall_registers r = { .x0 = service };

    (void)argument;
    sel4_trap(seL4_SysRecv, &r, service_reply, 0);
    for (;;) {
        asm volatile("movi v9.16b, #0x55" : : : "v9"); /* a stranger's FP registers */
        r.mr[0] = r.x0;
        for (int i = 1; i < 4; i++)
            r.mr[i]++;
        r.info &= 0xfffffffffffff07fu; /* no capabilities in the reply */
        r.x0 = service;
        sel4_trap(seL4_SysReplyRecv, &r, service_reply, 0);
    }
}

/* Signals with the badge of its argument, a capability pointer. */
static void signaller(seL4_Word argument)
{
    thread_signal(argument);
    thread_wait_for_ever();
}

static void check_echo(seL4_CPtr badged, seL4_Word badge)
{
    seL4_Word mr0 = 1, mr1 = 10, mr2 = 20, mr3 = 30;
    seL4_MessageInfo_t info =
        seL4_CallWithMRs(badged, seL4_MessageInfo_new(0x77, 0, 0, 4), &mr0, &mr1, &mr2, &mr3);

    CHECK(mr0 == badge && mr1 == 11 && mr2 == 21 && mr3 == 31);
    CHECK(seL4_MessageInfo_get_label(info) == 0x77 && seL4_MessageInfo_get_length(info) == 4);
}

static void test_long_message(seL4_CPtr endpoint)
{
    seL4_MessageInfo_t info = seL4_MessageInfo_new(1, 0, 0, seL4_MsgMaxLength);
    bool same = true;

    for (int i = 0; i < seL4_MsgMaxLength; i++)
        seL4_SetMR(i, (seL4_Word)i * 0x0101010101010101);
    info = seL4_Call(endpoint, info);
    for (int i = 4; i < seL4_MsgMaxLength; i++)
        same = same && seL4_GetMR(i) == (seL4_Word)i * 0x0101010101010101;
    CHECK(same && seL4_MessageInfo_get_length(info) == seL4_MsgMaxLength);
}

static void test_capability_transfer(seL4_CPtr endpoint, struct thread *server)
{
    seL4_CPtr sent = object_new(seL4_NotificationObject, 0);
    seL4_CPtr badged = slot_new(), received = slot_new();
    seL4_Word badge = 0;

    server->buffer->receiveCNode = ROOT;
    server->buffer->receiveIndex = received;
    server->buffer->receiveDepth = DEPTH;
    CHECK_OK(seL4_CNode_Mint(ROOT, badged, DEPTH, ROOT, sent, DEPTH, seL4_AllRights, 0x40));
    seL4_SetCap(0, badged);
    (void)seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 1, 1));
    CHECK_ERROR(seL4_CNode_Copy(ROOT, received, DEPTH, ROOT, sent, DEPTH, seL4_AllRights),
                seL4_DeleteFirst);
    seL4_Signal(received);
    (void)seL4_Poll(sent, &badge);
    CHECK(badge == 0x40);
    CHECK_OK(seL4_CNode_Delete(ROOT, received, DEPTH));
}

/* A callee without a scheduling context runs on its caller's. */
static void test_passive_server(seL4_CPtr endpoint, struct thread *server)
{
    CHECK_OK(seL4_SchedContext_Unbind(server->sched_context));
    check_echo(endpoint, 0);
    CHECK_OK(seL4_SchedContext_Bind(server->sched_context, server->tcb));
    check_echo(endpoint, 0);
}

/* The other thread's registers are not ours, FP registers included. */
static void test_fp_registers(seL4_CPtr endpoint)
{
    seL4_Word in = 0x3ff123456789abcd, out = 0;
    struct sel4_syscall_registers r = { .x0 = endpoint,
                                        .info = seL4_MessageInfo_new(0, 0, 0, 1).words[0] };

    asm volatile("fmov d9, %0" : : "r"(in) : "v9");
    sel4_trap(seL4_SysCall, &r, 0, 0);
    asm volatile("fmov %0, d9" : "=r"(out));
    CHECK(in == out);
}

void test_ipc(void)
{
    seL4_CPtr badged = slot_new();
    seL4_Word badge = 1;
    struct thread server;

    service = object_new(seL4_EndpointObject, 0);
    service_reply = object_new(seL4_ReplyObject, 0);
    server = thread_start(echo, 0, (struct thread_options){ .priority = 200 });
    CHECK_OK(seL4_CNode_Mint(ROOT, badged, DEPTH, ROOT, service, DEPTH, seL4_AllRights, 0xbad9e));
    check_echo(service, 0);
    check_echo(badged, 0xbad9e);
    test_long_message(badged);
    test_capability_transfer(badged, &server);
    test_passive_server(service, &server);
    test_fp_registers(service);
    (void)seL4_NBRecv(object_new(seL4_EndpointObject, 0), &badge, object_new(seL4_ReplyObject, 0));
    CHECK(badge == 0);
    thread_stop(&server);
}

void test_notification(void)
{
    seL4_CPtr a = slot_new(), b = slot_new();
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr reply = object_new(seL4_ReplyObject, 0);
    seL4_Word badge = 1;
    struct thread t;

    done = object_new(seL4_NotificationObject, 0);
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

    CHECK_OK(seL4_TCB_BindNotification(seL4_CapInitThreadTCB, done));
    CHECK_ERROR(seL4_TCB_BindNotification(seL4_CapInitThreadTCB, done), seL4_IllegalOperation);
    t = thread_start(signaller, b, (struct thread_options){ .priority = 100 });
    (void)seL4_Recv(endpoint, &badge, reply);
    CHECK(badge == 8);
    thread_stop(&t);
    CHECK_OK(seL4_TCB_UnbindNotification(seL4_CapInitThreadTCB));
    CHECK_ERROR(seL4_TCB_UnbindNotification(seL4_CapInitThreadTCB), seL4_IllegalOperation);
}
