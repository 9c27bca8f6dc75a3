/* SPDX-License-Identifier: BSD-2-Clause */
/* Rings back. */
#include <microkit.h>

void init(void) {}

void notified(microkit_channel ch)
{
    microkit_deferred_notify(ch);
}
