/* SPDX-License-Identifier: BSD-2-Clause */
/* The main loop of a protection domain (abi section 10.4). */
#include <microkit.h>

#define INPUT_CAP 1
#define REPLY_CAP 4
#define BADGE_ENDPOINT (1ul << 63)
#define BADGE_FAULT (1ul << 62)

/* In .data, so that the image builder finds them in the file. */
#define PATCHED __attribute__((section(".data.patched")))
char microkit_name[MICROKIT_PD_NAME_LENGTH] PATCHED = "";
seL4_Bool microkit_passive PATCHED = seL4_False;
seL4_Word microkit_irqs PATCHED = 0;
seL4_Word microkit_notifications PATCHED = 0;
seL4_Word microkit_pps PATCHED = 0;
seL4_Word microkit_ioports PATCHED = 0;

seL4_IPCBuffer *__sel4_ipc_buffer = (seL4_IPCBuffer *)(seL4_UserVSpaceTop & ~0xffful);

seL4_Bool microkit_have_signal;
seL4_CPtr microkit_signal_cap;
seL4_MessageInfo_t microkit_signal_msg;

extern void (*const __init_array_start[])(void);
extern void (*const __init_array_end[])(void);

_Noreturn int main(void);

__attribute__((weak)) microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    (void)msginfo;
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(" was called but defines no protected()\n");
    microkit_internal_crash(seL4_NoError);
}

__attribute__((weak)) seL4_Bool fault(microkit_child child, microkit_msginfo msginfo,
                                      microkit_msginfo *reply_msginfo)
{
    (void)child;
    (void)msginfo;
    (void)reply_msginfo;
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(" got a fault of its child but defines no fault()\n");
    microkit_internal_crash(seL4_NoError);
}

static void run_constructors(void)
{
    for (void (*const *f)(void) = __init_array_start; f < __init_array_end; f++)
        (*f)();
}

/* A passive domain tells the monitor with its first receive, so the request is deferred. */
static void ask_to_be_passive(void)
{
    microkit_have_signal = seL4_True;
    microkit_signal_cap = MONITOR_EP;
    microkit_signal_msg = seL4_MessageInfo_new(0, 0, 0, 0);
}

static void ack_all_irqs(void)
{
    for (microkit_channel ch = 0; ch <= MICROKIT_MAX_CHANNEL_ID; ch++)
        if (microkit_irqs >> ch & 1)
            microkit_irq_ack(ch);
}

/* Replies, flushes the deferred operation and waits, in as few system calls as there are. */
static seL4_MessageInfo_t receive(seL4_Bool have_reply, seL4_MessageInfo_t reply, seL4_Word *badge)
{
    seL4_Bool have_signal = microkit_have_signal;

    microkit_have_signal = seL4_False;
    if (have_reply) {
        if (have_signal) {
            /* By registers: message words 0..3 in the buffer are the reply's. */
            struct sel4_syscall_registers r = { .x0 = microkit_signal_cap,
                                                .info = microkit_signal_msg.words[0] };

            sel4_trap(seL4_SysSend, &r, 0, 0);
        }
        return seL4_ReplyRecv(INPUT_CAP, reply, badge, REPLY_CAP);
    }
    if (have_signal)
        return seL4_NBSendRecv(microkit_signal_cap, microkit_signal_msg, INPUT_CAP, badge,
                               REPLY_CAP);
    return seL4_Recv(INPUT_CAP, badge, REPLY_CAP);
}

static void deliver_notifications(seL4_Word badge)
{
    for (microkit_channel ch = 0; badge; ch++, badge >>= 1)
        if (badge & 1)
            notified(ch);
}

_Noreturn int main(void)
{
    seL4_Bool have_reply = seL4_False;
    seL4_MessageInfo_t reply = seL4_MessageInfo_new(0, 0, 0, 0);

    run_constructors();
    init();
    if (microkit_passive)
        ask_to_be_passive();
    ack_all_irqs();
    for (;;) {
        seL4_Word badge = 0;
        seL4_MessageInfo_t info = receive(have_reply, reply, &badge);

        have_reply = seL4_False;
        if (badge & BADGE_ENDPOINT) {
            reply = protected((microkit_channel)(badge & 0x3f), info);
            have_reply = seL4_True;
        } else if (badge & BADGE_FAULT) {
            have_reply = fault((microkit_child)(badge & 0xff), info, &reply);
        } else {
            deliver_notifications(badge);
        }
    }
}
