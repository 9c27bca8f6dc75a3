/* SPDX-License-Identifier: BSD-2-Clause */
/* A system with DMA regions: dma.c. The other form is ../none/dma.h. Part of core.h. */

/* Behind the board's device windows: the bytes that devices see, mapped as they are. */
#define DMA_WINDOW , BOARD_DMA_BASE, BOARD_DMA_SIZE
#define dma_is_call(number) ((number) == SHIM_CALL_DMA)
/* I/O core: hands over what was agreed. A request that is none is refused, as a wild range is. */
struct answer dma_perform(const struct request *request);
