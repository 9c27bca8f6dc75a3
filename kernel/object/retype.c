/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic of Retype; pure. */
#include <kernel/retype.h>

word_t object_size_bits(enum object_type type, word_t size_bits)
{
    switch (type) {
    case OBJECT_UNTYPED:
    case OBJECT_SCHED_CONTEXT:
        return size_bits;
    case OBJECT_CAP_TABLE:
        return size_bits + SLOT_BITS;
    case OBJECT_TCB:
        return TCB_BITS;
    case OBJECT_ENDPOINT:
        return ENDPOINT_BITS;
    case OBJECT_NOTIFICATION:
        return NOTIFICATION_BITS;
    case OBJECT_REPLY:
        return REPLY_BITS;
    case OBJECT_HUGE_PAGE:
        return HUGE_PAGE_BITS;
    case OBJECT_LARGE_PAGE:
        return LARGE_PAGE_BITS;
    case OBJECT_SMALL_PAGE:
        return PAGE_BITS;
    case OBJECT_VSPACE:
        return VSPACE_BITS;
    case OBJECT_PAGE_TABLE:
        return TABLE_BITS;
    default:
        return WORD_BITS; /* no such object: fits nowhere */
    }
}

bool object_is_frame(enum object_type type)
{
    return type == OBJECT_SMALL_PAGE || type == OBJECT_LARGE_PAGE || type == OBJECT_HUGE_PAGE;
}

bool object_is_too_small(enum object_type type, word_t size_bits)
{
    return (type == OBJECT_CAP_TABLE && size_bits < 1) ||
           (type == OBJECT_UNTYPED && size_bits < UNTYPED_MIN_BITS) ||
           (type == OBJECT_SCHED_CONTEXT && size_bits < SCHED_CONTEXT_MIN_BITS);
}

/* Sizes are powers of two: what fits before alignment also fits after it (abi 11.11). */
struct retype_place retype_place(word_t bits, word_t used, word_t object_bits, word_t count)
{
    struct retype_place place = { .available = BIT(bits) - used };

    place.fits = (place.available >> object_bits) >= count;
    if (place.fits) {
        place.first = align_up(used, object_bits);
        place.end = place.first + (count << object_bits);
    }
    return place;
}
