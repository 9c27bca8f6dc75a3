/* SPDX-License-Identifier: BSD-2-Clause */
/* Arm PL011. */
#include "uart.h"

#define DATA 0x00u
#define FLAGS 0x18u
#define FLAG_FULL (1u << 5)
#define MASK 0x38u
#define CLEAR 0x44u
#define CLEAR_ALL 0x7ffu
#define TRANSMIT (1u << 5)
#define ID 0xfe0u

const word uart_paddr = UINT64_C(0x9000000), uart_irq = 33;

word uart_identity(word at)
{
    word id = 0;

    for (unsigned i = 0; i < 4; i++)
        id |= (word)(uart_load(at + ID + 4 * (word)i) & 0xff) << 8 * i;
    return id;
}

void uart_put(word at, char c)
{
    while (uart_load(at + FLAGS) & FLAG_FULL)
        ;
    uart_store(at + DATA, (unsigned char)c);
}

void uart_interrupt(word at, bool on)
{
    uart_store(at + MASK, on ? TRANSMIT : 0);
    if (!on)
        uart_store(at + CLEAR, CLEAR_ALL);
}
