/* SPDX-License-Identifier: BSD-2-Clause */
/* Retype: sizes of objects and their creation in zeroed memory (abi 3.2, 4). */
#pragma once

#include <kernel/abi.h>
#include <kernel/cap.h>

/* log2 of the object's bytes; size_bits counts for untyped, CNode and scheduling context. */
word_t object_size_bits(enum object_type type, word_t size_bits); /* object/retype.c */
bool object_is_frame(enum object_type type);                      /* object/retype.c */
/* size_bits is below the smallest object of that type. */
bool object_is_too_small(enum object_type type, word_t size_bits); /* object/retype.c */

static inline word_t align_up(word_t value, word_t bits)
{
    return (value + MASK(bits)) & ~MASK(bits);
}

/* What fits where in an untyped of `bits`, of which `used` bytes are gone. object/retype.c */
struct retype_place {
    bool fits;
    word_t available; /* bytes, before alignment */
    word_t first;     /* offset of the first object */
    word_t end;       /* offset behind the last one */
};
struct retype_place retype_place(word_t bits, word_t used, word_t object_bits, word_t count);

/* Makes the object (memory is zero, device memory left alone); its first cap. object/objects.c */
struct cap object_create(enum object_type type, word_t size_bits, void *memory, bool is_device);
