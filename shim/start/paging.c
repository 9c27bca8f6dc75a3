/* SPDX-License-Identifier: BSD-2-Clause */
/* The two maps of a core as it starts, and what stays of them. */
#include "../paging.h"
#include "start.h"
#include <start/dma_map.h>

#define MAIR_VALUE 0x00ff
#define TCR_VALUE (UINT64_C(1) << 31 | 1 << 23 | 2 << 16 | 3 << 12 | 1 << 10 | 1 << 8 | 25)
#define SCTLR_VALUE (UINT64_C(0x30c50830) | 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 19)
#define VTCR_VALUE (UINT64_C(1) << 31 | 2 << 16 | 3 << 12 | 1 << 10 | 1 << 8 | 1 << 6 | 25)

void memory_copy(uint64_t to, uint64_t from, uint64_t size)
{
    const __int128 *source = (const __int128 *)(uintptr_t)from;

#pragma GCC unroll 8
    for (__int128 *target = (__int128 *)(uintptr_t)to; (uintptr_t)target < to + size;)
        *target++ = *source++;
    cache_clean(to, size);
}

void paging_start(bool joins)
{
    uint64_t copy = (uint64_t)(uintptr_t)image_header;
    uint64_t text = (uint64_t)(shim_text_end - image_header);

    own_root = table_new();
    map_own(copy, text, OWN_CODE);
    map_own(copy + text, BOARD_SHIM_SIZE - text, OWN_WRITE);
    map_own((uintptr_t)shim_stack_bottom, PAGE, 0); /* guard */
    map_own(BOARD_IMAGE_BASE, BOARD_IMAGE_SIZE, OWN_READ);
    map_own(BOARD_BOARD_BASE, BOARD_IPA_SIZE, OWN_WRITE);
    map_own(BOARD_RECORDER_BASE + self.number * BOARD_RECORDER_SIZE, BOARD_RECORDER_SIZE,
            OWN_WRITE);
    map_own(BOARD_PARTITION_BASE, BOARD_PARTITION_TOTAL, joins ? OWN_READ : OWN_WRITE);
    map_own(partition_base(), manifest.partition_size, OWN_WRITE);
    //@ loop assigns core, ALL_TABLES;
    for (uint32_t core = 0; core < BOARD_CORES && joins; core++)
        if (core != self.number) /* who joins reads the members' sets of pages: track.c */
            map_own(BOARD_SHIM_BASE + core * BOARD_SHIM_SIZE, BOARD_SHIM_SIZE, OWN_READ);
    if (self.number == 0 && !joins)
        map_own(BOARD_SHIM_BASE + BOARD_SHIM_SIZE, (BOARD_CORES - 1) * BOARD_SHIM_SIZE, OWN_WRITE);
    map_own(BOARD_CORE_DEVICE_BASE, BOARD_CORE_DEVICE_SIZE, OWN_DEVICE);
    paging_devices(true);
    /* The tables were written with caches off; nothing older may hide them. */
    cache_clean((uint64_t)(uintptr_t)tables, sizeof(tables));
    SYSREG_WRITE(mair_el2, MAIR_VALUE);
    SYSREG_WRITE(tcr_el2, TCR_VALUE);
    SYSREG_WRITE(ttbr0_el2, (uintptr_t)own_root);
    tlb_flush_el2();
    SYSREG_WRITE(sctlr_el2, SCTLR_VALUE);
    cpu_barrier();
}

//@ requires \valid(entry); assigns *entry;
static void entry_take(uint64_t *entry)
{
    static const uint64_t windows[] = { BOARD_DEVICE_WINDOWS DMA_WINDOW };
    uint64_t log = BOARD_BOARD_BASE + (BOARD_LOG_IPA - BOARD_IPA);
    uint64_t to = *entry & ADDRESS;

    /*@
      loop invariant \exists integer i; 0 <= i <= sizeof(windows) / 16 && at == &windows[2 * i];
      loop assigns at, *entry;
    */
    for (const uint64_t *at = windows; at < windows + sizeof(windows) / sizeof(*at); at += 2)
        if (*entry & VALID && to - at[0] < at[1])
            *entry = 0;
    if (*entry == (log | OWN_WRITE | TABLE_OR_PAGE))
        *entry = log | OWN_READ | TABLE_OR_PAGE;
}

/*
 * An I/O core that stands still, in the middle of an access perhaps, must not go on with it once
 * another one looks what it has done. Its tables are searched, not walked: it may be broken. When
 * no core has the old entries any more, all that was done by them can be seen.
 */
void paging_take(uint32_t core)
{
    uint64_t copy = BOARD_SHIM_BASE + core * BOARD_SHIM_SIZE;
    uint64_t *entry = (uint64_t *)(copy + ((uintptr_t)tables - (uintptr_t)image_header));

    map_own(copy, BOARD_SHIM_SIZE, OWN_WRITE);
    tlb_flush_el2();
    for (uint64_t i = 0; i < sizeof(tables) / sizeof(*entry); i++)
        entry_take(&entry[i]);
    map_own(copy, BOARD_SHIM_SIZE, OWN_READ);
    __asm__ volatile("dsb ish\n\ttlbi alle2is\n\tdsb ish\n\tisb" ::: "memory");
}

void paging_final(void)
{
    uint64_t look = self.alone ? 0 : OWN_READ; /* scrub.c compares, and nobody writes */

    map_own(BOARD_IMAGE_BASE, BOARD_IMAGE_SIZE, look);
    map_own(BOARD_PARTITION_BASE, BOARD_PARTITION_TOTAL, look);
    dma_map();
    //@ loop assigns core, ALL_TABLES;
    for (uint32_t core = 0; core < BOARD_CORES; core++)
        if (core != self.number)
            map_own(BOARD_SHIM_BASE + core * BOARD_SHIM_SIZE, BOARD_SHIM_SIZE, look);
    map_own(BOARD_BOARD_BASE + (BOARD_OWN_IPA - BOARD_IPA), 2 * BOARD_PAGE, 0);
    //@ loop assigns r, ALL_TABLES;
    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        map_own((uintptr_t)board_ballot(r), BOARD_PAGE, OWN_READ);
        map_own((uintptr_t)board_slot(r), BOARD_PAGE, r == self.number ? OWN_WRITE : OWN_READ);
    }
    paging_devices(DRIVES);
}

void paging_replica(void)
{
    replica_root = table_new();
    map(replica_root, BOARD_PARTITION_IPA, partition_base(), manifest.partition_size,
        REPLICA_MEMORY);
    map(replica_root, BOARD_CONTROL_IPA, BOARD_BOARD_BASE, 2 * BOARD_PAGE, REPLICA_READ);
    map(replica_root, BOARD_OWN_IPA, (uintptr_t)board_ballot(self.number), BOARD_PAGE,
        REPLICA_WRITE);
    map(replica_root, BOARD_OWN_SLOT_IPA, (uintptr_t)board_slot(self.number), BOARD_PAGE,
        REPLICA_READ);
    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        map(replica_root, BOARD_BALLOT_IPA(r), (uintptr_t)board_ballot(r), BOARD_PAGE,
            REPLICA_READ);
        map(replica_root, BOARD_SLOT_IPA(r), (uintptr_t)board_slot(r), BOARD_PAGE, REPLICA_READ);
    }
    SYSREG_WRITE(vtcr_el2, VTCR_VALUE);
    /* Own VMID: one replica's TLB maintenance does not slow the others. EL1 cannot read it. */
    SYSREG_WRITE(vttbr_el2, (uint64_t)(self.number + 1) << 48 | (uintptr_t)replica_root);
    tlb_flush_el1();
}
