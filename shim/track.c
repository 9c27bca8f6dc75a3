/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which pages of its memory the replica has written: its kernel asks (shim_dirty), and a
 * core that copies this replica (start/join.c) does. While nobody does, stage 2 maps blocks, as
 * it always has; else single pages, read only until the replica writes to them.
 */
#include "paging.h"
#include "track.h"

#define REPLICA_WRITABLE (UINT64_C(1) << 7) /* S2AP of a page or block */

/* Leaf tables of the whole partition, one behind the other; written when tracking begins. */
static uint64_t leaves[TRACK_PAGES] __attribute__((section(".pool"), aligned(4096)));
uint64_t dirty[TRACK_SETS][TRACK_PAGES / 64] __attribute__((section(".pool")));
struct tracking tracking;

//@ assigns \nothing; ensures is_table(\result);
static uint64_t *partition_blocks(void)
{
    uint64_t table = replica_root[BOARD_PARTITION_IPA >> 30 & 511] & ADDRESS;

    return (uint64_t *)(uintptr_t)table + (BOARD_PARTITION_IPA >> 21 & 511);
}

/* Through leaf tables, or by blocks. Break before make: no moment with two answers. */
//@ requires manifest_has_peers; assigns ALL_TABLES;
static void remap(bool by_pages)
{
    uint64_t *block = partition_blocks();
    uint64_t blocks = manifest.partition_size / BLOCK;

    //@ loop assigns i, ALL_TABLES;
    for (uint64_t i = 0; i < blocks; i++)
        block[i] = 0;
    tlb_flush_el1();
    //@ loop assigns i, ALL_TABLES;
    for (uint64_t i = 0; i < blocks; i++)
        block[i] = by_pages ? (uintptr_t)&leaves[i * 512] | TABLE_OR_PAGE
                            : (partition_base() + i * BLOCK) | REPLICA_MEMORY | VALID;
    cpu_barrier();
}

/*@
  requires manifest_has_peers && set < TRACK_SETS;
  assigns ALL_TABLES, tracking, dirty[0 .. TRACK_SETS - 1][0 .. TRACK_PAGES / 64 - 1],
          leaves[0 .. TRACK_PAGES - 1];
*/
void track_set(uint32_t set, bool on)
{
    uint32_t before = tracking.sets;

    tracking.sets = on ? before | BIT(set) : before & ~BIT(set);
    //@ loop assigns i, dirty[0 .. TRACK_SETS - 1][0 .. TRACK_PAGES / 64 - 1];
    for (uint64_t i = 0; on && i < TRACK_PAGES / 64; i++)
        dirty[set][i] = 0;
    //@ loop assigns i, leaves[0 .. TRACK_PAGES - 1];
    for (uint64_t i = 0; on && i < manifest.partition_size / PAGE; i++)
        leaves[i] =
            (partition_base() + i * PAGE) | (REPLICA_MEMORY & ~REPLICA_WRITABLE) | TABLE_OR_PAGE;
    if (!before != !tracking.sets)
        remap(on);
    else
        tlb_flush_el1();
}

void track_pass(uint32_t pass)
{
    track_set(pass % 2, pass != 0);
    track_set((pass + 1) % 2, false);
}

/* The page of a virtual address: HPFAR_EL2 says nothing of permission faults. */
//@ assigns \nothing;
static uint64_t page_of(uint64_t address)
{
    uint64_t par = SYSREG_READ(par_el1);
    uint64_t found;

    __asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(address) : "memory");
    found = SYSREG_READ(par_el1);
    SYSREG_WRITE(par_el1, par);
    return found & 1 ? ~UINT64_C(0) : ((found & ADDRESS) - BOARD_PARTITION_IPA) / PAGE;
}

bool track_write(uint64_t address)
{
    /* Nobody asks for the pages of a replica that has no peers. */
    //@ admit tracking.sets != 0 ==> manifest_has_peers;
    uint64_t page = tracking.sets ? page_of(address) : ~UINT64_C(0);

    if (page >= manifest.partition_size / PAGE)
        return false;
    //@ loop assigns s, dirty[0 .. TRACK_SETS - 1][0 .. TRACK_PAGES / 64 - 1];
    for (uint32_t s = 0; s < TRACK_SETS; s++)
        dirty[s][page / 64] |= (uint64_t)(tracking.sets >> s & 1) << page % 64;
    leaves[page] |= REPLICA_WRITABLE;
    tlb_flush_page(BOARD_PARTITION_IPA + page * PAGE, address);
    return true;
}

uint64_t track_take(uint64_t group)
{
    uint64_t found;

    if (!(tracking.sets & BIT(TRACK_KERNEL)))
        track_set(TRACK_KERNEL, true);
    if (group >= manifest.partition_size / PAGE / 64)
        return 0;
    found = dirty[TRACK_KERNEL][group];
    dirty[TRACK_KERNEL][group] = 0;
    //@ loop assigns rest, leaves[0 .. TRACK_PAGES - 1];
    for (uint64_t rest = found; rest; rest &= rest - 1)
        leaves[group * 64 + (uint64_t)__builtin_ctzll(rest)] &= ~REPLICA_WRITABLE;
    if (found)
        tlb_flush_el1();
    return found;
}
