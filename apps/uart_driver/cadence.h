/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the Cadence UART (Xilinx UG1085, chapter 21, and UG1087). */
#pragma once

enum cadence_register {
    CADENCE_CONTROL = 0x00,
    CADENCE_MODE = 0x04,
    CADENCE_INTERRUPT_ENABLE = 0x08,
    CADENCE_INTERRUPT_DISABLE = 0x0c,
    CADENCE_INTERRUPT_STATUS = 0x14, /* write 1 to clear */
    CADENCE_BAUD = 0x18,
    CADENCE_RX_LEVEL = 0x20,
    CADENCE_STATUS = 0x2c,
    CADENCE_DATA = 0x30,
    CADENCE_BAUD_DIVIDER = 0x34,
};

#define CADENCE_CONTROL_OFF 0x2bu /* both FIFOs reset, both directions disabled */
#define CADENCE_CONTROL_RX (1u << 2)
#define CADENCE_CONTROL_TX (1u << 4)

#define CADENCE_MODE_8_BITS (4u << 3) /* no parity, one stop bit, undivided clock */

#define CADENCE_STATUS_RX_EMPTY (1u << 1)
#define CADENCE_STATUS_TX_EMPTY (1u << 3)
#define CADENCE_STATUS_TX_FULL (1u << 4)
#define CADENCE_STATUS_TX_ACTIVE (1u << 11)

#define CADENCE_INTERRUPT_RX_LEVEL (1u << 0)
#define CADENCE_INTERRUPT_TX_EMPTY (1u << 3)
#define CADENCE_INTERRUPT_ALL 0x1fffu

#define CADENCE_FIFO_DEPTH 16u /* in QEMU; 64 in the chip */

/* 115,200 bit/s from 100 MHz: clock / (baud * (divider + 1)). */
#define CADENCE_BAUD_115200 124u
#define CADENCE_BAUD_DIVIDER_115200 6u
