/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the GICv2 that the driver and its start share. */
#pragma once

#include "../core.h"

#define GICD_ISENABLER 0x100
#define GICD_ICENABLER 0x180
#define GICD_ICACTIVER 0x380
#define GICC_CTLR 0x00

static inline volatile uint32_t *distributor(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(BOARD_GICD_BASE + offset);
}

/* Of the core that asks. */
static inline volatile uint32_t *interface(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(BOARD_GICC_BASE + offset);
}
