/* SPDX-License-Identifier: BSD-2-Clause */
/* The board's serial line: qemu-virt.c or xlnx-zcu102.c. `at`: where its registers are mapped. */
#pragma once

#include "foreign.h"

extern const word uart_paddr, uart_irq;

/* Whatever tells this kind of UART from another device. */
word uart_identity(word at);
void uart_put(word at, char c);
/* The interrupt that a character has left; off: and the past ones are cleared. */
void uart_interrupt(word at, bool on);

/* One register at an address without write-back: no other access to a device can be voted. */
static inline uint32_t uart_load(word at)
{
    uint32_t value;

    asm volatile("ldr %w0, [%1]" : "=r"(value) : "r"(at) : "memory");
    return value;
}

static inline void uart_store(word at, uint32_t value)
{
    asm volatile("str %w0, [%1]" : : "r"(value), "r"(at) : "memory");
}
