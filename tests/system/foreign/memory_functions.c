/* SPDX-License-Identifier: BSD-2-Clause */
/* What the compiler may call. Built without turning these loops into calls of themselves. */
#include "foreign.h"

void *memset(void *target, int byte, size_t size);
void *memcpy(void *restrict target, const void *restrict source, size_t size);

void *memset(void *target, int byte, size_t size)
{
    unsigned char *to = target;

    while (size-- > 0)
        *to++ = (unsigned char)byte;
    return target;
}

void *memcpy(void *restrict target, const void *restrict source, size_t size)
{
    unsigned char *to = target;
    const unsigned char *from = source;

    while (size-- > 0)
        *to++ = *from++;
    return target;
}
