/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's debug console and the shim's start messages. */
#include "cadence_uart.h"

void uart_putc(char c)
{
    cadence_putc(BOARD_UART_BASE, c);
}
