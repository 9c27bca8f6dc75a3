/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped_Retype (abi 3.2). */
#include <arch/mmu.h>
#include <kernel/changed.h>
#include <kernel/invocation.h>
#include <kernel/memory.h>
#include <kernel/object_ops.h>
#include <kernel/retype.h>
#include <rcoe/pages.h>
#include <rcoe/rcoe.h>

struct retype {
    enum object_type type;
    word_t size_bits;
    word_t object_bits;
    struct cte *slots; /* first destination */
    word_t count;
    bool reset; /* nothing is left of earlier objects: start from offset 0 again */
    struct retype_place place;
};

static enum exception check_object(const struct invocation *inv, struct retype *retype)
{
    word_t type = invocation_mr(inv, 0);
    word_t size_bits = invocation_mr(inv, 1);

    if (type >= OBJECT_TYPES)
        return error_argument(0);
    if (size_bits >= WORD_BITS ||
        object_size_bits((enum object_type)type, size_bits) > UNTYPED_MAX_BITS)
        return error_range(0, UNTYPED_MAX_BITS);
    if (object_is_too_small((enum object_type)type, size_bits))
        return error_argument(1);
    retype->type = (enum object_type)type;
    retype->size_bits = size_bits;
    retype->object_bits = object_size_bits(retype->type, size_bits);
    return EXCEPTION_NONE;
}

static enum exception check_slots(const struct invocation *inv, struct retype *retype)
{
    word_t depth = invocation_mr(inv, 3);
    word_t offset = invocation_mr(inv, 4);
    word_t count = invocation_mr(inv, 5);
    struct cap node = inv->extra[0]->cap;
    word_t slots;

    if (depth != 0) {
        struct lookup found = lookup_target(node, invocation_mr(inv, 2), depth, false);

        if (found.status != EXCEPTION_NONE)
            return found.status;
        node = found.slot->cap;
    }
    if (cap_type(node) != CAP_CNODE)
        return error_missing(false, depth);
    slots = BIT(cnode_radix(node));
    if (offset > slots - 1)
        return error_range(0, slots - 1);
    if (count < 1 || count > RETYPE_FAN_OUT)
        return error_range(1, RETYPE_FAN_OUT);
    if (count > slots - offset)
        return error_range(1, slots - offset);
    retype->slots = (struct cte *)cap_object(node) + offset;
    retype->count = count;
    for (word_t i = 0; i < count; i++) {
        if (cap_type(retype->slots[i].cap) != CAP_NULL)
            return error_delete_first();
    }
    return EXCEPTION_NONE;
}

static enum exception check_memory(const struct invocation *inv, struct retype *retype)
{
    struct cap untyped = inv->slot->cap;
    word_t used = untyped_free_bytes_used(untyped);

    retype->reset = !cte_has_children(inv->slot);
    retype->place = retype_place(untyped_size_bits(untyped), retype->reset ? 0 : used,
                                 retype->object_bits, retype->count);
    if (!retype->place.fits)
        return error_not_enough_memory(retype->place.available);
    if (untyped_is_device(untyped) && !object_is_frame(retype->type) &&
        retype->type != OBJECT_UNTYPED)
        return error_argument(1);
    return EXCEPTION_NONE;
}

/*
 * Free memory is zero, and clean in the caches: so objects and uncached frames can be made in it
 * without further work. This restores it, downwards, in steps that a preemption can end.
 */
static enum exception reset(struct cte *slot)
{
    struct cap untyped = slot->cap;
    char *base = cap_object(untyped);
    word_t used = untyped_free_bytes_used(untyped);
    word_t bits = untyped_size_bits(untyped);

    if (untyped_is_device(untyped)) {
        cte_update(slot, untyped_with_used(untyped, 0));
        return EXCEPTION_NONE;
    }
    if (bits < RESET_CHUNK_BITS) {
        memzero(base, BIT(bits));
        rcoe_changed(base, BIT(bits));
        rcoe_pages_take(ptr_to_paddr(base), BIT(bits));
        cache_clean_invalidate(base, BIT(bits));
        cte_update(slot, untyped_with_used(untyped, 0));
        return EXCEPTION_NONE;
    }
    while (used > 0) {
        enum exception status;

        used = (used - 1) & ~MASK(RESET_CHUNK_BITS);
        memzero(base + used, BIT(RESET_CHUNK_BITS));
        rcoe_changed(base + used, BIT(RESET_CHUNK_BITS));
        rcoe_pages_take(ptr_to_paddr(base + used), BIT(RESET_CHUNK_BITS));
        cache_clean_invalidate(base + used, BIT(RESET_CHUNK_BITS));
        cte_update(slot, untyped_with_used(untyped, used));
        rcoe_point(POINT_RESET, used);
        status = preemption_point();
        if (status != EXCEPTION_NONE)
            return status;
    }
    return EXCEPTION_NONE;
}

static void make_objects(const struct invocation *inv, const struct retype *retype)
{
    struct cap untyped = inv->slot->cap;
    char *memory = (char *)cap_object(untyped) + retype->place.first;

    cte_update(inv->slot, untyped_with_used(untyped, retype->place.end));
    for (word_t i = 0; i < retype->count; i++) {
        struct cap cap =
            object_create(retype->type, retype->size_bits, memory + (i << retype->object_bits),
                          untyped_is_device(untyped));

        cte_insert_child(cap, inv->slot, &retype->slots[i]);
    }
}

enum exception decode_untyped(struct invocation *inv)
{
    struct retype retype = { .count = 0 };
    enum exception status;

    /* Check: may refuse, writes nothing. */
    if (inv->label != LABEL_UNTYPED_RETYPE)
        return error_illegal();
    if (inv->length < 6 || inv->extras < 1)
        return error_truncated();
    status = check_object(inv, &retype);
    if (status == EXCEPTION_NONE)
        status = check_slots(inv, &retype);
    if (status == EXCEPTION_NONE)
        status = check_memory(inv, &retype);
    if (status != EXCEPTION_NONE)
        return status;

    /* Commit: writes, cannot refuse; a preempted reset goes on when the call is repeated. */
    if (retype.reset && untyped_free_bytes_used(inv->slot->cap) != 0) {
        status = reset(inv->slot);
        if (status != EXCEPTION_NONE)
            return status;
    }
    make_objects(inv, &retype);
    return EXCEPTION_NONE;
}
