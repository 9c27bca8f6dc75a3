/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel with one of everything, each in a state that has links. */
#pragma once

#include "unit.h"

#include <kernel/invariants.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>
#include <kernel/vspace.h>

/* Slots of the one CNode, and what is made in the untyped. */
enum whole_slot {
    ROOT, /* the CNode itself */
    CONTROL,
    UNTYPED,
    POOL,
    RUNNER,  /* thread: current, takes messages; RUNNER_SC is what CALLER lent it */
    READY,   /* thread: ready; bound to BOUND */
    SECOND,  /* thread: ready behind READY */
    CALLER,  /* thread: waits for the reply of RUNNER */
    SENDER,  /* thread: queued at ENDPOINT, in a fault */
    SLOW,    /* thread: queued behind SENDER */
    WAITER,  /* thread: waits at NOTIFICATION, receives with no reply */
    TAKER,   /* thread: receives at INBOX with TAKER_REPLY */
    BROKE,   /* thread: in the release queue, no budget */
    POOR,    /* thread: behind BROKE */
    YIELDER, /* thread: yielded to SECOND_SC */
    RUNNER_SC,
    READY_SC,
    SECOND_SC,
    BROKE_SC,
    POOR_SC,
    YIELDER_SC,
    NTFN_SC,
    ENDPOINT,
    INBOX,
    BADGED,  /* ENDPOINT with badge 7 */
    BADGED2, /* a copy of it */
    NOTIFICATION,
    BOUND,
    CALL_REPLY,
    TAKER_REPLY,
    CHAIN_REPLY, /* below CALL_REPLY in the stack of RUNNER_SC */
    CHAINED,     /* thread: the first caller of that stack */
    NODE,
    VSPACE,
    TABLE1,
    TABLE2,
    TABLE3,
    LOOSE_TABLE,
    FRAME,
    FRAME2, /* a copy of FRAME, not mapped */
    INNER,  /* untyped inside UNTYPED */
    INNER_EP,
    HANDLER,
    ZOMBIE, /* of a CNode whose deletion was preempted */
    FREE,
    WHOLE_SLOTS = 64
};
#define WHOLE_BITS 20u /* of the untyped */
#define WHOLE_PAGE UINT64_C(0x400000)
#define WHOLE_IRQ 40u

extern struct cte slots[WHOLE_SLOTS];
extern word_t whole_loaded_asid; /* what mmu_load() was told */
extern paddr_t whole_loaded_root;
extern jmp_buf whole_panic; /* where panic() goes, with its code */
extern word_t whole_panic_detail;

void whole_start(void);

static inline void *whole(enum whole_slot slot)
{
    return cap_object(slots[slot].cap);
}
static inline struct tcb *whole_thread(enum whole_slot slot)
{
    return whole(slot);
}
static inline struct sched_context *whole_context(enum whole_slot slot)
{
    return whole(slot);
}

/* ---- corruptions_*.c: each makes one thing wrong in a system just started -------------------- */

struct corruption {
    const char *name;
    void (*corrupt)(void);
    enum invariant expected;
};
struct corruption_table {
    const struct corruption *rows;
    size_t count;
};
extern const struct corruption_table corruptions_caps, corruptions_threads, corruptions_live;
