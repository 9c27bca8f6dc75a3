/* SPDX-License-Identifier: BSD-2-Clause */
/* The board's safe line: a pin of a PL061 (Arm DDI 0190), which is high from a safe stop on. */
#include "../../start/start.h"

#define DATA(pins) ((pins) << 2) /* the address says which pins are written */
#define DIR 0x400

static volatile uint32_t *gpio(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(BOARD_GPIO_BASE + offset);
}

void safe_output(void)
{
    *gpio(DIR) |= BIT(BOARD_SAFE_PIN);
    *gpio(DATA(BIT(BOARD_SAFE_PIN))) = BIT(BOARD_SAFE_PIN);
}
