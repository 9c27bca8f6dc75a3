/* SPDX-License-Identifier: BSD-2-Clause */
/* A core's EL2 reads its own replica's DMA memory, with one replica too. */
#pragma once

#include "../../../paging.h"

#define DMA_END (BOARD_DMA_BASE + BOARD_DMA_SIZE) /* a replica's RAM reaches so far */
_Static_assert(BOARD_DMA_BASE + BOARD_DMA_SIZE <= UINT32_MAX, "hvc_request() passes 32 bits");

static inline void dma_map(void)
{
    map_own(partition_base() + (BOARD_DMA_BASE - BOARD_PARTITION_IPA), BOARD_DMA_SIZE, OWN_READ);
}
