/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of all caps: a preorder of the derivation tree, so that one pass with a stack of nested
 * untypeds sees every cap inside its parent. Retype puts new objects behind the untyped itself and
 * above all earlier ones: siblings come in falling addresses, which leaves no room for overlaps and
 * keeps the caps of one object together.
 */
#include "census.h"

struct broken slot_check(const struct cte *slot)
{
    const struct cte *prev = cte_prev(slot), *next = cte_next(slot);

    if (prev == NULL || cte_next(prev) != slot || (next != NULL && cte_prev(next) != slot)) {
        return broken(INVARIANT_LIST_LINKS, slot);
    }
    return sound();
}

struct broken container_check(struct census *census, const struct cte *slots, word_t count,
                              word_t left)
{
    for (word_t i = 0; i < count; i++) {
        const struct cte *slot = &slots[i];
        struct broken found;

        if ((slot->cap.w0 | slot->cap.w1 | slot->prev | slot->next) == 0) {
            continue;
        }
        if (cap_type(slot->cap) == CAP_NULL) {
            return broken(INVARIANT_LIST_EMPTY_SLOT, slot);
        }
        if (i >= left) {
            return broken(INVARIANT_ZOMBIE, slot);
        }
        found = slot_check(slot);
        if (found.what != INVARIANT_NONE) {
            return found;
        }
        census->balance[INVARIANT_LIVE_SLOTS]++;
    }
    return sound();
}

static word_t zombie_bits(struct cap cap)
{
    if (zombie_queue(cap) == ZOMBIE_NO_QUEUE) {
        return zombie_is_thread(cap) ? (word_t)TCB_BITS : zombie_radix(cap) + SLOT_BITS;
    }
    return zombie_queue(cap) == ZOMBIE_ENDPOINT ? ENDPOINT_BITS : NOTIFICATION_BITS;
}

/* log2 of the bytes of a physical cap's object. */
static word_t bits_of(struct cap cap)
{
    switch (cap_type(cap)) {
    case CAP_UNTYPED:
        return untyped_size_bits(cap);
    case CAP_FRAME:
        return frame_size_bits(cap);
    case CAP_CNODE:
        return cnode_radix(cap) + SLOT_BITS;
    case CAP_ZOMBIE:
        return zombie_bits(cap);
    case CAP_SCHED_CONTEXT:
        return cap_field(cap) & MASK(6);
    case CAP_ENDPOINT:
        return ENDPOINT_BITS;
    case CAP_NOTIFICATION:
        return NOTIFICATION_BITS;
    case CAP_REPLY:
        return REPLY_BITS;
    case CAP_THREAD:
        return TCB_BITS;
    default: /* page table, address space, ASID pool */
        return TABLE_BITS;
    }
}

static word_t first_byte(struct cap cap)
{
    return (word_t)cap_object(cap);
}
static word_t last_byte(struct cap cap)
{
    return first_byte(cap) + MASK(bits_of(cap));
}

static bool contains(struct cap outer, struct cap inner)
{
    return first_byte(outer) <= first_byte(inner) && last_byte(inner) <= last_byte(outer);
}

/* An untyped's children may follow. */
static struct broken push(struct census *census, const struct cte *slot)
{
    word_t used = untyped_free_bytes_used(slot->cap);

    if (used > BIT(untyped_size_bits(slot->cap))) {
        return broken(INVARIANT_UNTYPED_USED, slot);
    }
    if (census->depth == UNTYPED_DEPTH) {
        return broken(INVARIANT_CAP_REGION, slot);
    }
    census->stack[census->depth++] = (struct region){ slot->cap, used };
    return sound();
}

static bool is_same_memory(struct cap a, struct cap b)
{
    return cap_type(b) == CAP_UNTYPED && first_byte(a) == first_byte(b) &&
           last_byte(a) == last_byte(b);
}

/* A physical cap, the first of its object in the list, or of an untyped. */
static struct broken region_check(struct census *census, const struct cte *slot)
{
    struct cap cap = slot->cap;
    struct region *top;

    while (census->depth > 0 && !contains(census->stack[census->depth - 1].cap, cap)) {
        census->depth--;
    }
    if (census->depth > 0) {
        top = &census->stack[census->depth - 1];
        if (is_same_memory(top->cap, cap)) {
            census->depth--; /* a copy: the children are its own */
        } else if (last_byte(cap) - first_byte(top->cap) >= top->end) {
            return broken(INVARIANT_CAP_REGION, slot);
        } else {
            top->end = first_byte(cap) - first_byte(top->cap);
        }
    }
    return cap_type(cap) == CAP_UNTYPED ? push(census, slot) : sound();
}

static struct broken zombie_check(struct census *census, const struct cte *slot)
{
    struct cap cap = slot->cap;
    word_t count = zombie_is_thread(cap) ? (word_t)TCB_SLOTS : BIT(zombie_radix(cap));
    struct broken found;

    if (zombie_queue(cap) == ZOMBIE_ENDPOINT) {
        return endpoint_check(census, cap_object(cap));
    }
    if (zombie_queue(cap) == ZOMBIE_NOTIFICATION) {
        return notification_check(census, cap_object(cap));
    }
    if (cap.w1 > count) {
        return broken(INVARIANT_ZOMBIE, slot);
    }
    if (!zombie_is_thread(cap)) {
        return container_check(census, cap_object(cap), count, cap.w1);
    }
    found = thread_ended_check(cap_object(cap));
    return found.what != INVARIANT_NONE
               ? found
               : container_check(census, ((struct tcb *)cap_object(cap))->slot, count, cap.w1);
}

/* Once per object. */
static struct broken object_check(struct census *census, const struct cte *slot)
{
    struct cap cap = slot->cap;
    word_t slots;

    switch (cap_type(cap)) {
    case CAP_ENDPOINT:
        return endpoint_check(census, cap_object(cap));
    case CAP_NOTIFICATION:
        return notification_check(census, cap_object(cap));
    case CAP_REPLY:
        return reply_check(census, cap_object(cap));
    case CAP_CNODE:
        slots = BIT(cnode_radix(cap));
        return container_check(census, cap_object(cap), slots, slots);
    case CAP_THREAD:
        return thread_check(census, cap_object(cap));
    case CAP_ZOMBIE:
        return zombie_check(census, slot);
    case CAP_SCHED_CONTEXT:
        return sched_context_check(census, cap);
    case CAP_ASID_POOL:
        return asid_pool_check(census, cap);
    case CAP_IRQ_HANDLER:
        return irq_handler_check(census, cap_field(cap));
    default:
        return sound();
    }
}

/* Every cap by itself. */
static struct broken cap_check(struct census *census, const struct cte *slot, bool first)
{
    switch (cap_type(slot->cap)) {
    case CAP_FRAME:
        return frame_check(census, slot);
    case CAP_PAGE_TABLE:
        return page_table_check(census, slot, first);
    case CAP_VSPACE:
        return vspace_root_check(census, slot, first);
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_SMC:
        /* Revoking the first of a badge takes the run of copies behind it. */
        if ((slot->prev & CTE_FIRST_BADGED) == 0 && cap_badge(slot->cap) != 0 &&
            (first || cap_badge(cte_prev(slot)->cap) != cap_badge(slot->cap))) {
            return broken(INVARIANT_CAP_BADGE_RUN, slot);
        }
        return sound();
    case CAP_NULL:
        return broken(INVARIANT_LIST_EMPTY_SLOT, slot);
    case CAP_UNTYPED:
    case CAP_REPLY:
    case CAP_CNODE:
    case CAP_ASID_CONTROL:
    case CAP_THREAD:
    case CAP_ASID_POOL:
    case CAP_IRQ_CONTROL:
    case CAP_IRQ_HANDLER:
    case CAP_ZOMBIE:
    case CAP_DOMAIN:
    case CAP_SCHED_CONTEXT:
    case CAP_SCHED_CONTROL:
    case CAP_SGI_SIGNAL:
        return sound();
    }
    return broken(INVARIANT_CAP_TYPE, slot);
}

static struct broken entry_check(struct census *census, const struct cte *slot)
{
    struct cap before = cte_prev(slot)->cap;
    bool first = !cap_same_object(before, slot->cap);
    struct broken found = cap_check(census, slot, first);

    if (found.what != INVARIANT_NONE) {
        return found;
    }
    if ((slot->prev & CTE_FLAGS) == CTE_REVOCABLE) {
        return broken(INVARIANT_LIST_FLAGS, slot);
    }
    if (!first) {
        return sound();
    }
    if (cap_is_physical(slot->cap)) {
        found = region_check(census, slot);
        if (found.what != INVARIANT_NONE) {
            return found;
        }
    }
    return object_check(census, slot);
}

struct broken derivation_check(struct census *census)
{
    const struct cte *slot = &state.caps;

    while (cte_next(slot) != NULL) {
        const struct cte *next = cte_next(slot);
        struct broken found = sound_if(cte_prev(next) == slot, INVARIANT_LIST_LINKS, next);

        if (found.what == INVARIANT_NONE) {
            found = entry_check(census, next);
        }
        if (found.what != INVARIANT_NONE) {
            return found;
        }
        census->balance[INVARIANT_LIVE_SLOTS]--;
        slot = next;
    }
    return sound();
}
