/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial line of an Arm PrimeCell UART. */
#include "pl011.h"

#include <device.h>

#include "uart.h"

static uintptr_t base;
static uint32_t interrupts = PL011_INTERRUPT_RX | PL011_INTERRUPT_RX_TIMEOUT;

static uint32_t read_register(enum pl011_register offset)
{
    return device_read32(base + offset);
}
static void write_register(enum pl011_register offset, uint32_t value)
{
    device_write32(base + offset, value);
}

void uart_start(uintptr_t registers)
{
    base = registers;
    write_register(PL011_CONTROL, 0);
    write_register(PL011_INTERRUPT_CLEAR, PL011_INTERRUPT_ALL);
    write_register(PL011_BAUD_INTEGER, PL011_BAUD_INTEGER_115200);
    write_register(PL011_BAUD_FRACTION, PL011_BAUD_FRACTION_115200);
    write_register(PL011_LINE_CONTROL, PL011_LINE_FIFO | PL011_LINE_8_BITS);
    write_register(PL011_FIFO_LEVELS, 0); /* interrupts at 1/8 */
    write_register(PL011_INTERRUPT_MASK, interrupts);
    write_register(PL011_CONTROL, PL011_CONTROL_ENABLE | PL011_CONTROL_TX | PL011_CONTROL_RX);
}

unsigned uart_space(void)
{
    uint32_t flags = read_register(PL011_FLAGS);

    if (flags & PL011_FLAG_TX_EMPTY)
        return PL011_FIFO_DEPTH;
    return flags & PL011_FLAG_TX_FULL ? 0 : 1;
}

void uart_send(uint8_t character)
{
    write_register(PL011_DATA, character);
}

bool uart_idle(void)
{
    uint32_t flags = read_register(PL011_FLAGS);

    return flags & PL011_FLAG_TX_EMPTY && !(flags & PL011_FLAG_BUSY);
}

bool uart_receive(uint8_t *character)
{
    if (read_register(PL011_FLAGS) & PL011_FLAG_RX_EMPTY)
        return false;
    *character = (uint8_t)read_register(PL011_DATA);
    return true;
}

void uart_want_space(bool wanted)
{
    uint32_t now = wanted ? interrupts | PL011_INTERRUPT_TX : interrupts & ~PL011_INTERRUPT_TX;

    if (now != interrupts)
        write_register(PL011_INTERRUPT_MASK, now);
    interrupts = now;
}

void uart_clear_interrupts(void)
{
    write_register(PL011_INTERRUPT_CLEAR, read_register(PL011_MASKED_STATUS));
}
