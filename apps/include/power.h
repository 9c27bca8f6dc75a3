/* SPDX-License-Identifier: BSD-2-Clause */
/* Power, for a protection domain with smc="true" (Arm DEN 0022, PSCI). */
#pragma once

#include <microkit.h>

#define PSCI_SYSTEM_OFF 0x84000008u

/* Ends the mission. All output must have left before. */
static inline void power_off(void)
{
    seL4_ARM_SMCContext args = { .x0 = PSCI_SYSTEM_OFF };
    seL4_ARM_SMCContext response;

    microkit_arm_smc_call(&args, &response);
}
