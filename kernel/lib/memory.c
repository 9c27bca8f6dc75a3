/* SPDX-License-Identifier: BSD-2-Clause */
/* Built with -fno-tree-loop-distribute-patterns: these loops may not become calls of themselves. */
#include <kernel/memory.h>
#include <kernel/types.h>

typedef uint64_t __attribute__((may_alias)) any_word_t;

/* Ascending, so that it also serves an overlapping move downwards. */
static void copy_up(unsigned char *to, const unsigned char *from, size_t size)
{
    if ((((word_t)to | (word_t)from) & 7u) == 0) {
        for (; size >= 8; size -= 8, to += 8, from += 8)
            *(any_word_t *)(void *)to = *(const any_word_t *)(const void *)from;
    }
    while (size-- > 0)
        *to++ = *from++;
}

void *memcpy(void *restrict destination, const void *restrict source, size_t size)
{
    copy_up(destination, source, size);
    return destination;
}

void *memmove(void *destination, const void *source, size_t size)
{
    unsigned char *to = destination;
    const unsigned char *from = source;

    if (to <= from || to >= from + size) {
        copy_up(to, from, size);
        return destination;
    }
    while (size-- > 0)
        to[size] = from[size];
    return destination;
}

void *memset(void *destination, int byte, size_t size)
{
    unsigned char *to = destination;
    uint64_t word = (unsigned char)byte * UINT64_C(0x0101010101010101);

    if (((word_t)to & 7u) == 0) {
        for (; size >= 8; size -= 8, to += 8)
            *(any_word_t *)(void *)to = word;
    }
    while (size-- > 0)
        *to++ = (unsigned char)byte;
    return destination;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a, *right = b;

    for (size_t i = 0; i < size; i++) {
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    }
    return 0;
}

void memzero(void *destination, size_t size)
{
    any_word_t *to = destination;

    for (size_t i = 0; i < size / sizeof(*to); i += 2) {
        to[i] = 0;
        to[i + 1] = 0;
    }
}
