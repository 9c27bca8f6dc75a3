/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deletion and revocation. CNodes and threads hold caps which may be the last of further CNodes and
 * threads, or of themselves. Instead of descending, the last cap of a container becomes a zombie:
 * the list of its slots that are not yet empty. Each step empties one slot; what it finds there that
 * is itself a container changes places with the zombie (so the pending work forms a chain through
 * the slots of the containers, and needs no stack). See kernel/DESIGN.md, "Zombies".
 */
#include <kernel/invocation.h>
#include <kernel/object_ops.h>

enum exception preemption_point(void)
{
    state.work_units++;
    if (state.work_units < WORK_UNITS_PER_PREEMPTION)
        return EXCEPTION_NONE;
    state.work_units = 0;
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

/* Objects whose end is one bounded step. */
static void finalise_short(struct cap cap)
{
    switch (cap_type(cap)) {
    case CAP_ENDPOINT:
        endpoint_finalise(cap_object(cap));
        break;
    case CAP_NOTIFICATION:
        notification_finalise(cap_object(cap));
        break;
    case CAP_REPLY:
        reply_finalise(cap_object(cap));
        break;
    default:
        break;
    }
}

/* The object's end, when this is its last cap; what remains to be deleted (null or a zombie). */
static struct cap finalise(struct cap cap, bool is_final)
{
    if (cap_type(cap) == CAP_ZOMBIE)
        return cap;
    if (cap_type(cap) == CAP_FRAME) { /* each cap stands for its own mapping */
        frame_finalise(cap);
        return cap_null();
    }
    if (!is_final)
        return cap_null();
    switch (cap_type(cap)) {
    case CAP_CNODE:
        return cap_make(CAP_ZOMBIE, cnode_radix(cap) << 1, cap_object(cap), BIT(cnode_radix(cap)));
    case CAP_THREAD:
        tcb_finalise(cap_object(cap));
        return cap_make(CAP_ZOMBIE, 1, cap_object(cap), TCB_SLOTS);
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
    case CAP_IRQ_HANDLER:
        irq_finalise(cap_field(cap));
        break;
    default:
        finalise_short(cap);
        break;
    }
    return cap_null();
}

/* Nothing is left behind the remainder but, at most, the slot that holds it. */
static bool is_removable(struct cap remainder, const struct cte *slot)
{
    return cap_type(remainder) == CAP_NULL || zombie_left(remainder) == 0 ||
           (zombie_left(remainder) == 1 && zombie_slots(remainder) == slot);
}

/*
 * Deletes the cap in a slot of a zombie. A container found there goes to the place of the zombie's
 * own first slot, and is dealt with from there: *emptied is false when the slot then holds the
 * zombie of the very container it belongs to.
 */
static enum exception delete_inner(struct cte *slot)
{
    while (cap_type(slot->cap) != CAP_NULL) {
        struct cap remainder = finalise(slot->cap, cte_is_final(slot));
        struct cte *first;
        struct cap displaced;
        enum exception status;

        if (is_removable(remainder, slot)) {
            cte_remove(slot);
            return EXCEPTION_NONE;
        }
        cte_update(slot, remainder);
        first = zombie_slots(remainder);
        if (first == slot)
            return EXCEPTION_NONE; /* cyclic: the caller sees that it holds the zombie itself */
        displaced = first->cap;
        kernel_assert(cap_type(displaced) != CAP_ZOMBIE || zombie_slots(displaced) != first);
        cte_swap(displaced, first, remainder, slot);
        status = preemption_point();
        if (status != EXCEPTION_NONE)
            return status;
    }
    return EXCEPTION_NONE;
}

/* Empties the last slot of the zombie in `slot`. */
static enum exception zombie_reduce(struct cte *slot)
{
    struct cap zombie = slot->cap;
    struct cte *last = &zombie_slots(zombie)[zombie_left(zombie) - 1];
    enum exception status = delete_inner(last);
    struct cap now = slot->cap;

    if (status != EXCEPTION_NONE || cap_type(now) == CAP_NULL)
        return status;
    if (now.w0 == zombie.w0 && now.w1 == zombie.w1) {
        kernel_assert(cap_type(last->cap) == CAP_NULL);
        now.w1 = zombie_left(zombie) - 1;
        cte_update(slot, now);
    } else { /* the slot lies in a container that was met: it now holds that one's zombie */
        kernel_assert(zombie_slots(now) == slot && zombie_slots(zombie) != slot);
    }
    return EXCEPTION_NONE;
}

enum exception cte_delete(struct cte *slot, bool exposed)
{
    if (!exposed)
        return delete_inner(slot);
    while (cap_type(slot->cap) != CAP_NULL) {
        struct cap remainder = finalise(slot->cap, cte_is_final(slot));
        enum exception status;

        if (is_removable(remainder, slot)) {
            cte_remove(slot);
            return EXCEPTION_NONE;
        }
        cte_update(slot, remainder);
        status = zombie_reduce(slot);
        if (status == EXCEPTION_NONE)
            status = preemption_point();
        if (status != EXCEPTION_NONE)
            return status;
    }
    return EXCEPTION_NONE;
}

enum exception cte_revoke(struct cte *slot)
{
    while (cte_has_children(slot)) {
        enum exception status = cte_delete(cte_next(slot), true);

        if (status == EXCEPTION_NONE)
            status = preemption_point();
        if (status != EXCEPTION_NONE)
            return status;
    }
    return EXCEPTION_NONE;
}

void cte_delete_one(struct cte *slot)
{
    if (cap_type(slot->cap) == CAP_NULL)
        return;
    kernel_assert(!cte_is_long_running_delete(slot));
    if (cte_is_final(slot))
        finalise_short(slot->cap);
    cte_remove(slot);
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
