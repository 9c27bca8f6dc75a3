/* SPDX-License-Identifier: BSD-2-Clause */
#include "commit.h"

#include "dma/handed_over/dma.h"

void dma_commit(uint64_t address, uint64_t value)
{
    commit(REQUEST_DMA, address, value);
}

const struct board_slot *dma_slot(uint32_t i)
{
    uint64_t n = atomic_load_explicit(&slot_own(ballot_own())->request_seq, memory_order_relaxed);
    const struct board_slot *slot = slot_of(i);

    return atomic_load_explicit(&slot->result_seq, memory_order_acquire) == n ? slot : NULL;
}
