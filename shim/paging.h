/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables and attributes: start/paging.c makes the maps, paging.c changes them later. */
#pragma once

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

/* Stage 2: normal memory, read or read and write. */
#define REPLICA_READ (ACCESSED | INNER_SHAREABLE | 0xf << 2 | 1 << 6 | NO_EXECUTE)
#define REPLICA_WRITE (REPLICA_READ | 1 << 7)
#define REPLICA_MEMORY (REPLICA_WRITE & ~NO_EXECUTE)

#pragma GCC visibility push(hidden)

extern uint64_t tables[TABLES][512];
extern uint64_t *own_root;
extern uint64_t *replica_root;

static inline uint64_t partition_base(void)
{
    return BOARD_PARTITION_BASE + self.number * manifest.partition_size;
}

uint64_t *table_new(void);
/* attributes 0: nothing is there. Blocks are never split: first by pages, then always by pages. */
void map(uint64_t *root, uint64_t from, uint64_t to, uint64_t size, uint64_t attributes);
void map_own(uint64_t base, uint64_t size, uint64_t attributes);

#pragma GCC visibility pop
