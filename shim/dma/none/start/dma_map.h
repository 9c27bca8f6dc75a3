/* SPDX-License-Identifier: BSD-2-Clause */
/* A system without DMA regions: EL2 needs no map of them. */
#pragma once

#define DMA_END BOARD_PARTITION_IPA
#define dma_map() ((void)0)
