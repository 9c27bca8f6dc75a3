/* SPDX-License-Identifier: BSD-2-Clause */
/* Which hot path may apply. Previous file in the flow: trap/trap.c. */
#include "hot.h"

bool hot_syscall(const struct trap_frame *tf)
{
    switch ((int64_t)tf->x[REGISTER_SYSCALL]) {
    case SYS_CALL:
        return hot_call(state.current);
    case SYS_REPLY_RECV:
        return hot_reply_recv(state.current);
    default:
        return false;
    }
}

bool hot_exception(const struct rcoe_event *event, const struct trap_frame *tf)
{
    if (event->cause != EVENT_SYNC) {
        return false;
    }
    switch (arch_trap_class(event->esr)) {
    case TRAP_DATA_FAULT:
        return hot_fault(state.current, event->far, event->esr, false);
    case TRAP_INSTRUCTION_FAULT:
        return hot_fault(state.current, tf->pc, event->esr, true);
    default:
        return false;
    }
}
