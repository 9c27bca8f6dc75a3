/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of a serial line, by interrupts. Sends what telemetry puts into the TX ring and keeps
 * received bytes in the RX ring for telecommand; the calls are in flight.h. Written as if alone on
 * the machine.
 */
#include <stdbool.h>

#include <flight.h>
#include <microkit.h>

#include "uart.h"

/* Set by the image builder. */
uintptr_t uart_registers;
uint8_t *tx_ring;
uint8_t *rx_ring;

/* So many characters go in one go if the hardware takes them at once; then others may run. */
#define CHARACTERS_MAX 128u
/* The last character needs its time on the line: looks until it must have left. */
#define IDLE_LOOKS_MAX 100000u

static struct {
    uint64_t written; /* by telemetry, so far */
    uint64_t sent;
    uint64_t notify_free; /* notify telemetry when so many bytes are free; 0 do not */
} tx;

static struct {
    uint64_t received; /* so far; what did not fit is lost and not counted */
    uint64_t taken;
} rx;

static bool line_idle(void)
{
    for (unsigned i = 0; i < IDLE_LOOKS_MAX; i++) {
        if (uart_idle())
            return true;
    }
    return false;
}

/* Fills the FIFO; asks for an interrupt when there is more. */
static void tx_pump(void)
{
    unsigned limit = CHARACTERS_MAX;

    while (tx.sent != tx.written && limit) {
        unsigned space = uart_space();

        if (!space)
            break;
        for (; space && limit && tx.sent != tx.written; space--, limit--)
            uart_send(tx_ring[tx.sent++ % TX_RING_BYTES]);
    }
    uart_want_space(tx.sent != tx.written);
}

/* Free bytes of the ring, all of them only when the line is idle as well. */
static uint64_t tx_free(void)
{
    uint64_t pending = tx.written - tx.sent;

    if (pending == 0 && tx.notify_free == TX_RING_BYTES && !line_idle())
        return TX_RING_BYTES - 1;
    return TX_RING_BYTES - pending;
}

static void tx_notify(void)
{
    if (!tx.notify_free || tx_free() < tx.notify_free)
        return;
    tx.notify_free = 0;
    microkit_notify(UART_TELEMETRY);
}

static void rx_drain(void)
{
    uint64_t before = rx.received;
    uint8_t byte;

    while (uart_receive(&byte)) {
        if (rx.received - rx.taken < RX_RING_BYTES)
            rx_ring[rx.received++ % RX_RING_BYTES] = byte;
    }
    if (rx.received != before)
        microkit_notify(UART_TELECOMMAND);
}

void init(void)
{
    uart_start(uart_registers);
}

void notified(microkit_channel ch)
{
    if (ch != UART_IRQ)
        return;
    uart_clear_interrupts();
    rx_drain(); /* after the clear: a byte that comes now raises the interrupt again */
    tx_pump();
    tx_notify();
    microkit_irq_ack(UART_IRQ);
}

static microkit_msginfo call_write(void)
{
    uint64_t bytes = microkit_mr_get(0), notify_free = microkit_mr_get(1);
    uint64_t free;

    if (bytes <= TX_RING_BYTES - (tx.written - tx.sent))
        tx.written += bytes;
    tx.notify_free = notify_free;
    tx_pump();
    free = tx_free();
    if (free >= tx.notify_free)
        tx.notify_free = 0; /* the reply says so already */
    microkit_mr_set(0, free);
    return microkit_msginfo_new(UART_WRITE, 1);
}

static microkit_msginfo call_read(void)
{
    uint64_t taken = microkit_mr_get(0);

    if (taken <= rx.received - rx.taken)
        rx.taken += taken;
    microkit_mr_set(0, rx.received - rx.taken);
    return microkit_msginfo_new(UART_READ, 1);
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word call = microkit_msginfo_get_label(msginfo);

    if (ch == UART_TELEMETRY && call == UART_WRITE)
        return call_write();
    if (ch == UART_TELECOMMAND && call == UART_READ)
        return call_read();
    microkit_mr_set(0, 0);
    return microkit_msginfo_new(call, 1);
}
