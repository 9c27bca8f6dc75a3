/* SPDX-License-Identifier: BSD-2-Clause */
/* Broken queues and threads: what is broken is what the checks must name. */
#include "whole_system.h"

#include <kernel/ipc.h>

static void break_a_decision_left_over(void)
{
    state.action = SCHEDULE_CHOOSE_NEW;
}

static void break_a_candidate_left_over(void)
{
    state.candidate = whole_thread(READY);
}

static void break_a_current_thread_that_cannot_run(void)
{
    whole_thread(RUNNER)->status = THREAD_INACTIVE;
}

static void break_a_current_thread_in_a_queue(void)
{
    whole_thread(RUNNER)->in_ready_queue = true;
}

static void break_somebody_else_pays(void)
{
    state.current_sc = whole_context(READY_SC);
}

static void break_a_lower_priority_runs(void)
{
    whole_thread(RUNNER)->priority = 4;
}

static void break_no_such_domain(void)
{
    state.domain = DOMAINS;
}

static void break_no_such_domain_index(void)
{
    state.domain_index = DOMAIN_SCHEDULES;
}

static void break_a_bit_without_threads(void)
{
    state.ready_bits[3][1] = 1;
}

static void break_a_bit_with_an_empty_queue(void)
{
    state.ready_bits[0][0] |= 2;
}

static void break_a_queue_without_a_bit(void)
{
    state.ready[5][77].head = whole_thread(READY);
}

static void break_ready_prev(void)
{
    whole_thread(SECOND)->queue_prev = NULL;
}

static void break_ready_tail(void)
{
    state.ready[0][5].tail = whole_thread(READY);
}

static void break_ready_another_priority(void)
{
    whole_thread(READY)->priority = 6;
}

static void break_ready_without_a_flag(void)
{
    whole_thread(READY)->in_ready_queue = false;
}

static void break_ready_cannot_run(void)
{
    whole_thread(SECOND)->status = THREAD_INACTIVE;
}

static void break_release_prev(void)
{
    whole_thread(POOR)->queue_prev = NULL;
}

static void break_release_tail(void)
{
    state.release.tail = whole_thread(BROKE);
}

static void break_release_without_a_flag(void)
{
    whole_thread(BROKE)->in_release_queue = false;
}

static void break_release_order(void)
{
    refill_head(whole_context(BROKE_SC))->time += 10;
}

static void break_thread_no_such_status(void)
{
    ipc_cancel(whole_thread(SLOW));
    whole_thread(SLOW)->status = THREAD_IDLE;
}

static void break_thread_kernel_mode(void)
{
    whole_thread(CALLER)->context.spsr |= 4;
}

static void break_thread_no_such_domain(void)
{
    whole_thread(CALLER)->domain = DOMAINS;
}

static void break_thread_forgotten(void)
{
    ready_dequeue(whole_thread(SECOND));
}

static void break_thread_links_without_a_queue(void)
{
    whole_thread(CALLER)->queue_next = whole_thread(READY);
}

static void break_thread_waits_for_nothing(void)
{
    whole_thread(CALLER)->ep_next = whole_thread(SLOW);
}

static void break_thread_runs_in_a_fault(void)
{
    whole_thread(READY)->fault.type = FAULT_VM;
}

static void break_thread_sc(void)
{
    whole_thread(CALLER)->sched_context = whole_context(NTFN_SC);
}

static void break_thread_notification(void)
{
    whole_thread(CALLER)->bound_notification = whole(BOUND);
}

static void break_thread_no_reply_object(void)
{
    ipc_cancel(whole_thread(SLOW));
    whole_thread(SLOW)->status = THREAD_BLOCKED_ON_REPLY;
}

static void break_thread_another_s_reply_object(void)
{
    whole_thread(SLOW)->reply = whole(TAKER_REPLY);
}

static void break_thread_yielded_to_another(void)
{
    whole_thread(READY)->yield_to = whole_context(SECOND_SC);
}

static void break_thread_a_cap_in_the_wrong_slot(void)
{
    cte_insert(slots[INBOX].cap, &slots[INBOX], &whole_thread(SLOW)->slot[TCB_BUFFER]);
}

static void break_thread_buffer(void)
{
    cte_insert(slots[FRAME2].cap, &slots[FRAME2], &whole_thread(SLOW)->slot[TCB_BUFFER]);
    whole_thread(SLOW)->buffer_vaddr = 512;
}

static void break_thread_ended_but_linked(void)
{
    slots[SLOW].cap = cap_make(CAP_ZOMBIE, 1, whole(SLOW), TCB_SLOTS);
}

static void break_waiters_prev(void)
{
    whole_thread(SLOW)->ep_prev = NULL;
}

static void break_waiters_tail(void)
{
    ((struct endpoint *)whole(ENDPOINT))->tail = whole_thread(SENDER);
}

static void break_waiters_status(void)
{
    whole_thread(WAITER)->status = THREAD_INACTIVE;
}

static void break_waiters_object(void)
{
    whole_thread(SLOW)->blocking_object = whole(INBOX);
}

static void break_waiters_order(void)
{
    whole_thread(SLOW)->priority = 5;
}

static const struct corruption rows[] = {
    { "a decision left over", break_a_decision_left_over, INVARIANT_SCHEDULER_ACTION },
    { "a candidate left over", break_a_candidate_left_over, INVARIANT_SCHEDULER_ACTION },
    { "a current thread that cannot run", break_a_current_thread_that_cannot_run,
      INVARIANT_CURRENT_THREAD },
    { "a current thread in a queue", break_a_current_thread_in_a_queue, INVARIANT_CURRENT_THREAD },
    { "somebody else pays", break_somebody_else_pays, INVARIANT_CURRENT_CONTEXT },
    { "a lower priority runs", break_a_lower_priority_runs, INVARIANT_CURRENT_PRIORITY },
    { "no such domain", break_no_such_domain, INVARIANT_DOMAIN },
    { "no such domain index", break_no_such_domain_index, INVARIANT_DOMAIN },
    { "a bit without threads", break_a_bit_without_threads, INVARIANT_READY_BITS },
    { "a bit with an empty queue", break_a_bit_with_an_empty_queue, INVARIANT_READY_BITS },
    { "a queue without a bit", break_a_queue_without_a_bit, INVARIANT_READY_BITS },
    { "ready: prev", break_ready_prev, INVARIANT_READY_LINKS },
    { "ready: tail", break_ready_tail, INVARIANT_READY_LINKS },
    { "ready: another priority", break_ready_another_priority, INVARIANT_READY_THREAD },
    { "ready: without a flag", break_ready_without_a_flag, INVARIANT_READY_THREAD },
    { "ready: cannot run", break_ready_cannot_run, INVARIANT_READY_THREAD },
    { "release: prev", break_release_prev, INVARIANT_RELEASE_LINKS },
    { "release: tail", break_release_tail, INVARIANT_RELEASE_LINKS },
    { "release: without a flag", break_release_without_a_flag, INVARIANT_RELEASE_THREAD },
    { "release: order", break_release_order, INVARIANT_RELEASE_ORDER },
    { "thread: no such status", break_thread_no_such_status, INVARIANT_THREAD_STATUS },
    { "thread: kernel mode", break_thread_kernel_mode, INVARIANT_THREAD_STATUS },
    { "thread: no such domain", break_thread_no_such_domain, INVARIANT_THREAD_STATUS },
    { "thread: forgotten", break_thread_forgotten, INVARIANT_THREAD_QUEUED },
    { "thread: links without a queue", break_thread_links_without_a_queue,
      INVARIANT_THREAD_QUEUED },
    { "thread: waits for nothing", break_thread_waits_for_nothing, INVARIANT_THREAD_WAITING },
    { "thread: runs in a fault", break_thread_runs_in_a_fault, INVARIANT_THREAD_FAULT },
    { "thread: sc", break_thread_sc, INVARIANT_THREAD_CONTEXT },
    { "thread: notification", break_thread_notification, INVARIANT_THREAD_NOTIFICATION },
    { "thread: no reply object", break_thread_no_reply_object, INVARIANT_THREAD_REPLY },
    { "thread: another's reply object", break_thread_another_s_reply_object,
      INVARIANT_THREAD_REPLY },
    { "thread: yielded to another", break_thread_yielded_to_another, INVARIANT_THREAD_YIELD },
    { "thread: a cap in the wrong slot", break_thread_a_cap_in_the_wrong_slot,
      INVARIANT_THREAD_SLOT },
    { "thread: buffer", break_thread_buffer, INVARIANT_THREAD_BUFFER },
    { "thread: ended, but linked", break_thread_ended_but_linked, INVARIANT_THREAD_ENDED },
    { "waiters: prev", break_waiters_prev, INVARIANT_WAITERS_LINKS },
    { "waiters: tail", break_waiters_tail, INVARIANT_WAITERS_LINKS },
    { "waiters: status", break_waiters_status, INVARIANT_WAITERS_THREAD },
    { "waiters: object", break_waiters_object, INVARIANT_WAITERS_THREAD },
    { "waiters: order", break_waiters_order, INVARIANT_WAITERS_ORDER },
};
const struct corruption_table corruptions_threads = { rows, COUNT(rows) };
