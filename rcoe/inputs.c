/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input k is delivered at position T, the largest that any replica had when its EL2 proposed k
 * (shim/board.h says what a position is). Why every replica finds T in time: EL2 proposes what
 * ballot.event says, and rcoe_enter() stores ballot.event before it looks for a proposal. So a
 * replica whose proposal is p either sees it at position p (proposed between store and look) or at
 * its next kernel entry or device access, and none passes T without having looked.
 *
 * Why the same T: proposals do not change until all active replicas have delivered k. Proposals of
 * excluded replicas count as well: another replica may have counted them before the exclusion.
 */
#include "inputs.h"
#include "wait.h"

/* Boot is an event but never an input: one that came before it comes right after it. */
#define POSITION_BOOT UINT64_C(1)

uint64_t input_claim_target(const struct input_claim *claim, uint64_t k)
{
    bool decided = claim->decision_input == k;
    uint64_t target;

    if (claim->input < k || (claim->input > k && !decided)) {
        return 0;
    }
    target = claim->position;
    /* EL2 stores the input last: `position` may be the next proposal's, which is later than T. */
    if (decided && (claim->input > k || claim->decision_position < target)) {
        target = claim->decision_position;
    }
    return target <= claim->begun ? target : 0;
}

uint64_t inputs_accesses(void)
{
    return atomic_load_explicit(&slot_of(ballot_self())->accesses, memory_order_relaxed);
}

static uint64_t position(void)
{
    return rcoe.event + inputs_accesses();
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
    claim.position = atomic_load_explicit(&slot->proposal_event, memory_order_acquire);
    claim.decision_input = atomic_load_explicit(&decision->input, memory_order_acquire);
    claim.decision_position = atomic_load_explicit(&decision->position, memory_order_acquire);
    claim.begun = ~atomic_load_explicit(&theirs->event_check, memory_order_acquire) +
                  atomic_load_explicit(&slot->accesses, memory_order_acquire);
    return input_claim_target(&claim, k);
}

/* T of input k: found once, then remembered in the own ballot for ourselves and for laggards. */
static uint64_t target_of(uint64_t k)
{
    struct input_decision *decision = &ballot_own()->decision[k % DECISIONS];
    uint64_t target = POSITION_BOOT;

    if (atomic_load_explicit(&decision->input, memory_order_relaxed) == k) {
        return atomic_load_explicit(&decision->position, memory_order_relaxed);
    }
    wait_for_proposals(k);
    for (uint32_t r = 0; r < rcoe.replicas; r++) {
        uint64_t claim = claim_of(r, k);

        target = claim > target ? claim : target;
    }
    atomic_store_explicit(&decision->position, target, memory_order_relaxed);
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
    if (target < position()) {
        shim_panic(RCOE_PANIC_TARGET, target);
    }
    if (target > position()) {
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
    if (target + 1 < position()) {
        shim_panic(RCOE_PANIC_TARGET, target);
    }
    return target + 1 == position();
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

    if (own->held != 0 && own->held == next_input() && target_of(own->held) == position()) {
        own->held = 0;
        shim_input_release();
    }
}
