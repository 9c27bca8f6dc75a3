/* SPDX-License-Identifier: BSD-2-Clause */
/* An empty recorder. */
#include "start.h"

void recorder_start(void)
{
    struct recorder *own = recorder_own();

    memory_clear((uintptr_t)own, BOARD_RECORDER_SIZE);
    own->magic = RECORD_MAGIC;
    own->version = RECORD_VERSION;
    own->core = (uint16_t)self.number;
}
