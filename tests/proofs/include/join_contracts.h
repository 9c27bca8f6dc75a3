/* SPDX-License-Identifier: BSD-2-Clause */
/* What the proofs of shim/start/join.c take for granted beside start_contracts.h. */
#pragma once

#include "track.h"

/* The replicas' memory is there, and that of this core is a variable. */
extern uint64_t own_partition[TRACK_PAGES * 512];
/*@
  axiomatic Partitions {
    logic integer partition_bytes;
    axiom partitions: \forall integer from, size; BOARD_PARTITION_BASE <= from && 0 <= size &&
        from + size <= BOARD_PARTITION_BASE + BOARD_PARTITION_TOTAL ==> readable(from, size);
  }
  logic integer partition{L}(integer replica) =
      BOARD_PARTITION_BASE + replica * manifest.partition_size;
*/

/* One of several replicas returns; start.S and paging_start() have placed its core's copy. */
/*@ predicate joins{L} = checked && own_core < manifest.replicas && manifest_has_peers &&
      manifest.partition_size == partition_bytes &&
      readable((uintptr_t)&image_header[0], manifest.constant[0].size) &&
      readable((uintptr_t)&image_header[0], MANIFEST_OFFSET + sizeof(struct manifest)); */

/* As the pages: start.c has it, and it stays where it is. */
extern uint64_t start_registers[REGISTERS_SIZE / 8];
/*@
  axiomatic Registers {
    logic uint64_t *registers_place;
    axiom registers: registers_place == &start_registers[0];
  }
*/
/* clang-format off */
#define all_stay (pages_stay && \valid(registers_place + (0 .. REGISTERS_SIZE / 8 - 1)))
#define OWN_PARTITION own_partition[0 .. TRACK_PAGES * 512 - 1]
#define PAGES_LEFT joiner.todo[0 .. TRACK_PAGES / 64 - 1]
/* clang-format on */
/*@ assigns \nothing; */
static inline void cpu_yield(void);
/*@ ensures all_stay; */
void paging_replica(void);
/*@ requires joins && registers == &start_registers[0]; */
void join_members(uint64_t registers[REGISTERS_SIZE / 8]);
