/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Root task: what level- and edge-triggered lines do, and when they are acknowledged early or late.
 * The line is the UART's, which its transmit interrupt raises: writing a character makes it high,
 * clearing the interrupt makes it low.
 */
#include <device.h>
#include <shim/board.h>

#include <kernelbench.h>

#define UART_PADDR 0x9000000u
#define UART_IRQ 33u
#define UART_DATA 0x00u
#define UART_LINE 0x2cu
#define UART_LINE_FIFO_8_BITS 0x70u
#define UART_CONTROL 0x30u
#define UART_CONTROL_ON 0x301u
#define UART_MASK 0x38u
#define UART_CLEAR 0x44u
#define UART_TX 0x20u
#define HOUSEKEEPING_PADDR 0x3f010000u
#define TURNS 1000000u /* of a loop: some ticks of EL2 */
#define INPUTS_FEW 20u /* the timer's, meanwhile; a line that storms makes thousands */

static seL4_CPtr arrived, handler;
static seL4_Word uart, housekeeping;
static unsigned checks, wrong;

static void check(bool right, const char *what)
{
    checks++;
    if (right)
        return;
    wrong++;
    print_text("lines: not so: ");
    print_text(what);
    print_text("\n");
}

static void line_raise(void)
{
    device_write32(uart + UART_DATA, '.');
}

static void line_lower(void)
{
    device_write32(uart + UART_CLEAR, UART_TX);
}

static void acknowledge(void)
{
    must(seL4_IRQHandler_Ack(handler), "acknowledge");
}

/* Returns only when it came. */
static void came(const char *what)
{
    (void)seL4_Wait(arrived, NULL);
    check(true, what);
}

static void silent(const char *what)
{
    seL4_Word before = device_read64(housekeeping + HK_INPUTS * 8u), badge = 0;

    for (unsigned i = 0; i < TURNS; i++)
        __asm__ volatile("" ::: "memory");
    (void)seL4_Poll(arrived, &badge);
    check(badge == 0, what);
    check(device_read64(housekeeping + HK_INPUTS * 8u) - before < INPUTS_FEW, "no storm");
}

static void listen(bool edge)
{
    must(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, UART_IRQ, edge, ROOT, handler, DEPTH),
         "get interrupt");
    must(seL4_IRQHandler_SetNotification(handler, arrived), "set notification");
}

static void forget(void)
{
    must(seL4_CNode_Delete(ROOT, handler, DEPTH), "delete handler");
}

static void level(void)
{
    listen(false);
    silent("level: nothing before the line is high");
    line_raise();
    came("level: high");
    silent("level: not again until it is acknowledged");
    acknowledge();
    came("level: again, as it is still high");
    line_lower();
    line_raise();
    acknowledge();
    came("level: high again");
    line_lower();
    acknowledge();
    silent("level: low");
    line_raise();
    came("level: high after it was low");
    forget();
    silent("level: nobody's");
    line_lower();
}

static void edge(void)
{
    listen(true);
    silent("edge: nothing before it rises");
    line_raise();
    came("edge: risen");
    acknowledge();
    silent("edge: high, but it has not risen again");
    line_lower();
    silent("edge: falling is nothing");
    line_raise();
    came("edge: risen again");
    line_lower();
    line_raise();
    silent("edge: risen before the acknowledgement, kept until then");
    acknowledge();
    came("edge: what rose before the acknowledgement");
    line_lower();
    line_raise();
    line_lower();
    line_raise();
    acknowledge();
    came("edge: twice before the acknowledgement is once");
    acknowledge();
    silent("edge: no more than once");
    line_lower();
    forget();
}

_Noreturn void root_main(seL4_BootInfo *info)
{
    static const seL4_Word badge = 1;
    seL4_CPtr notification;

    boot = info;
    notification = object_new(seL4_NotificationObject, 0);
    arrived = slot_new();
    must(seL4_CNode_Mint(ROOT, arrived, DEPTH, ROOT, notification, DEPTH, seL4_AllRights, badge),
         "mint");
    handler = slot_new();
    housekeeping = (seL4_Word)page_new(device_new(HOUSEKEEPING_PADDR));
    uart = (seL4_Word)page_new(device_new(UART_PADDR));
    device_write32(uart + UART_LINE, UART_LINE_FIFO_8_BITS);
    device_write32(uart + UART_CONTROL, UART_CONTROL_ON);
    device_write32(uart + UART_CLEAR, UART_TX);
    device_write32(uart + UART_MASK, UART_TX);
    level();
    edge();
    device_write32(uart + UART_MASK, 0);
    print_text("\nlines: ");
    print_decimal(checks);
    print_text(" checks, ");
    print_decimal(wrong);
    print_text(" wrong\n");
    power_off();
}
