/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system-call fuzzer: a root task. Its supervisor builds a small world of objects; workers in
 * an address space and a CSpace of their own make random system calls in it, until it is dull and
 * the supervisor revokes all of it and builds the next one.
 *
 * Workers share no memory with each other, and with the supervisor only while they stand at a
 * report: so replicas, which preempt at different instructions, see the same.
 */
#pragma once

#include <root.h>

/* Patched into the program by tools/fuzz.py. */
struct fuzz_config {
    seL4_Word seed;
    seL4_Word calls;      /* to make and count */
    seL4_Word until;      /* stop at this call number; 0: no limit */
    seL4_Word replicated; /* nothing that replicas may legally disagree on */
    seL4_Word stride;     /* exits from one complete check to the next; 0: the kernel has none */
};
extern struct fuzz_config fuzz_config;

/* ---- random numbers -------------------------------------------------------------------------- */

static inline seL4_Word random_next(seL4_Word *state) /* xorshift64*; the state is never 0 */
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dul;
}
static inline seL4_Word random_below(seL4_Word *state, seL4_Word limit)
{
    return (random_next(state) >> 16) % limit;
}

/* ---- what a call was, and what became of it -------------------------------------------------- */

#define LABELS 57u         /* rows 0..56: invocations by Call */
#define ROW_SYSCALL LABELS /* + number of the system call, 1..11: all others */
#define ROW_UNKNOWN (ROW_SYSCALL + 12)
#define ROW_FAULT (ROW_UNKNOWN + 1) /* + which mistake, 0..7 */
#define MISTAKES 8u
#define ROWS (ROW_FAULT + MISTAKES)

enum result {                      /* below seL4_NumErrors: the error of an invocation */
              RESULT_MESSAGE = 11, /* somebody answered */
              RESULT_DONE,         /* no answer is given to this kind of call */
              RESULT_FAULT,        /* the caller faulted */
              RESULT_STOPPED,      /* blocked or stopped until the supervisor started it again */
              RESULTS = 16
};

/* ---- workers --------------------------------------------------------------------------------- */

#define WORKERS 6u
#define BLOCK 64u      /* calls from one report to the next */
#define SMALL_BLOCK 8u /* ... of replicas, which cannot count a block that a fault ended */
#define PAGE 4096u
#define REPORT 0x5265706f7274ul /* the system call number that is no system call */

struct worker {
    seL4_Word random;
    seL4_Word number;   /* of the last call; calls of all workers are numbered in one sequence */
    seL4_Word end;      /* last number of the block */
    seL4_Word blocking; /* percent of calls that may wait for somebody */
    seL4_Word pending;  /* row + 1 of the call that is being made */
    seL4_Word logged;
    seL4_Uint16 log[BLOCK]; /* row * RESULTS + result */
    seL4_Word call[9];      /* x0..x8 */
};
struct worker_memory {
    union {
        struct worker worker; /* the stack grows down to it from the end of the page */
        char page[PAGE];
    };
    union {
        seL4_IPCBuffer buffer;
        char buffer_page[PAGE];
    };
};
extern struct worker_memory workers[WORKERS];
static inline seL4_IPCBuffer *buffer_of(struct worker *worker)
{
    return &((struct worker_memory *)worker)->buffer;
}

/*
 * What a worker begins anew with; random is never 0. It comes in registers, and the worker itself
 * writes it to its memory: an input may have interrupted the worker, and may interrupt the
 * supervisor, at different instructions in each replica.
 */
struct fresh {
    seL4_Word random, number, end, blocking;
};

/* Where the supervisor starts it: x0..x5. The call that it was in, if any, had this outcome. */
_Noreturn void worker_main(struct worker *worker, seL4_Word outcome, seL4_Word random,
                           seL4_Word number, seL4_Word end, seL4_Word blocking);
/* x0..x8 from call[], SVC, x0..x5 back; the number rides in x10, for who looks at a dead kernel. */
void worker_call(seL4_Word call[9], seL4_Word number);
extern char worker_svc[]; /* the SVC of worker_call */
/* A call into worker->call; the row that it will be counted in. */
seL4_Word worker_choose(struct worker *worker);
/* Mistake 0..MISTAKES-1 of a program. Returns if it was none after all. */
void worker_mistake(seL4_Word which);

/* ---- the world: slots of the workers' CSpace ------------------------------------------------- */

#define ARENA_BITS 8u
#define ARENA_SLOTS (1u << ARENA_BITS)
#define SAFE_BITS 3u
#define SAFE_BIT (1ul << 63) /* capability addresses of caps that workers can use, not delete */

enum kind {
    KIND_ENDPOINT,
    KIND_NOTIFICATION,
    KIND_REPLY,
    KIND_THREAD,
    KIND_CONTEXT,
    KIND_CNODE,
    KIND_UNTYPED,
    KIND_FRAME,
    KIND_TABLE,
    KIND_VSPACE,
    KIND_POOL,
    KIND_HANDLER,
    KIND_SIGNAL,
    KIND_CONTROL, /* the safe ones, and copies */
    KIND_FREE,
    KINDS
};
struct range {
    seL4_Uint8 first;
    seL4_Uint8 count;
};
extern const struct range arena_range[KINDS];
#define ARENA_SELF 64u /* the arena itself: index is the slot, depth 64 */

enum safe_slot {
    SAFE_SCHED_CONTROL,
    SAFE_ASID_CONTROL,
    SAFE_IRQ_CONTROL,
    SAFE_DOMAIN,
};

/* ---- supervisor ------------------------------------------------------------------------------ */

/* Made once, from the boot information. world.c */
struct place {
    seL4_BootInfo *info;
    seL4_CPtr next; /* free slot of the root CNode */
    seL4_CPtr memory;
    seL4_CPtr inbox, tick, reply, tick_thread, tick_context;
    seL4_CPtr cspace, safe, vspace; /* of the workers */
    seL4_CPtr buffer[WORKERS];      /* frames */
    seL4_CPtr garbage[2];
    seL4_CPtr world, big, device; /* untypeds that are revoked from episode to episode */
    seL4_CPtr fault[WORKERS + 2]; /* inbox with a badge: worker + 1 */
};
extern struct place place;
#define SLOTS_ORIGINAL 64u /* of the root CNode: what the supervisor keeps of a world */
extern seL4_CPtr original_thread[WORKERS], original_context[WORKERS], garbage_thread[2];

void place_make(seL4_BootInfo *info);
void world_build(seL4_Word *random);
void world_revoke(void);
void garbage_start(unsigned which, seL4_Word *random);
/* Stops when the error is one. */
void expect(seL4_Word error, const char *what);

/* coverage.c */
void coverage_add(const struct worker *worker);
seL4_Word coverage_calls(void);
void coverage_print(void);
