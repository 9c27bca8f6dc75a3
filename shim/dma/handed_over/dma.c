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
    struct board_slot *slot = board_slot(self.number);
    uint64_t *kept = slot->dma[0]; /* what is summed up is what goes on */
    uint32_t sum = ~0u;

    if (request->kind != REQUEST_DMA || at % 8 || bytes % 8 || at < BOARD_DMA_BASE ||
        at - BOARD_DMA_BASE >= BOARD_DMA_SIZE || bytes > DMA_MOST - at % DMA_MOST)
        return (struct answer){ DMA_REFUSED, ANSWER_REFUSED };
    //@ assert bytes == (uint32_t)request->value / 2;
    //@ assert dma_memory(at, bytes / 8);
    //@ assert own == (uint64_t *)(uint64_t)(partition(own_core) + (at - BOARD_PARTITION_IPA));
    //@ loop assigns i, sum, slot->dma[0 .. 1][0 .. DMA_MOST / 8 - 1];
    for (uint64_t i = 0; i < bytes / sizeof(*own); i++) {
        kept[i] = slot->dma[1][i] = out ? own[i] : device[i];
        sum = crc32c_word(sum, kept[i]);
    }
    /* Own memory was hit since it was summed up: nothing goes out, the next one has its own. */
    if (out && sum != DMA_SUM(request->value))
        exclude_self(RECORD_SHIM_TRAP, sum, at);
    //@ assert \valid_read(own + (0 .. bytes / 8 - 1));
    //@ loop assigns i, device[0 .. bytes / 8 - 1];
    for (uint64_t i = 0; out && i < bytes / sizeof(*own); i++)
        device[i] = kept[i] == slot->dma[1][i] ? kept[i] : own[i]; /* hit since: two of three */
    return (struct answer){ sum, 0 };
}
