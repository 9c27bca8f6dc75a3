/* SPDX-License-Identifier: BSD-2-Clause */
/* The same for rcoe/dma: hand-over of DMA memory, wherever the system has it. */
#pragma once

#include "rcoe_contracts.h"

extern const uint64_t dma_base, dma_size;
#define DMA_BASE dma_base
#define DMA_SIZE dma_size

#include "dma/handed_over/dma.h"

/*@ axiomatic Words_of_8 {
      axiom whole: \forall uint64_t a;
          (uint64_t)(a & (uint64_t)0xfffffffffffffff8) == a - a % 8; } */

/* What the kernel maintains the caches for is memory, by whole words. */
/*@
  predicate one_block(integer address, integer size) = size <= DMA_MOST - address % DMA_MOST;
  logic uint64_t *word_of(void *memory, uint64_t address) =
      (uint64_t *)(uintptr_t)((uintptr_t)memory - (uint64_t)(address % 8));
*/

/*@ requires configured; assigns rcoe.round, rcoe_fingerprint, rcoe_changes, *the_own; */
void dma_commit(uint64_t address, uint64_t value);
/*@ requires i < REPLICAS_MAX; assigns \nothing; ensures \valid_read(\result); */
const struct board_slot *dma_slot(uint32_t i);
/*@ requires configured && \valid_read(slot); assigns \nothing; */
bool dma_has_read(const struct board_slot *slot);
/*@ assigns \nothing; */
uint64_t shim_dma(uint64_t address, uint64_t value);
/*@ requires configured && one_block(address, size);
    requires \valid(word_of(memory, address) + (0 .. (address % 8 + size + 7) / 8 - 1)); */
void rcoe_dma(uint64_t address, void *memory, uint64_t size, bool out);
