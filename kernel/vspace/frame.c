/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: mapping, unmapping, cache maintenance (abi 3.10). Each cap tracks one mapping. */
#include <kernel/vspace.h>

/* The leaf entry of the cap's mapping; NULL when another one, or none, took its place. */
static pte_t *mapping_entry(struct cap cap, pte_t *root)
{
    struct walk walk = vspace_walk(root, cap_vaddr(cap));

    if (walk.bits != frame_size_bits(cap) || !pte_is_leaf(*walk.entry, walk.bits) ||
        pte_paddr(*walk.entry) != ptr_to_paddr(cap_object(cap)))
        return NULL;
    return walk.entry;
}

void frame_finalise(struct cap cap)
{
    pte_t *root = asid_root(cap_asid(cap));
    pte_t *entry;

    if (cap_asid(cap) == 0 || root == NULL)
        return;
    entry = mapping_entry(cap, root);
    if (entry != NULL)
        vspace_write_entry(entry, 0);
    mmu_flush_page(cap_asid(cap), cap_vaddr(cap));
}

enum exception frame_check_ipc_buffer(vaddr_t vaddr, struct cap cap)
{
    if (cap_type(cap) != CAP_FRAME || frame_is_device(cap))
        return error_illegal();
    if ((vaddr & MASK(IPC_BUFFER_BITS)) != 0)
        return error_alignment();
    return EXCEPTION_NONE;
}

/* Page_Map: vaddr, rights, attributes; the address space. */
static enum exception map(struct invocation *inv)
{
    word_t bits = frame_size_bits(inv->cap);
    vaddr_t vaddr;
    struct cap vspace;
    pte_t *root, entry;
    struct walk walk;
    enum exception status;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 3 || inv->extras < 1)
        return error_truncated();
    vaddr = invocation_mr(inv, 0);
    vspace = inv->extra[0]->cap;
    status = vspace_check(vspace, 1, &root);
    if (status != EXCEPTION_NONE)
        return status;
    if ((vaddr & MASK(bits)) != 0)
        return error_alignment();
    if (cap_asid(inv->cap) != 0) {
        if (cap_asid(inv->cap) != cap_asid(vspace))
            return error_capability(1);
        if (cap_vaddr(inv->cap) != vaddr)
            return error_argument(0);
    } else if (vaddr > USER_TOP - MASK(bits)) {
        return error_argument(0);
    }
    walk = vspace_walk(root, vaddr);
    if (walk.bits != bits)
        return error_missing(false, walk.bits);

    /* Commit: writes, cannot refuse. */
    cte_update(inv->slot, cap_with_mapping(inv->cap, cap_asid(vspace), vaddr));
    entry = pte_leaf(ptr_to_paddr(cap_object(inv->cap)), bits,
                     vm_rights_mask(frame_rights(inv->cap), invocation_mr(inv, 1)),
                     invocation_mr(inv, 2));
    if (*walk.entry != 0) { /* the processor may not see two meanings of one address at a time */
        *walk.entry = 0;
        mmu_flush_page(cap_asid(vspace), vaddr);
    }
    vspace_write_entry(walk.entry, entry);
    mmu_publish();
    return EXCEPTION_NONE;
}

static enum exception unmap(struct invocation *inv)
{
    frame_finalise(inv->cap);
    cte_update(inv->slot, cap_with_mapping(inv->cap, 0, 0));
    return EXCEPTION_NONE;
}

/* start, end: offsets in the frame */
static enum exception maintain(struct invocation *inv)
{
    word_t start, end;
    pte_t *root, *entry;
    enum exception status = EXCEPTION_NONE;

    if (inv->length < 2)
        return error_truncated();
    if (cap_asid(inv->cap) == 0)
        return error_illegal();
    root = asid_root_or_error(cap_asid(inv->cap), &status);
    if (status != EXCEPTION_NONE)
        return status;
    start = invocation_mr(inv, 0);
    end = invocation_mr(inv, 1);
    if (end <= start)
        return error_argument(1);
    if (start >= BIT(frame_size_bits(inv->cap)) || end > BIT(frame_size_bits(inv->cap)))
        return error_argument(0);
    entry = mapping_entry(inv->cap, root);
    if (entry == NULL)
        return error_capability(0);
    return vspace_maintain(inv, (enum maintenance)(inv->label - LABEL_PAGE_CLEAN_DATA), *entry,
                           pte_paddr(*entry) + start, end - start);
}

enum exception decode_frame(struct invocation *inv)
{
    switch (inv->label) {
    case LABEL_PAGE_MAP:
        return map(inv);
    case LABEL_PAGE_UNMAP:
        return unmap(inv);
    case LABEL_PAGE_CLEAN_DATA:
    case LABEL_PAGE_INVALIDATE_DATA:
    case LABEL_PAGE_CLEAN_INVALIDATE_DATA:
    case LABEL_PAGE_UNIFY_INSTRUCTION:
        return maintain(inv);
    case LABEL_PAGE_GET_ADDRESS:
        invocation_result(inv, 0, ptr_to_paddr(cap_object(inv->cap)));
        return EXCEPTION_NONE;
    default:
        return error_illegal();
    }
}
