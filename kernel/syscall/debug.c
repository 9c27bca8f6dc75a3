/* SPDX-License-Identifier: BSD-2-Clause */
/* Debug system calls (abi 9). Console output is voted like any other output: rcoe_putc(). */
#include <arch/trap.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/syscall.h>
#include <rcoe/rcoe.h>

void debug_print(const char *text)
{
    for (; *text != '\0'; text++) {
        rcoe_putc(*text);
    }
}

void debug_print_hex(word_t value)
{
    int shift = value == 0 ? 0 : (63 - __builtin_clzll(value)) & ~3;

    debug_print("0x");
    for (; shift >= 0; shift -= 4) {
        rcoe_putc("0123456789abcdef"[(value >> shift) & 15]);
    }
}

static void cap_identify(struct tcb *tcb)
{
    struct lookup found = lookup_slot(tcb, tcb->context.x[REGISTER_CAP]);

    tcb->context.x[REGISTER_CAP] =
        found.status == EXCEPTION_NONE ? (word_t)cap_type(found.slot->cap) : 0;
}

/* seL4 halts on a wrong cap or a missing buffer; a user's mistake stops no kernel here. */
static void name_thread(struct tcb *tcb)
{
    struct lookup found = lookup_slot(tcb, tcb->context.x[REGISTER_CAP]);
    const word_t *buffer = tcb_ipc_buffer(tcb, false);
    struct tcb *target;
    const char *name;
    size_t i;

    if (found.status != EXCEPTION_NONE || cap_type(found.slot->cap) != CAP_THREAD ||
        buffer == NULL) {
        return;
    }
    target = cap_object(found.slot->cap);
    name = (const char *)&buffer[1];
    for (i = 0; i < sizeof(target->name) - 1 && name[i] != '\0'; i++) {
        target->name[i] = name[i];
    }
    for (; i < sizeof(target->name); i++) {
        target->name[i] = '\0';
    }
}

bool debug_syscall(int64_t number)
{
    struct tcb *tcb = state.current;

    switch (number) {
    case SYS_DEBUG_PUT_CHAR:
        rcoe_putc((char)tcb->context.x[REGISTER_CAP]);
        return true;
    case SYS_DEBUG_DUMP_SCHEDULER:
        return true; /* prints in debug builds of seL4 only */
    case SYS_DEBUG_CAP_IDENTIFY:
        cap_identify(tcb);
        return true;
    case SYS_DEBUG_NAME_THREAD:
        name_thread(tcb);
        return true;
    default:
        return false;
    }
}
