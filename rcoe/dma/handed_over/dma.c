/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hand-over of DMA memory. Out: EL2 of the I/O core copies its replica's bytes, once all replicas
 * have posted their sum. In: it reads the device's bytes once, into its slot; they stay there until
 * this replica asks for something else, so all take the same: what has the sum that is the result.
 * Next file in the flow: shim/dma/handed_over/dma.c.
 */
#include "dma.h"

#include <arch_rcoe.h>

#define WORD_BYTES 8u

//@ requires \valid_read(word + (0 .. bytes / WORD_BYTES - 1)); assigns \nothing;
static uint32_t sum_of(const uint64_t *word, uint64_t bytes)
{
    uint32_t sum = ~0u;

    //@ loop invariant i <= bytes / WORD_BYTES; loop assigns i, sum;
    for (uint64_t i = 0; i < bytes / WORD_BYTES; i++) {
        sum = arch_crc32c(sum, word[i]);
    }
    return sum;
}

/* The sum of what this replica has then. */
/*@ requires bytes <= DMA_MOST && \valid_read(from + (0 .. DMA_MOST / WORD_BYTES - 1));
    requires \valid(word + (0 .. bytes / WORD_BYTES - 1));
    assigns word[0 .. bytes / WORD_BYTES - 1]; */
static uint32_t copied(uint64_t *word, uint64_t bytes, const uint64_t *from)
{
    //@ loop invariant i <= bytes / WORD_BYTES; loop assigns i, word[0 .. bytes / WORD_BYTES - 1];
    for (uint64_t i = 0; i < bytes / WORD_BYTES; i++) {
        word[i] = from[i];
    }
    return sum_of(word, bytes);
}

/*
 * By the sum, not by the slot: the I/O core may have changed since, and one that was excluded may
 * leave bytes of its own in its slot at any time. If nothing has this sum it was hit on its way,
 * and then both copies are right of the core that has read them.
 */
/*@ requires configured && bytes <= DMA_MOST;
    requires \valid(word + (0 .. bytes / WORD_BYTES - 1));
    assigns word[0 .. bytes / WORD_BYTES - 1]; */
static bool bytes_take(uint64_t *word, uint64_t bytes, uint64_t sum)
{
    //@ loop assigns i, word[0 .. bytes / WORD_BYTES - 1];
    for (uint32_t i = 0; i < 2 * REPLICAS_MAX; i++) {
        if (copied(word, bytes, dma_slot(i / 2)->dma[i % 2]) == sum) {
            return true;
        }
    }
    //@ loop assigns i, word[0 .. bytes / WORD_BYTES - 1];
    for (uint32_t i = 0; i < REPLICAS_MAX; i++) {
        const struct board_slot *slot = dma_slot(i);

        if (dma_has_read(slot)) {
            uint32_t first = copied(word, bytes, slot->dma[0]);

            return copied(word, bytes, slot->dma[1]) == first;
        }
    }
    return false;
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
    value = shim_dma(address, value);
    if (value == DMA_REFUSED || !(out || bytes_take(word, bytes, value))) {
        shim_panic(RCOE_PANIC_DMA, address);
    }
}
