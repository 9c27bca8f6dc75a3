/* SPDX-License-Identifier: BSD-2-Clause */
/* What the driver asks of a serial line's hardware; the board picks pl011.c or cadence.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* First of all: 115,200 bit/s, 8 bits, with interrupts for received characters. */
void uart_start(uintptr_t registers);
/* Characters that can be sent now without being lost. */
unsigned uart_space(void);
void uart_send(uint8_t character);
/* Everything is out, the shift register included. */
bool uart_idle(void);
/* False: there is none, and the next one raises the interrupt. */
bool uart_receive(uint8_t *character);
/* Whether an interrupt shall tell of room for characters to send. */
void uart_want_space(bool wanted);
/* Forgets past interrupts, before uart_receive() is asked until it has no more. */
void uart_clear_interrupts(void);
