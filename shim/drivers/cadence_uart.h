/* SPDX-License-Identifier: BSD-2-Clause */
/* Cadence UART output by polling, without interrupts. */
#pragma once

#include "../core.h"

/* Registers are words. */
#define CONTROL (0x00 / 4)
#define CONTROL_OFF (1u << 1 | 1u << 3 | 1u << 5) /* TX reset; RX and TX disabled */
#define CONTROL_TX (1u << 4)
#define MODE (0x04 / 4)
#define MODE_8_BITS (4u << 3) /* no parity, one stop bit */
#define STATUS (0x2c / 4)
#define STATUS_TX_FULL (1u << 4)
#define DATA (0x30 / 4)
#define FULL_LIMIT 1000000u /* polls; a dead UART must not hold the shim */

static inline void cadence_putc(uintptr_t base, char c)
{
    volatile uint32_t *uart = (volatile uint32_t *)base;

    if ((uart[CONTROL] & (CONTROL_OFF | CONTROL_TX)) != CONTROL_TX) {
        uart[CONTROL] = CONTROL_OFF;
        uart[MODE] = MODE_8_BITS;
        uart[CONTROL] = CONTROL_TX;
    }
    for (uint32_t i = 0; uart[STATUS] & STATUS_TX_FULL && i < FULL_LIMIT; i++)
        cpu_yield();
    uart[DATA] = (uint8_t)c;
}
