/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces. A cap may remember a mapping that is no more; but what is in a table in use is
 * there on behalf of a cap: entries in tables, and caps whose mapping is found, are counted.
 */
#include <kernel/vspace.h>

#include "census.h"

/* Entries of a table whose entries cover 2^bits bytes. */
static struct broken entries_count(struct census *census, const pte_t *table, word_t bits)
{
    for (word_t i = 0; i < TABLE_ENTRIES; i++) {
        if (table[i] == 0) {
            continue;
        }
        if (pte_is_table(table[i], bits)) {
            census->balance[INVARIANT_LIVE_TABLE]--;
        } else if (pte_is_leaf(table[i], bits)) {
            census->balance[INVARIANT_LIVE_LEAF]--;
        } else {
            return broken(INVARIANT_TABLE_ENTRY, &table[i]);
        }
    }
    return sound();
}

static struct broken entries_empty(const pte_t *table)
{
    pte_t any = 0;

    for (word_t i = 0; i < TABLE_ENTRIES; i++) {
        any |= table[i];
    }
    return sound_if(any == 0, INVARIANT_TABLE_ENTRY, table);
}

static bool is_same_mapping(struct cap a, struct cap b)
{
    return a.w1 == b.w1;
}

/* Another cap to the same frame, nearer to the root, has the same mapping. */
static bool is_counted(const struct cte *slot)
{
    for (const struct cte *at = cte_prev(slot); cap_same_object(at->cap, slot->cap);
         at = cte_prev(at)) {
        if (is_same_mapping(at->cap, slot->cap)) {
            return true;
        }
    }
    return false;
}

/* A cap of this frame, from `slot` on, has this mapping and may write. */
static bool may_write(const struct cte *slot)
{
    struct cap cap = slot->cap;

    for (; slot != NULL && cap_same_object(slot->cap, cap); slot = cte_next(slot)) {
        if (is_same_mapping(slot->cap, cap) && frame_rights(slot->cap) == VM_READ_WRITE) {
            return true;
        }
    }
    return false;
}

struct broken frame_check(struct census *census, const struct cte *slot)
{
    struct cap cap = slot->cap;
    struct walk walk;
    pte_t *root;

    if (cap_asid(cap) == 0) {
        return sound_if(cap.w1 == 0, INVARIANT_MAPPING, slot);
    }
    root = asid_root(cap_asid(cap));
    if (root == NULL) {
        return sound();
    }
    walk = vspace_walk(root, cap_vaddr(cap));
    if (walk.bits != frame_size_bits(cap) || !pte_is_leaf(*walk.entry, walk.bits) ||
        pte_paddr(*walk.entry) != (ptr_to_paddr(cap_object(cap)) & PTE_ADDRESS) ||
        is_counted(slot)) {
        return sound();
    }
    census->balance[INVARIANT_LIVE_LEAF]++;
    return sound_if(!pte_is_user_writable(*walk.entry) || may_write(slot), INVARIANT_MAPPING_RIGHTS,
                    slot);
}

/* log2 of what its entries cover, where the table is in use; 0: it is not. */
static word_t table_bits(struct cap cap)
{
    pte_t *table = asid_root(cap_asid(cap));
    word_t bits = ROOT_ENTRY_BITS;

    while (table != NULL) {
        pte_t entry = table[table_index(cap_vaddr(cap), bits)];

        if (!pte_is_table(entry, bits)) {
            return 0;
        }
        table = paddr_to_ptr(pte_paddr(entry));
        bits -= TABLE_INDEX_BITS;
        if (table == cap_object(cap)) {
            return bits;
        }
    }
    return 0;
}

struct broken page_table_check(struct census *census, const struct cte *slot, bool first)
{
    struct cap cap = slot->cap;
    bool mapped = (cap_field(cap) & 1) != 0;
    word_t bits;

    if (mapped != (cap_asid(cap) != 0) || (!mapped && (cap.w1 != 0 || !first))) {
        return broken(INVARIANT_MAPPING, slot);
    }
    if (!first) {
        return sound_if(is_same_mapping(cte_prev(slot)->cap, cap), INVARIANT_MAPPING, slot);
    }
    if (!mapped) {
        return entries_empty(cap_object(cap));
    }
    bits = table_bits(cap);
    if (bits == 0) {
        return sound();
    }
    census->balance[INVARIANT_LIVE_TABLE]++;
    return entries_count(census, cap_object(cap), bits);
}

struct broken vspace_root_check(struct census *census, const struct cte *slot, bool first)
{
    struct cap cap = slot->cap;
    bool assigned = (cap_field(cap) & 1) != 0;

    if (assigned != (cap_asid(cap) != 0) || (!assigned && !first)) {
        return broken(INVARIANT_MAPPING, slot);
    }
    if (!first) {
        return sound_if(is_same_mapping(cte_prev(slot)->cap, cap), INVARIANT_MAPPING, slot);
    }
    if (!assigned) {
        return entries_empty(cap_object(cap));
    }
    if (asid_root(cap_asid(cap)) != cap_object(cap)) {
        return sound(); /* its pool is gone */
    }
    census->balance[INVARIANT_LIVE_ROOT]++;
    return entries_count(census, cap_object(cap), ROOT_ENTRY_BITS);
}

struct broken asid_pool_check(struct census *census, struct cap cap)
{
    const struct asid_pool *pool = cap_object(cap);
    word_t number = cap_field(cap);

    if (number >= BIT(ASID_POOLS_BITS) || state.asid_pool[number] != pool) {
        return broken(INVARIANT_POOL, pool);
    }
    census->balance[INVARIANT_LIVE_POOL]--;
    for (word_t i = 0; i < BIT(ASID_POOL_INDEX_BITS); i++) {
        census->balance[INVARIANT_LIVE_ROOT] -= pool->root[i] != NULL;
    }
    return sound_if(number != 0 || pool->root[0] == NULL, INVARIANT_POOL, pool);
}

struct broken asid_table_check(struct census *census)
{
    word_t asid = 0;
    paddr_t loaded = mmu_loaded_root(&asid);

    for (word_t i = 0; i < BIT(ASID_POOLS_BITS); i++) {
        census->balance[INVARIANT_LIVE_POOL] += state.asid_pool[i] != NULL;
    }
    if (asid == 0) {
        return sound_if(loaded == mmu_no_user_root(), INVARIANT_LOADED_ROOT, NULL);
    }
    return sound_if(asid_root(asid) != NULL && ptr_to_paddr(asid_root(asid)) == loaded,
                    INVARIANT_LOADED_ROOT, asid_root(asid));
}
