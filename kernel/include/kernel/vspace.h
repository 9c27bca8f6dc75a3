/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: what the files of vspace/ share. */
#pragma once

#include <arch/mmu.h>
#include <kernel/invocation.h>
#include <kernel/object_ops.h>

/* An ASID pool object; ASID = pool number << 9 | index. Kept per address space: its root table. */
struct asid_pool {
    pte_t *root[BIT(ASID_POOL_INDEX_BITS)];
};
_Static_assert(sizeof(struct asid_pool) == BIT(ASID_POOL_BITS), "an ASID pool is 4 KiB");

static inline word_t asid_pool_number(word_t asid)
{
    return asid >> ASID_POOL_INDEX_BITS;
}
static inline word_t asid_pool_index(word_t asid)
{
    return asid & MASK(ASID_POOL_INDEX_BITS);
}

/* Root table that has this ASID; NULL: none has. vspace/asid.c */
pte_t *asid_root(word_t asid);
/* As a check: NULL has set FailedLookup(destination, InvalidRoot). vspace/asid.c */
pte_t *asid_root_or_error(word_t asid, enum exception *status);

/* The entry that decides about vaddr: a leaf, or invalid, or the last level's. vspace/vspace.c */
struct walk {
    pte_t *entry;
    word_t bits; /* log2 of the bytes that the entry covers: 39, 30, 21, 12 */
};
struct walk vspace_walk(pte_t *root, vaddr_t vaddr);
/* The assigned VSpace cap's root table; else InvalidCapability(number) or FailedLookup. */
enum exception vspace_check(struct cap vspace, word_t number, pte_t **root) MUST_USE;

/* Writes a table entry; a valid leaf was made invalid before. vspace/vspace.c */
void vspace_write_entry(pte_t *entry, pte_t value);

/* In the order of the labels, of frames and of address spaces. */
enum maintenance {
    MAINTAIN_CLEAN,
    MAINTAIN_INVALIDATE,
    MAINTAIN_CLEAN_INVALIDATE,
    MAINTAIN_UNIFY,
};
_Static_assert(LABEL_VSPACE_UNIFY_INSTRUCTION - LABEL_VSPACE_CLEAN_DATA == MAINTAIN_UNIFY, "order");
_Static_assert(LABEL_PAGE_UNIFY_INSTRUCTION - LABEL_PAGE_CLEAN_DATA == MAINTAIN_UNIFY, "order");
/* Of user memory [start, start + size), mapped by the leaf `entry`. Illegal: not writable. */
enum exception vspace_maintain(struct invocation *inv, enum maintenance operation, pte_t entry,
                               paddr_t start, word_t size) MUST_USE;
