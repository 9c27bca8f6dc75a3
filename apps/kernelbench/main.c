/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs all scenarios and switches the machine off. */
#include "kernelbench.h"

#define PSCI_SYSTEM_OFF 0x84000008u

_Noreturn void root_main(seL4_BootInfo *info)
{
    seL4_ARM_SMCContext off = { .x0 = PSCI_SYSTEM_OFF };

    boot = info;
    run_single_threads();
    run_servers();
    run_wakeups();
    run_objects();
    print_text("kernelbench: done\n");
    (void)seL4_ARM_SMC_Call(seL4_CapSMC, &off, &off);
    root_stop();
}
