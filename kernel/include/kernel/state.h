/* SPDX-License-Identifier: BSD-2-Clause */
/* All of the kernel's global state, in one place: what a replica is, beside its objects. */
#pragma once

#include <kernel/object.h>

#define LOOKUP_WORDS 3u
struct syscall_error {
    enum error_code code;
    word_t argument;  /* invalid argument or capability number */
    word_t range_min; /* range error; also "bytes available" of NotEnoughMemory */
    word_t range_max;
    bool lookup_was_source;
    enum lookup_failure lookup;
    word_t lookup_word[LOOKUP_WORDS];
};
struct lookup_fault {
    enum lookup_failure type;
    word_t word[LOOKUP_WORDS]; /* missing: bits left; depth: bits left, bits found; guard: bits
                                    left, guard found, guard bits found */
};

struct tcb_queue {
    struct tcb *head, *tail;
};
struct domain_entry {
    word_t domain;
    word_t duration; /* ticks; 0 ends the schedule */
};

enum scheduler_action { SCHEDULE_RESUME_CURRENT, SCHEDULE_CHOOSE_NEW, SCHEDULE_SWITCH_TO };

struct irq_state {
    bool active;     /* a handler cap exists */
    struct cte slot; /* notification to signal */
};

struct kernel_state {
    struct tcb *current;
    struct sched_context *current_sc;
    struct tcb *idle;
    enum scheduler_action action;
    struct tcb *candidate; /* SCHEDULE_SWITCH_TO */
    ticks_t now;           /* agreed time of this event */
    ticks_t consumed;      /* by current_sc since it was charged */
    struct tcb *fpu_owner; /* whose state is in the FP registers, NULL none */

    struct tcb_queue ready[DOMAINS][PRIORITIES];
    word_t ready_words[DOMAINS];   /* bit w: ready_bits[w] is not 0 */
    word_t ready_bits[DOMAINS][4]; /* bit: priority queue not empty */
    struct tcb_queue release;      /* ordered by head refill */

    word_t domain;
    word_t domain_index;
    word_t domain_start;
    ticks_t domain_time; /* left */
    struct domain_entry domain_schedule[DOMAIN_SCHEDULES];

    struct fault fault;               /* EXCEPTION_FAULT */
    struct lookup_fault lookup_fault; /* EXCEPTION_LOOKUP_FAULT */
    struct syscall_error error;       /* EXCEPTION_SYSCALL_ERROR */
    word_t work_units;
    word_t senders; /* that ever blocked: stamps */

    struct asid_pool *asid_pool[BIT(ASID_POOLS_BITS)];
    struct irq_state irq[IRQS];
    struct tcb *debug_threads; /* debug builds: all threads, the newest first */
    struct kernel_debug debug; /* hardware_debug.h */
    word_t sgi_masked;         /* bit i: SGI i was delivered and not yet acknowledged */
    word_t sgi_pending;        /* bit i: SGI i was raised meanwhile */

    struct cte caps; /* no cap: the head of the list of all caps (object/derivation.c) */
};
extern struct kernel_state state;
