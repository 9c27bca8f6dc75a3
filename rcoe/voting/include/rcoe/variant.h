/* SPDX-License-Identifier: BSD-2-Clause */
/* Several replicas. Contracts: rcoe/rcoe.h, which includes this file. */
#pragma once

#include <arch_rcoe.h>

/* Running CRC-32C, never reset: rcoe/fingerprint.h. Here, so that noting a word is one step. */
extern ARCH_REPLICA_STATE uint32_t rcoe_fingerprint;

RCOE_INLINE void rcoe_note(uint64_t word)
{
    rcoe_fingerprint = arch_crc32c(rcoe_fingerprint, word);
}
