/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interface of a protection domain. Header-compatible with libmicrokit 2.3 (abi section 10.4).
 * Flow: start.S -> main.c, which calls init(), notified(), protected() and fault().
 */
#pragma once

#include <sel4/sel4.h>

typedef unsigned int microkit_channel;
typedef unsigned int microkit_child;
typedef seL4_MessageInfo_t microkit_msginfo;

#define MONITOR_EP 5
#define TCB_CAP 6
#define ARM_SMC_CAP 7
#define BASE_OUTPUT_NOTIFICATION_CAP 10
#define BASE_ENDPOINT_CAP 74
#define BASE_IRQ_CAP 138
#define BASE_TCB_CAP 202
#define BASE_VM_TCB_CAP 266
#define BASE_VCPU_CAP 330
#define BASE_USER_CAPS 458
#define MICROKIT_MAX_CHANNELS 62
#define MICROKIT_MAX_CHANNEL_ID (MICROKIT_MAX_CHANNELS - 1)
#define MICROKIT_MAX_USER_CAPS 128
#define MICROKIT_PD_NAME_LENGTH 64
#define PD_ROOT_CAP_BITS 6

/* Written by the image builder. */
extern char microkit_name[MICROKIT_PD_NAME_LENGTH];
extern seL4_Bool microkit_passive;
extern seL4_Word microkit_irqs;          /* bit n: channel n is an interrupt */
extern seL4_Word microkit_notifications; /* bit n: channel n may be notified */
extern seL4_Word microkit_pps;           /* bit n: channel n takes protected calls */
extern seL4_Word microkit_ioports;       /* always 0 on Arm */

/* What microkit_deferred_*() left for the next receive. */
extern seL4_Bool microkit_have_signal;
extern seL4_CPtr microkit_signal_cap;
extern seL4_MessageInfo_t microkit_signal_msg;

/* Entry points that the program defines; protected() and fault() have defaults that crash. */
void init(void);
void notified(microkit_channel ch);
microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo);
seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo);

/* Console: nothing but a debug aid; a kernel without PRINTING faults the caller. */
void microkit_dbg_putc(int c);
void microkit_dbg_puts(const char *s);
void microkit_dbg_put8(seL4_Uint8 x);
void microkit_dbg_put32(seL4_Uint32 x);

/* Stores to the address `err`, so that the fault tells the error. */
_Noreturn void microkit_internal_crash(seL4_Error err);
/* "name function: invalid channel given 'n'" on the console. */
void microkit_internal_bad_channel(const char *function, microkit_channel ch);

static inline seL4_Bool microkit_internal_valid(seL4_Word channels, microkit_channel ch,
                                                const char *function)
{
    if (ch <= MICROKIT_MAX_CHANNEL_ID && (channels >> ch & 1))
        return seL4_True;
    microkit_internal_bad_channel(function, ch);
    return seL4_False;
}

static inline void microkit_notify(microkit_channel ch)
{
    if (microkit_internal_valid(microkit_notifications, ch, "microkit_notify"))
        seL4_Signal(BASE_OUTPUT_NOTIFICATION_CAP + ch);
}

static inline void microkit_irq_ack(microkit_channel ch)
{
    if (microkit_internal_valid(microkit_irqs, ch, "microkit_irq_ack"))
        (void)seL4_IRQHandler_Ack(BASE_IRQ_CAP + ch);
}

/* The same with the next receive, in one system call; the last deferred operation wins. */
static inline void microkit_deferred_notify(microkit_channel ch)
{
    if (!microkit_internal_valid(microkit_notifications, ch, "microkit_deferred_notify"))
        return;
    microkit_have_signal = seL4_True;
    microkit_signal_cap = BASE_OUTPUT_NOTIFICATION_CAP + ch;
    microkit_signal_msg = seL4_MessageInfo_new(0, 0, 0, 0);
}
static inline void microkit_deferred_irq_ack(microkit_channel ch)
{
    if (!microkit_internal_valid(microkit_irqs, ch, "microkit_deferred_irq_ack"))
        return;
    microkit_have_signal = seL4_True;
    microkit_signal_cap = BASE_IRQ_CAP + ch;
    microkit_signal_msg = seL4_MessageInfo_new(IRQAckIRQ, 0, 0, 0);
}

static inline microkit_msginfo microkit_msginfo_new(seL4_Word label, seL4_Uint16 count)
{
    return seL4_MessageInfo_new(label, 0, 0, count);
}
static inline seL4_Word microkit_msginfo_get_label(microkit_msginfo msginfo)
{
    return seL4_MessageInfo_get_label(msginfo);
}
static inline seL4_Word microkit_msginfo_get_count(microkit_msginfo msginfo)
{
    return seL4_MessageInfo_get_length(msginfo);
}
static inline void microkit_mr_set(seL4_Uint8 mr, seL4_Word value)
{
    seL4_SetMR(mr, value);
}
static inline seL4_Word microkit_mr_get(seL4_Uint8 mr)
{
    return seL4_GetMR(mr);
}

/* Calls protected() of the domain at the other end, which has a higher priority. */
static inline microkit_msginfo microkit_ppcall(microkit_channel ch, microkit_msginfo msginfo)
{
    if (!microkit_internal_valid(microkit_pps, ch, "microkit_ppcall"))
        return seL4_MessageInfo_new(0, 0, 0, 0);
    return seL4_Call(BASE_ENDPOINT_CAP + ch, msginfo);
}

/* Child domains; a refused operation crashes the caller. */
static inline void microkit_pd_restart(microkit_child pd, seL4_Word entry_point)
{
    seL4_UserContext context = { .pc = entry_point };
    seL4_Error error = seL4_TCB_WriteRegisters(BASE_TCB_CAP + pd, seL4_True, 0, 1, &context);

    if (error != seL4_NoError)
        microkit_internal_crash(error);
}
static inline void microkit_pd_stop(microkit_child pd)
{
    seL4_Error error = seL4_TCB_Suspend(BASE_TCB_CAP + pd);

    if (error != seL4_NoError)
        microkit_internal_crash(error);
}
static inline void microkit_pd_resume(microkit_child pd)
{
    seL4_Error error = seL4_TCB_Resume(BASE_TCB_CAP + pd);

    if (error != seL4_NoError)
        microkit_internal_crash(error);
}

/* Firmware call, for a domain with smc="true". */
static inline void microkit_arm_smc_call(seL4_ARM_SMCContext *args, seL4_ARM_SMCContext *response)
{
    seL4_Error error = seL4_ARM_SMC_Call(ARM_SMC_CAP, args, response);

    if (error != seL4_NoError)
        microkit_internal_crash(error);
}

/* Capability pointer of slot 1..63 of the <cspace> element; 0 for any other number. */
static inline seL4_CPtr microkit_cspace_root_slot_to_cptr(seL4_Word slot)
{
    if (slot == 0 || slot >= 1ul << PD_ROOT_CAP_BITS)
        return 0;
    return slot << (seL4_WordBits - PD_ROOT_CAP_BITS);
}
