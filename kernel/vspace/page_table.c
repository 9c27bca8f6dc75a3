/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables below the root (abi 3.10): one kind of object for the levels of 2^39, 2^30, 2^21. */
#include <kernel/changed.h>
#include <kernel/memory.h>
#include <kernel/vspace.h>

/* Takes the table out of its parent, if it still is there. */
static void detach(struct cap cap)
{
    pte_t *root = asid_root(cap_asid(cap));
    pte_t *table = root;
    word_t bits = ROOT_ENTRY_BITS;

    if (cap_asid(cap) == 0 || root == NULL)
        return;
    for (;;) { /* ends: at 12 bits an entry is no table */
        pte_t *entry = &table[table_index(cap_vaddr(cap), bits)];

        if (!pte_is_table(*entry, bits))
            return;
        table = paddr_to_ptr(pte_paddr(*entry));
        if (table == cap_object(cap)) {
            vspace_write_entry(entry, 0);
            mmu_flush_asid(cap_asid(cap));
            return;
        }
        bits -= TABLE_INDEX_BITS;
    }
}

void page_table_finalise(struct cap cap)
{
    detach(cap);
}

static enum exception unmap(struct invocation *inv)
{
    /* Check: may refuse, writes nothing. */
    if (!cte_is_final(inv->slot))
        return error_revoke_first();

    /* Commit: writes, cannot refuse. */
    if (cap_asid(inv->cap) != 0) {
        detach(inv->cap);
        memzero(cap_object(inv->cap), BIT(TABLE_BITS));
        rcoe_changed(cap_object(inv->cap), BIT(TABLE_BITS));
    }
    cte_update(inv->slot, cap_with_mapping(cap_with_field(inv->cap, 0), 0, 0));
    return EXCEPTION_NONE;
}

static enum exception map(struct invocation *inv)
{
    vaddr_t vaddr;
    struct cap vspace;
    pte_t *root;
    struct walk walk;
    enum exception status;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 2 || inv->extras < 1)
        return error_truncated();
    if (cap_asid(inv->cap) != 0)
        return error_capability(0);
    vaddr = invocation_mr(inv, 0);
    vspace = inv->extra[0]->cap;
    if (!vspace_is_valid_root(vspace))
        return error_capability(1);
    if (vaddr > USER_TOP)
        return error_argument(0);
    status = vspace_check(vspace, 1, &root);
    if (status != EXCEPTION_NONE)
        return status;
    walk = vspace_walk(root, vaddr);
    if (walk.bits == PAGE_BITS || *walk.entry != 0)
        return error_delete_first();

    /* Commit: writes, cannot refuse. */
    cte_update(inv->slot, cap_with_mapping(cap_with_field(inv->cap, 1), cap_asid(vspace),
                                           vaddr & ~MASK(walk.bits)));
    vspace_write_entry(walk.entry, pte_table(ptr_to_paddr(cap_object(inv->cap))));
    mmu_publish();
    return EXCEPTION_NONE;
}

enum exception decode_page_table(struct invocation *inv)
{
    switch (inv->label) {
    case LABEL_PAGE_TABLE_MAP:
        return map(inv);
    case LABEL_PAGE_TABLE_UNMAP:
        return unmap(inv);
    default:
        return error_illegal();
    }
}
