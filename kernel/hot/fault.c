/* SPDX-License-Identifier: BSD-2-Clause */
/* A memory fault, to a passive handler that waits. Slow path: ipc/fault.c, fault_raise(). */
#include "hot.h"

bool hot_fault(struct tcb *faulter, word_t address, uint64_t esr, bool instruction)
{
    struct cap cap = faulter->slot[TCB_FAULT_HANDLER].cap;
    struct tcb *handler;
    word_t *x;

    /* Check: may refuse, writes nothing. */
    if (cap_type(cap) != CAP_ENDPOINT ||
        (cap_rights(cap) & (RIGHT_GRANT | RIGHT_GRANT_REPLY)) == 0) {
        return false;
    }
    handler = hot_callee(faulter, cap);
    if (handler == NULL) {
        return false;
    }

    /* Commit: writes, cannot refuse. */
    faulter->fault_pc = faulter->context.pc;
    faulter->fault =
        (struct fault){ .type = FAULT_VM, .word = { address, esr & MASK(32), instruction } };
    x = handler->context.x;
    x[REGISTER_CAP] = cap_badge(cap);
    x[REGISTER_INFO] = info_make(FAULT_VM, 0, 0, MESSAGE_REGISTERS);
    x[REGISTER_MESSAGE + 0] = faulter->fault_pc;
    x[REGISTER_MESSAGE + 1] = address;
    x[REGISTER_MESSAGE + 2] = instruction;
    x[REGISTER_MESSAGE + 3] = esr & MASK(32);
    hot_hand_over(faulter, cap_object(cap), handler);
    return true;
}
