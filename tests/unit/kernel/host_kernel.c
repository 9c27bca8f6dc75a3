/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_kernel.h"

#include <stdlib.h>
#include <string.h>

#include <arch/mmu.h>
#include <kernel/hot.h>
#include <rcoe/rcoe.h>

struct kernel_state state;
struct host_calls host_calls;
struct tcb host_caller;
static word_t message[8];

void host_reset(void)
{
    state = (struct kernel_state){ .domain = 0 };
    host_calls = (struct host_calls){ 0 };
    host_caller = (struct tcb){ .status = THREAD_RESTART };
}

struct invocation host_invocation(struct cte *slot, const struct host_message *from)
{
    struct invocation inv = { .label = from->label,
                              .length = from->length,
                              .slot = slot,
                              .cap = slot->cap,
                              .thread = &host_caller };

    for (unsigned i = 0; i < COUNT(message); i++)
        message[i] = from->mr[i];
    while (inv.extras < EXTRA_CAPS_MAX && from->extra[inv.extras] != NULL) {
        inv.extra[inv.extras] = from->extra[inv.extras];
        inv.extras++;
    }
    return inv;
}

word_t invocation_mr(const struct invocation *inv, word_t i)
{
    assert_true(i < inv->length && i < COUNT(message));
    return message[i];
}

void invocation_result(struct invocation *inv, word_t i, word_t value)
{
    inv->has_result = true;
    inv->result_length = i + 1;
    message[i] = value;
}

struct cap host_cnode(struct cte *slots, word_t radix)
{
    return cap_make(CAP_CNODE, radix, slots, WORD_BITS - radix);
}

/* rcoe/ */

ARCH_REPLICA_STATE uint32_t rcoe_fingerprint; /* changes with every word that is noted */

void rcoe_irq(uint32_t irq, uint32_t operation)
{
    (void)irq;
    (void)operation;
    host_calls.irq_operations++;
}

void rcoe_smc(uint64_t args[8])
{
    args[0] = 0;
}

_Noreturn void panic(enum panic_code code, word_t detail)
{
    fail_msg("panic %#x, %llu", code, (unsigned long long)detail);
    abort();
}

/* The other half of the kernel */

static bool empty(unsigned *finished)
{
    if (host_calls.waiting > 0)
        host_calls.waiting--;
    *finished += host_calls.waiting == 0;
    return host_calls.waiting == 0;
}
bool endpoint_finalise(struct endpoint *ep)
{
    (void)ep;
    return empty(&host_calls.endpoint);
}
enum exception endpoint_cancel_badged(struct endpoint *ep, word_t badge, word_t stamp)
{
    (void)ep;
    host_calls.cancelled_badge = badge;
    host_calls.cancelled_before = stamp;
    return host_calls.waiting > 0 ? EXCEPTION_PREEMPTED : EXCEPTION_NONE;
}
bool notification_finalise(struct notification *ntfn)
{
    (void)ntfn;
    return empty(&host_calls.notification);
}
bool hot_notify(struct notification *ntfn, word_t badge)
{
    (void)ntfn;
    (void)badge;
    return false;
}

void notification_signal(struct notification *ntfn, word_t badge)
{
    (void)ntfn;
    (void)badge;
    host_calls.signals++;
}
void reply_finalise(struct reply *reply)
{
    (void)reply;
    host_calls.reply++;
}
void tcb_finalise(struct tcb *tcb)
{
    (void)tcb;
    host_calls.thread++;
}
void tcb_init(struct tcb *tcb, word_t domain)
{
    tcb->domain = (uint8_t)domain;
}
void sched_context_finalise(struct sched_context *sc)
{
    (void)sc;
    host_calls.sched_context++;
}
void sched_context_init(struct sched_context *sc, word_t size_bits)
{
    (void)sc;
    (void)size_bits;
}
/* lib/, arch/ */

void memzero(void *destination, size_t size)
{
    memset(destination, 0, size);
}

void cache_clean_invalidate(const void *start, word_t size)
{
    (void)start;
    (void)size;
}
