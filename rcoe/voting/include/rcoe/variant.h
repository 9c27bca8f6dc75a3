/* SPDX-License-Identifier: BSD-2-Clause */
/* Several replicas. Contracts: rcoe/rcoe.h, which includes this file. */
#pragma once

#include <arch_rcoe.h>

/* Running CRC-32C, never reset: rcoe/fingerprint.h. Here, so that noting a word is one step. */
extern ARCH_REPLICA_STATE uint32_t rcoe_fingerprint;

struct rcoe_round rcoe_enter(struct trap_frame *tf, enum trap_kind kind, uint64_t esr,
                             uint64_t far);
void rcoe_leave(const struct rcoe_round *round, const struct trap_frame *next,
                uint64_t next_deadline);
void rcoe_leave_same_deadline(const struct trap_frame *next);
uint64_t rcoe_now(void);

static inline void rcoe_note(uint64_t word)
{
    rcoe_fingerprint = arch_crc32c(rcoe_fingerprint, word);
}
