/* SPDX-License-Identifier: BSD-2-Clause */
/* A passive server: has no time of its own, runs on its caller's. */
#include <stdbool.h>

#include <microkit.h>

void init(void) {}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word value = microkit_mr_get(0);
    bool good = ch == 1 && microkit_msginfo_get_label(msginfo) == 7 &&
                microkit_msginfo_get_count(msginfo) == 2 && microkit_mr_get(1) == ~value;

    microkit_mr_set(0, good ? value + 1 : 0);
    microkit_mr_set(4, value ^ 0x5555); /* not in a register: through the IPC buffer */
    return microkit_msginfo_new(8, 5);
}
