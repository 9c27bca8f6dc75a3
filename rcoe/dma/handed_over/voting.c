/* SPDX-License-Identifier: BSD-2-Clause */
#include "commit.h"

#include "dma/handed_over/dma.h"

void dma_commit(uint64_t address, uint64_t value)
{
    commit(REQUEST_DMA, address, value);
}

const struct board_slot *dma_slot(uint32_t i)
{
    return slot_of((ballot_leader() + i) % REPLICAS_MAX);
}

bool dma_has_read(const struct board_slot *slot)
{
    uint64_t n = atomic_load_explicit(&slot_own(ballot_own())->request_seq, memory_order_relaxed);

    return atomic_load_explicit(&slot->io_seq, memory_order_relaxed) == n &&
           atomic_load_explicit(&slot->result_seq, memory_order_acquire) == n;
}
