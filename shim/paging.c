/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two maps per core, in the core's own memory. Stage 1 of EL2 is the identity and holds only what
 * this core needs; stage 2 places the replica. Both use 4 KiB granules, 39-bit input addresses.
 */
#include "paging.h"

uint64_t tables[TABLES][512] __attribute__((aligned(4096)));
static uint32_t tables_used;
uint64_t *own_root;
uint64_t *replica_root;

uint64_t *table_new(void)
{
    if (tables_used >= TABLES)
        exclude_self(RECORD_SHIM_TRAP, 0, tables_used);
    return tables[tables_used++];
}

//@ requires \valid(entry); assigns *entry; exits \false; ensures is_table(\result);
static uint64_t *table_below(uint64_t *entry)
{
    if (!(*entry & VALID))
        *entry = (uint64_t)(uintptr_t)table_new() | TABLE_OR_PAGE;
    return (uint64_t *)(uintptr_t)(*entry & ADDRESS);
}

void map(uint64_t *root, uint64_t from, uint64_t to, uint64_t size, uint64_t attributes)
{
    uint64_t end = from + size;

    //@ loop assigns from, to, ALL_TABLES;
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

void map_own(uint64_t base, uint64_t size, uint64_t attributes)
{
    map(own_root, base, base, size, attributes);
}

void paging_devices(bool mapped)
{
    static const uint64_t windows[] = { BOARD_DEVICE_WINDOWS DMA_WINDOW };

    /*@
      loop invariant \exists integer i; 0 <= i <= sizeof(windows) / 16 && at == &windows[2 * i];
      loop assigns at, ALL_TABLES;
    */
    for (const uint64_t *at = windows; at < windows + sizeof(windows) / sizeof(*at); at += 2)
        map_own(at[0], at[1], mapped ? OWN_DEVICE : 0);
    map_own(BOARD_BOARD_BASE + (BOARD_LOG_IPA - BOARD_IPA), BOARD_PAGE,
            mapped ? OWN_WRITE : OWN_READ);
    tlb_flush_el2();
}

void paging_start_text(bool runs)
{
    map_own((uintptr_t)shim_start_text, (uint64_t)(shim_text_end - shim_start_text),
            runs ? OWN_CODE : OWN_READ);
    tlb_flush_el2();
}

void paging_close(void)
{
    paging_start_text(false);
}

void paging_revoke(void)
{
    //@ loop assigns i, ALL_TABLES;
    for (uint32_t i = 0; replica_root && i < 512; i++)
        replica_root[i] = 0;
    tlb_flush_el1();
}
