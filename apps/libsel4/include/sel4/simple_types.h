/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain integer types, by the names that libsel4 programs use. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef int8_t seL4_Int8;
typedef int16_t seL4_Int16;
typedef int32_t seL4_Int32;
typedef int64_t seL4_Int64;
typedef uint8_t seL4_Uint8;
typedef uint16_t seL4_Uint16;
typedef uint32_t seL4_Uint32;
typedef uint64_t seL4_Uint64;
typedef uint64_t seL4_Word;
typedef seL4_Int8 seL4_Bool;

#define seL4_True 1
#define seL4_False 0
#define seL4_Null 0

/* How a word prints: printf("%" SEL4_PRIx_word, w). */
#define SEL4_PRId_word "ld"
#define SEL4_PRIu_word "lu"
#define SEL4_PRIx_word "lx"

#define LIBSEL4_INLINE static inline
#define LIBSEL4_INLINE_FUNC static inline
#define SEL4_DEPRECATED(message) __attribute__((deprecated(message)))
#define seL4_CompileTimeAssert(name, condition) _Static_assert(condition, #name)
