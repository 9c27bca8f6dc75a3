/* SPDX-License-Identifier: BSD-2-Clause */
/* What rcoe needs from the core. rcoe/arch/host has the same names for unit tests. */
#pragma once

#include <stdint.h>

#include <arm_acle.h>
#include <shim/board.h>

/* State of this replica; the host runs several in one process. */
#define ARCH_REPLICA_STATE

/* CRC-32C (polynomial 0x1edc6f41, reflected) of eight more bytes, lowest first; no inversion. */
static inline uint32_t arch_crc32c(uint32_t crc, uint64_t word)
{
    return __crc32cd(crc, word);
}

/* Counter ticks. CNTVOFF_EL2 is 0: all cores and EL2 see one counter. */
static inline uint64_t arch_counter(void)
{
    uint64_t ticks;

    /* isb: not read early, or a follower finds the leader's time in its own future. */
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks)::"memory");
    return ticks;
}

/*
 * Sleeps until *word may differ from `seen`. The exclusive load arms the monitor, so that the
 * writer's store is the wake-up event. EL2's 1 ms tick wakes too: its exception return sets the
 * event register.
 */
static inline void arch_wait(const _Atomic uint64_t *word, uint64_t seen)
{
    uint64_t now;

    __asm__ volatile("ldaxr %0, %1\n\t"
                     "cmp %0, %2\n\t"
                     "b.ne 1f\n\t"
                     "wfe\n"
                     "1:"
                     : "=&r"(now)
                     : "Q"(*word), "r"(seen)
                     : "cc", "memory");
}

struct trap_frame;
/* Stands still until an excluded replica has joined, or not, then runs `next`: join.S. */
void arch_join(const struct trap_frame *next);

/*
 * Relaxed accesses to words of the own pages, at any offset: the compiler's own take an address in
 * a register.
 */
static inline uint64_t arch_load(const _Atomic uint64_t *word)
{
    uint64_t value;

    __asm__("ldr %0, %1" : "=r"(value) : "m"(*word));
    return value;
}
static inline void arch_store(_Atomic uint64_t *word, uint64_t value)
{
    __asm__("str %1, %0" : "=m"(*word) : "r"(value));
}
static inline void arch_store32(_Atomic uint32_t *word, uint32_t value)
{
    __asm__("str %w1, %0" : "=m"(*word) : "r"(value));
}

/* Where stage 2 shows this replica its own ballot, and what its EL2 says. */
static inline uint64_t arch_own_ballot(void)
{
    return BOARD_OWN_IPA - BOARD_IPA;
}
#define ARCH_OWN_SLOT (BOARD_OWN_SLOT_IPA - BOARD_OWN_IPA) /* from the ballot to the slot */
