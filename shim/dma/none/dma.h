/* SPDX-License-Identifier: BSD-2-Clause */
/* A system without DMA regions; ../handed_over/dma.h has the contracts. Part of core.h. */

#define DMA_WINDOW
#define dma_is_call(number) false
#define dma_perform(request) ((struct answer){ 0, ANSWER_REFUSED })
