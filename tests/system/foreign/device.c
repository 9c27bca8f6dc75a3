/* SPDX-License-Identifier: BSD-2-Clause */
/* Time by scheduling contexts, and a device: registers in a frame, its interrupt. */
#include "uart.h"

#define THREAD_STACK 4096u
#define BADGE_TIMEOUT 0x7eu
#define SC_BADGE 0x77u
#define BUDGET_US 2000u
#define PERIOD_US 20000u
#define YIELDS 5u
#define READ_WRITE 3u

#define UART_VADDR UINT64_C(0x30000000)

static char stacks[2][THREAD_STACK] __attribute__((aligned(16)));
static char tls[2][1024] __attribute__((aligned(64)));
static char buffers[2][1024] __attribute__((aligned(1024)));
static word done;

static _Noreturn void spin(void)
{
    for (volatile word n = 0;; n++)
        ;
}

/* Each Yield gives up what is left of the period. */
static _Noreturn void periodic(void)
{
    for (;;) {
        for (unsigned i = 0; i < YIELDS; i++)
            yield();
        signal(done);
    }
}

/* A thread in the root task's own spaces. Its IPC buffer is not known to the kernel. */
static word thread_make(unsigned n, void (*entry)(void), word budget, word period, word timeout)
{
    word tcb = allocate(TYPE_TCBObject, 0, BITS_TCBBits);
    word sc = allocate(TYPE_SchedContextObject, 8, 8);
    word registers[2 + REG_COUNT] = { 1, REG_COUNT };
    const word times[5] = { budget, period, 0, SC_BADGE, 0 };
    const word spaces[3] = { 0, 0, 0 };
    const word parameters[2] = { 0, 254 };

    check_equal(
        invoke(info(BI_schedcontrol), LABEL_SchedControlConfigureFlags, 1, &sc, 5, times, NULL), 0,
        "SchedControl_ConfigureFlags");
    check_equal(invoke(tcb, LABEL_TCBConfigure, 3,
                       (const word[]){ OWN_CNODE, OWN_VSPACE, SLOT_CapNull }, 3, spaces, NULL),
                0, "TCB_Configure without a buffer");
    check_equal(invoke(tcb, LABEL_TCBSetSchedParams, 3, (const word[]){ OWN_TCB, sc, SLOT_CapNull },
                       2, parameters, NULL),
                0, "TCB_SetSchedParams");
    check_equal(invoke(tcb, LABEL_TCBSetTimeoutEndpoint, 1, &timeout, 0, NULL, NULL), 0,
                "TCB_SetTimeoutEndpoint");
    registers[2 + REG_pc] = (word)entry;
    registers[2 + REG_sp] = (word)(stacks[n] + THREAD_STACK);
    registers[2 + REG_tpidr_el0] = tls_make(tls[n], sizeof(tls[n]), buffers[n]);
    check_equal(invoke(tcb, LABEL_TCBWriteRegisters, 0, NULL, 2 + REG_COUNT, registers, NULL), 0,
                "TCB_WriteRegisters that resumes");
    return tcb;
}

static void check_timeouts(void)
{
    word endpoint = allocate(TYPE_EndpointObject, 0, BITS_EndpointBits);
    word reply = allocate(TYPE_ReplyObject, 0, BITS_ReplyBits);
    word handler = cap_mint(endpoint, RIGHTS_ALL, BADGE_TIMEOUT);
    uint64_t begun = counter_us();
    word tcb = thread_make(0, spin, BUDGET_US, PERIOD_US, handler);
    struct message m = receive(endpoint, reply);

    check_equal(m.label, FAULT_Timeout, "a timeout fault");
    check_equal(m.badge, BADGE_TIMEOUT, "its badge");
    check_equal(m.length, MSG_Timeout_Length, "its length");
    check_equal(m.mr[MSG_Timeout_Data], SC_BADGE, "the scheduling context's badge");
    check(m.mr[MSG_Timeout_Consumed] >= BUDGET_US, "the budget is consumed");
    m = reply_receive(endpoint, reply, (struct message){ .label = 0 });
    check_equal(m.label, FAULT_Timeout, "another timeout in the next period");
    check(counter_us() - begun >= PERIOD_US, "which came later");
    check_equal(invoke(tcb, LABEL_TCBSuspend, 0, NULL, 0, NULL, NULL), 0, "TCB_Suspend");
}

static void check_periods(void)
{
    uint64_t begun, passed;
    word tcb;

    done = allocate(TYPE_NotificationObject, 0, BITS_NotificationBits);
    done = cap_mint(done, RIGHTS_ALL, 1);
    begun = counter_us();
    tcb = thread_make(1, periodic, BUDGET_US, PERIOD_US, SLOT_CapNull);
    check_equal(wait(done), 1, "a signal after some periods");
    passed = counter_us() - begun;
    check(passed >= (YIELDS - 1) * PERIOD_US, "which took their time");
    check_equal(invoke(tcb, LABEL_TCBSuspend, 0, NULL, 0, NULL, NULL), 0, "TCB_Suspend");
}

void time_checks(void)
{
    check_timeouts();
    check_periods();
    print("time: budgets end, periods pass\n");
}

static void check_interrupt(void)
{
    word signalled = allocate(TYPE_NotificationObject, 0, BITS_NotificationBits);
    word handler = slot_new(), badged = cap_mint(signalled, RIGHTS_ALL, 0x100);
    const word words[4] = { uart_irq, 0, handler, 64 };
    const word root = OWN_CNODE;

    check_equal(invoke(ROOT_SLOT(CapIRQControl), LABEL_ARMIRQIssueIRQHandlerTrigger, 1, &root, 4,
                       words, NULL),
                0, "IRQControl_GetTrigger");
    check_equal(invoke(handler, LABEL_IRQSetIRQHandler, 1, &badged, 0, NULL, NULL), 0,
                "IRQHandler_SetNotification");
    uart_interrupt(UART_VADDR, true);
    uart_put(UART_VADDR, '!');
    check_equal(wait(signalled), 0x100, "the interrupt of the device");
    uart_interrupt(UART_VADDR, false);
    check_equal(invoke(handler, LABEL_IRQAckIRQ, 0, NULL, 0, NULL, NULL), 0, "IRQHandler_Ack");
    check_equal(poll(signalled), 0, "once");
}

void device_checks(void)
{
    word frame = allocate_device_frame(uart_paddr);
    struct message answer;

    check(frame != 0, "a frame of a device");
    check_equal(invoke(frame, LABEL_ARMPageGetAddress, 0, NULL, 0, NULL, &answer), 0,
                "Page_GetAddress of a device");
    check_equal(answer.mr[0], uart_paddr, "its address");
    map(frame, OWN_VSPACE, UART_VADDR, READ_WRITE, 0);
    print_line("UART identifies itself as", uart_identity(UART_VADDR));
    for (const char *text = "UART: written through its registers"; *text != '\0'; text++)
        uart_put(UART_VADDR, *text);
    check_interrupt();
    print("\n");
}
