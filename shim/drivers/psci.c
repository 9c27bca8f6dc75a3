/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware by SMC (Arm DEN 0022, PSCI). */
#include "../core.h"

#define PSCI_VERSION 0x84000000
#define PSCI_SYSTEM_OFF 0x84000008
#define PSCI_SYSTEM_RESET 0x84000009
#define PSCI_CPU_OFF 0x84000002

int64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a;
    register uint64_t x2 __asm__("x2") = b;
    register uint64_t x3 __asm__("x3") = c;

    __asm__ volatile("smc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                     :
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                       "x16", "x17", "memory");
    return (int64_t)x0;
}

int64_t psci_version(void)
{
    return psci_call(PSCI_VERSION, 0, 0, 0);
}

void psci_core_off(void)
{
    psci_call(PSCI_CPU_OFF, 0, 0, 0);
}

_Noreturn void psci_off(bool reset)
{
    psci_call(reset ? PSCI_SYSTEM_RESET : PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;)
        cpu_sleep(); /* the power goes when the firmware gets to it */
}
