/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TERNION_DEBUG: what must hold between two kernel entries, checked by trap/invariants/. In other
 * builds trap/invariants_none.c checks nothing.
 */
#pragma once

#include <kernel/types.h>

/* What can be broken. The tools read the names here: one per line, in the order of the numbers. */
enum invariant {
    INVARIANT_NONE,
    INVARIANT_LIST_LINKS,           /* next and prev of neighbours in the list of caps disagree */
    INVARIANT_LIST_EMPTY_SLOT,      /* an empty slot is in the list, or holds links or words */
    INVARIANT_LIST_FLAGS,           /* revocable without being the first of its badge */
    INVARIANT_CAP_BADGE_RUN,        /* not the first of its badge, but nothing like it before */
    INVARIANT_CAP_TYPE,             /* no such type of cap */
    INVARIANT_CAP_REGION,           /* outside, overlapping, or out of order in its untyped */
    INVARIANT_UNTYPED_USED,         /* more used than there is */
    INVARIANT_ZOMBIE,               /* more left than slots, or a slot beyond them is full */
    INVARIANT_SCHEDULER_ACTION,     /* a decision is left at exit */
    INVARIANT_CURRENT_THREAD,       /* cannot run, or is in a queue */
    INVARIANT_CURRENT_CONTEXT,      /* the SC that pays is not the current thread's */
    INVARIANT_CURRENT_PRIORITY,     /* a ready thread should run instead */
    INVARIANT_DOMAIN,               /* current domain, index or time out of range */
    INVARIANT_READY_BITS,           /* bitmaps and ready queues disagree */
    INVARIANT_READY_LINKS,          /* links of a ready queue */
    INVARIANT_READY_THREAD,         /* a thread in the wrong ready queue, or one that cannot run */
    INVARIANT_RELEASE_LINKS,        /* links of the release queue */
    INVARIANT_RELEASE_THREAD,       /* a thread that should not wait for budget */
    INVARIANT_RELEASE_ORDER,        /* release times fall */
    INVARIANT_REFILL_COUNT,         /* head, count and maximum of the ring, size of the object */
    INVARIANT_REFILL_SUM,           /* refills do not sum up to the budget */
    INVARIANT_REFILL_ORDER,         /* a refill begins before its predecessor ends */
    INVARIANT_REFILL_HEAD,          /* head too small to run with */
    INVARIANT_CONTEXT_THREAD,       /* SC and its thread */
    INVARIANT_CONTEXT_REPLY,        /* SC and the head of its call stack */
    INVARIANT_CONTEXT_NOTIFICATION, /* SC and its notification */
    INVARIANT_CONTEXT_YIELD,        /* SC and the thread that yielded to it */
    INVARIANT_THREAD_STATUS,        /* no such status, domain or user state */
    INVARIANT_THREAD_QUEUED,        /* queue flags against status, or nobody will run it */
    INVARIANT_THREAD_WAITING,       /* waiting for nothing, or linked without waiting */
    INVARIANT_THREAD_FAULT,         /* runs on with a fault pending */
    INVARIANT_THREAD_CONTEXT,       /* thread and its SC */
    INVARIANT_THREAD_NOTIFICATION,  /* thread and its bound notification */
    INVARIANT_THREAD_REPLY,         /* thread and the reply object it waits with */
    INVARIANT_THREAD_YIELD,         /* thread and the SC it yielded to */
    INVARIANT_THREAD_SLOT,          /* a cap of the wrong type in a thread's slot */
    INVARIANT_THREAD_BUFFER,        /* misaligned IPC buffer */
    INVARIANT_THREAD_ENDED,         /* a thread being deleted is still linked to something */
    INVARIANT_WAITERS_LINKS,        /* links of an endpoint's or notification's queue */
    INVARIANT_WAITERS_THREAD,       /* a waiter of another status or object */
    INVARIANT_WAITERS_ORDER,        /* priorities rise in a wait queue */
    INVARIANT_ENDPOINT_KIND,        /* kind of the queue against its being empty */
    INVARIANT_NOTIFICATION_STATE,   /* state against queue and badge */
    INVARIANT_NOTIFICATION_BOUND,   /* notification and its thread */
    INVARIANT_NOTIFICATION_CONTEXT, /* notification and its SC */
    INVARIANT_REPLY_THREAD,         /* reply object and its thread */
    INVARIANT_REPLY_STACK,          /* neighbours in the stack of calls */
    INVARIANT_POOL,                 /* an ASID pool that the pool table does not know */
    INVARIANT_MAPPING,              /* a cap's mapping contradicts itself or its copies */
    INVARIANT_MAPPING_RIGHTS,       /* a page is writable, and no cap says so */
    INVARIANT_TABLE_ENTRY,          /* neither invalid, nor leaf, nor table; or not empty */
    INVARIANT_LOADED_ROOT,          /* the address space in use is nobody's */
    INVARIANT_IRQ,                  /* line without a handler, or a slot with the wrong cap */
    INVARIANT_FPU_OWNER,            /* a thread that may not use FP registers owns them */
    /* Counted on both sides of a relation: what one side names must be alive on the other. */
    INVARIANT_LIVE_SLOTS, /* caps in the list are those in containers that have caps */
    INVARIANT_LIVE_THREAD_CONTEXT,
    INVARIANT_LIVE_THREAD_NOTIFICATION,
    INVARIANT_LIVE_THREAD_REPLY,
    INVARIANT_LIVE_THREAD_YIELD,
    INVARIANT_LIVE_NOTIFICATION_CONTEXT,
    INVARIANT_LIVE_STACK_HEAD,
    INVARIANT_LIVE_STACK,
    INVARIANT_LIVE_WAITERS,
    INVARIANT_LIVE_READY,
    INVARIANT_LIVE_RELEASE,
    INVARIANT_LIVE_CURRENT,
    INVARIANT_LIVE_FPU_OWNER,
    INVARIANT_LIVE_IRQ,
    INVARIANT_LIVE_POOL,
    INVARIANT_LIVE_ROOT,  /* ASIDs are those of the address spaces that have caps */
    INVARIANT_LIVE_TABLE, /* table entries are those of the page table caps */
    INVARIANT_LIVE_LEAF,  /* mapped pages are those of the frame caps */
    INVARIANTS
};

/* The sum that trap_entry.S made of the registers is that of the frame that it saved. Panics. */
struct trap_frame;
void invariants_entry(const struct trap_frame *tf, uint32_t registers);

/* When the kernel is left: the cheap part always, all of it at every `stride`-th exit. Panics. */
void invariants_check(void);

/*
 * True: this was SYS_DEBUG_CHECK_INVARIANTS of a build that has it, and it is done (kernel/abi.h).
 */
bool invariants_syscall(int64_t number);
