/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking, switching and maintaining address spaces (abi 3.10). */
#include <kernel/changed.h>
#include <kernel/retype.h>
#include <kernel/vspace.h>
#include <rcoe/dma.h>
#include <rcoe/rcoe.h>

struct walk vspace_walk(pte_t *root, vaddr_t vaddr)
{
    struct walk walk = { &root[table_index(vaddr, ROOT_ENTRY_BITS)], ROOT_ENTRY_BITS };

    while (pte_is_table(*walk.entry, walk.bits)) { /* at most three times: bits falls to 12 */
        pte_t *table = paddr_to_ptr(pte_paddr(*walk.entry));

        walk.bits -= TABLE_INDEX_BITS;
        walk.entry = &table[table_index(vaddr, walk.bits)];
    }
    return walk;
}

void vspace_write_entry(pte_t *entry, pte_t value)
{
    *entry = value;
    rcoe_note(value ^ (word_t)entry);
    rcoe_changed(entry, sizeof(*entry));
}

bool vspace_is_valid_root(struct cap cap)
{
    return cap_type(cap) == CAP_VSPACE && cap_asid(cap) != 0;
}

enum exception vspace_check(struct cap vspace, word_t number, pte_t **root)
{
    enum exception status = EXCEPTION_NONE;

    if (!vspace_is_valid_root(vspace))
        return error_capability(number);
    *root = asid_root_or_error(cap_asid(vspace), &status);
    if (status == EXCEPTION_NONE && *root != cap_object(vspace))
        return error_capability(number);
    return status;
}

void vspace_switch(struct tcb *thread)
{
    struct cap cap = thread->slot[TCB_VSPACE].cap;

    if (vspace_is_valid_root(cap) && asid_root(cap_asid(cap)) == cap_object(cap))
        mmu_load(ptr_to_paddr(cap_object(cap)), cap_asid(cap));
    else
        mmu_load(mmu_no_user_root(), 0);
}

#define MAINTENANCE_UNIT BIT(10) /* bytes per unit of work; no cache line is longer */

static void maintain_unit(enum maintenance operation, const void *memory, word_t size)
{
    switch (operation) {
    case MAINTAIN_CLEAN:
        cache_clean(memory, size);
        break;
    case MAINTAIN_INVALIDATE:
        cache_invalidate(memory, size);
        break;
    case MAINTAIN_CLEAN_INVALIDATE:
        cache_clean_invalidate(memory, size);
        break;
    case MAINTAIN_UNIFY:
        cache_clean_for_instructions(memory, size);
        break;
    }
}

/*
 * Through the kernel window, which is what the caches see of RAM. Memory outside of RAM is not in
 * the window and is not cached. Units are aligned: none but the first and the last has lines that
 * are not all of it.
 */
enum exception vspace_maintain(struct invocation *inv, enum maintenance operation, pte_t entry,
                               paddr_t start, word_t size)
{
    const char *memory = paddr_to_ptr(start);
    word_t done = progress_of(inv->thread, memory);

    if (operation == MAINTAIN_INVALIDATE && !pte_is_user_writable(entry))
        return error_illegal();
    if (!mmu_is_ram(start, size))
        return EXCEPTION_NONE;
    while (done < size) {
        word_t left = size - done;
        word_t unit = MAINTENANCE_UNIT - ((start + done) & (MAINTENANCE_UNIT - 1));

        unit = unit < left ? unit : left;
        maintain_unit(operation, memory + done, unit);
        if (operation != MAINTAIN_UNIFY)
            rcoe_dma(start + done, paddr_to_ptr(start + done), unit,
                     operation != MAINTAIN_INVALIDATE);
        done += unit;
        rcoe_point(POINT_MAINTENANCE, done);
        if (preemption_point() != EXCEPTION_NONE && done < size) {
            progress_keep(inv->thread, memory, done);
            return EXCEPTION_PREEMPTED;
        }
    }
    if (operation == MAINTAIN_UNIFY)
        cache_invalidate_instructions();
    return EXCEPTION_NONE;
}

enum exception decode_vspace(struct invocation *inv)
{
    vaddr_t start, end, page;
    pte_t *root;
    struct walk walk;
    enum exception status;

    if (inv->label < LABEL_VSPACE_CLEAN_DATA || inv->label > LABEL_VSPACE_UNIFY_INSTRUCTION)
        return error_illegal();
    if (inv->length < 2)
        return error_truncated();
    start = invocation_mr(inv, 0);
    end = invocation_mr(inv, 1);
    if (end <= start)
        return error_argument(1);
    if (end > USER_TOP)
        return error_illegal();
    status = vspace_check(inv->cap, 0, &root);
    if (status != EXCEPTION_NONE)
        return status;
    walk = vspace_walk(root, start);
    if (!pte_is_leaf(*walk.entry, walk.bits))
        return EXCEPTION_NONE; /* nothing is mapped, nothing is cached */
    page = start & ~MASK(walk.bits);
    if (end - 1 - page >= BIT(walk.bits))
        return error_range(start, page + MASK(walk.bits));
    return vspace_maintain(inv, (enum maintenance)(inv->label - LABEL_VSPACE_CLEAN_DATA),
                           *walk.entry, pte_paddr(*walk.entry) + (start - page), end - start);
}
