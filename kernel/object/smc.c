/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware calls (abi 3.11). The shim decides which ones are performed. */
#include <kernel/invocation.h>
#include <rcoe/rcoe.h>

#define SMC_WORDS 8u

enum exception decode_smc(struct invocation *inv)
{
    uint64_t args[SMC_WORDS];

    /* Check: may refuse, writes nothing. */
    if (inv->label != LABEL_SMC_CALL)
        return error_illegal();
    if (inv->length < SMC_WORDS)
        return error_truncated();
    if (cap_badge(inv->cap) != 0 && cap_badge(inv->cap) != invocation_mr(inv, 0))
        return error_illegal();

    /* Commit: writes, cannot refuse. */
    for (word_t i = 0; i < SMC_WORDS; i++)
        args[i] = invocation_mr(inv, i);
    rcoe_smc(args);
    for (word_t i = 0; i < SMC_WORDS; i++)
        invocation_result(inv, i, args[i]);
    return EXCEPTION_NONE;
}
