/* SPDX-License-Identifier: BSD-2-Clause */
#include "ballot.h"

ARCH_REPLICA_STATE struct rcoe_state rcoe;
ARCH_REPLICA_STATE uint32_t rcoe_fingerprint;

_Static_assert((BALLOT_RING & (BALLOT_RING - 1)) == 0, "an index is a mask");
_Static_assert((TIME_RING & (TIME_RING - 1)) == 0, "an index is a mask");
_Static_assert((REPLICAS_MAX & (REPLICAS_MAX - 1)) == 0, "ballot_self() masks");

_Noreturn void ballot_wrong(void)
{
    shim_panic(RCOE_PANIC_BALLOT, rcoe.event);
}
