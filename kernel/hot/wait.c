/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wait and Poll on a notification, by a thread that has a scheduling context of its own. Slow path:
 * ipc/notification.c, notification_receive().
 */
#include "hot.h"

bool hot_wait(struct tcb *receiver, bool blocking)
{
    const struct cte *slot = hot_slot(receiver, receiver->context.x[REGISTER_CAP]);
    struct notification *ntfn;

    /* Check: may refuse, writes nothing. */
    if (slot == NULL || cap_type(slot->cap) != CAP_NOTIFICATION ||
        (cap_rights(slot->cap) & RIGHT_READ) == 0) {
        return false;
    }
    ntfn = cap_object(slot->cap);
    if ((ntfn->bound_tcb != NULL && ntfn->bound_tcb != receiver) ||
        (ntfn->state != NOTIFICATION_ACTIVE && blocking)) {
        return false;
    }

    /* Commit: writes, cannot refuse. */
    if (ntfn->state == NOTIFICATION_ACTIVE) {
        receiver->context.x[REGISTER_CAP] = ntfn->badge;
        ntfn->badge = 0;
        ntfn->state = NOTIFICATION_IDLE;
        changed_notification(ntfn);
    } else {
        receiver->context.x[REGISTER_CAP] = 0;
    }
    changed_frame(receiver);
    return true;
}
