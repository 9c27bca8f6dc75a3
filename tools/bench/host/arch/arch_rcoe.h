/* SPDX-License-Identifier: BSD-2-Clause */
/* The core as the benchmark of a ballot exchange has it: an x86-64 processor with SSE 4.2. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include <shim/board.h>
#include <x86intrin.h>

#define ARCH_REPLICA_STATE _Thread_local

extern _Thread_local uint32_t host_replica; /* exchange.c */

/* The same polynomial as Arm's instruction, in as many instructions. */
static inline uint32_t arch_crc32c(uint32_t crc, uint64_t word)
{
    return (uint32_t)_mm_crc32_u64(crc, word);
}

static inline uint64_t arch_counter(void)
{
    return __rdtsc();
}

/* Turns instead of sleep: the peer has a core of its own. */
static inline void arch_wait(const _Atomic uint64_t *word, uint64_t seen)
{
    for (int turn = 0; turn < 1000 && atomic_load_explicit(word, memory_order_acquire) == seen;
         turn++) {
        _mm_pause();
    }
}

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

/* Both threads use one mapping: the own ballot and slot are those that the peer reads. */
#define ARCH_OWN_SLOT (BOARD_SLOT_IPA(0) - BOARD_BALLOT_IPA(0)) /* from the ballot to the slot */
static inline uint64_t arch_own_ballot(void)
{
    return BOARD_BALLOT_IPA(host_replica) - BOARD_IPA;
}
