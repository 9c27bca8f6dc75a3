/* SPDX-License-Identifier: BSD-2-Clause */
/* Call of a passive server that waits. Slow path: ipc/endpoint.c, endpoint_send(). */
#include "hot.h"

bool hot_call(struct tcb *caller)
{
    const struct cte *slot = hot_slot(caller, caller->context.x[REGISTER_CAP]);
    struct tcb *receiver;
    word_t rights;

    /* Check: may refuse, writes nothing. */
    if (slot == NULL || cap_type(slot->cap) != CAP_ENDPOINT) {
        return false;
    }
    rights = cap_rights(slot->cap);
    if ((rights & RIGHT_WRITE) == 0 || (rights & (RIGHT_GRANT | RIGHT_GRANT_REPLY)) == 0 ||
        !info_fits_registers(caller->context.x[REGISTER_INFO])) {
        return false;
    }
    receiver = hot_callee(caller, slot->cap);
    if (receiver == NULL) {
        return false;
    }

    /* Commit: writes, cannot refuse. */
    progress_end(caller);
    caller->fault_pc = arch_syscall_restart_pc(&caller->context);
    hot_transfer(caller, receiver, cap_badge(slot->cap));
    hot_hand_over(caller, cap_object(slot->cap), receiver);
    return true;
}
