/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t word_t;
typedef uint64_t cptr_t;
typedef uint64_t paddr_t; /* what the replica calls physical: an intermediate physical address */
typedef uint64_t vaddr_t;
typedef uint64_t ticks_t; /* agreed time, counter ticks (62.5 MHz) */

#define MUST_USE __attribute__((warn_unused_result))
#define UNUSED __attribute__((unused))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define BIT(n) (UINT64_C(1) << (n))
#define MASK(n) (BIT(n) - 1)
#define WORD_BITS 64u

/* Kernel window (abi 1.5): physical address 0 appears at PPTR_BASE. */
#define PPTR_BASE UINT64_C(0xffffff8000000000)
#define KERNEL_ELF_BASE UINT64_C(0xffffffffc0000000)
#define KERNEL_PHYS_BASE UINT64_C(0x40000000)
#define USER_TOP UINT64_C(0x00007fffffffffff)

static inline void *paddr_to_ptr(paddr_t p)
{
    return (void *)(p + PPTR_BASE);
}
static inline paddr_t ptr_to_paddr(const void *p)
{
    return (word_t)p - PPTR_BASE;
}
static inline paddr_t kernel_image_to_paddr(const void *p)
{
    return (word_t)p - KERNEL_ELF_BASE + KERNEL_PHYS_BASE;
}

/* How an operation ended. Anything but EXCEPTION_NONE means that nothing was committed. */
enum exception {
    EXCEPTION_NONE,
    EXCEPTION_FAULT,         /* state.fault is to be sent for the current thread */
    EXCEPTION_LOOKUP_FAULT,  /* state.lookup_fault says why */
    EXCEPTION_SYSCALL_ERROR, /* state.error goes back to the caller */
    EXCEPTION_PREEMPTED,     /* the system call runs again from its SVC */
};
