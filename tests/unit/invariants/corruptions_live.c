/* SPDX-License-Identifier: BSD-2-Clause */
/* What names an object that is no more: what is broken is what the checks must name. */
#include "whole_system.h"

#include <string.h>

#include <kernel/ipc.h>

/* Objects that no cap names. */
static struct cte lost_slot __attribute__((aligned(32)));
static struct reply lost_reply __attribute__((aligned(32)));
static struct tcb lost_thread __attribute__((aligned(16)));
static struct {
    struct sched_context sc;
    struct refill refill[4];
} lost_context __attribute__((aligned(16)));
static struct asid_pool lost_pool;

/* A thread that could run. */
static void lose_thread(void)
{
    memset(&lost_thread, 0, sizeof(lost_thread));
    tcb_init(&lost_thread, 0);
    refill_new(&lost_context.sc, 4, 100000, 500000, state.now);
    lost_thread.priority = 9;
    lost_thread.status = THREAD_RUNNING;
    lost_thread.sched_context = &lost_context.sc;
    lost_context.sc.tcb = &lost_thread;
}

static void break_caps_in_memory_that_is_nobody_s(void)
{
    cte_insert(slots[INBOX].cap, &slots[INBOX], &lost_slot);
}

static void break_a_thread_s_sc(void)
{
    cte_remove(&slots[BROKE_SC]);
}

static void break_a_thread_s_notification(void)
{
    cte_remove(&slots[BOUND]);
}

static void break_a_thread_s_reply_object(void)
{
    cte_remove(&slots[TAKER_REPLY]);
}

static void break_what_was_yielded_to(void)
{
    sched_context_cancel_yield(whole_thread(YIELDER));
    whole_thread(YIELDER)->yield_to = whole(NTFN_SC);
    whole_context(NTFN_SC)->yield_from = whole(YIELDER);
    cte_remove(&slots[NTFN_SC]);
}

static void break_a_notification_s_sc(void)
{
    cte_remove(&slots[NTFN_SC]);
}

static void break_the_head_of_a_stack(void)
{
    lost_reply.next = (word_t)whole(NTFN_SC) | 1;
    whole_context(NTFN_SC)->reply = &lost_reply;
}

static void break_in_a_stack(void)
{
    lost_reply.next = (word_t)whole(CHAIN_REPLY);
    ((struct reply *)whole(CHAIN_REPLY))->prev = (word_t)&lost_reply;
}

static void break_who_waits(void)
{
    ipc_cancel(whole_thread(SLOW));
    whole_thread(SLOW)->status = THREAD_BLOCKED_ON_SEND;
}

static void break_who_is_ready(void)
{
    lose_thread();
    ready_append(&lost_thread);
}

static void break_who_waits_for_budget(void)
{
    lose_thread();
    lost_context.sc.refill[0].time = state.now + 1000000;
    release_enqueue(&lost_thread);
}

static void break_who_runs(void)
{
    lose_thread();
    ready_enqueue(state.current);
    state.current = &lost_thread;
    state.current_sc = lost_thread.sched_context;
}

static void break_the_owner_of_the_fp_registers(void)
{
    state.fpu_owner = &lost_thread;
}

static void break_an_active_line(void)
{
    state.irq[WHOLE_IRQ + 1].active = true;
}

static void break_a_pool(void)
{
    state.asid_pool[3] = &lost_pool;
}

static void break_an_address_space(void)
{
    state.asid_pool[0]->root[5] = whole(VSPACE);
}

static void break_a_table(void)
{
    cte_remove(&slots[TABLE3]);
}

static void break_a_page(void)
{
    cte_remove(&slots[FRAME]);
}

static const struct corruption rows[] = {
    { "caps in memory that is nobody's", break_caps_in_memory_that_is_nobody_s,
      INVARIANT_LIVE_SLOTS },
    { "a thread's sc", break_a_thread_s_sc, INVARIANT_LIVE_THREAD_CONTEXT },
    { "a thread's notification", break_a_thread_s_notification,
      INVARIANT_LIVE_THREAD_NOTIFICATION },
    { "a thread's reply object", break_a_thread_s_reply_object, INVARIANT_LIVE_THREAD_REPLY },
    { "what was yielded to", break_what_was_yielded_to, INVARIANT_LIVE_THREAD_YIELD },
    { "a notification's sc", break_a_notification_s_sc, INVARIANT_LIVE_NOTIFICATION_CONTEXT },
    { "the head of a stack", break_the_head_of_a_stack, INVARIANT_LIVE_STACK_HEAD },
    { "in a stack", break_in_a_stack, INVARIANT_LIVE_STACK },
    { "who waits", break_who_waits, INVARIANT_LIVE_WAITERS },
    { "who is ready", break_who_is_ready, INVARIANT_LIVE_READY },
    { "who waits for budget", break_who_waits_for_budget, INVARIANT_LIVE_RELEASE },
    { "who runs", break_who_runs, INVARIANT_LIVE_CURRENT },
    { "the owner of the FP registers", break_the_owner_of_the_fp_registers,
      INVARIANT_LIVE_FPU_OWNER },
    { "an active line", break_an_active_line, INVARIANT_LIVE_IRQ },
    { "a pool", break_a_pool, INVARIANT_LIVE_POOL },
    { "an address space", break_an_address_space, INVARIANT_LIVE_ROOT },
    { "a table", break_a_table, INVARIANT_LIVE_TABLE },
    { "a page", break_a_page, INVARIANT_LIVE_LEAF },
};
const struct corruption_table corruptions_live = { rows, COUNT(rows) };
