/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs all scenarios and switches the machine off. */
#include "kernelbench.h"

_Noreturn void root_main(seL4_BootInfo *info)
{
    boot = info;
    run_single_threads();
    run_servers();
    run_wakeups();
    run_objects();
    print_text("kernelbench: done\n");
    power_off();
}
