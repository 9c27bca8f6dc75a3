/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure; see abi 8.3 and 8.5. */
#include "regions.h"

#include <kernel/abi.h>
#include <kernel/image.h>

BOOT_CODE static void insert(struct region_list *list, word_t at, struct region region)
{
    for (word_t i = list->count; i > at; i--)
        list->region[i] = list->region[i - 1];
    list->region[at] = region;
    list->count++;
}

BOOT_CODE static void drop_empty(struct region_list *list)
{
    word_t kept = 0;

    for (word_t i = 0; i < list->count; i++) {
        if (list->region[i].start < list->region[i].end)
            list->region[kept++] = list->region[i];
    }
    list->count = kept;
}

BOOT_CODE bool regions_take(struct region_list *list, struct region taken)
{
    if (taken.start >= taken.end)
        return true;
    for (word_t i = 0; i < list->count; i++) {
        struct region *region = &list->region[i];
        struct region above = { taken.end, region->end };

        if (taken.end <= region->start || taken.start >= region->end)
            continue;
        if (taken.start > region->start && taken.end < region->end) { /* leaves two */
            if (list->count == REGIONS)
                return false;
            region->end = taken.start;
            insert(list, i + 1, above);
            return true;
        }
        if (taken.start > region->start)
            region->end = taken.start;
        else
            region->start = taken.end < region->end ? taken.end : region->end;
    }
    drop_empty(list);
    return true;
}

BOOT_CODE paddr_t regions_allocate(struct region_list *list, word_t size, word_t align_bits)
{
    for (word_t i = list->count; i-- > 0;) {
        struct region region = list->region[i];
        paddr_t start;

        if (region.end - region.start < size)
            continue;
        start = (region.end - size) & ~MASK(align_bits);
        if (start < region.start)
            continue;
        if (!regions_take(list, (struct region){ start, start + size }))
            return 0;
        return start;
    }
    return 0;
}

/* log2 of the largest power of two that is at most `size`. */
BOOT_CODE static word_t floor_log2(word_t size)
{
    return WORD_BITS - 1 - (word_t)__builtin_clzll(size);
}

BOOT_CODE word_t region_cut(struct region *region)
{
    while (region->start < region->end) {
        word_t address = (word_t)paddr_to_ptr(region->start);
        word_t bits = floor_log2(region->end - region->start);

        if (address != 0 && bits > (word_t)__builtin_ctzll(address))
            bits = (word_t)__builtin_ctzll(address);
        if (bits > UNTYPED_MAX_BITS)
            bits = UNTYPED_MAX_BITS;
        region->start += BIT(bits);
        if (bits >= UNTYPED_MIN_BITS)
            return bits;
    }
    return 0;
}
