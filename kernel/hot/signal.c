/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signal: the badge is left behind, or wakes a thread that runs on its own scheduling context.
 * Slow path: ipc/notification.c, notification_signal().
 */
#include "hot.h"

/* Whom the signal would wake; `hot` false: a case for the slow path. */
static struct tcb *waiter_of(const struct notification *ntfn, bool *hot)
{
    struct tcb *waiter = ntfn->state == NOTIFICATION_WAITING ? ntfn->head : NULL;
    const struct sched_context *sc;

    if (ntfn->state == NOTIFICATION_IDLE && ntfn->bound_tcb != NULL) {
        *hot = ntfn->bound_tcb->status != THREAD_BLOCKED_ON_RECEIVE;
        return NULL;
    }
    if (waiter == NULL) {
        return NULL;
    }
    sc = waiter->sched_context;
    *hot = sc != NULL && (sc->flags & SCHED_CONTEXT_SPORADIC) == 0;
    return waiter;
}

static void wake(struct notification *ntfn, struct tcb *waiter, word_t badge)
{
    struct tcb *next = waiter->ep_next;

    waiter->ep_next = NULL;
    ntfn->head = next;
    if (next != NULL) {
        next->ep_prev = NULL;
        changed_links(next);
    } else {
        ntfn->tail = NULL;
        ntfn->state = NOTIFICATION_IDLE;
    }
    waiter->context.x[REGISTER_CAP] = badge;
    waiter->status = THREAD_RUNNING;
    changed_frame(waiter);
    changed_thread(waiter);
    sched_wake(waiter);
}

bool hot_notify(struct notification *ntfn, word_t badge)
{
    bool hot = true;
    struct tcb *waiter = waiter_of(ntfn, &hot);

    if (!hot) {
        return false;
    }

    /* Commit: writes, cannot refuse. */
    if (waiter != NULL) {
        wake(ntfn, waiter, badge);
    } else {
        ntfn->badge = (ntfn->state == NOTIFICATION_ACTIVE ? ntfn->badge : 0) | badge;
        ntfn->state = NOTIFICATION_ACTIVE;
    }
    changed_notification(ntfn);
    return true;
}

bool hot_signal(struct tcb *sender)
{
    const struct cte *slot = hot_slot(sender, sender->context.x[REGISTER_CAP]);

    /* Check: may refuse, writes nothing. */
    if (slot == NULL || cap_type(slot->cap) != CAP_NOTIFICATION ||
        (cap_rights(slot->cap) & RIGHT_WRITE) == 0 ||
        info_extra_caps(sender->context.x[REGISTER_INFO]) != 0) {
        return false;
    }
    if (!hot_notify(cap_object(slot->cap), cap_badge(slot->cap))) {
        return false;
    }
    progress_end(sender);
    return true;
}
