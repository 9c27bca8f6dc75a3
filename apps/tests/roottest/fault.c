/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults, their messages and replies (abi section 6); reading and writing threads (3.3). */
#include "roottest.h"

static seL4_CPtr handler, handler_reply, finished;
static volatile seL4_Word observed;

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

static void test_vm_fault(struct thread_options options)
{
    seL4_CPtr frame;
    seL4_Word address = (seL4_Word)page_new(&frame);
    struct thread t;
    seL4_MessageInfo_t info;

    CHECK_OK(seL4_ARM_Page_Map(frame, seL4_CapInitThreadVSpace, address, seL4_CanRead,
                               seL4_ARM_Default_VMAttributes));
    t = thread_start(writer, address, options);
    info = next_fault(seL4_Fault_VMFault);
    CHECK(seL4_MessageInfo_get_length(info) == seL4_VMFault_Length);
    CHECK(seL4_GetMR(seL4_VMFault_Addr) == address);
    CHECK(seL4_GetMR(seL4_VMFault_PrefetchFault) == 0);
    CHECK((seL4_GetMR(seL4_VMFault_FSR) >> 26) == 0x24 && seL4_GetMR(seL4_VMFault_FSR) & 1 << 6);
    CHECK_OK(seL4_ARM_Page_Map(frame, seL4_CapInitThreadVSpace, address, seL4_ReadWrite,
                               seL4_ARM_Default_VMAttributes));
    reply_and_finish(0);
    CHECK(*(volatile seL4_Word *)address == 0xf00d);
    thread_stop(&t);
}

static void test_user_exception(struct thread_options options)
{
    struct thread t = thread_start(undefined, 0, options);

    (void)next_fault(seL4_Fault_UserException);
    CHECK(seL4_GetMR(seL4_UserException_Number) == 0x02000000);
    seL4_SetMR(seL4_UserException_FaultIP, seL4_GetMR(seL4_UserException_FaultIP) + 4);
    reply_and_finish(3);
    thread_stop(&t);
}

static void test_unknown_syscall(struct thread_options options)
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

static void test_cap_fault(struct thread_options options)
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

void test_fault(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);
    struct thread_options options = { .priority = 100 };

    handler = endpoint;
    handler_reply = object_new(seL4_ReplyObject, 0);
    options.fault_endpoint = slot_new();
    finished = slot_new();
    CHECK_OK(seL4_CNode_Mint(ROOT, options.fault_endpoint, DEPTH, ROOT, endpoint, DEPTH,
                             seL4_AllRights, 0xfa));
    CHECK_OK(seL4_CNode_Mint(ROOT, finished, DEPTH, ROOT, notification, DEPTH, seL4_AllRights, 1));
    test_vm_fault(options);
    test_user_exception(options);
    test_unknown_syscall(options);
    test_cap_fault(options);
}

static void never_runs(seL4_Word argument)
{
    (void)argument;
}

void test_tcb(void)
{
    seL4_CPtr tcb = object_new(seL4_TCBObject, 0);
    seL4_UserContext in = { 0 }, out = { 0 };
    seL4_Word *word = (seL4_Word *)&in;
    bool same = true;

    for (seL4_Word i = 0; i < seL4_UserContextWords; i++)
        word[i] = 0x1000 + i;
    in.pc = (seL4_Word)never_runs;
    in.spsr = 0x60000000;
    CHECK_OK(seL4_TCB_WriteRegisters(tcb, seL4_False, 0, seL4_UserContextWords, &in));
    CHECK_OK(seL4_TCB_ReadRegisters(tcb, seL4_False, 0, seL4_UserContextWords, &out));
    for (seL4_Word i = 0; i < seL4_UserContextWords; i++)
        same = same && (i == 2 || word[i] == ((seL4_Word *)&out)[i]);
    CHECK(same);
    CHECK((out.spsr & 0xf0000000) == 0x60000000 && (out.spsr & 0xf) == 0);
    CHECK_ERROR(seL4_TCB_ReadRegisters(tcb, seL4_False, 0, 37, &out), seL4_RangeError);
    CHECK_ERROR(seL4_TCB_ReadRegisters(seL4_CapInitThreadTCB, seL4_False, 0, 2, &out),
                seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, 256), seL4_RangeError);
    CHECK(seL4_GetMR(0) == 0 && seL4_GetMR(1) == 255);
    CHECK_ERROR(seL4_TCB_SetPriority(tcb, tcb, 1), seL4_RangeError);
    CHECK_ERROR(seL4_TCB_SetPriority(tcb, ROOT, 1), seL4_InvalidCapability);
    CHECK_OK(seL4_TCB_SetMCPriority(tcb, seL4_CapInitThreadTCB, 20));
    CHECK_OK(seL4_TCB_SetTLSBase(tcb, 0xabc0));
    CHECK_OK(seL4_TCB_ReadRegisters(tcb, seL4_False, 0, seL4_UserContextWords, &out));
    CHECK(out.tpidr_el0 == 0xabc0);
    CHECK(seL4_TCB_SetFlags(tcb, 0, seL4_TCBFlag_fpuDisabled).flags == 1);
    CHECK(seL4_TCB_SetFlags(tcb, 1, 0).flags == 0);
    CHECK_ERROR(seL4_TCB_SetIPCBuffer(tcb, 8, seL4_CapInitThreadIPCBuffer), seL4_AlignmentError);
    CHECK_ERROR(seL4_TCB_Configure(tcb, ROOT, 0, ROOT, 0, 0, 0), seL4_IllegalOperation);
    CHECK_OK(seL4_CNode_Delete(ROOT, tcb, DEPTH));
    CHECK_OK(seL4_TCB_Resume(seL4_CapInitThreadTCB));
}
