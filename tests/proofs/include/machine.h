/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine as the proofs see it, included before every file. Other cores, and upsets, change
 * shared memory at any moment: an atomic load must be of valid memory and gives any value at all.
 */
#pragma once

#include <stdint.h>

/* 32-bit constants have 32 bits, and the atomics below replace those of the library's header. */
#undef UINT32_C
#define UINT32_C(c) c##U
#undef UINT64_C
#define UINT64_C(c) c##UL
#define __FC_STDATOMIC
#define _Atomic

typedef enum {
    memory_order_relaxed,
    memory_order_consume,
    memory_order_acquire,
    memory_order_release,
    memory_order_acq_rel,
    memory_order_seq_cst,
} memory_order;

/*@ assigns \result \from found; */
uint64_t any_value(uint64_t found);

#define LOAD_ANY(object) ((__typeof__(*(object)))any_value(*(object)))

#define atomic_load_explicit(object, order) LOAD_ANY(object)
#define atomic_store_explicit(object, value, order) (*(object) = (value))
#define atomic_fetch_add_explicit(object, value, order) (*(object) = LOAD_ANY(object) + (value))
#define atomic_fetch_add(object, value) (*(object) = LOAD_ANY(object) + (value))
#define atomic_fetch_and(object, value) (*(object) = LOAD_ANY(object) & (value))
#define atomic_fetch_or(object, value) (*(object) = LOAD_ANY(object) | (value))
#define atomic_exchange(object, value)                                                             \
    __extension__({                                                                                \
        __typeof__(*(object)) found_ = LOAD_ANY(object);                                           \
        *(object) = (value);                                                                       \
        found_;                                                                                    \
    })
#define atomic_thread_fence(order) ((void)0)
#define atomic_signal_fence(order) ((void)0)
#define atomic_compare_exchange_weak atomic_compare_exchange_strong
#define atomic_compare_exchange_strong(object, expected, desired)                                  \
    __extension__({                                                                                \
        __typeof__(*(object)) found_ = LOAD_ANY(object);                                           \
        _Bool same_ = found_ == *(expected);                                                       \
        if (same_)                                                                                 \
            *(object) = (desired);                                                                 \
        else                                                                                       \
            *(expected) = found_;                                                                  \
        same_;                                                                                     \
    })
