/* SPDX-License-Identifier: BSD-2-Clause */
/* Cache maintenance by address. Its effects are local to this replica: nothing to vote on. */
#include <arch/mmu.h>

/* Smallest data cache line, bytes: CTR_EL0.DminLine counts words. */
static word_t line_size(void)
{
    word_t ctr;

    __asm__("mrs %0, ctr_el0" : "=r"(ctr));
    return UINT64_C(4) << (ctr >> 16 & MASK(4));
}

#define FOR_EACH_LINE(name, operation)                                                             \
    static void name(word_t start, word_t end)                                                     \
    {                                                                                              \
        word_t line = line_size();                                                                 \
                                                                                                   \
        for (word_t at = start & ~(line - 1); at < end; at += line)                                \
            __asm__ volatile(operation ", %0" ::"r"(at) : "memory");                               \
        __asm__ volatile("dsb sy" ::: "memory");                                                   \
    }
FOR_EACH_LINE(clean_lines, "dc cvac")
FOR_EACH_LINE(clean_lines_to_unification, "dc cvau")
FOR_EACH_LINE(invalidate_lines, "dc ivac")
FOR_EACH_LINE(clean_invalidate_lines, "dc civac")

void cache_clean(const void *start, word_t size)
{
    clean_lines((word_t)start, (word_t)start + size);
}

void cache_clean_invalidate(const void *start, word_t size)
{
    clean_invalidate_lines((word_t)start, (word_t)start + size);
}

/* Lines that lie only partly in the range keep their other bytes. */
void cache_invalidate(const void *start, word_t size)
{
    word_t line = line_size();
    word_t first = (word_t)start, end = first + size;
    word_t inner_first = (first + line - 1) & ~(line - 1), inner_end = end & ~(line - 1);

    if (first != inner_first)
        clean_invalidate_lines(first, first + 1);
    if (end != inner_end)
        clean_invalidate_lines(inner_end, end);
    if (inner_first < inner_end)
        invalidate_lines(inner_first, inner_end);
}

void cache_clean_for_instructions(const void *start, word_t size)
{
    clean_lines_to_unification((word_t)start, (word_t)start + size);
}

/* All of them: the cache may be virtually indexed, and the kernel's address is not the user's. */
void cache_invalidate_instructions(void)
{
    __asm__ volatile("ic iallu\n"
                     "dsb nsh\n"
                     "isb" ::
                         : "memory");
}
