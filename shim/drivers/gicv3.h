/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the GICv3 distributor that the driver and its start share. */
#pragma once

#include "../core.h"

#define GICD_ISENABLER 0x0100
#define GICD_ICENABLER 0x0180

static inline volatile uint32_t *distributor(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(BOARD_GICD_BASE + offset);
}
