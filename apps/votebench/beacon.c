/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root task beacon: output without a pause, for `ternion bench downgrade`. A client makes lines
 * from what it computes; the driver, which it calls, writes them to the UART byte by byte. So calls
 * and device accesses take turns, as in a system that reports all the time.
 */
#include <device.h>

#include <kernelbench.h>

#define UART_PADDR 0x9000000u
#define UART_FLAGS 0x18u
#define UART_FULL 0x20u
#define LINES 64u
#define WORDS 4u /* of a line: as many as a message carries in registers */
#define LOW 100u
#define STACK_WORDS 512u

static seL4_CPtr endpoint, bell;

/* Eight letters of a number. */
static seL4_Word letters_of(seL4_Word number)
{
    seL4_Word text = 0;

    for (int i = 0; i < 8; i++) {
        text = text << 8 | ('a' + (number >> 33) % 26);
        number = number * 0x5851f42d4c957f2du + 1;
    }
    return text;
}

static void client_main(void)
{
    seL4_Word mr[WORDS] = { 1, 2, 3, 4 };
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0, 0, 0, WORDS);

    for (unsigned line = 0; line < LINES; line++) {
        for (unsigned i = 0; i < WORDS; i++) {
            mr[i] = letters_of(mr[i] + line);
            seL4_Signal(bell);
            (void)seL4_Poll(bell, NULL);
        }
        (void)seL4_CallWithMRs(endpoint, info, &mr[0], &mr[1], &mr[2], &mr[3]);
    }
    (void)seL4_CallWithMRs(endpoint, seL4_MessageInfo_new(0, 0, 0, 0), NULL, NULL, NULL, NULL);
}

static void write_byte(seL4_Word uart, seL4_Word byte)
{
    while (device_read32(uart + UART_FLAGS) & UART_FULL)
        ;
    device_write32(uart, (unsigned char)byte);
}

static void write_line(seL4_Word uart, const seL4_Word mr[WORDS])
{
    for (unsigned i = 0; i < WORDS; i++)
        for (int shift = 0; shift < 64; shift += 8)
            write_byte(uart, mr[i] >> shift);
    write_byte(uart, '\n');
}

_Noreturn void root_main(seL4_BootInfo *info)
{
    static _Alignas(16) seL4_Word stack[STACK_WORDS];
    struct loop none = { 0 };
    seL4_MessageInfo_t message;
    seL4_CPtr reply;
    seL4_Word uart, badge, mr[WORDS] = { 0 };

    boot = info;
    endpoint = object_new(seL4_EndpointObject, 0);
    bell = object_new(seL4_NotificationObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    uart = (seL4_Word)page_new(device_new(UART_PADDR));
    (void)thread_new(client_main, &none,
                     (struct thread_options){
                         .priority = LOW, .fp = true, .stack = (seL4_Word)(stack + STACK_WORDS) });
    message = seL4_RecvWithMRs(endpoint, &badge, &mr[0], &mr[1], &mr[2], &mr[3], reply);
    while (seL4_MessageInfo_get_length(message) == WORDS) {
        write_line(uart, mr);
        message =
            seL4_ReplyRecvWithMRs(endpoint, message, &badge, &mr[0], &mr[1], &mr[2], &mr[3], reply);
    }
    power_off();
}
