/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Effects of the kernel on the world. Output commit: what is to be done becomes part of the
 * fingerprint, every active replica must have published the same one, then the shim votes on the
 * request once more and the I/O core acts.
 */
#include <rcoe/changes.h>
#include <rcoe/rcoe.h>

#include <level.h>

#include "commit.h"

void commit(enum request_kind kind, uint64_t address, uint64_t value)
{
    rcoe_changes_fold(NULL);
    rcoe_note(kind);
    rcoe_note(address);
    rcoe_note(value);
    (void)ballot_publish(ballot_own(), rcoe_fingerprint);
    vote_check(LEVEL_COMPARES ? 0 : rcoe.lag);
}

void rcoe_irq(uint32_t irq, uint32_t operation)
{
    commit(REQUEST_IRQ, irq, operation);
    shim_irq(irq, operation);
}

void rcoe_putc(char c)
{
    commit(REQUEST_PUTC, 0, (unsigned char)c);
    shim_putc(c);
}

void rcoe_smc(uint64_t args[8])
{
    //@ loop assigns i, rcoe_fingerprint;
    for (uint32_t i = 1; i < 8; i++) {
        rcoe_note(args[i]);
    }
    commit(REQUEST_SMC, args[0], 0);
    shim_smc(args);
}

_Noreturn void rcoe_panic(uint64_t code, uint64_t detail)
{
    shim_panic(code, detail);
}
