/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hand-over of DMA memory. What a device sees exists once, outside of all partitions, at the
 * address at which each replica sees memory of its own. So the I/O core's replica is copied out
 * when all have posted the same sum of it; what comes in lies in that core's slot, from where every
 * replica's kernel takes it (rcoe/dma/handed_over/dma.c).
 */
#include "../../paging.h"

struct answer dma_perform(const struct request *request)
{
    uint64_t at = request->address;
    uint64_t bytes = DMA_BYTES(request->value);
    bool out = DMA_OUT(request->value);
    volatile uint64_t *device = (uint64_t *)(uintptr_t)at; /* mapped as one: no cache is between */
    const uint64_t *own = (uint64_t *)(uintptr_t)(partition_base() + (at - BOARD_PARTITION_IPA));
    uint64_t *kept = board_slot(self.number)->dma; /* what is summed up is what goes on */
    uint32_t sum = ~0u;

    if (request->kind != REQUEST_DMA || (at | bytes) % sizeof(*own) ||
        at - BOARD_DMA_BASE >= BOARD_DMA_SIZE || bytes > DMA_MOST - at % DMA_MOST)
        return (struct answer){ 0, ANSWER_REFUSED };
    for (uint64_t i = 0; i < bytes / sizeof(*own); i++) {
        kept[i] = out ? own[i] : device[i];
        sum = crc32c_word(sum, kept[i]);
    }
    /* Own memory was hit since it was summed up: nothing goes out, the next one has its own. */
    if (out && sum != DMA_SUM(request->value))
        exclude_self(RECORD_SHIM_TRAP, sum, at);
    for (uint64_t i = 0; out && i < bytes / sizeof(*own); i++)
        device[i] = kept[i];
    return (struct answer){ sum, 0 };
}
