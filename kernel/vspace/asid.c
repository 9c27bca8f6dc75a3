/* SPDX-License-Identifier: BSD-2-Clause */
/* Address space identifiers and their pools (abi 3.10). They are the processor's ASIDs. */
#include <kernel/changed.h>
#include <kernel/memory.h>
#include <kernel/vspace.h>
#include <rcoe/pages.h>
#include <rcoe/rcoe.h>

pte_t *asid_root(word_t asid)
{
    struct asid_pool *pool = state.asid_pool[asid_pool_number(asid)];

    return pool == NULL ? NULL : pool->root[asid_pool_index(asid)];
}

pte_t *asid_root_or_error(word_t asid, enum exception *status)
{
    pte_t *root = asid_root(asid);

    if (root == NULL) {
        state.lookup_fault = (struct lookup_fault){ LOOKUP_INVALID_ROOT, { 0, 0, 0 } };
        *status = error_failed_lookup(false);
    }
    return root;
}

static void set_pool(word_t number, struct asid_pool *pool)
{
    state.asid_pool[number] = pool;
    rcoe_note((word_t)pool ^ number);
    rcoe_changed(&state.asid_pool[number], sizeof(state.asid_pool[number]));
}

static void set_root(word_t asid, pte_t *root)
{
    struct asid_pool *pool = state.asid_pool[asid_pool_number(asid)];

    pool->root[asid_pool_index(asid)] = root;
    rcoe_note((word_t)root ^ asid);
    rcoe_changed(&pool->root[asid_pool_index(asid)], sizeof(root));
}

/* MakePool: index, depth; an untyped and a root. */
enum exception decode_asid_control(struct invocation *inv)
{
    word_t number = 0;
    struct cap untyped;
    struct lookup found;

    /* Check: may refuse, writes nothing. */
    if (inv->label != LABEL_ASID_CONTROL_MAKE_POOL)
        return error_illegal();
    if (inv->length < 2 || inv->extras < 2)
        return error_truncated();
    while (number < BIT(ASID_POOLS_BITS) && state.asid_pool[number] != NULL)
        number++;
    if (number == BIT(ASID_POOLS_BITS))
        return error_delete_first();
    untyped = inv->extra[0]->cap;
    if (cap_type(untyped) != CAP_UNTYPED || untyped_size_bits(untyped) != ASID_POOL_BITS ||
        untyped_is_device(untyped))
        return error_capability(1);
    if (cte_has_children(inv->extra[0]))
        return error_revoke_first();
    found = lookup_target(inv->extra[1]->cap, invocation_mr(inv, 0), invocation_mr(inv, 1), false);
    if (found.status != EXCEPTION_NONE)
        return found.status;
    if (cap_type(found.slot->cap) != CAP_NULL)
        return error_delete_first();

    /* Commit: writes, cannot refuse. */
    memzero(cap_object(untyped), BIT(ASID_POOL_BITS));
    rcoe_changed(cap_object(untyped), BIT(ASID_POOL_BITS));
    rcoe_pages_take(ptr_to_paddr(cap_object(untyped)), BIT(ASID_POOL_BITS));
    cte_update(inv->extra[0], untyped_with_used(untyped, BIT(ASID_POOL_BITS)));
    cte_insert(cap_make(CAP_ASID_POOL, number, cap_object(untyped), 0), inv->extra[0], found.slot);
    set_pool(number, cap_object(untyped));
    return EXCEPTION_NONE;
}

/* Assign: an unassigned VSpace gets an ASID of this pool. */
enum exception decode_asid_pool(struct invocation *inv)
{
    word_t number = cap_field(inv->cap);
    word_t index = 0;
    struct cap vspace;
    struct asid_pool *pool;

    /* Check: may refuse, writes nothing. */
    if (inv->label != LABEL_ASID_POOL_ASSIGN)
        return error_illegal();
    if (inv->extras < 1)
        return error_truncated();
    vspace = inv->extra[0]->cap;
    if (cap_type(vspace) != CAP_VSPACE || cap_asid(vspace) != 0)
        return error_capability(1);
    pool = state.asid_pool[number];
    if (pool == NULL) {
        state.lookup_fault = (struct lookup_fault){ LOOKUP_INVALID_ROOT, { 0, 0, 0 } };
        return error_failed_lookup(false);
    }
    if (pool != cap_object(inv->cap))
        return error_capability(0);
    if (number == 0)
        index = 1; /* ASID 0 stands for "none" */
    while (index < BIT(ASID_POOL_INDEX_BITS) && pool->root[index] != NULL)
        index++;
    if (index == BIT(ASID_POOL_INDEX_BITS))
        return error_delete_first();

    /* Commit: writes, cannot refuse. */
    vspace = cap_with_mapping(cap_with_field(vspace, 1), number << ASID_POOL_INDEX_BITS | index, 0);
    cte_update(inv->extra[0], vspace);
    set_root(cap_asid(vspace), cap_object(vspace));
    return EXCEPTION_NONE;
}

void vspace_finalise(struct cap cap)
{
    word_t asid = cap_asid(cap);

    if (asid == 0 || asid_root(asid) != cap_object(cap))
        return;
    set_root(asid, NULL);
    mmu_flush_asid(asid);
    if (cap_object(state.current->slot[TCB_VSPACE].cap) == cap_object(cap))
        vspace_switch(state.current);
}

void asid_pool_finalise(struct cap cap)
{
    word_t number = cap_field(cap);
    struct asid_pool *pool = cap_object(cap);

    if (state.asid_pool[number] != pool)
        return;
    set_pool(number, NULL);
    mmu_flush_all(); /* up to 512 of them: all at once is the shorter step */
    vspace_switch(state.current);
}
