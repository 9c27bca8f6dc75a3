/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of a PL011, by interrupts. Sends what telemetry puts into the TX ring and keeps received
 * bytes in the RX ring for telecommand; the calls are in flight.h. Written as if alone on the
 * machine.
 */
#include <stdbool.h>

#include <device.h>
#include <flight.h>
#include <microkit.h>

#include "pl011.h"

/* Set by the image builder. */
uintptr_t uart_registers;
uint8_t *tx_ring;
uint8_t *rx_ring;

/* So many FIFOs are filled in one go if the hardware drains them at once; then others may run. */
#define BURSTS_MAX 8u
/* The last character needs its time on the line: reads of the flags until it must have left. */
#define BUSY_READS_MAX 100000u

static struct {
    uint64_t written; /* by telemetry, so far */
    uint64_t sent;
    uint64_t notify_free; /* notify telemetry when so many bytes are free; 0 do not */
} tx;

static struct {
    uint64_t received; /* so far; what did not fit is lost and not counted */
    uint64_t taken;
} rx;

static uint32_t interrupts = PL011_INTERRUPT_RX | PL011_INTERRUPT_RX_TIMEOUT;

static uint32_t read_register(enum pl011_register offset)
{
    return device_read32(uart_registers + offset);
}
static void write_register(enum pl011_register offset, uint32_t value)
{
    device_write32(uart_registers + offset, value);
}

static void want_interrupts(uint32_t wanted)
{
    if (wanted != interrupts)
        write_register(PL011_INTERRUPT_MASK, wanted);
    interrupts = wanted;
}

/* Everything is out, the shift register included. */
static bool line_idle(void)
{
    for (unsigned i = 0; i < BUSY_READS_MAX; i++) {
        uint32_t flags = read_register(PL011_FLAGS);

        if (flags & PL011_FLAG_TX_EMPTY && !(flags & PL011_FLAG_BUSY))
            return true;
    }
    return false;
}

/* Characters that the FIFO takes without being asked again. */
static unsigned fifo_space(void)
{
    uint32_t flags = read_register(PL011_FLAGS);

    if (flags & PL011_FLAG_TX_EMPTY)
        return PL011_FIFO_DEPTH;
    return flags & PL011_FLAG_TX_FULL ? 0 : 1;
}

/* Fills the FIFO; asks for an interrupt when there is more. */
static void tx_pump(void)
{
    unsigned limit = BURSTS_MAX * PL011_FIFO_DEPTH;

    while (tx.sent != tx.written && limit) {
        unsigned space = fifo_space();

        if (!space)
            break;
        for (; space && limit && tx.sent != tx.written; space--, limit--)
            write_register(PL011_DATA, tx_ring[tx.sent++ % TX_RING_BYTES]);
    }
    want_interrupts(tx.sent != tx.written ? interrupts | PL011_INTERRUPT_TX
                                          : interrupts & ~PL011_INTERRUPT_TX);
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

    while (!(read_register(PL011_FLAGS) & PL011_FLAG_RX_EMPTY)) {
        uint8_t byte = (uint8_t)read_register(PL011_DATA);

        if (rx.received - rx.taken < RX_RING_BYTES)
            rx_ring[rx.received++ % RX_RING_BYTES] = byte;
    }
    if (rx.received != before)
        microkit_notify(UART_TELECOMMAND);
}

void init(void)
{
    write_register(PL011_CONTROL, 0);
    write_register(PL011_INTERRUPT_CLEAR, PL011_INTERRUPT_ALL);
    write_register(PL011_BAUD_INTEGER, PL011_BAUD_INTEGER_115200);
    write_register(PL011_BAUD_FRACTION, PL011_BAUD_FRACTION_115200);
    write_register(PL011_LINE_CONTROL, PL011_LINE_FIFO | PL011_LINE_8_BITS);
    write_register(PL011_FIFO_LEVELS, 0); /* interrupts at 1/8 */
    write_register(PL011_INTERRUPT_MASK, interrupts);
    write_register(PL011_CONTROL, PL011_CONTROL_ENABLE | PL011_CONTROL_TX | PL011_CONTROL_RX);
}

void notified(microkit_channel ch)
{
    if (ch != UART_IRQ)
        return;
    write_register(PL011_INTERRUPT_CLEAR, read_register(PL011_MASKED_STATUS));
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
