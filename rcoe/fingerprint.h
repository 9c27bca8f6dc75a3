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

/* All 36 words of a synchronous frame; of an interrupted one only that it is one. */
uint32_t fingerprint_frame(uint32_t fingerprint, const struct trap_frame *tf);
