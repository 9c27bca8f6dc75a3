/* SPDX-License-Identifier: BSD-2-Clause */
/* The core as unit tests see it: threads are replicas, tests/unit/host_core.c is the clock. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include <shim/board.h>

#define ARCH_REPLICA_STATE _Thread_local

/* Replica that this thread plays; tests/unit/host_core.c. */
extern _Thread_local uint32_t host_replica;
uint64_t host_counter(void);
void host_wait(void);

/* Bit by bit: slow, and therefore an independent check of the instruction's result. */
static inline uint32_t arch_crc32c(uint32_t crc, uint64_t word)
{
    for (uint32_t bit = 0; bit < 64; bit++) {
        uint32_t low = (crc ^ (uint32_t)(word >> bit)) & 1u;

        crc = (crc >> 1) ^ (low != 0 ? UINT32_C(0x82f63b78) : 0);
    }
    return crc;
}

static inline uint64_t arch_counter(void)
{
    return host_counter();
}

static inline void arch_wait(const _Atomic uint64_t *word, uint64_t seen)
{
    if (atomic_load_explicit(word, memory_order_acquire) == seen) {
        host_wait();
    }
}

struct trap_frame;
void arch_join(const struct trap_frame *next); /* comes back */

static inline uint64_t arch_load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}
static inline void arch_store(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}
static inline void arch_store32(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

/* All threads use one mapping: the own ballot and slot are those that the peers read. */
static inline uint64_t arch_own_ballot(void)
{
    return BOARD_BALLOT_IPA(host_replica) - BOARD_IPA;
}
#define ARCH_OWN_SLOT (BOARD_SLOT_IPA(0) - BOARD_BALLOT_IPA(0)) /* from the ballot to the slot */
