/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory functions of lib/memory.c; the first four are what the compiler may call. */
#pragma once

#include <stddef.h>

void *memcpy(void *restrict destination, const void *restrict source, size_t size);
void *memmove(void *destination, const void *source, size_t size);
void *memset(void *destination, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/* Address and size are multiples of 16: objects and chunks of untyped memory. */
void memzero(void *destination, size_t size);
