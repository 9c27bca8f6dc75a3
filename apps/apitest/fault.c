/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults, their messages and replies (abi section 6); reading and writing threads (3.3). */
#include "apitest.h"

static seL4_CPtr handler, handler_reply, finished;
static volatile seL4_Word observed;
static struct thread_options options;

/* Ends like every thread here: tells the root and stays. */
static _Noreturn void finish(void)
{
    thread_signal(finished);
    thread_wait_for_ever();
}

static void writer(seL4_Word address)
{
    *(volatile seL4_Word *)address = 0xf00d;
    finish();
}
static void undefined(seL4_Word argument)
{
    (void)argument;
    asm volatile(".inst 0x00000000");
    finish();
}
static void unknown_call(seL4_Word argument)
{
    register seL4_Word x0 asm("x0") = argument;
    register seL4_Word x7 asm("x7") = (seL4_Word)-77;

    asm volatile("svc #0" : "+r"(x0) : "r"(x7) : "memory");
    observed = x0;
    finish();
}
static void wrong_receive(seL4_Word cap)
{
    struct sel4_syscall_registers r = { .x0 = cap };

    sel4_trap(seL4_SysRecv, &r, 0, 0);
    finish();
}

static seL4_MessageInfo_t next_fault(seL4_Word label)
{
    seL4_Word badge = 0;
    seL4_MessageInfo_t info = seL4_Recv(handler, &badge, handler_reply);

    CHECK(badge == 0xfa);
    CHECK(seL4_MessageInfo_get_label(info) == label);
    return info;
}

static void reply_and_finish(seL4_Word length)
{
    seL4_Word badge = 0;

    seL4_Send(handler_reply, seL4_MessageInfo_new(0, 0, 0, length));
    (void)seL4_Wait(finished, &badge);
    CHECK(badge == 1);
}

static void case_vm_fault(void)
{
    seL4_CPtr frame;
    seL4_Word address = (seL4_Word)page_new(&frame);
    struct thread t;
    seL4_MessageInfo_t info;

    CHECK_OK(
        seL4_ARM_Page_Map(frame, VSPACE, address, seL4_CanRead, seL4_ARM_Default_VMAttributes));
    t = thread_start(writer, address, options);
    info = next_fault(seL4_Fault_VMFault);
    CHECK(seL4_MessageInfo_get_length(info) == seL4_VMFault_Length);
    CHECK(seL4_GetMR(seL4_VMFault_Addr) == address);
    CHECK(seL4_GetMR(seL4_VMFault_PrefetchFault) == 0);
    CHECK((seL4_GetMR(seL4_VMFault_FSR) >> 26) == 0x24 && seL4_GetMR(seL4_VMFault_FSR) & 1 << 6);
    CHECK_OK(
        seL4_ARM_Page_Map(frame, VSPACE, address, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    reply_and_finish(0);
    CHECK(*(volatile seL4_Word *)address == 0xf00d);
    thread_stop(&t);
}

static void case_user_exception(void)
{
    struct thread t = thread_start(undefined, 0, options);

    (void)next_fault(seL4_Fault_UserException);
    CHECK(seL4_GetMR(seL4_UserException_Number) == 0x02000000);
    seL4_SetMR(seL4_UserException_FaultIP, seL4_GetMR(seL4_UserException_FaultIP) + 4);
    reply_and_finish(3);
    thread_stop(&t);
}

static void case_unknown_syscall(void)
{
    struct thread t = thread_start(unknown_call, 41, options);
    seL4_MessageInfo_t info = next_fault(seL4_Fault_UnknownSyscall);

    CHECK(seL4_MessageInfo_get_length(info) == seL4_UnknownSyscall_Length);
    CHECK(seL4_GetMR(seL4_UnknownSyscall_X0) == 41);
    CHECK(seL4_GetMR(seL4_UnknownSyscall_Syscall) == (seL4_Word)-77);
    CHECK(seL4_GetMR(seL4_UnknownSyscall_LR) == seL4_GetMR(seL4_UnknownSyscall_FaultIP) + 4);
    seL4_SetMR(seL4_UnknownSyscall_X0, 42);
    seL4_SetMR(seL4_UnknownSyscall_FaultIP, seL4_GetMR(seL4_UnknownSyscall_FaultIP) + 4);
    reply_and_finish(12);
    CHECK(observed == 42);
    thread_stop(&t);
}

static void case_cap_fault(void)
{
    seL4_CPtr empty = slot_new();
    struct thread t = thread_start(wrong_receive, empty, options);

    (void)next_fault(seL4_Fault_CapFault);
    CHECK(seL4_GetMR(seL4_CapFault_Addr) == empty);
    CHECK(seL4_GetMR(seL4_CapFault_InRecvPhase) == 1);
    CHECK(seL4_GetMR(seL4_CapFault_LookupFailureType) == seL4_MissingCapability);
    CHECK(seL4_GetMR(seL4_CapFault_BitsLeft) == 0);
    thread_stop(&t);
}

static void prepare(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);

    handler = object_new(seL4_EndpointObject, 0);
    handler_reply = object_new(seL4_ReplyObject, 0);
    options = (struct thread_options){ .priority = 100, .fault_endpoint = slot_new() };
    finished = slot_new();
    CHECK_OK(cap_mint(options.fault_endpoint, handler, 0xfa));
    CHECK_OK(cap_mint(finished, notification, 1));
}

static const struct api_case cases[] = {
    { "vm fault", case_vm_fault },
    { "user exception", case_user_exception },
    { "unknown syscall", case_unknown_syscall },
    { "cap fault", case_cap_fault },
};
const struct api_group fault_group = {
    .name = "fault",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
