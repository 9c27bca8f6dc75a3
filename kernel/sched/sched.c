/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: strict priorities inside the current domain, budgets by scheduling context
 * (abi 7). An entry begins with sched_timestamp() and sched_check_budget(), handlers report with
 * sched_wake() and sched_set_status(), and sched_run() decides once, at the end.
 */
#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>
#include <rcoe/rcoe.h>

void sched_timestamp(ticks_t now)
{
    ticks_t passed = now - state.now;

    state.now = now;
    if (state.current_sc != NULL) {
        state.consumed += passed;
    }
    domain_account(passed);
}

static void end_slice(bool may_timeout_fault)
{
    struct sched_context *sc = state.current_sc;

    if (may_timeout_fault && !refill_is_round_robin(sc) &&
        fault_has_timeout_handler(state.current)) {
        fault_raise_timeout(state.current);
    } else if (refill_released(sc, state.now)) {
        ready_append(state.current);
    } else {
        sched_context_postpone(sc);
    }
}

void sched_charge(ticks_t usage, bool may_timeout_fault)
{
    struct sched_context *sc = state.current_sc;

    if (sc != NULL && sc->refill_max > 0) {
        if (refill_is_round_robin(sc)) {
            refill_restore(sc);
        } else {
            refill_charge(sc, usage);
        }
        sc->consumed += usage;
        changed_context(sc);
    }
    state.consumed = 0;
    if (tcb_is_schedulable(state.current)) {
        end_slice(may_timeout_fault);
        sched_reschedule();
    }
}

bool sched_end_budget(bool restart)
{
    struct sched_context *sc = state.current_sc;

    if (sc != NULL && !refill_sufficient(sc, state.consumed)) {
        sched_charge(state.consumed, true);
    }
    if (restart && tcb_is_runnable(state.current)) {
        sched_set_status(state.current, THREAD_RESTART);
    }
    return false;
}

void sched_commit_time(void)
{
    struct sched_context *sc = state.current_sc;

    if (sc != NULL && sc->refill_max > 0) {
        if (state.consumed > 0) {
            refill_charge(sc, state.consumed);
        }
        sc->consumed += state.consumed;
        changed_context(sc);
    }
    state.consumed = 0;
}

void sched_set_status(struct tcb *tcb, enum thread_status status)
{
    tcb->status = status;
    changed_thread(tcb);
    if (tcb == state.current && state.action == SCHEDULE_RESUME_CURRENT &&
        !tcb_is_schedulable(tcb)) {
        sched_reschedule();
    }
}

void sched_reschedule(void)
{
    if (state.action == SCHEDULE_SWITCH_TO && tcb_is_schedulable(state.candidate)) {
        ready_enqueue(state.candidate);
    }
    state.action = SCHEDULE_CHOOSE_NEW;
    state.candidate = NULL;
}

void sched_forget(struct tcb *tcb)
{
    ready_dequeue(tcb);
    release_remove(tcb);
    if (state.action == SCHEDULE_SWITCH_TO && state.candidate == tcb) {
        state.action = SCHEDULE_CHOOSE_NEW;
        state.candidate = NULL;
    }
}

void sched_wake(struct tcb *tcb)
{
    if (!tcb_is_schedulable(tcb)) {
        return;
    }
    if (!refill_released(tcb->sched_context, state.now)) {
        sched_context_postpone(tcb->sched_context);
    } else if (tcb->domain != state.domain) {
        ready_enqueue(tcb);
    } else if (state.action != SCHEDULE_RESUME_CURRENT) {
        sched_reschedule(); /* a second one: both take their turn in the queues */
        ready_enqueue(tcb);
    } else {
        state.action = SCHEDULE_SWITCH_TO;
        state.candidate = tcb;
    }
}

static void awaken(void)
{
    struct tcb *tcb = state.release.head;

    while (tcb != NULL && refill_ready(tcb->sched_context, state.now)) {
        release_remove(tcb);
        sched_wake(tcb);
        tcb = state.release.head;
    }
}

static void switch_to(struct tcb *tcb)
{
    ready_dequeue(tcb);
    if (tcb != state.current) {
        state.current = tcb;
        vspace_switch(tcb);
    }
}

static void choose(void)
{
    struct tcb *tcb;

    if (domain_is_expired()) {
        domain_advance();
    }
    tcb = ready_highest(state.domain);
    switch_to(tcb != NULL ? tcb : state.idle);
}

/* state.candidate against the thread that was running (abi 7.2, last paragraph). */
static void consider_candidate(bool current_can_run)
{
    struct tcb *candidate = state.candidate;
    bool idle = state.current == state.idle;
    bool lower = idle || candidate->priority < state.current->priority;

    if (lower && !ready_is_highest(state.domain, candidate->priority)) {
        ready_enqueue(candidate);
        choose();
    } else if (current_can_run && candidate->priority == state.current->priority) {
        ready_append(candidate);
        choose();
    } else {
        switch_to(candidate);
    }
}

/* The chosen thread's SC becomes the one that pays. */
static void switch_sched_context(void)
{
    struct sched_context *next = state.current->sched_context;

    if (next != state.current_sc) {
        if (next != NULL && (next->flags & SCHED_CONTEXT_SPORADIC) == 0) {
            refill_unblock(next, state.now);
        }
        sched_commit_time();
        state.current_sc = next;
    }
}

static void activate(struct tcb *tcb)
{
    if (tcb->yield_to != NULL) {
        sched_context_complete_yield(tcb);
    }
    if (tcb->status == THREAD_RESTART) {
        tcb->context.pc = tcb->fault_pc;
        tcb->status = THREAD_RUNNING;
        debug_restart(tcb);
        changed_frame(tcb);
        changed_thread(tcb);
    } else if (tcb->status == THREAD_IDLE) {
        arch_idle_context(&tcb->context);
    }
}

void sched_run(void)
{
    awaken();
    if (domain_is_expired()) {
        sched_reschedule();
    }
    if (state.action == SCHEDULE_SWITCH_TO && state.current == state.idle) {
        switch_to(state.candidate); /* the first to be ready, or idle would not run */
    } else if (state.action != SCHEDULE_RESUME_CURRENT) {
        bool current_can_run = tcb_is_schedulable(state.current);

        if (current_can_run) {
            ready_enqueue(state.current);
        }
        if (state.action == SCHEDULE_SWITCH_TO && tcb_is_schedulable(state.candidate)) {
            consider_candidate(current_can_run);
        } else {
            choose();
        }
    }
    state.action = SCHEDULE_RESUME_CURRENT;
    state.candidate = NULL;
    switch_sched_context();
    activate(state.current);
    arch_fpu_prepare(state.current);
}

ticks_t sched_deadline(void)
{
    ticks_t deadline = state.now + state.domain_time;

    if (state.current_sc != NULL) {
        ticks_t slice_end = state.now - state.consumed + refill_head(state.current_sc)->amount;

        deadline = slice_end < deadline ? slice_end : deadline;
    }
    if (state.release.head != NULL) {
        ticks_t release = refill_head(state.release.head->sched_context)->time;

        deadline = release < deadline ? release : deadline;
    }
    return deadline;
}
