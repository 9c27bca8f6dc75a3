/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The running fingerprint: CRC-32C over 64-bit words, never reset, so that equality at one round
 * implies equality before. Pure: no board, no state.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <arch_rcoe.h>
#include <kernel/trap_frame.h>
#include <rcoe/rcoe.h>

#define FINGERPRINT_START UINT32_C(0xffffffff)

static inline uint32_t fingerprint_word(uint32_t fingerprint, uint64_t word)
{
    return arch_crc32c(fingerprint, word);
}

/* All 36 words of a synchronous trap, in the order in which trap_entry.S saves them. */
uint32_t fingerprint_registers(const struct trap_frame *tf);

/* The frame that runs next, all of it; of an interrupted one only that it is one. */
uint32_t fingerprint_frame(uint32_t fingerprint, const struct trap_frame *tf);

/* Registers that carry results: badge or error, info, and a message's four words. */
#define FINGERPRINT_RESULTS 6

/*
 * As fingerprint_frame(), but only results, pc and spsr. The other registers were hashed when the
 * thread trapped, and are hashed again when it traps next.
 */
RCOE_INLINE uint32_t fingerprint_exit(uint32_t fingerprint, const struct trap_frame *tf)
{
    if ((tf->spsr & FRAME_INTERRUPTED) != 0) {
        return fingerprint_word(fingerprint, FRAME_INTERRUPTED);
    }
#pragma GCC unroll 6
    /*@
      loop invariant 0 <= i <= FINGERPRINT_RESULTS &&
          fingerprint == folded(&tf->x[0], \at(fingerprint, Pre), 0, i);
      loop assigns i, fingerprint;
      loop variant FINGERPRINT_RESULTS - i;
    */
    for (size_t i = 0; i < FINGERPRINT_RESULTS; i++) {
        fingerprint = fingerprint_word(fingerprint, tf->x[i]);
    }
    fingerprint = fingerprint_word(fingerprint, tf->pc);
    return fingerprint_word(fingerprint, tf->spsr);
}
