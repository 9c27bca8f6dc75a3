/* SPDX-License-Identifier: BSD-2-Clause */
/* The board's word to whoever watches over it, on a serial line of its own: a safe stop. */
#include "../../start/start.h"
#include "../cadence_uart.h"

void safe_output(void)
{
    for (const char *c = "SAFE STOP\r\n"; *c; c++)
        cadence_putc(BOARD_SAFE_UART_BASE, *c);
}
