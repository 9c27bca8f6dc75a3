/* SPDX-License-Identifier: BSD-2-Clause */
/* Stores where nothing is mapped. The monitor tells, or the parent that has this as its child. */
#include <microkit.h>

#define NOWHERE 0x700000000000ul

void init(void)
{
    asm volatile("str xzr, [%0]" : : "r"(NOWHERE) : "memory");
    microkit_dbg_puts("a store to nowhere went through\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
