/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of translation tables: 4 KiB granule, four levels (Arm ARM D5.3). Pure. */
#pragma once

#include <kernel/abi.h>
#include <kernel/cap.h>
#include <kernel/types.h>

typedef uint64_t pte_t;

#define TABLE_ENTRIES 512u
#define ROOT_ENTRY_BITS 39u /* log2 of what one entry of a root table covers */

#define PTE_VALID 1u
#define PTE_PAGE_OR_TABLE 3u /* at the last level: page; above: table */
#define PTE_TYPE 3u
#define PTE_ATTRIBUTE(index) ((pte_t)(index) << 2)
#define PTE_USER BIT(6)
#define PTE_READ_ONLY BIT(7)
#define PTE_INNER_SHAREABLE ((pte_t)3 << 8)
#define PTE_ACCESSED BIT(10)
#define PTE_NOT_GLOBAL BIT(11)
#define PTE_KERNEL_EXECUTE_NEVER BIT(53)
#define PTE_USER_EXECUTE_NEVER BIT(54)
#define PTE_ADDRESS (MASK(48) & ~MASK(12))

/* head.S sets MAIR_EL1 (abi 8.1). */
#define MEMORY_DEVICE 0u
#define MEMORY_NORMAL 4u

static inline word_t table_index(vaddr_t vaddr, word_t entry_bits)
{
    return (vaddr >> entry_bits) & (TABLE_ENTRIES - 1);
}

static inline pte_t pte_table(paddr_t table)
{
    return table | PTE_PAGE_OR_TABLE;
}
static inline paddr_t pte_paddr(pte_t pte)
{
    return pte & PTE_ADDRESS;
}

/* bits: log2 of what the entry covers, 39, 30, 21 or 12. */
static inline bool pte_is_table(pte_t pte, word_t bits)
{
    return bits > PAGE_BITS && (pte & PTE_TYPE) == PTE_PAGE_OR_TABLE;
}
static inline bool pte_is_leaf(pte_t pte, word_t bits)
{
    return (pte & PTE_TYPE) == (bits == PAGE_BITS ? PTE_PAGE_OR_TABLE : PTE_VALID);
}
static inline bool pte_is_user_writable(pte_t pte) /* of a leaf */
{
    return (pte & (PTE_USER | PTE_READ_ONLY)) == PTE_USER;
}

static inline pte_t pte_page_or_block(paddr_t frame, word_t bits, pte_t flags)
{
    return frame | flags | (bits == PAGE_BITS ? PTE_PAGE_OR_TABLE : PTE_VALID);
}
/* A page or block of 2^bits bytes for user space. */
static inline pte_t pte_leaf(paddr_t frame, word_t bits, enum vm_rights rights, word_t attributes)
{
    pte_t flags = PTE_ACCESSED | PTE_NOT_GLOBAL | PTE_KERNEL_EXECUTE_NEVER;

    if ((attributes & VM_ATTRIBUTE_CACHEABLE) != 0)
        flags |= PTE_ATTRIBUTE(MEMORY_NORMAL) | PTE_INNER_SHAREABLE;
    else
        flags |= PTE_ATTRIBUTE(MEMORY_DEVICE);
    if ((attributes & VM_ATTRIBUTE_EXECUTE_NEVER) != 0)
        flags |= PTE_USER_EXECUTE_NEVER;
    if (rights != VM_KERNEL_ONLY)
        flags |= PTE_USER;
    if (rights == VM_READ_ONLY)
        flags |= PTE_READ_ONLY;
    return pte_page_or_block(frame, bits, flags);
}
