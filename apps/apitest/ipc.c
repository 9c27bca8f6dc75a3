/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints and reply objects (abi sections 3.6 and 7). */
#include "apitest.h"

/* Shared with the threads below; written before they start. */
static seL4_CPtr service, service_reply, badged;
static struct thread server;

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

static void check_echo(seL4_CPtr endpoint, seL4_Word badge)
{
    seL4_Word mr0 = 1, mr1 = 10, mr2 = 20, mr3 = 30;
    seL4_MessageInfo_t info =
        seL4_CallWithMRs(endpoint, seL4_MessageInfo_new(0x77, 0, 0, 4), &mr0, &mr1, &mr2, &mr3);

    CHECK(mr0 == badge && mr1 == 11 && mr2 == 21 && mr3 == 31);
    CHECK(seL4_MessageInfo_get_label(info) == 0x77 && seL4_MessageInfo_get_length(info) == 4);
}

static void case_long_message(void)
{
    seL4_MessageInfo_t info = seL4_MessageInfo_new(1, 0, 0, seL4_MsgMaxLength);
    bool same = true;

    for (int i = 0; i < seL4_MsgMaxLength; i++)
        seL4_SetMR(i, (seL4_Word)i * 0x0101010101010101);
    info = seL4_Call(badged, info);
    for (int i = 4; i < seL4_MsgMaxLength; i++)
        same = same && seL4_GetMR(i) == (seL4_Word)i * 0x0101010101010101;
    CHECK(same && seL4_MessageInfo_get_length(info) == seL4_MsgMaxLength);
}

static void case_capability_transfer(void)
{
    seL4_CPtr sent = object_new(seL4_NotificationObject, 0);
    seL4_CPtr other = slot_new(), received = slot_new();
    seL4_Word badge = 0;

    server.buffer->receiveCNode = ROOT;
    server.buffer->receiveIndex = received;
    server.buffer->receiveDepth = DEPTH;
    CHECK_OK(seL4_CNode_Mint(ROOT, other, DEPTH, ROOT, sent, DEPTH, seL4_AllRights, 0x40));
    seL4_SetCap(0, other);
    (void)seL4_Call(badged, seL4_MessageInfo_new(0, 0, 1, 1));
    CHECK_ERROR(seL4_CNode_Copy(ROOT, received, DEPTH, ROOT, sent, DEPTH, seL4_AllRights),
                seL4_DeleteFirst);
    seL4_Signal(received);
    (void)seL4_Poll(sent, &badge);
    CHECK(badge == 0x40);
    CHECK_OK(seL4_CNode_Delete(ROOT, received, DEPTH));
}

/* A callee without a scheduling context runs on its caller's. */
static void case_passive_server(void)
{
    CHECK_OK(seL4_SchedContext_Unbind(server.sched_context));
    check_echo(service, 0);
    CHECK_OK(seL4_SchedContext_Bind(server.sched_context, server.tcb));
    check_echo(service, 0);
}

/* The other thread's registers are not ours, FP registers included. */
static void case_fp_registers(void)
{
    seL4_Word in = 0x3ff123456789abcd, out = 0;
    struct sel4_syscall_registers r = { .x0 = service,
                                        .info = seL4_MessageInfo_new(0, 0, 0, 1).words[0] };

    asm volatile("fmov d9, %0" : : "r"(in) : "v9");
    sel4_trap(seL4_SysCall, &r, 0, 0);
    asm volatile("fmov %0, d9" : "=r"(out));
    CHECK(in == out);
}

static void case_short_message(void)
{
    check_echo(service, 0);
    check_echo(badged, 0xbad9e);
}

static void case_nothing_to_receive(void)
{
    seL4_Word badge = 1;

    (void)seL4_NBRecv(object_new(seL4_EndpointObject, 0), &badge, object_new(seL4_ReplyObject, 0));
    CHECK(badge == 0);
}

static void prepare(void)
{
    badged = slot_new();
    service = object_new(seL4_EndpointObject, 0);
    service_reply = object_new(seL4_ReplyObject, 0);
    server = thread_start(echo, 0, (struct thread_options){ .priority = 200 });
    CHECK_OK(cap_mint(badged, service, 0xbad9e));
    check_echo(service, 0); /* it waits for calls now */
}

static const struct api_case cases[] = {
    { "short message", case_short_message },
    { "long message", case_long_message },
    { "capability transfer", case_capability_transfer },
    { "passive server", case_passive_server },
    { "fp registers", case_fp_registers },
    { "nothing to receive", case_nothing_to_receive },
};
const struct api_group ipc_group = {
    .name = "ipc",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
