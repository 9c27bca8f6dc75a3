/* SPDX-License-Identifier: BSD-2-Clause */
/* Cadence UART, as the debug console has left it: sending. */
#include "uart.h"

#define ENABLE 0x08u
#define DISABLE 0x0cu
#define PENDING 0x14u /* write 1 to clear */
#define BAUD 0x18u
#define BAUD_DIVIDER 0x34u
#define STATUS 0x2cu
#define STATUS_FULL (1u << 4)
#define DATA 0x30u
#define TX_EMPTY (1u << 3)
#define ALL 0x1fffu

const word uart_paddr = UINT64_C(0xff000000), uart_irq = 53;

/* It has no identity: the speed that nobody has set. */
word uart_identity(word at)
{
    return (word)uart_load(at + BAUD) << 32 | uart_load(at + BAUD_DIVIDER);
}

void uart_put(word at, char c)
{
    while (uart_load(at + STATUS) & STATUS_FULL)
        ;
    uart_store(at + DATA, (unsigned char)c);
}

void uart_interrupt(word at, bool on)
{
    uart_store(at + (on ? ENABLE : DISABLE), on ? TX_EMPTY : ALL);
    if (!on)
        uart_store(at + PENDING, ALL);
}
