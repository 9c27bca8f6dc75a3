/* SPDX-License-Identifier: BSD-2-Clause */
/* The same for shim/dma: what devices see is there, and the I/O core's own DMA memory. */
#pragma once

#include "shim_contracts.h"

/*@
  predicate dma_memory(integer at, integer words) = at % 8 == 0 && 0 <= words &&
      inside(at, 8 * words, BOARD_DMA_BASE, BOARD_DMA_SIZE);
  predicate dma_is_there{L} =
      inside(partition(own_core), 0, BOARD_PARTITION_BASE, BOARD_PARTITION_TOTAL) &&
      partition(own_core) % 8 == 0 &&
      (\forall uint64_t at, integer words; dma_memory(at, words) ==>
          \valid((uint64_t *)at + (0 .. words - 1))) &&
      (\forall uint64_t at, integer words;
          dma_memory(at - partition(own_core) + BOARD_PARTITION_IPA, words) ==>
          \valid_read((uint64_t *)at + (0 .. words - 1)));
*/
/*@ requires dma_is_there && \valid_read(request); */
struct answer dma_perform(const struct request *request);
