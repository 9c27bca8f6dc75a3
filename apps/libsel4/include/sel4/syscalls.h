/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls, with message registers in the IPC buffer or given by pointer. */
#pragma once

#include <sel4/arch/syscalls.h>
#include <sel4/functions.h>

/* Registers for a send of the message in the IPC buffer. */
LIBSEL4_INLINE_FUNC struct sel4_syscall_registers sel4_from_buffer(seL4_CPtr cap,
                                                                   seL4_MessageInfo_t info)
{
    return (struct sel4_syscall_registers){
        cap, info.words[0], { seL4_GetMR(0), seL4_GetMR(1), seL4_GetMR(2), seL4_GetMR(3) }
    };
}

/* The same from pointers; a null pointer sends 0. */
LIBSEL4_INLINE_FUNC struct sel4_syscall_registers
sel4_from_pointers(seL4_CPtr cap, seL4_MessageInfo_t info, const seL4_Word *mr0,
                   const seL4_Word *mr1, const seL4_Word *mr2, const seL4_Word *mr3)
{
    return (struct sel4_syscall_registers){
        cap,
        info.words[0],
        { mr0 ? *mr0 : 0, mr1 ? *mr1 : 0, mr2 ? *mr2 : 0, mr3 ? *mr3 : 0 },
    };
}

/* What was received, into the IPC buffer. */
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t sel4_to_buffer(const struct sel4_syscall_registers *r,
                                                      seL4_Word *sender)
{
    for (int i = 0; i < seL4_FastMessageRegisters; i++)
        seL4_SetMR(i, r->mr[i]);
    if (sender)
        *sender = r->x0;
    return (seL4_MessageInfo_t){ { r->info } };
}

/* The same into pointers; a null pointer drops the word. */
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t sel4_to_pointers(const struct sel4_syscall_registers *r,
                                                        seL4_Word *sender, seL4_Word *mr0,
                                                        seL4_Word *mr1, seL4_Word *mr2,
                                                        seL4_Word *mr3)
{
    if (mr0)
        *mr0 = r->mr[0];
    if (mr1)
        *mr1 = r->mr[1];
    if (mr2)
        *mr2 = r->mr[2];
    if (mr3)
        *mr3 = r->mr[3];
    if (sender)
        *sender = r->x0;
    return (seL4_MessageInfo_t){ { r->info } };
}

LIBSEL4_INLINE_FUNC void seL4_Send(seL4_CPtr dest, seL4_MessageInfo_t info)
{
    struct sel4_syscall_registers r = sel4_from_buffer(dest, info);

    sel4_trap(seL4_SysSend, &r, 0, 0);
}
LIBSEL4_INLINE_FUNC void seL4_SendWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_Word *mr0,
                                          seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
    struct sel4_syscall_registers r = sel4_from_pointers(dest, info, mr0, mr1, mr2, mr3);

    sel4_trap(seL4_SysSend, &r, 0, 0);
}
LIBSEL4_INLINE_FUNC void seL4_NBSend(seL4_CPtr dest, seL4_MessageInfo_t info)
{
    struct sel4_syscall_registers r = sel4_from_buffer(dest, info);

    sel4_trap(seL4_SysNBSend, &r, 0, 0);
}
LIBSEL4_INLINE_FUNC void seL4_NBSendWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_Word *mr0,
                                            seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
    struct sel4_syscall_registers r = sel4_from_pointers(dest, info, mr0, mr1, mr2, mr3);

    sel4_trap(seL4_SysNBSend, &r, 0, 0);
}
LIBSEL4_INLINE_FUNC void seL4_Signal(seL4_CPtr dest)
{
    struct sel4_syscall_registers r = { .x0 = dest };

    sel4_trap(seL4_SysSend, &r, 0, 0);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Recv(seL4_CPtr src, seL4_Word *sender, seL4_CPtr reply)
{
    struct sel4_syscall_registers r = { .x0 = src };

    sel4_trap(seL4_SysRecv, &r, reply, 0);
    return sel4_to_buffer(&r, sender);
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_RecvWithMRs(seL4_CPtr src, seL4_Word *sender,
                                                        seL4_Word *mr0, seL4_Word *mr1,
                                                        seL4_Word *mr2, seL4_Word *mr3,
                                                        seL4_CPtr reply)
{
    struct sel4_syscall_registers r =
        sel4_from_pointers(src, seL4_MessageInfo_new(0, 0, 0, 0), mr0, mr1, mr2, mr3);

    sel4_trap(seL4_SysRecv, &r, reply, 0);
    return sel4_to_pointers(&r, sender, mr0, mr1, mr2, mr3);
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBRecv(seL4_CPtr src, seL4_Word *sender,
                                                   seL4_CPtr reply)
{
    struct sel4_syscall_registers r = { .x0 = src };

    sel4_trap(seL4_SysNBRecv, &r, reply, 0);
    return sel4_to_buffer(&r, sender);
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Wait(seL4_CPtr src, seL4_Word *sender)
{
    struct sel4_syscall_registers r = { .x0 = src };

    sel4_trap(seL4_SysWait, &r, 0, 0);
    return sel4_to_buffer(&r, sender);
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_WaitWithMRs(seL4_CPtr src, seL4_Word *sender,
                                                        seL4_Word *mr0, seL4_Word *mr1,
                                                        seL4_Word *mr2, seL4_Word *mr3)
{
    struct sel4_syscall_registers r =
        sel4_from_pointers(src, seL4_MessageInfo_new(0, 0, 0, 0), mr0, mr1, mr2, mr3);

    sel4_trap(seL4_SysWait, &r, 0, 0);
    return sel4_to_pointers(&r, sender, mr0, mr1, mr2, mr3);
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBWait(seL4_CPtr src, seL4_Word *sender)
{
    struct sel4_syscall_registers r = { .x0 = src };

    sel4_trap(seL4_SysNBWait, &r, 0, 0);
    return sel4_to_buffer(&r, sender);
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Poll(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_NBWait(src, sender);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Call(seL4_CPtr dest, seL4_MessageInfo_t info)
{
    struct sel4_syscall_registers r = sel4_from_buffer(dest, info);

    sel4_trap(seL4_SysCall, &r, 0, 0);
    return sel4_to_buffer(&r, NULL);
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_CallWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info,
                                                        seL4_Word *mr0, seL4_Word *mr1,
                                                        seL4_Word *mr2, seL4_Word *mr3)
{
    struct sel4_syscall_registers r = sel4_from_pointers(dest, info, mr0, mr1, mr2, mr3);

    sel4_trap(seL4_SysCall, &r, 0, 0);
    return sel4_to_pointers(&r, NULL, mr0, mr1, mr2, mr3);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_ReplyRecv(seL4_CPtr src, seL4_MessageInfo_t info,
                                                      seL4_Word *sender, seL4_CPtr reply)
{
    struct sel4_syscall_registers r = sel4_from_buffer(src, info);

    sel4_trap(seL4_SysReplyRecv, &r, reply, 0);
    return sel4_to_buffer(&r, sender);
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_ReplyRecvWithMRs(seL4_CPtr src, seL4_MessageInfo_t info,
                                                             seL4_Word *sender, seL4_Word *mr0,
                                                             seL4_Word *mr1, seL4_Word *mr2,
                                                             seL4_Word *mr3, seL4_CPtr reply)
{
    struct sel4_syscall_registers r = sel4_from_pointers(src, info, mr0, mr1, mr2, mr3);

    sel4_trap(seL4_SysReplyRecv, &r, reply, 0);
    return sel4_to_pointers(&r, sender, mr0, mr1, mr2, mr3);
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBSendRecv(seL4_CPtr dest, seL4_MessageInfo_t info,
                                                       seL4_CPtr src, seL4_Word *sender,
                                                       seL4_CPtr reply)
{
    struct sel4_syscall_registers r = sel4_from_buffer(src, info);

    sel4_trap(seL4_SysNBSendRecv, &r, reply, dest);
    return sel4_to_buffer(&r, sender);
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBSendWait(seL4_CPtr dest, seL4_MessageInfo_t info,
                                                       seL4_CPtr src, seL4_Word *sender)
{
    struct sel4_syscall_registers r = sel4_from_buffer(src, info);

    sel4_trap(seL4_SysNBSendWait, &r, dest, 0);
    return sel4_to_buffer(&r, sender);
}

LIBSEL4_INLINE_FUNC void seL4_Yield(void)
{
    struct sel4_syscall_registers r = { 0 };

    sel4_trap(seL4_SysYield, &r, 0, 0);
}

/* Debug calls: a kernel without PRINTING or DEBUG_BUILD answers with an UnknownSyscall fault. */
LIBSEL4_INLINE_FUNC void seL4_DebugPutChar(char c)
{
    struct sel4_syscall_registers r = { .x0 = (seL4_Uint8)c };

    sel4_trap(seL4_SysDebugPutChar, &r, 0, 0);
}
LIBSEL4_INLINE_FUNC void seL4_DebugPutString(const char *text)
{
    for (; *text; text++)
        seL4_DebugPutChar(*text);
}
LIBSEL4_INLINE_FUNC seL4_Uint32 seL4_DebugCapIdentify(seL4_CPtr cap)
{
    struct sel4_syscall_registers r = { .x0 = cap };

    sel4_trap(seL4_SysDebugCapIdentify, &r, 0, 0);
    return (seL4_Uint32)r.x0;
}
LIBSEL4_INLINE_FUNC void seL4_DebugDumpScheduler(void)
{
    struct sel4_syscall_registers r = { 0 };

    sel4_trap(seL4_SysDebugDumpScheduler, &r, 0, 0);
}
LIBSEL4_INLINE_FUNC void seL4_DebugSnapshot(void)
{
    struct sel4_syscall_registers r = { 0 };

    sel4_trap(seL4_SysDebugSnapshot, &r, 0, 0);
}
LIBSEL4_INLINE_FUNC void seL4_DebugHalt(void)
{
    struct sel4_syscall_registers r = { 0 };

    sel4_trap(seL4_SysDebugHalt, &r, 0, 0);
}
/* The name's characters travel as message words; seL4 takes up to 959 of them. */
LIBSEL4_INLINE_FUNC void seL4_DebugNameThread(seL4_CPtr tcb, const char *name)
{
    struct sel4_syscall_registers r = { .x0 = tcb };
    char *text = (char *)seL4_GetIPCBuffer()->msg;
    seL4_Word i = 0;

    for (; name[i] && i < sizeof(seL4_GetIPCBuffer()->msg) - 1; i++)
        text[i] = name[i];
    text[i] = 0;
    sel4_trap(seL4_SysDebugNameThread, &r, 0, 0);
}
