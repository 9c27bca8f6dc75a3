/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MMU and the caches. User tables hang off TTBR0, the kernel's off TTBR1. All tables are in
 * cacheable memory that the walker reads through the caches, so that entries need no cleaning.
 */
#pragma once

#include <arch/pte.h>

/* The board window (rcoe) in the kernel's address space: the last 2 MiB but one page table. */
#define BOARD_VADDR UINT64_C(0xffffffffffe00000)

/* Builds the kernel's final tables and leaves the loader's identity map. */
void mmu_init(word_t ram_size);
void mmu_leave_boot(void); /* the boot part of the image is no longer mapped as such */
bool mmu_is_ram(paddr_t start, word_t size); /* the range lies in the kernel window */
/* Makes the user tables at `root` current; no_user_root() when there are none. */
void mmu_load(paddr_t root, word_t asid);
paddr_t mmu_no_user_root(void);
paddr_t mmu_loaded_root(word_t *asid); /* what mmu_load() was last told */

/* Orders a table write before what follows; the old entry was invalid. */
void mmu_publish(void);
/* ... the old entry was valid: no one sees it any more. */
void mmu_flush_page(word_t asid, vaddr_t vaddr);
void mmu_flush_asid(word_t asid);
void mmu_flush_all(void); /* every address space */

/* Cache maintenance of a range in the kernel window; instructions: for code written as data. */
void cache_clean(const void *start, word_t size);
void cache_invalidate(const void *start, word_t size);
void cache_clean_invalidate(const void *start, word_t size);
void cache_clean_for_instructions(const void *start, word_t size);
void cache_invalidate_instructions(void);
