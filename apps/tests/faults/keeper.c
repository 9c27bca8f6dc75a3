/* SPDX-License-Identifier: BSD-2-Clause */
/* Parent of a child that faults: restarts it a few times, then stops it and ends the run. */
#include <microkit.h>

#include <power.h>

#define RESTARTS 3u
#define ENTRY 0x200000u

static unsigned faults;

void init(void) {}

void notified(microkit_channel ch)
{
    (void)ch;
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply)
{
    (void)reply;
    faults++;
    microkit_dbg_puts("keeper: child ");
    microkit_dbg_put32(child);
    microkit_dbg_puts(microkit_msginfo_get_label(msginfo) == seL4_Fault_VMFault
                          ? " has a VM fault\n"
                          : " has another fault\n");
    if (faults <= RESTARTS) {
        microkit_pd_restart(child, ENTRY);
        return seL4_False;
    }
    microkit_pd_stop(child);
    microkit_dbg_puts("keeper: stopped it\n");
    power_off();
    return seL4_False;
}
