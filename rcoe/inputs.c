/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input k is delivered as event T + 1, where T is the largest number of events that any replica had
 * begun when its EL2 proposed k. Why every replica finds T in time: EL2 proposes what ballot.event
 * says, and rcoe_enter() stores ballot.event before it looks for a proposal. So a replica whose
 * proposal is e either sees it at event e (proposed between store and look) or at e + 1, and no
 * replica passes T + 1 without having looked.
 *
 * Why the same T: proposals do not change until all active replicas have delivered k. Proposals of
 * excluded replicas count as well: another replica may have counted them before the exclusion.
 */
#include "inputs.h"
#include "wait.h"

/* Boot is an event but never an input: one that came before it waits for the second event. */
#define EVENT_BOOT UINT64_C(1)

uint64_t input_claim_target(const struct input_claim *claim, uint64_t k)
{
    bool decided = claim->decision_input == k;
    uint64_t target;

    if (claim->input < k || (claim->input > k && !decided)) {
        return 0;
    }
    target = claim->event;
    /* EL2 stores event before input: `event` may be the next proposal's, which is later than T. */
    if (decided && (claim->input > k || claim->decision_event < target)) {
        target = claim->decision_event;
    }
    return target <= claim->begun ? target : 0;
}

static uint64_t next_input(void)
{
    return rcoe.delivered + 1;
}

/* Does this core's EL2 propose the next input? */
static bool proposed(void)
{
    uint64_t input =
        atomic_load_explicit(&slot_of(ballot_self())->proposal_input, memory_order_acquire);

    if (input > next_input()) {
        shim_panic(RCOE_PANIC_PROPOSAL, input); /* ballot.delivered was hit when EL2 read it */
    }
    return input == next_input();
}

static void wait_for_proposals(uint64_t k)
{
    struct wait wait = { 0, 0 };
    uint32_t r = 0;

    while (r < rcoe.replicas) {
        const struct board_slot *slot = slot_of(r);
        uint64_t input = atomic_load_explicit(&slot->proposal_input, memory_order_acquire);

        if (input >= k || (ballot_peers() & (1u << r)) == 0) {
            r++;
        } else {
            wait_turn(&wait, &slot->proposal_input, input, 1u << r);
        }
    }
    wait_end(&wait);
}

static uint64_t claim_of(uint32_t r, uint64_t k)
{
    const struct board_slot *slot = slot_of(r);
    const struct ballot *theirs = ballot_of(r);
    const struct input_decision *decision = &theirs->decision[k % DECISIONS];
    struct input_claim claim;

    claim.input = atomic_load_explicit(&slot->proposal_input, memory_order_acquire);
    claim.event = atomic_load_explicit(&slot->proposal_event, memory_order_acquire);
    claim.decision_input = atomic_load_explicit(&decision->input, memory_order_acquire);
    claim.decision_event = atomic_load_explicit(&decision->event, memory_order_acquire);
    claim.begun = ~atomic_load_explicit(&theirs->event_check, memory_order_acquire);
    return input_claim_target(&claim, k);
}

/* T of input k: found once, then remembered in the own ballot for ourselves and for laggards. */
static uint64_t target_of(uint64_t k)
{
    struct input_decision *decision = &ballot_own()->decision[k % DECISIONS];
    uint64_t target = EVENT_BOOT;

    if (atomic_load_explicit(&decision->input, memory_order_relaxed) == k) {
        return atomic_load_explicit(&decision->event, memory_order_relaxed);
    }
    wait_for_proposals(k);
    for (uint32_t r = 0; r < rcoe.replicas; r++) {
        uint64_t claim = claim_of(r, k);

        target = claim > target ? claim : target;
    }
    atomic_store_explicit(&decision->event, target, memory_order_relaxed);
    atomic_store_explicit(&decision->input, k, memory_order_release);
    return target;
}

bool inputs_due_now(void)
{
    uint64_t target;

    if (!proposed()) {
        shim_input_hold(); /* the interrupt was late; the next proposal raises it again */
        return false;
    }
    target = target_of(next_input());
    if (target < rcoe.event) {
        shim_panic(RCOE_PANIC_TARGET, target);
    }
    if (target > rcoe.event) {
        ballot_own()->held = next_input();
        shim_input_hold();
        return false;
    }
    return true;
}

bool inputs_due_here(void)
{
    uint64_t target;

    if (!proposed()) {
        return false;
    }
    target = target_of(next_input());
    if (target + 1 < rcoe.event) {
        shim_panic(RCOE_PANIC_TARGET, target);
    }
    return target + 1 == rcoe.event;
}

uint32_t inputs_take(void)
{
    struct ballot *own = ballot_own();
    uint32_t irq = board_log()->entry[rcoe.delivered % INPUT_LOG].irq;

    rcoe.delivered++;
    own->held = 0;
    /* EL2 may propose the next input from here on: our decision on this one must be seen first. */
    atomic_thread_fence(memory_order_seq_cst);
    atomic_store_explicit(&own->delivered, rcoe.delivered, memory_order_release);
    shim_input_done();
    return irq;
}

void inputs_release(void)
{
    struct ballot *own = ballot_own();

    if (own->held != 0 && own->held == next_input() && target_of(own->held) == rcoe.event) {
        own->held = 0;
        shim_input_release();
    }
}
