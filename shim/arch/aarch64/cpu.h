/* SPDX-License-Identifier: BSD-2-Clause */
/* The processor as C sees it: system registers, barriers, caches, waiting. EL2 only. */
#pragma once

#include <stdint.h>

#define SYSREG_READ(name)                                                                          \
    __extension__({                                                                                \
        uint64_t sysreg_value_;                                                                    \
        __asm__ volatile("mrs %0, " #name : "=r"(sysreg_value_)::"memory");                        \
        sysreg_value_;                                                                             \
    })
#define SYSREG_WRITE(name, value)                                                                  \
    __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(value)) : "memory")

#define CACHE_LINE 64u

static inline void cpu_barrier(void)
{
    __asm__ volatile("dsb sy\n\tisb" ::: "memory");
}

/* Every core's waiting ends by an event, an interrupt or the event stream; also yields to QEMU. */
static inline void cpu_wait(void)
{
    __asm__ volatile("wfe" ::: "memory");
}

static inline void cpu_yield(void)
{
    __asm__ volatile("yield" ::: "memory");
}

/* Wakes waiting cores. Stores before it are visible to them. */
static inline void cpu_wake(void)
{
    __asm__ volatile("dsb ish\n\tsev" ::: "memory");
}

static inline void cpu_sleep(void)
{
    __asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

static inline uint64_t counter_now(void)
{
    __asm__ volatile("isb" ::: "memory");
    return SYSREG_READ(cntpct_el0);
}

static inline void tlb_flush_el2(void)
{
    __asm__ volatile("dsb ish\n\ttlbi alle2\n\tdsb ish\n\tisb" ::: "memory");
}

/* This core's stage-1 and stage-2 entries of all replicas. */
static inline void tlb_flush_el1(void)
{
    __asm__ volatile("dsb ish\n\ttlbi alle1\n\tdsb ish\n\tisb" ::: "memory");
}

/* The page at `ipa`, and what stage 1 made of it for `address`; other addresses may fault again. */
static inline void tlb_flush_page(uint64_t ipa, uint64_t address)
{
    __asm__ volatile(
        "dsb ish\n\ttlbi ipas2e1, %0\n\tdsb ish\n\ttlbi vaae1, %1\n\tdsb ish\n\tisb" ::"r"(ipa >>
                                                                                           12),
        "r"(address << 8 >> 20)
        : "memory");
}

/* To memory, and out of the caches: for readers that run with caches off. */
static inline void cache_clean(uint64_t base, uint64_t size)
{
    for (uint64_t line = base; line < base + size; line += CACHE_LINE)
        __asm__ volatile("dc civac, %0" ::"r"(line) : "memory");
    __asm__ volatile("dsb sy\n\tic iallu\n\tdsb sy\n\tisb" ::: "memory");
}

/* Zeroes whole pages, out of the caches too, line by line. */
static inline void memory_clear(uint64_t page, uint64_t size)
{
    for (uint64_t end = page + size; page < end;)
        __asm__ volatile(".rept 64\n\tdc zva, %0\n\tdc civac, %0\n\tadd %0, %0, #64\n\t.endr"
                         : "+r"(page)::"memory");
}

static inline uint32_t crc32_word(uint32_t crc, uint64_t word)
{
    __asm__("crc32x %w0, %w0, %1" : "+r"(crc) : "r"(word));
    return crc;
}

static inline uint32_t crc32c_word(uint32_t crc, uint64_t word)
{
    __asm__("crc32cx %w0, %w0, %1" : "+r"(crc) : "r"(word));
    return crc;
}
