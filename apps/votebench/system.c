/* SPDX-License-Identifier: BSD-2-Clause */
/* Workloads that use the kernel: messages, cheap calls, page faults, interrupts, a device. */
#include <device.h>

#include "votebench.h"

#define LOW 100u
#define HIGH 150u
#define STACK_WORDS 512u
#define UART_FLAGS 0x18u
#define UART_FULL 0x20u
#define BUDGET_US 100u
#define PERIOD_US 500u

static seL4_CPtr done;
static seL4_CPtr endpoint, reply; /* of the server; then of the pager */
static seL4_CPtr notification, nobody, nothing;
static seL4_CPtr frame;
static seL4_Word page, uart;
static struct thread client, server, faulter, sleeper;

static void client_main(void)
{
    seL4_Word mr = 0;

    for (;;) {
        for (unsigned i = 0; i < WORK * 500u; i++)
            (void)seL4_CallWithMRs(endpoint, seL4_MessageInfo_new(0, 0, 0, 1), &mr, NULL, NULL,
                                   NULL);
        seL4_Signal(done);
        (void)seL4_Wait(nobody, NULL);
    }
}

static void server_main(void)
{
    seL4_Word badge, mr = 0;

    (void)seL4_NBSendRecv(done, seL4_MessageInfo_new(0, 0, 0, 0), endpoint, &badge, reply);
    for (;;) {
        mr++;
        (void)seL4_ReplyRecvWithMRs(endpoint, seL4_MessageInfo_new(0, 0, 0, 1), &badge, &mr, NULL,
                                    NULL, NULL, reply);
    }
}

static void faulter_main(void)
{
    for (;;) {
        (void)device_read64(page); /* a load that no compiler takes away */
        (void)seL4_CallWithMRs(endpoint, seL4_MessageInfo_new(0, 0, 0, 0), NULL, NULL, NULL, NULL);
    }
}

static void sleeper_main(void)
{
    for (unsigned i = 0; i < 200u; i++) /* not more in the long form: it takes time, not work */
        seL4_Yield(); /* gives the rest of its budget away: until the timer's interrupt */
    seL4_Signal(done);
    (void)seL4_Wait(nobody, NULL);
}

static struct thread start(void (*entry)(void), seL4_Word *stack, seL4_Word priority,
                           seL4_CPtr fault_endpoint)
{
    struct loop none = { 0 };

    return thread_new(entry, &none,
                      (struct thread_options){ .priority = priority,
                                               .fp = true,
                                               .suspended = true,
                                               .fault_endpoint = fault_endpoint,
                                               .stack = (seL4_Word)(stack + STACK_WORDS) });
}

void prepare_system(void)
{
    static _Alignas(16) seL4_Word stacks[4][STACK_WORDS];

    done = object_new(seL4_NotificationObject, 0);
    nobody = object_new(seL4_NotificationObject, 0);
    notification = object_new(seL4_NotificationObject, 0);
    endpoint = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    frame = object_new(seL4_ARM_SmallPageObject, 0);
    nothing = slot_new();
    page = address_new();
    uart = (seL4_Word)page_new(device_new(UART_PADDR));
    client = start(client_main, stacks[0], LOW, 0);
    server = start(server_main, stacks[1], HIGH, 0);
    faulter = start(faulter_main, stacks[2], LOW, endpoint);
    sleeper = start(sleeper_main, stacks[3], LOW, 0);
    must(seL4_SchedControl_Configure(boot->schedcontrol.start, sleeper.sched_context, BUDGET_US,
                                     PERIOD_US, 0, 0),
         "configure the sleeper");
    thread_resume(&server);
    (void)seL4_Wait(done, NULL);
    must(seL4_SchedContext_Unbind(server.sched_context), "make the server passive");
}

/* A client calls a passive server, which answers. */
void run_ping_pong(void)
{
    thread_resume(&client);
    (void)seL4_Wait(done, NULL);
    thread_stop(&client);
    thread_stop(&server);
}

/* Five calls that never block: signal, poll, yield, send to nobody, invoke an empty slot. */
void run_storm(void)
{
    seL4_Word badge;

    for (unsigned i = 0; i < WORK * 400u; i++) {
        seL4_Signal(notification);
        (void)seL4_Poll(notification, &badge);
        seL4_Yield();
        seL4_NBSend(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
        (void)seL4_CallWithMRs(nothing, seL4_MessageInfo_new(0, 0, 0, 0), NULL, NULL, NULL, NULL);
    }
}

/* The pager: maps the page that was missed, and takes it away again when its user says so. */
void run_faults(void)
{
    seL4_Word badge;
    seL4_MessageInfo_t info;

    thread_resume(&faulter);
    info = seL4_Recv(endpoint, &badge, reply);
    for (unsigned faults = 0; faults < WORK * 200u;) {
        if (seL4_MessageInfo_get_label(info) == seL4_Fault_VMFault) {
            must(seL4_ARM_Page_Map(frame, seL4_CapInitThreadVSpace, page, seL4_ReadWrite,
                                   seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever),
                 "map");
            faults++;
        } else {
            must(seL4_ARM_Page_Unmap(frame), "unmap");
        }
        info = seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, 0), &badge, reply);
    }
    thread_stop(&faulter);
}

/* A thread whose budget ends at once: each period begins with an interrupt of the timer. */
void run_interrupts(void)
{
    thread_resume(&sleeper);
    (void)seL4_Wait(done, NULL);
    thread_stop(&sleeper);
}

/* A driver's loop: a load and a store at the device for every byte. */
void run_output(void)
{
    static const char line[] = "the quick brown fox jumps over the lazy dog 0123456789\r\n";

    for (unsigned i = 0; i < WORK * 8u; i++) {
        for (const char *at = line; *at; at++) {
            while (device_read32(uart + UART_FLAGS) & UART_FULL)
                ;
            device_write32(uart, (unsigned char)*at);
        }
    }
}
