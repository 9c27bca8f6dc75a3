/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the Arm PrimeCell UART (Arm DDI 0183, chapter 3). */
#pragma once

enum pl011_register {
    PL011_DATA = 0x000,
    PL011_FLAGS = 0x018,
    PL011_BAUD_INTEGER = 0x024,
    PL011_BAUD_FRACTION = 0x028,
    PL011_LINE_CONTROL = 0x02c,
    PL011_CONTROL = 0x030,
    PL011_FIFO_LEVELS = 0x034,
    PL011_INTERRUPT_MASK = 0x038, /* 1: delivered */
    PL011_MASKED_STATUS = 0x040,
    PL011_INTERRUPT_CLEAR = 0x044,
};

#define PL011_FLAG_BUSY (1u << 3)
#define PL011_FLAG_RX_EMPTY (1u << 4)
#define PL011_FLAG_TX_FULL (1u << 5)
#define PL011_FLAG_TX_EMPTY (1u << 7)

#define PL011_LINE_FIFO (1u << 4)
#define PL011_LINE_8_BITS (3u << 5)

#define PL011_CONTROL_ENABLE (1u << 0)
#define PL011_CONTROL_TX (1u << 8)
#define PL011_CONTROL_RX (1u << 9)

#define PL011_INTERRUPT_RX (1u << 4)
#define PL011_INTERRUPT_TX (1u << 5)
#define PL011_INTERRUPT_RX_TIMEOUT (1u << 6)
#define PL011_INTERRUPT_ALL 0x7ffu

#define PL011_FIFO_DEPTH 16u /* of the smallest revision */

/* 115,200 bit/s from 24 MHz. */
#define PL011_BAUD_INTEGER_115200 13u
#define PL011_BAUD_FRACTION_115200 1u
