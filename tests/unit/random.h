/* SPDX-License-Identifier: BSD-2-Clause */
/* Random choices that repeat: xorshift64*; who seeds it prints the seed. */
#pragma once

#include "unit.h"

#include <stdbool.h>

static uint64_t random_state;

static inline void random_seed(uint64_t seed)
{
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1; /* any seed, never the fixed point 0 */
}

static inline uint64_t random_word(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

/* 0 .. limit - 1 */
static inline unsigned random_below(unsigned limit)
{
    return (unsigned)((random_word() >> 32) * limit >> 32);
}

/* True once in `times`. */
static inline bool random_one_in(unsigned times)
{
    return random_below(times) == 0;
}

/* Before a loop over seeds `first` .. `last`: a failure names a number of this range. */
static inline void random_announce(const char *test, unsigned first, unsigned last)
{
    print_message("%s: seeds %u..%u\n", test, first, last);
}
