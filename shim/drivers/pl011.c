/* SPDX-License-Identifier: BSD-2-Clause */
/* PL011 output by polling: the kernel's debug console and the shim's start messages. */
#include "../core.h"

#define DR 0x00
#define FR 0x18
#define FR_TXFF (1u << 5)
#define LCR_H 0x2c
#define CR 0x30
#define CR_ON (1u << 0 | 1u << 8) /* UARTEN, TXE */
#define FULL_LIMIT 1000000u       /* polls; a dead UART must not hold the shim */

static volatile uint32_t *uart(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(BOARD_UART_BASE + offset);
}

void uart_putc(char c)
{
    if ((*uart(CR) & CR_ON) != CR_ON) {
        *uart(LCR_H) = 3u << 5 | 1u << 4; /* 8 bits, FIFO */
        *uart(CR) = CR_ON;
    }
    for (uint32_t i = 0; *uart(FR) & FR_TXFF && i < FULL_LIMIT; i++)
        cpu_yield();
    *uart(DR) = (uint8_t)c;
}
