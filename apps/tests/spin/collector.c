/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints the checksums of both spinners, in the order of their channels, and ends the run. */
#include <microkit.h>

#include <power.h>

static seL4_Word sum[2];
static unsigned count;

static void print_sum(seL4_Word value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        microkit_dbg_putc("0123456789abcdef"[value >> shift & 0xf]);
}

void init(void) {}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)msginfo;
    sum[ch & 1] = microkit_mr_get(0);
    if (++count == 2) {
        microkit_dbg_puts("spin: ");
        print_sum(sum[0]);
        microkit_dbg_puts(" ");
        print_sum(sum[1]);
        microkit_dbg_puts("\n");
        power_off();
    }
    return microkit_msginfo_new(0, 0);
}
