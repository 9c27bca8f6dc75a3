/* SPDX-License-Identifier: BSD-2-Clause */
/* Broken lists, caps, objects, mappings and lines: what is broken is what the checks must name. */
#include "whole_system.h"

#include <kernel/ipc.h>

static void break_next_skips_a_cap(void)
{
    slots[BADGED].next = slots[BADGED2].next;
}

static void break_prev_leads_elsewhere(void)
{
    slots[INBOX].prev = (word_t)&slots[FREE] | CTE_FLAGS;
}

static void break_a_full_slot_outside_the_list(void)
{
    slots[FREE].cap = slots[INBOX].cap;
}

static void break_an_empty_slot_with_a_link(void)
{
    slots[FREE].next = (word_t)&slots[INBOX];
}

static void break_an_empty_slot_in_the_list(void)
{
    slots[INBOX].cap = cap_null();
}

static void break_revocable_but_not_the_first(void)
{
    slots[INNER].prev &= ~(word_t)CTE_FIRST_BADGED;
}

static void break_a_badge_without_its_first(void)
{
    slots[BADGED].prev &= ~(word_t)CTE_FLAGS;
}

static void break_no_such_cap(void)
{
    slots[CALL_REPLY].cap.w0 |= UINT64_C(31) << 59;
}

static void break_an_object_above_its_untyped(void)
{
    slots[UNTYPED].cap = untyped_with_used(slots[UNTYPED].cap, 4096);
}

static void break_overlapping_objects(void)
{
    slots[NODE].cap = cap_with_field(slots[NODE].cap, 7);
}

static void break_an_object_outside_the_inner_untyped(void)
{
    slots[INNER_EP].cap.w0 += 64;
}

static void break_more_used_than_there_is(void)
{
    slots[INNER].cap = untyped_with_used(slots[INNER].cap, 8192);
}

static void break_a_zombie_with_more_slots_than_it_had(void)
{
    slots[ZOMBIE].cap.w1 = 5;
}

static void break_a_full_slot_beyond_the_zombie_s(void)
{
    cte_insert(slots[INBOX].cap, &slots[INBOX], (struct cte *)whole(ZOMBIE) + 3);
}

static void break_refills_none(void)
{
    whole_context(READY_SC)->refill_count = 0;
}

static void break_refills_head(void)
{
    whole_context(NTFN_SC)->refill_head = 4;
}

static void break_refills_more_than_the_object_holds(void)
{
    whole_context(NTFN_SC)->refill_max = 11;
}

static void break_refills_sum(void)
{
    whole_context(NTFN_SC)->budget++;
}

static void break_refills_order(void)
{
    refill_charge(whole_context(NTFN_SC), 1000);
    refill_head(whole_context(NTFN_SC))->time += 500000;
}

static void break_refills_head_too_small(void)
{
    refill_head(whole_context(NTFN_SC))->amount = 7;
    whole_context(NTFN_SC)->budget = 7;
}

static void break_sc_thread(void)
{
    whole_context(NTFN_SC)->tcb = whole_thread(SLOW);
}

static void break_sc_reply(void)
{
    whole_context(NTFN_SC)->reply = whole(CHAIN_REPLY);
}

static void break_sc_notification(void)
{
    whole_context(READY_SC)->notification = whole(BOUND);
}

static void break_sc_yielder(void)
{
    whole_context(SECOND_SC)->yield_from = whole_thread(SLOW);
}

static void break_endpoint_idle_with_waiters(void)
{
    ((struct endpoint *)whole(ENDPOINT))->head_kind &= ~MASK(2);
}

static void break_notification_active_with_waiters(void)
{
    ((struct notification *)whole(NOTIFICATION))->state = NOTIFICATION_ACTIVE;
}

static void break_notification_idle_with_a_badge(void)
{
    ((struct notification *)whole(BOUND))->badge = 1;
}

static void break_notification_bound(void)
{
    ((struct notification *)whole(BOUND))->bound_tcb = whole_thread(SLOW);
}

static void break_notification_another_s_waiter(void)
{
    notification_bind(whole(NOTIFICATION), whole_thread(SLOW));
}

static void break_notification_sc(void)
{
    ((struct notification *)whole(NOTIFICATION))->sched_context = whole_context(NTFN_SC);
}

static void break_reply_thread(void)
{
    ((struct reply *)whole(TAKER_REPLY))->tcb = whole_thread(SLOW);
}

static void break_reply_below(void)
{
    ((struct reply *)whole(CALL_REPLY))->prev = (word_t)whole(TAKER_REPLY);
}

static void break_reply_above(void)
{
    ((struct reply *)whole(CHAIN_REPLY))->next = (word_t)whole(TAKER_REPLY);
}

static void break_reply_in_a_stack_without_a_caller(void)
{
    ((struct reply *)whole(TAKER_REPLY))->prev = (word_t)whole(CALL_REPLY);
}

static void break_pool_not_in_the_table(void)
{
    state.asid_pool[0] = NULL;
}

static void break_frame_no_asid_but_an_address(void)
{
    slots[FRAME2].cap.w1 = 4096;
}

static void break_table_mapped_without_an_asid(void)
{
    slots[LOOSE_TABLE].cap = cap_with_field(slots[LOOSE_TABLE].cap, 1);
}

static void break_address_space_asid_not_assigned(void)
{
    slots[VSPACE].cap = cap_with_field(slots[VSPACE].cap, 0);
}

static void break_frame_writable_without_a_right(void)
{
    slots[FRAME].cap = frame_with_rights(slots[FRAME].cap, VM_READ_ONLY);
}

static void break_table_a_strange_entry(void)
{
    ((pte_t *)whole(TABLE3))[7] = 0x1000;
}

static void break_table_not_mapped_not_empty(void)
{
    ((pte_t *)whole(LOOSE_TABLE))[7] = 0x1003;
}

static void break_a_loaded_root_that_is_nobody_s(void)
{
    whole_loaded_root = 0x5000;
}

static void break_irq_inactive_with_a_handler(void)
{
    state.irq[WHOLE_IRQ].active = false;
}

static void break_irq_a_cap_of_another_type(void)
{
    cte_insert(slots[INBOX].cap, &slots[INBOX], &state.irq[3].slot);
    state.irq[3].active = true;
}

static void break_fp_registers_of_a_thread_without(void)
{
    whole_thread(RUNNER)->flags = TCB_FLAG_FPU_DISABLED;
}

static const struct corruption rows[] = {
    { "next skips a cap", break_next_skips_a_cap, INVARIANT_LIST_LINKS },
    { "prev leads elsewhere", break_prev_leads_elsewhere, INVARIANT_LIST_LINKS },
    { "a full slot outside the list", break_a_full_slot_outside_the_list, INVARIANT_LIST_LINKS },
    { "an empty slot with a link", break_an_empty_slot_with_a_link, INVARIANT_LIST_EMPTY_SLOT },
    { "an empty slot in the list", break_an_empty_slot_in_the_list, INVARIANT_LIST_EMPTY_SLOT },
    { "revocable, but not the first", break_revocable_but_not_the_first, INVARIANT_LIST_FLAGS },
    { "a badge without its first", break_a_badge_without_its_first, INVARIANT_CAP_BADGE_RUN },
    { "no such cap", break_no_such_cap, INVARIANT_CAP_TYPE },
    { "an object above its untyped", break_an_object_above_its_untyped, INVARIANT_CAP_REGION },
    { "overlapping objects", break_overlapping_objects, INVARIANT_CAP_REGION },
    { "an object outside the inner untyped", break_an_object_outside_the_inner_untyped,
      INVARIANT_CAP_REGION },
    { "more used than there is", break_more_used_than_there_is, INVARIANT_UNTYPED_USED },
    { "a zombie with more slots than it had", break_a_zombie_with_more_slots_than_it_had,
      INVARIANT_ZOMBIE },
    { "a full slot beyond the zombie's", break_a_full_slot_beyond_the_zombie_s, INVARIANT_ZOMBIE },
    { "refills: none", break_refills_none, INVARIANT_REFILL_COUNT },
    { "refills: head", break_refills_head, INVARIANT_REFILL_COUNT },
    { "refills: more than the object holds", break_refills_more_than_the_object_holds,
      INVARIANT_REFILL_COUNT },
    { "refills: sum", break_refills_sum, INVARIANT_REFILL_SUM },
    { "refills: order", break_refills_order, INVARIANT_REFILL_ORDER },
    { "refills: head too small", break_refills_head_too_small, INVARIANT_REFILL_HEAD },
    { "sc: thread", break_sc_thread, INVARIANT_CONTEXT_THREAD },
    { "sc: reply", break_sc_reply, INVARIANT_CONTEXT_REPLY },
    { "sc: notification", break_sc_notification, INVARIANT_CONTEXT_NOTIFICATION },
    { "sc: yielder", break_sc_yielder, INVARIANT_CONTEXT_YIELD },
    { "endpoint: idle with waiters", break_endpoint_idle_with_waiters, INVARIANT_ENDPOINT_KIND },
    { "notification: active with waiters", break_notification_active_with_waiters,
      INVARIANT_NOTIFICATION_STATE },
    { "notification: idle with a badge", break_notification_idle_with_a_badge,
      INVARIANT_NOTIFICATION_STATE },
    { "notification: bound", break_notification_bound, INVARIANT_NOTIFICATION_BOUND },
    { "notification: another's waiter", break_notification_another_s_waiter,
      INVARIANT_NOTIFICATION_BOUND },
    { "notification: sc", break_notification_sc, INVARIANT_NOTIFICATION_CONTEXT },
    { "reply: thread", break_reply_thread, INVARIANT_REPLY_THREAD },
    { "reply: below", break_reply_below, INVARIANT_REPLY_STACK },
    { "reply: above", break_reply_above, INVARIANT_REPLY_STACK },
    { "reply: in a stack without a caller", break_reply_in_a_stack_without_a_caller,
      INVARIANT_REPLY_STACK },
    { "pool: not in the table", break_pool_not_in_the_table, INVARIANT_POOL },
    { "frame: no ASID, but an address", break_frame_no_asid_but_an_address, INVARIANT_MAPPING },
    { "table: mapped without an ASID", break_table_mapped_without_an_asid, INVARIANT_MAPPING },
    { "address space: ASID, not assigned", break_address_space_asid_not_assigned,
      INVARIANT_MAPPING },
    { "frame: writable without a right", break_frame_writable_without_a_right,
      INVARIANT_MAPPING_RIGHTS },
    { "table: a strange entry", break_table_a_strange_entry, INVARIANT_TABLE_ENTRY },
    { "table: not mapped, not empty", break_table_not_mapped_not_empty, INVARIANT_TABLE_ENTRY },
    { "a loaded root that is nobody's", break_a_loaded_root_that_is_nobody_s,
      INVARIANT_LOADED_ROOT },
    { "irq: inactive with a handler", break_irq_inactive_with_a_handler, INVARIANT_IRQ },
    { "irq: a cap of another type", break_irq_a_cap_of_another_type, INVARIANT_IRQ },
    { "FP registers of a thread without", break_fp_registers_of_a_thread_without,
      INVARIANT_FPU_OWNER },
};
const struct corruption_table corruptions_caps = { rows, COUNT(rows) };
