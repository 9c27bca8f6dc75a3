/* SPDX-License-Identifier: BSD-2-Clause */
/* What the test drivers share: maintenance of caches, and what they print. */
#pragma once

#include <microkit.h>
#include <power.h>
#include <stdbool.h>

#define VSPACE_CAP 3
#define PAGE 0x1000u
#define SUM_START 2166136261u

/* A call maintains what lies in one page. */
static inline bool each_page(seL4_Error (*maintain)(seL4_CPtr, seL4_Word, seL4_Word),
                             seL4_Word start, seL4_Word size)
{
    seL4_Word end = start + size;

    for (seL4_Word next; start < end; start = next) {
        next = (start & ~(seL4_Word)(PAGE - 1)) + PAGE;
        next = next < end ? next : end;
        if (maintain(VSPACE_CAP, start, next) != seL4_NoError)
            return false;
    }
    return true;
}

/* FNV-1a, from SUM_START on. */
static inline uint32_t sum_of(uint32_t sum, const uint8_t *byte, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        sum = (sum ^ byte[i]) * 16777619u;
    return sum;
}

static inline void print(const char *text, uint32_t value, const char *behind)
{
    microkit_dbg_puts(text);
    microkit_dbg_put32(value);
    microkit_dbg_puts(behind);
}

static inline void print_piece(uint32_t done, uint32_t sum)
{
    print("dma: ", done, " bytes, ");
    print("sum ", sum, "\n");
}

static inline void give_up(const char *why)
{
    microkit_dbg_puts("dma: ");
    microkit_dbg_puts(why);
    microkit_dbg_puts("\n");
    power_off();
}
