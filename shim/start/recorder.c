/* SPDX-License-Identifier: BSD-2-Clause */
/* The recorder as it was before a reset, so that what led to it can be read; else an empty one. */
#include "start.h"

void recorder_start(void)
{
    struct recorder *own = recorder_own();

    STORE(own->inputs, 0);
    if (own->magic == RECORD_MAGIC && own->version == RECORD_VERSION && own->core == self.number)
        return;
    memory_clear((uintptr_t)own, BOARD_RECORDER_SIZE);
    own->magic = RECORD_MAGIC;
    own->version = RECORD_VERSION;
    own->core = (uint16_t)self.number;
}
