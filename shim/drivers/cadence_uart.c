/* SPDX-License-Identifier: BSD-2-Clause */
/* Cadence UART output by polling: the kernel's debug console and the shim's start messages. */
#include "../core.h"

#define CONTROL 0x00
#define CONTROL_OFF (1u << 1 | 1u << 3 | 1u << 5) /* TX reset; RX and TX disabled */
#define CONTROL_TX (1u << 4)
#define MODE 0x04
#define MODE_8_BITS (4u << 3) /* no parity, one stop bit */
#define STATUS 0x2c
#define STATUS_TX_FULL (1u << 4)
#define DATA 0x30
#define FULL_LIMIT 1000000u /* polls; a dead UART must not hold the shim */

static volatile uint32_t *uart(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(BOARD_UART_BASE + offset);
}

void uart_putc(char c)
{
    if ((*uart(CONTROL) & (CONTROL_OFF | CONTROL_TX)) != CONTROL_TX) {
        *uart(CONTROL) = CONTROL_OFF;
        *uart(MODE) = MODE_8_BITS;
        *uart(CONTROL) = CONTROL_TX;
    }
    for (uint32_t i = 0; *uart(STATUS) & STATUS_TX_FULL && i < FULL_LIMIT; i++)
        cpu_yield();
    *uart(DATA) = (uint8_t)c;
}
