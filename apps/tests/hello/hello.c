/* SPDX-License-Identifier: BSD-2-Clause */
/* The smallest system: says hello and switches the machine off. */
#include <microkit.h>

#include <power.h>

void init(void)
{
    microkit_dbg_puts("hello from ");
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts("\n");
    power_off();
}

void notified(microkit_channel ch)
{
    (void)ch;
}
