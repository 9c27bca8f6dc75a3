/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debug system calls of a build without TERNION_DEBUG: printing, and nothing else (abi 2.1, 9).
 * DumpScheduler exists with printing, but has something to print in debug builds only: debug.c.
 */
#include <arch/trap.h>
#include <kernel/object_ops.h>
#include <kernel/state.h>
#include <kernel/syscall.h>
#include <rcoe/rcoe.h>

bool debug_syscall(int64_t number)
{
    switch (number) {
    case SYS_DEBUG_PUT_CHAR:
        rcoe_putc((char)state.current->context.x[REGISTER_CAP]);
        return true;
    case SYS_DEBUG_DUMP_SCHEDULER:
        return true;
    default:
        return false;
    }
}

void debug_thread_begins(struct tcb *tcb)
{
    (void)tcb;
}

void debug_thread_ends(struct tcb *tcb)
{
    (void)tcb;
}
