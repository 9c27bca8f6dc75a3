/* SPDX-License-Identifier: BSD-2-Clause */
/* The phases, and the threads that interrupts wake: a driver that keeps what it gets, a ticker. */
#include <device.h>

#include "inputs.h"

#define UART_PADDR 0x9000000u
#define UART_IRQ 33u
#define UART_DATA 0x00u
#define UART_FLAGS 0x18u
#define UART_RX_EMPTY 0x10u
#define UART_LINE 0x2cu
#define UART_LINE_FIFO_8_BITS 0x70u
#define UART_CONTROL 0x30u
#define UART_CONTROL_ON 0x301u
#define UART_MASK 0x38u
#define UART_MASK_RX 0x10u
#define DRIVER 250u
#define TICKER 251u
#define TICKER_BUDGET_US 50u
#define TICKER_PERIOD_US 307u /* no multiple of EL2's tick */
#define RECEIVED_MAX 16384u
#define LINE_WIDTH 32u /* bytes of a printed line */

enum source { LEVEL, EDGE, TICK, CLOCK };
struct phase {
    const char *name;
    void (*begin)(void); /* marks.S: from here on the line speaks */
    enum source source;
    enum load load;
    unsigned count; /* of bytes, ticks or looks at the clock */
};
static const struct phase phases[] = {
    { "level_idle", inputs_phase_level_idle, LEVEL, LOAD_IDLE, SAMPLES },
    { "level_compute", inputs_phase_level_compute, LEVEL, LOAD_COMPUTE, SAMPLES },
    { "level_storm", inputs_phase_level_storm, LEVEL, LOAD_STORM, SAMPLES },
    { "edge_compute", inputs_phase_edge_compute, EDGE, LOAD_COMPUTE, SAMPLES },
    { "full_rate", inputs_phase_full_rate, LEVEL, LOAD_COMPUTE, BYTES },
    { "clock", inputs_phase_clock, CLOCK, LOAD_IDLE, 8 * SAMPLES },
    { "tick_idle", inputs_phase_tick_idle, TICK, LOAD_IDLE, SAMPLES },
    { "tick_compute", inputs_phase_tick_compute, TICK, LOAD_COMPUTE, SAMPLES },
    { "tick_storm", inputs_phase_tick_storm, TICK, LOAD_STORM, SAMPLES },
};

static seL4_CPtr arrived, done, tick_begin;
static seL4_CPtr handler; /* of the interrupt, as the phase wants it */
static seL4_Word uart;
static unsigned ticks_wanted;
static unsigned received_wanted;

/* Writer: the driver. Reader: the root thread, when it was told that all is there. */
static unsigned char received[RECEIVED_MAX];
static unsigned received_count;

static void driver_main(void)
{
    for (;;) {
        inputs_wait(arrived);
        while (!(device_read32(uart + UART_FLAGS) & UART_RX_EMPTY)) {
            unsigned char byte = (unsigned char)device_read32(uart + UART_DATA);

            inputs_byte();
            if (received_count < RECEIVED_MAX)
                received[received_count++] = byte;
        }
        must(seL4_IRQHandler_Ack(handler), "acknowledge");
        if (received_count == received_wanted)
            seL4_Signal(done);
    }
}

static void ticker_main(void)
{
    for (;;) {
        (void)seL4_Wait(tick_begin, NULL);
        for (unsigned i = 0; i < ticks_wanted; i++)
            inputs_yield();
        seL4_Signal(done);
    }
}

static void listen(bool edge)
{
    if (handler)
        must(seL4_CNode_Delete(ROOT, handler, DEPTH), "delete handler");
    else
        handler = slot_new();
    must(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, UART_IRQ, edge, ROOT, handler, DEPTH),
         "get interrupt");
    must(seL4_IRQHandler_SetNotification(handler, arrived), "set notification");
}

static void prepare(void)
{
    static _Alignas(16) seL4_Word stacks[2][STACK_WORDS];
    struct thread driver, ticker;

    arrived = object_new(seL4_NotificationObject, 0);
    done = object_new(seL4_NotificationObject, 0);
    tick_begin = object_new(seL4_NotificationObject, 0);
    uart = (seL4_Word)page_new(device_new(UART_PADDR));
    device_write32(uart + UART_LINE, UART_LINE_FIFO_8_BITS);
    device_write32(uart + UART_CONTROL, UART_CONTROL_ON);
    device_write32(uart + UART_MASK, UART_MASK_RX);
    driver = thread_of(driver_main, stacks[0], DRIVER, 1000000, 1000000);
    ticker = thread_of(ticker_main, stacks[1], TICKER, TICKER_BUDGET_US, TICKER_PERIOD_US);
    prepare_loads();
    thread_resume(&driver);
    thread_resume(&ticker);
}

static void run(const struct phase *phase)
{
    if (phase->source == CLOCK) {
        phase->begin();
        for (unsigned i = 0; i < phase->count; i++)
            (void)inputs_clock();
        inputs_phase_end();
        return;
    }
    if (phase->source == TICK) {
        ticks_wanted = phase->count;
        seL4_Signal(tick_begin);
    } else {
        listen(phase->source == EDGE);
        received_wanted = received_count + phase->count;
    }
    start_load(phase->load);
    phase->begin();
    (void)seL4_Wait(done, NULL);
    inputs_phase_end();
    stop_load(phase->load);
}

static void tell_received(void)
{
    static const char digit[] = "0123456789abcdef";
    char line[2 * LINE_WIDTH + 2];

    for (unsigned at = 0; at < received_count;) {
        unsigned end = 0;

        for (; end < 2 * LINE_WIDTH && at < received_count; at++) {
            line[end++] = digit[received[at] >> 4];
            line[end++] = digit[received[at] & 15];
        }
        line[end++] = '\n';
        line[end] = '\0';
        print_text(line);
    }
}

_Noreturn void root_main(seL4_BootInfo *info)
{
    boot = info;
    prepare();
    for (unsigned i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
        run(&phases[i]);
    tell_received();
    print_text("inputs: done\n");
    power_off();
}
