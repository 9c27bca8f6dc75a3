/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hand-over of DMA memory. Out: EL2 of the I/O core copies its replica's bytes, once all replicas
 * have posted their sum. In: it reads the device's bytes once, into its slot; they stay there until
 * this replica asks for something else, so all take the same. Next file in the flow:
 * shim/dma/handed_over/dma.c.
 */
#include "dma.h"

#include <arch_rcoe.h>

#define WORD_BYTES 8u

static uint32_t sum_of(const uint64_t *word, uint64_t bytes)
{
    uint32_t sum = ~0u;

    for (uint64_t i = 0; i < bytes / WORD_BYTES; i++) {
        sum = arch_crc32c(sum, word[i]);
    }
    return sum;
}

/* Whether what lies in the slot came from the device: the I/O core may have changed since. */
static bool take(uint64_t *word, uint64_t bytes, const struct board_slot *slot)
{
    for (uint64_t i = 0; i < bytes / WORD_BYTES; i++) {
        word[i] = slot->dma[i];
    }
    return sum_of(word, bytes) == slot->result;
}

void rcoe_dma(uint64_t address, void *memory, uint64_t size, bool out)
{
    uint64_t before = address % WORD_BYTES;
    uint64_t bytes = (before + size + WORD_BYTES - 1) & ~(uint64_t)(WORD_BYTES - 1);
    uint64_t *word = (uint64_t *)((uintptr_t)memory - before);
    uint64_t value;

    address -= before;
    if (address - DMA_BASE >= DMA_SIZE) {
        return;
    }
    value = DMA_VALUE(out ? sum_of(word, bytes) : 0, bytes, out);
    dma_commit(address, value);
    shim_dma(address, value);
    for (uint32_t i = 0; i < REPLICAS_MAX; i++) {
        const struct board_slot *slot = dma_slot(i);

        if (slot != NULL && slot->result_status != ANSWER_REFUSED &&
            (out || take(word, bytes, slot))) {
            return;
        }
    }
    shim_panic(RCOE_PANIC_DMA, address);
}
