/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial line of a Cadence UART. */
#include "cadence.h"

#include <device.h>

#include "uart.h"

static uintptr_t base;
static bool space_wanted;

static uint32_t read_register(enum cadence_register offset)
{
    return device_read32(base + offset);
}
static void write_register(enum cadence_register offset, uint32_t value)
{
    device_write32(base + offset, value);
}

void uart_start(uintptr_t registers)
{
    base = registers;
    write_register(CADENCE_CONTROL, CADENCE_CONTROL_OFF);
    write_register(CADENCE_INTERRUPT_DISABLE, CADENCE_INTERRUPT_ALL);
    write_register(CADENCE_INTERRUPT_STATUS, CADENCE_INTERRUPT_ALL);
    write_register(CADENCE_MODE, CADENCE_MODE_8_BITS);
    write_register(CADENCE_BAUD, CADENCE_BAUD_115200);
    write_register(CADENCE_BAUD_DIVIDER, CADENCE_BAUD_DIVIDER_115200);
    write_register(CADENCE_RX_LEVEL, 1);
    write_register(CADENCE_INTERRUPT_ENABLE, CADENCE_INTERRUPT_RX_LEVEL);
    write_register(CADENCE_CONTROL, CADENCE_CONTROL_TX | CADENCE_CONTROL_RX);
}

unsigned uart_space(void)
{
    uint32_t status = read_register(CADENCE_STATUS);

    if (status & CADENCE_STATUS_TX_EMPTY)
        return CADENCE_FIFO_DEPTH;
    return status & CADENCE_STATUS_TX_FULL ? 0 : 1;
}

void uart_send(uint8_t character)
{
    write_register(CADENCE_DATA, character);
}

bool uart_idle(void)
{
    uint32_t status = read_register(CADENCE_STATUS);

    return status & CADENCE_STATUS_TX_EMPTY && !(status & CADENCE_STATUS_TX_ACTIVE);
}

static bool rx_empty(void)
{
    return read_register(CADENCE_STATUS) & CADENCE_STATUS_RX_EMPTY;
}

bool uart_receive(uint8_t *character)
{
    if (rx_empty()) { /* only now can the status bit go; a character may have come meanwhile */
        write_register(CADENCE_INTERRUPT_STATUS, CADENCE_INTERRUPT_RX_LEVEL);
        if (rx_empty())
            return false;
    }
    *character = (uint8_t)read_register(CADENCE_DATA);
    return true;
}

/* The status bit stays from the last time: one interrupt may come at once, and finds no room. */
void uart_want_space(bool wanted)
{
    if (wanted != space_wanted)
        write_register(wanted ? CADENCE_INTERRUPT_ENABLE : CADENCE_INTERRUPT_DISABLE,
                       CADENCE_INTERRUPT_TX_EMPTY);
    space_wanted = wanted;
}

void uart_clear_interrupts(void)
{
    write_register(CADENCE_INTERRUPT_STATUS, CADENCE_INTERRUPT_TX_EMPTY);
}
