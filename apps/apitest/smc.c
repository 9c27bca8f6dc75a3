/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware calls and their badges (abi section 3.11). */
#include "apitest.h"

#define PSCI_VERSION 0x84000000u
#define NOT_THERE 0xc600ff00u /* an OEM function that nobody has */

static seL4_Error call(seL4_CPtr cap, seL4_Word function, seL4_ARM_SMCContext *answer)
{
    seL4_ARM_SMCContext args = { .x0 = function, .x4 = 0x44, .x5 = 0x55, .x6 = 0x66, .x7 = 0x77 };

    return seL4_ARM_SMC_Call(cap, &args, answer);
}

static void case_version(void)
{
    seL4_ARM_SMCContext answer;

    CHECK_OK(call(seL4_CapSMC, PSCI_VERSION, &answer));
    CHECK(answer.x0 >= 0x2 && answer.x0 < 0x20000); /* 0.2 to 1.x: major in bits 31..16 */
    CHECK_EQUAL(answer.x4, 0x44); /* firmware keeps x4 to x17 (SMC calling convention 2.6) */
    CHECK_EQUAL(answer.x7, 0x77);
}

static void case_not_supported(void)
{
    seL4_ARM_SMCContext answer;

    CHECK_OK(call(seL4_CapSMC, NOT_THERE, &answer));
    CHECK_EQUAL(answer.x0, ~0ul);
}

static void case_refused(void)
{
    CHECK_ERROR(sel4_invoke(seL4_CapSMC, InvalidInvocation, 0, 8, PSCI_VERSION, 0, 0, 0),
                seL4_IllegalOperation);
    CHECK_ERROR(sel4_invoke(seL4_CapSMC, ARMSMCCall + 1, 0, 0, PSCI_VERSION, 0, 0, 0),
                seL4_IllegalOperation);
    for (seL4_Word length = 0; length < 8; length++)
        CHECK_ERROR(sel4_invoke(seL4_CapSMC, ARMSMCCall, 0, length, PSCI_VERSION, 0, 0, 0),
                    seL4_TruncatedMessage);
    CHECK_OK(sel4_invoke(seL4_CapSMC, ARMSMCCall, 0, 8, PSCI_VERSION, 0, 0, 0));
}

/* A badge is the one function that may be called; length comes before it. */
static void case_badge(void)
{
    seL4_CPtr badged = slot_new(), copy = slot_new();
    seL4_ARM_SMCContext answer;

    CHECK_OK(cap_mint(badged, seL4_CapSMC, PSCI_VERSION));
    CHECK_OK(cap_copy(copy, badged));
    CHECK_OK(call(badged, PSCI_VERSION, &answer));
    CHECK_OK(call(copy, PSCI_VERSION, &answer));
    CHECK_ERROR(call(badged, NOT_THERE, &answer), seL4_IllegalOperation);
    CHECK_ERROR(call(copy, PSCI_VERSION | 1ul << 32, &answer), seL4_IllegalOperation);
    CHECK_ERROR(sel4_invoke(badged, ARMSMCCall, 0, 7, NOT_THERE, 0, 0, 0), seL4_TruncatedMessage);
}

static void case_badge_set_once(void)
{
    seL4_CPtr badged = slot_new(), to = slot_new(), zero = slot_new();

    CHECK_OK(cap_mint(badged, seL4_CapSMC, PSCI_VERSION));
    CHECK_ERROR(cap_mint(to, badged, NOT_THERE), seL4_IllegalOperation);
    CHECK_OK(cap_mint(zero, seL4_CapSMC, 0));
    CHECK_OK(cap_mint(to, zero, NOT_THERE));
}

static void case_revoke(void)
{
    seL4_CPtr badged = slot_new(), copy = slot_new(), plain = slot_new();

    CHECK_OK(cap_mint(badged, seL4_CapSMC, PSCI_VERSION));
    CHECK_OK(cap_copy(copy, badged));
    CHECK_OK(cap_copy(plain, seL4_CapSMC));
    CHECK_OK(seL4_CNode_Revoke(ROOT, badged, DEPTH));
    CHECK(cap_exists(badged) && !cap_exists(copy) && cap_exists(plain));
    CHECK_OK(seL4_CNode_Revoke(ROOT, seL4_CapSMC, DEPTH));
    CHECK(!cap_exists(badged) && !cap_exists(plain) && cap_exists(seL4_CapSMC));
}

static const struct api_case cases[] = {
    { "version", case_version },
    { "not supported", case_not_supported },
    { "refused", case_refused },
    { "badge", case_badge },
    { "badge set once", case_badge_set_once },
    { "revoke", case_revoke },
};
const struct api_group smc_group = {
    .name = "smc",
    .cases = cases,
    .count = API_COUNT(cases),
};
