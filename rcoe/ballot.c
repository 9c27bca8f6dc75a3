/* SPDX-License-Identifier: BSD-2-Clause */
#include "ballot.h"

ARCH_REPLICA_STATE struct rcoe_state rcoe;
ARCH_REPLICA_STATE uint32_t rcoe_fingerprint;

_Static_assert((BALLOT_RING & (BALLOT_RING - 1)) == 0, "an index is a mask");
_Static_assert((TIME_RING & (TIME_RING - 1)) == 0, "an index is a mask");
_Static_assert((REPLICAS_MAX & (REPLICAS_MAX - 1)) == 0, "ballot_self() masks");

void ballot_check(void)
{
    const struct ballot *own = ballot_own();

    if (atomic_load_explicit(&own->event, memory_order_relaxed) != rcoe.event ||
        atomic_load_explicit(&own->event_check, memory_order_relaxed) != ~rcoe.event ||
        atomic_load_explicit(&own->delivered, memory_order_relaxed) != rcoe.delivered) {
        shim_panic(RCOE_PANIC_BALLOT, rcoe.event);
    }
}

void ballot_begin_event(void)
{
    struct ballot *own = ballot_own();

    rcoe.event++;
    /* The check goes first: whoever sees event e finds a check of at least e (inputs.c). */
    atomic_store_explicit(&own->event_check, ~rcoe.event, memory_order_release);
    atomic_store_explicit(&own->event, rcoe.event, memory_order_release);
    /* EL2 of this core may propose before or after this line; both are accounted for in enter.c. */
    atomic_signal_fence(memory_order_seq_cst);
}

void ballot_publish(void)
{
    struct ballot *own = ballot_own();

    rcoe.round++;
    atomic_store_explicit(&own->fingerprint[rcoe.round % BALLOT_RING], rcoe_fingerprint,
                          memory_order_relaxed);
    atomic_store_explicit(&own->round, rcoe.round, memory_order_release);
}

void ballot_set_time(uint64_t time)
{
    struct ballot *own = ballot_own();

    rcoe.time = time;
    rcoe.timed = rcoe.event;
    atomic_store_explicit(&own->time[rcoe.event % TIME_RING], time, memory_order_relaxed);
    atomic_store_explicit(&own->time_head, rcoe.event, memory_order_release);
}
