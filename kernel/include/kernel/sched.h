/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads, time and who runs next. Contracts of sched/; times and amounts in counter ticks. */
#pragma once

#include <kernel/object.h>
#include <kernel/state.h>

/* ---- thread states --------------------------------------------------------------------------- */

static inline bool tcb_is_runnable(const struct tcb *tcb)
{
    return tcb->status == THREAD_RUNNING || tcb->status == THREAD_RESTART;
}
static inline bool tcb_is_blocked(const struct tcb *tcb)
{
    return tcb->status >= THREAD_BLOCKED_ON_SEND && tcb->status <= THREAD_BLOCKED_ON_REPLY;
}
static ALWAYS_INLINE bool tcb_is_schedulable(const struct tcb *tcb)
{
    return tcb_is_runnable(tcb) && tcb->sched_context != NULL &&
           tcb->sched_context->refill_max > 0 && !tcb->in_release_queue;
}

/* ---- sched/refill.c: pure, budget accounting of one scheduling context (abi 7.3) ------------- */

#define SCHED_CONTEXT_SPORADIC 1u
#define REFILLS_MIN 2u

static inline struct refill *refill_head(struct sched_context *sc)
{
    return &sc->refill[sc->refill_head];
}
static inline bool refill_is_round_robin(const struct sched_context *sc)
{
    return sc->period == 0;
}
static inline bool refill_ready(struct sched_context *sc, ticks_t now)
{
    return refill_head(sc)->time <= now;
}
/* After `usage` is charged, the head still holds the least budget worth running with. */
static inline bool refill_sufficient(struct sched_context *sc, ticks_t usage)
{
    ticks_t amount = refill_head(sc)->amount;

    return amount >= usage && amount - usage >= MIN_BUDGET_TICKS;
}
/* Configured, ready and sufficient: its thread may run now. */
static inline bool refill_released(struct sched_context *sc, ticks_t now)
{
    return sc->refill_max > 0 && refill_ready(sc, now) && refill_sufficient(sc, 0);
}
/* period 0: round robin. refills: 2..what the object holds. Full budget from now on. */
void refill_new(struct sched_context *sc, word_t refills, ticks_t budget, ticks_t period,
                ticks_t now);
/* The same for one in use: never more than its bandwidth over the new period. */
void refill_update(struct sched_context *sc, word_t refills, ticks_t budget, ticks_t period,
                   ticks_t now);
/* Takes `usage` from the budget; it comes back one period later (round robin: at slice end). */
void refill_charge(struct sched_context *sc, ticks_t usage);
/* Round robin: the whole budget again, for the next slice. */
void refill_restore(struct sched_context *sc);
/* Replenishments that are due begin now, adjacent ones merged. */
void refill_unblock(struct sched_context *sc, ticks_t now);

/* ---- sched/ready_queue.c --------------------------------------------------------------------- */

/* All three do nothing when the thread already is, or is not, in its queue. */
void ready_enqueue(struct tcb *tcb); /* at the head of its priority */
void ready_append(struct tcb *tcb);  /* at the tail */
void ready_dequeue(struct tcb *tcb);
struct tcb *ready_highest(word_t domain); /* NULL: none is ready */
/* No thread of a higher priority is ready. */
bool ready_is_highest(word_t domain, word_t priority);

/* ---- sched/release_queue.c: threads waiting for their next replenishment --------------------- */

void release_enqueue(struct tcb *tcb); /* by head refill time, FIFO among equals */
void release_remove(struct tcb *tcb);

/* ---- sched/sched.c --------------------------------------------------------------------------- */

/* Agreed time of this entry; what passed since the last one is charged to the running thread. */
void sched_timestamp(ticks_t now);
/*
 * False: the running thread's budget (or its domain's time) is used up. Its slice is ended then,
 * and with `restart` it will repeat what it asked for.
 */
bool sched_end_budget(bool restart) MUST_USE; /* the rare part */
static ALWAYS_INLINE bool MUST_USE sched_check_budget(bool restart)
{
    bool enough = state.current_sc == NULL || refill_sufficient(state.current_sc, state.consumed);

    return (enough && state.domain_time != 0) || sched_end_budget(restart);
}
/* Ends the running thread's slice, `usage` ticks charged. */
void sched_charge(ticks_t usage, bool may_timeout_fault);
/* Gives the used time to the scheduling context that used it. */
void sched_commit_time(void);
/* Changes a status. A running thread that cannot run on makes the scheduler choose. */
void sched_set_status(struct tcb *tcb, enum thread_status status);
/* A thread became able to run: candidate, queue or release queue. Not schedulable: no effect. */
void sched_wake(struct tcb *tcb);
/* Choose anew at the end of this entry. */
void sched_reschedule(void);
/* Out of every queue and no candidate any more. */
void sched_forget(struct tcb *tcb);
/* End of every entry: wakes who is due, chooses, and prepares the chosen thread to run. */
void sched_run(void);
/* When the kernel must be entered again at the latest. */
ticks_t sched_deadline(void);

/* ---- sched/sched_context.c ------------------------------------------------------------------- */

ticks_t us_to_ticks(word_t us);
word_t ticks_to_us(ticks_t ticks);
void sched_context_bind_tcb(struct sched_context *sc, struct tcb *tcb);
void sched_context_unbind_tcb(struct sched_context *sc);
void sched_context_bind_notification(struct sched_context *sc, struct notification *ntfn);
void sched_context_unbind_notification(struct sched_context *sc);
void sched_context_unbind_reply(struct sched_context *sc);
/* Moves the SC to `to`, away from whoever has it. */
void sched_context_donate(struct sched_context *sc, struct tcb *to);
/* A thread without SC woken by a notification gets the notification's, if nobody has that. */
void sched_context_lend(struct notification *ntfn, struct tcb *tcb);
/* A thread that blocks while running on the notification's SC gives it back. */
void sched_context_return(struct notification *ntfn, struct tcb *tcb);
/* Runnable, but without budget now: wait in the release queue. */
void sched_context_resume(struct sched_context *sc);
void sched_context_postpone(struct sched_context *sc);
/* Sporadic SC that becomes active: due replenishments start now. NULL: no effect. */
void sched_context_activate(struct sched_context *sc);
/* Microseconds used since last asked, and starts again at 0. */
word_t sched_context_take_consumed(struct sched_context *sc);
/* A thread waiting in YieldTo: gets its answer, or is just detached. */
void sched_context_complete_yield(struct tcb *yielder);
void sched_context_cancel_yield(struct tcb *yielder);

/* ---- sched/domain.c -------------------------------------------------------------------------- */

void domain_init(void);
void domain_account(ticks_t ticks); /* of the current domain's time */
static inline bool domain_is_expired(void)
{
    return state.domain_time == 0;
}
void domain_advance(void);         /* to the next entry of the schedule */
void domain_restart(word_t index); /* the schedule begins at index from now on */
void domain_set(struct tcb *tcb, word_t domain);
