/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two maps per core, in the core's own memory. Stage 1 of EL2 is the identity and holds only what
 * this core needs; stage 2 places the replica. Both use 4 KiB granules, 39-bit input addresses.
 */
#include "core.h"

#define TABLES 16u
#define PAGE UINT64_C(0x1000)
#define BLOCK UINT64_C(0x200000)
#define VALID UINT64_C(1)
#define TABLE_OR_PAGE UINT64_C(3)
#define ADDRESS UINT64_C(0xfffffff000)

#define ACCESSED (UINT64_C(1) << 10)
#define INNER_SHAREABLE (UINT64_C(3) << 8)
#define NO_EXECUTE (UINT64_C(1) << 54)

/* Stage 1: attribute 0 is normal memory, 1 device; bit 6 is RES1 at EL2, bit 7 read only. */
#define OWN_CODE (ACCESSED | INNER_SHAREABLE | 1 << 6 | 1 << 7)
#define OWN_READ (OWN_CODE | NO_EXECUTE)
#define OWN_WRITE (ACCESSED | INNER_SHAREABLE | 1 << 6 | NO_EXECUTE)
#define OWN_DEVICE (ACCESSED | 1 << 6 | 1 << 2 | NO_EXECUTE)
#define MAIR_VALUE 0x00ff
#define TCR_VALUE (UINT64_C(1) << 31 | 1 << 23 | 2 << 16 | 3 << 12 | 1 << 10 | 1 << 8 | 25)
#define SCTLR_VALUE (UINT64_C(0x30c50830) | 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 19)

/* Stage 2: normal memory, read or read and write. */
#define REPLICA_READ (ACCESSED | INNER_SHAREABLE | 0xf << 2 | 1 << 6 | NO_EXECUTE)
#define REPLICA_WRITE (REPLICA_READ | 1 << 7)
#define REPLICA_MEMORY (REPLICA_WRITE & ~NO_EXECUTE)
#define VTCR_VALUE (UINT64_C(1) << 31 | 2 << 16 | 3 << 12 | 1 << 10 | 1 << 8 | 1 << 6 | 25)

static uint64_t tables[TABLES][512] __attribute__((aligned(4096)));
static uint32_t tables_used;
static uint64_t *own_root;
static uint64_t *replica_root;

static uint64_t *table_new(void)
{
    if (tables_used == TABLES)
        exclude_self(RECORD_SHIM_TRAP, 0, tables_used);
    return tables[tables_used++];
}

static uint64_t *table_below(uint64_t *entry)
{
    if (!(*entry & VALID))
        *entry = (uint64_t)(uintptr_t)table_new() | TABLE_OR_PAGE;
    return (uint64_t *)(uintptr_t)(*entry & ADDRESS);
}

/* attributes 0: nothing is there. Blocks are never split: first by pages, then always by pages. */
static void map(uint64_t *root, uint64_t from, uint64_t to, uint64_t size, uint64_t attributes)
{
    uint64_t end = from + size;

    while (from < end) {
        uint64_t *entry = &table_below(&root[from >> 30 & 511])[from >> 21 & 511];
        uint64_t step = BLOCK;
        uint64_t kind = VALID;

        if ((from | to) % BLOCK != 0 || end - from < BLOCK ||
            (*entry & TABLE_OR_PAGE) == TABLE_OR_PAGE) {
            entry = &table_below(entry)[from >> 12 & 511];
            step = PAGE;
            kind = TABLE_OR_PAGE;
        }
        *entry = attributes ? to | attributes | kind : 0;
        from += step;
        to += step;
    }
}

static void map_own(uint64_t base, uint64_t size, uint64_t attributes)
{
    map(own_root, base, base, size, attributes);
}

static uint64_t partition_base(void)
{
    return BOARD_PARTITION_BASE + self.number * manifest.partition_size;
}

void paging_start(void)
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
    map_own(BOARD_PARTITION_BASE, BOARD_PARTITION_TOTAL, OWN_WRITE);
    if (self.number == 0)
        map_own(BOARD_SHIM_BASE + BOARD_SHIM_SIZE, (BOARD_CORES - 1) * BOARD_SHIM_SIZE, OWN_WRITE);
    map_own(BOARD_DEVICE_BASE, BOARD_DEVICE_SIZE, OWN_DEVICE);
    /* The tables were written with caches off; nothing older may hide them. */
    cache_clean((uint64_t)(uintptr_t)tables, sizeof(tables));
    SYSREG_WRITE(mair_el2, MAIR_VALUE);
    SYSREG_WRITE(tcr_el2, TCR_VALUE);
    SYSREG_WRITE(ttbr0_el2, (uintptr_t)own_root);
    tlb_flush_el2();
    SYSREG_WRITE(sctlr_el2, SCTLR_VALUE);
    cpu_barrier();
}

void paging_devices(bool mapped)
{
    map_own(BOARD_DEVICE_BASE, BOARD_DEVICE_SIZE, mapped ? OWN_DEVICE : 0);
    map_own(BOARD_BOARD_BASE + (BOARD_LOG_IPA - BOARD_IPA), BOARD_PAGE,
            mapped ? OWN_WRITE : OWN_READ);
    tlb_flush_el2();
}

void paging_final(void)
{
    map_own(BOARD_IMAGE_BASE, BOARD_IMAGE_SIZE, 0);
    map_own(BOARD_PARTITION_BASE, BOARD_PARTITION_TOTAL, 0);
    if (self.number == 0)
        map_own(BOARD_SHIM_BASE + BOARD_SHIM_SIZE, (BOARD_CORES - 1) * BOARD_SHIM_SIZE, 0);
    map_own(BOARD_BOARD_BASE + (BOARD_OWN_IPA - BOARD_IPA), 2 * BOARD_PAGE, 0);
    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        map_own((uintptr_t)board_ballot(r), BOARD_PAGE, OWN_READ);
        map_own((uintptr_t)board_slot(r), BOARD_PAGE, r == self.number ? OWN_WRITE : OWN_READ);
    }
    paging_devices(self.io);
}

void paging_replica(void)
{
    replica_root = table_new();
    map(replica_root, BOARD_PARTITION_IPA, partition_base(), manifest.partition_size,
        REPLICA_MEMORY);
    map(replica_root, BOARD_CONTROL_IPA, BOARD_BOARD_BASE, 2 * BOARD_PAGE, REPLICA_READ);
    map(replica_root, BOARD_OWN_IPA, (uintptr_t)board_ballot(self.number), BOARD_PAGE,
        REPLICA_WRITE);
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

void paging_revoke(void)
{
    for (uint32_t i = 0; replica_root && i < 512; i++)
        replica_root[i] = 0;
    tlb_flush_el1();
}
