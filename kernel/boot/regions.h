/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory at boot: what is there, what is taken, and how the rest is cut into untypeds. */
#pragma once

#include <kernel/types.h>

struct region { /* physical addresses, end exclusive */
    paddr_t start, end;
};
#define REGIONS 8u
struct region_list { /* ascending, disjoint, none empty */
    struct region region[REGIONS];
    word_t count;
};

/* Takes `taken` out of the list. False: the list is full. */
bool regions_take(struct region_list *list, struct region taken) MUST_USE;
/*
 * Takes `size` bytes from the highest region that holds them, as high as the alignment 2^bits
 * allows. 0: none does.
 */
paddr_t regions_allocate(struct region_list *list, word_t size, word_t align_bits) MUST_USE;

/* Cuts the next naturally aligned power of two off the region; log2 of it, 0: nothing is left. */
word_t region_cut(struct region *region);
