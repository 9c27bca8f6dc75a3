/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board's counters, for a program that maps the housekeeping page as a device
 * (phys_addr 0x3f010000, perms "r", cached "false"; "rw" for the one word that takes stores). Every
 * access is voted, and all replicas get the same value. Words: shim/board.h.
 */
#pragma once

#include <device.h>
#include <shim/board.h>

/* A word of the system. registers: where the page is mapped. */
static inline uint64_t housekeeping(uintptr_t registers, enum housekeeping_word word)
{
    return device_read64(registers + 8u * word);
}

/* Lets an excluded replica come back; replica: its number + 1, or HK_READMIT_ALL. */
static inline void housekeeping_readmit(uintptr_t registers, uint64_t replica)
{
    device_write64(registers + 8u * HK_READMIT, replica);
}

/* A word of one replica, which need not take part any more. replica: below HK_REPLICAS's value. */
static inline uint64_t housekeeping_of(uintptr_t registers, uint64_t replica,
                                       enum housekeeping_replica_word word)
{
    return device_read64(registers + 8u * HK_OF(replica, word));
}
