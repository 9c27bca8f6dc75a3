/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One invocation of a capability, as syscall/ hands it to the decoder of the object. A decoder has
 * two halves: checks, which may return an exception and write nothing, then the commit.
 */
#pragma once

#include <kernel/changed.h>
#include <kernel/object.h>
#include <kernel/state.h>

struct invocation {
    word_t label;
    word_t length; /* message words that can be read */
    cptr_t cptr;
    struct cte *slot;                  /* of the invoked cap */
    struct cap cap;                    /* the invoked cap */
    struct cte *extra[EXTRA_CAPS_MAX]; /* NULL beyond `extras` */
    word_t extras;
    word_t *buffer; /* the caller's IPC buffer in the kernel window; NULL: none, or not needed */
    struct tcb *thread; /* the caller */
    bool blocking;
    bool is_call;
    bool can_donate;
    bool first_phase;     /* of a two-phase system call: fewer types are allowed */
    word_t result_length; /* commit sets it with invocation_result() */
    bool has_result;
};

/* Message register i: MR0..3 are x2..x5 of the caller, the rest come from the buffer. */
word_t invocation_mr(const struct invocation *inv, word_t i);
/* Stores result word i of a successful Call (no effect for Send). Words go out in order from 0. */
void invocation_result(struct invocation *inv, word_t i, word_t value);

/*
 * How far a preempted operation on `object` came: 0 at first. The thread repeats the call with the
 * same registers. It begins anew when it was answered, or when somebody wrote its registers.
 */
static inline word_t progress_of(const struct tcb *thread, const void *object)
{
    return thread->progress_of == object ? thread->progress : 0;
}
static inline void progress_keep(struct tcb *thread, const void *object, word_t progress)
{
    thread->progress_of = object;
    thread->progress = progress;
    changed_thread(thread);
}
static inline void progress_end(struct tcb *thread)
{
    thread->progress = 0;
    changed_thread(thread);
}

/* Failures: set state.error and return EXCEPTION_SYSCALL_ERROR. */
enum exception error_illegal(void) MUST_USE;
enum exception error_truncated(void) MUST_USE;
enum exception error_argument(word_t number) MUST_USE;
enum exception error_capability(word_t number) MUST_USE;
enum exception error_range(word_t min, word_t max) MUST_USE;
enum exception error_alignment(void) MUST_USE;
enum exception error_delete_first(void) MUST_USE;
enum exception error_revoke_first(void) MUST_USE;
enum exception error_not_enough_memory(word_t available) MUST_USE;
/* From state.lookup_fault as a lookup left it. */
enum exception error_failed_lookup(bool was_source) MUST_USE;
enum exception error_missing(bool was_source, word_t bits_left) MUST_USE;

/* Decoders. syscall/invoke.c dispatches on the cap type. */
enum exception decode_untyped(struct invocation *inv) MUST_USE;       /* object/untyped.c */
enum exception decode_cnode(struct invocation *inv) MUST_USE;         /* object/cnode.c */
enum exception decode_frame(struct invocation *inv) MUST_USE;         /* vspace/frame.c */
enum exception decode_page_table(struct invocation *inv) MUST_USE;    /* vspace/page_table.c */
enum exception decode_vspace(struct invocation *inv) MUST_USE;        /* vspace/vspace.c */
enum exception decode_asid_control(struct invocation *inv) MUST_USE;  /* vspace/asid.c */
enum exception decode_asid_pool(struct invocation *inv) MUST_USE;     /* vspace/asid.c */
enum exception decode_irq_control(struct invocation *inv) MUST_USE;   /* object/irq.c */
enum exception decode_irq_handler(struct invocation *inv) MUST_USE;   /* object/irq.c */
enum exception decode_sgi_signal(struct invocation *inv) MUST_USE;    /* object/irq.c */
enum exception decode_smc(struct invocation *inv) MUST_USE;           /* object/smc.c */
enum exception decode_tcb(struct invocation *inv) MUST_USE;           /* object/tcb.c */
enum exception decode_domain(struct invocation *inv) MUST_USE;        /* object/domain.c */
enum exception decode_sched_context(struct invocation *inv) MUST_USE; /* object/sched_context.c */
enum exception decode_sched_control(struct invocation *inv) MUST_USE; /* object/sched_control.c */
