/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deletion and revocation. CNodes and threads hold caps which may be the last of further CNodes and
 * threads, or of themselves. The last cap of a container becomes a zombie: how many of its slots,
 * from the first one, may still be full. The zombie stays in the slot being deleted; work goes on
 * in the last full slot of its container. What is a container there becomes a zombie too, and when
 * a third one is found in that, the two change places: the outer zombie waits in the first slot of
 * the inner container, which is emptied last. So the pending work is a chain through containers;
 * it needs no stack, and a preemption may stop it between any two steps.
 * Endpoints and notifications that threads wait at become zombies too, so that nobody can come back
 * to them: each step lets one thread go.
 * Kept at each step: a container with a full slot has a cap, so that its memory cannot be reused;
 * the tuple (caps but zombies, zombies, zombies outside their own container, slots left, threads
 * that wait) falls.
 */
#include <kernel/changed.h>
#include <kernel/invocation.h>
#include <kernel/object_ops.h>

enum exception preemption_point(void)
{
    state.work_units++;
    changed_counts();
    if (state.work_units < WORK_UNITS_PER_PREEMPTION)
        return EXCEPTION_NONE;
    state.work_units = 0;
    changed_counts();
    return EXCEPTION_PREEMPTED;
}

static struct cte *zombie_slots(struct cap zombie)
{
    if (zombie_is_thread(zombie))
        return ((struct tcb *)cap_object(zombie))->slot;
    return cap_object(zombie);
}
static word_t zombie_left(struct cap zombie)
{
    return zombie.w1;
}

/* Lets a thread go that waits at the object; true: nobody waits there any more. */
static bool empty_queue(enum zombie_queue queue, void *object)
{
    return queue == ZOMBIE_ENDPOINT ? endpoint_finalise(object) : notification_finalise(object);
}

static struct cap finalise_queue(enum zombie_queue queue, void *object)
{
    return empty_queue(queue, object) ? cap_null() : zombie_of_queue(queue, object);
}

/*
 * The last cap of an interrupt handler: the notification that it kept takes its place, and ends in
 * the same step, since whoever deletes the handler may have no right to that notification.
 */
static void finalise_irq(struct cte *slot)
{
    struct cte *kept = irq_finalise(cap_field(slot->cap));

    cte_remove(slot);
    if (cap_type(kept->cap) != CAP_NULL)
        cte_move(kept->cap, kept, slot);
}

/* The object's end, when this is its last cap; what remains to be deleted (null or a zombie). */
static struct cap finalise_last(struct cap cap)
{
    switch (cap_type(cap)) {
    case CAP_ENDPOINT:
        return finalise_queue(ZOMBIE_ENDPOINT, cap_object(cap));
    case CAP_NOTIFICATION:
        return finalise_queue(ZOMBIE_NOTIFICATION, cap_object(cap));
    case CAP_CNODE:
        return cap_make(CAP_ZOMBIE, cnode_radix(cap) << 1, cap_object(cap), BIT(cnode_radix(cap)));
    case CAP_THREAD:
        tcb_finalise(cap_object(cap));
        return cap_make(CAP_ZOMBIE, 1, cap_object(cap), TCB_SLOTS);
    case CAP_REPLY:
        reply_finalise(cap_object(cap));
        break;
    case CAP_SCHED_CONTEXT:
        sched_context_finalise(cap_object(cap));
        break;
    case CAP_PAGE_TABLE:
        page_table_finalise(cap);
        break;
    case CAP_VSPACE:
        vspace_finalise(cap);
        break;
    case CAP_ASID_POOL:
        asid_pool_finalise(cap);
        break;
    default:
        break;
    }
    return cap_null();
}

static struct cap finalise(struct cte *slot)
{
    if (cap_type(slot->cap) == CAP_IRQ_HANDLER && cte_is_final(slot))
        finalise_irq(slot);
    if (cap_type(slot->cap) == CAP_ZOMBIE)
        return slot->cap;
    if (cap_type(slot->cap) == CAP_FRAME) { /* each cap stands for its own mapping */
        frame_finalise(slot->cap);
        return cap_null();
    }
    return cte_is_final(slot) ? finalise_last(slot->cap) : cap_null();
}

static bool is_done(struct cap remainder)
{
    return cap_type(remainder) == CAP_NULL || zombie_left(remainder) == 0;
}

static void zombie_set_left(struct cte *slot, word_t left)
{
    struct cap zombie = slot->cap;

    zombie.w1 = left;
    cte_update(slot, zombie);
}

/*
 * The contents of `slot`, and of the first slot of the zombie `inside`, change places; of the
 * second, when the first is the slot `root` that is being deleted.
 */
static struct cte *swap_with_inside(struct cte *slot, const struct cte *root, struct cap inside)
{
    struct cte *first = zombie_slots(inside);
    struct cte *place = first == root ? first + 1 : first;

    cte_swap(slot->cap, slot, place->cap, place);
    return place;
}

/* The zombie in `slot` withdraws into its own container, to be found there by a revocation. */
static void zombie_withdraw(struct cte *slot, const struct cte *root)
{
    struct cap zombie = slot->cap;
    struct cte *place = swap_with_inside(slot, root, zombie);
    word_t least = (word_t)(place - zombie_slots(zombie)) + 1;

    if (zombie_left(zombie) < least)
        zombie_set_left(place, least);
}

/* Slots left of a zombie, but for `root` when that is the first one: it comes last of all. */
static word_t left_beside(struct cap zombie, const struct cte *root)
{
    return zombie_left(zombie) - (zombie_slots(zombie) == root ? 1 : 0);
}

/* `work` and, as its last full slot, `last` hold zombies: that of `last` comes first. */
static void zombie_descend(struct cte *work, struct cte *last, const struct cte *root)
{
    struct cap outer = work->cap;
    struct cap inner = last->cap;
    struct cte *place;
    word_t least;

    cte_swap(work->cap, work, inner, last);
    if (left_beside(outer, root) == 1) { /* nothing else is left of the outer one */
        if (zombie_left(outer) == 1)
            cte_remove(last);
        return;
    }
    place = swap_with_inside(last, root, inner);
    least = (word_t)(place - zombie_slots(inner)) + 1;
    if (zombie_left(inner) < least)
        zombie_set_left(work, least);
}

/* One thread less waits at the object of the zombie in `slot`. */
static void queue_step(struct cte *slot)
{
    if (empty_queue(zombie_queue(slot->cap), cap_object(slot->cap)))
        cte_remove(slot);
}

/* One step on the zombie in `work`, on behalf of the deletion of `root`. */
static void zombie_step(struct cte *work, const struct cte *root)
{
    word_t left = zombie_left(work->cap);
    struct cte *last = &zombie_slots(work->cap)[left - 1];
    bool is_pending = cap_type(last->cap) == CAP_ZOMBIE;
    struct cap remainder;

    if (last == root) { /* it is emptied last of all, and may not lose its container before */
        zombie_withdraw(work, root);
        return;
    }
    remainder = finalise(last);
    if (!is_done(remainder) && zombie_queue(remainder) != ZOMBIE_NO_QUEUE) {
        if (is_pending)
            queue_step(last);
        else
            cte_update(last, remainder);
    } else if (is_done(remainder)) {
        if (cap_type(last->cap) != CAP_NULL)
            cte_remove(last);
        zombie_set_left(work, left - 1);
    } else if (is_pending && left_beside(work->cap, root) > 1) {
        zombie_withdraw(last, root); /* someone else's deletion, left half done */
    } else {
        if (!is_pending)
            cte_update(last, remainder);
        zombie_descend(work, last, root);
    }
}

/* One step on what is in `work`: the slot to delete, or a slot of its container. */
static void delete_step(struct cte *work, const struct cte *root)
{
    struct cap remainder = finalise(work);

    if (is_done(remainder))
        cte_remove(work);
    else if (cap_type(work->cap) != CAP_ZOMBIE)
        cte_update(work, remainder);
    else if (zombie_queue(remainder) != ZOMBIE_NO_QUEUE)
        queue_step(work);
    else
        zombie_step(work, root);
}

enum exception cte_delete(struct cte *slot)
{
    while (cap_type(slot->cap) != CAP_NULL) {
        enum exception status;

        if (cap_type(slot->cap) != CAP_ZOMBIE || zombie_left(slot->cap) == 0 ||
            zombie_queue(slot->cap) != ZOMBIE_NO_QUEUE) {
            delete_step(slot, slot);
            if (cap_type(slot->cap) == CAP_NULL)
                return EXCEPTION_NONE;
        } else {
            word_t left = zombie_left(slot->cap);
            struct cte *last = &zombie_slots(slot->cap)[left - 1];

            if (last != slot && cap_type(last->cap) != CAP_NULL)
                delete_step(last, slot);
            if (last == slot || cap_type(last->cap) == CAP_NULL)
                zombie_set_left(slot, left - 1);
        }
        rcoe_point(POINT_DELETE, (word_t)slot);
        status = preemption_point();
        if (status != EXCEPTION_NONE)
            return status;
    }
    return EXCEPTION_NONE;
}

enum exception cte_revoke(struct cte *slot)
{
    while (cte_has_children(slot)) {
        enum exception status = cte_delete(cte_next(slot));

        rcoe_point(POINT_REVOKE, (word_t)slot);
        if (status == EXCEPTION_NONE)
            status = preemption_point();
        if (status != EXCEPTION_NONE)
            return status;
    }
    return EXCEPTION_NONE;
}

bool cte_is_long_running_delete(const struct cte *slot)
{
    switch (cap_type(slot->cap)) {
    case CAP_THREAD:
    case CAP_CNODE:
    case CAP_ZOMBIE:
        return cte_is_final(slot);
    default:
        return false;
    }
}
