/* SPDX-License-Identifier: BSD-2-Clause */
/* The trap into the kernel (abi section 2.2): number in x7, x0..x5 in and out, x6 and x8 in. */
#pragma once

#include <sel4/types.h>

typedef enum {
    seL4_SysCall = -1,
    seL4_SysReplyRecv = -2,
    seL4_SysNBSendRecv = -3,
    seL4_SysNBSendWait = -4,
    seL4_SysSend = -5,
    seL4_SysNBSend = -6,
    seL4_SysRecv = -7,
    seL4_SysNBRecv = -8,
    seL4_SysWait = -9,
    seL4_SysNBWait = -10,
    seL4_SysYield = -11,
    seL4_SysDebugPutChar = -12,
    seL4_SysDebugDumpScheduler = -13,
    seL4_SysDebugHalt = -14,
    seL4_SysDebugCapIdentify = -15,
    seL4_SysDebugSnapshot = -16,
    seL4_SysDebugNameThread = -17,
} seL4_Syscall_ID;

/* Registers that a system call may change. */
struct sel4_syscall_registers {
    seL4_Word x0;    /* in: capability pointer; out: badge */
    seL4_Word info;  /* message information */
    seL4_Word mr[4]; /* message registers 0..3 */
};

LIBSEL4_INLINE_FUNC void sel4_trap(seL4_Syscall_ID number, struct sel4_syscall_registers *r,
                                   seL4_Word reply, seL4_Word destination)
{
    register seL4_Word x0 asm("x0") = r->x0;
    register seL4_Word x1 asm("x1") = r->info;
    register seL4_Word x2 asm("x2") = r->mr[0];
    register seL4_Word x3 asm("x3") = r->mr[1];
    register seL4_Word x4 asm("x4") = r->mr[2];
    register seL4_Word x5 asm("x5") = r->mr[3];
    register seL4_Word x6 asm("x6") = reply;
    register seL4_Word x7 asm("x7") = (seL4_Word)(seL4_Int64)number;
    register seL4_Word x8 asm("x8") = destination;

    asm volatile("svc #0"
                 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5)
                 : "r"(x6), "r"(x7), "r"(x8)
                 : "memory");
    *r = (struct sel4_syscall_registers){ x0, x1, { x2, x3, x4, x5 } };
}
