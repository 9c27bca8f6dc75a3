/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input k is delivered at position T, the largest that any member had when its EL2 proposed k
 * (shim/board.h says what positions and members are). Why every replica finds T in time: EL2
 * proposes what ballot.event says, and rcoe_enter() stores ballot.event before it looks for a
 * proposal. So a replica whose proposal is p either sees it at position p (proposed between store
 * and look) or at its next kernel entry or device access, and none passes T without having looked.
 *
 * Why the same T: claims are EL2's, one for each input and set of members, and stay while anyone
 * needs them. So a replica that decides wrongly and says so leads nobody astray. When the members
 * change, EL2 proposes again. Whoever has delivered k before has left its decision, and only that
 * binds the others: without its claim they cannot have decided among the new members.
 * ballot.deciding keeps EL2 from claiming anew between our look at the claims and the delivery.
 */
#include "inputs.h"
#include "rules.h"
#include "wait.h"

//@ assigns \nothing;
static uint64_t position(void)
{
    return rcoe.event + inputs_accesses(ballot_own());
}

//@ assigns \nothing; ensures \result == (uint64_t)(rcoe.delivered + 1);
static uint64_t next_input(void)
{
    return rcoe.delivered + 1;
}

/* Does this core's EL2 propose the next input? */
//@ assigns \nothing;
static bool proposed(void)
{
    uint64_t input =
        atomic_load_explicit(&slot_of(ballot_self())->proposal_input, memory_order_acquire);

    if (input > next_input()) {
        shim_panic(RCOE_PANIC_PROPOSAL, input); /* ballot.delivered was hit when EL2 read it */
    }
    return input == next_input();
}

/* Where replica r's EL2 proposes the next input. */
//@ requires r < REPLICAS_MAX; assigns \nothing; ensures \valid_read(\result);
static const struct input_proposal *proposal_of(uint32_t r)
{
    return &slot_of(r)->proposal[next_input() % DECISIONS];
}

//@ assigns \nothing;
static uint64_t own_tag(void)
{
    return atomic_load_explicit(&proposal_of(ballot_self())->tag, memory_order_acquire);
}

//@ requires r < REPLICAS_MAX && \valid(target); assigns *target;
static enum input_claim_kind claim_of(uint32_t r, uint64_t tag, uint64_t *target)
{
    const struct input_proposal *proposal = proposal_of(r);
    const struct ballot *theirs = ballot_of(r);
    uint64_t k = next_input();
    const struct input_decision *decision = &theirs->decision[k % DECISIONS];
    struct input_claim claim;

    claim.tag = atomic_load_explicit(&proposal->tag, memory_order_acquire);
    claim.input = atomic_load_explicit(&proposal->input, memory_order_acquire);
    claim.position = atomic_load_explicit(&proposal->position, memory_order_acquire);
    claim.check = atomic_load_explicit(&proposal->check, memory_order_acquire);
    if (atomic_load_explicit(&proposal->tag, memory_order_acquire) != claim.tag) {
        return CLAIM_NONE; /* being proposed again */
    }
    claim.decision_input = atomic_load_explicit(&decision->input, memory_order_acquire);
    claim.decision_position = atomic_load_explicit(&decision->position, memory_order_acquire);
    claim.begun = -atomic_load_explicit(&theirs->event_check, memory_order_acquire);
    claim.begun += atomic_load_explicit(&slot_of(r)->accesses, memory_order_acquire);
    return rule_input_claim(&claim, k, tag, target);
}

/* All members' claims, or the first member that has none yet: the own one says who they are. */
/*@
  requires configured && \valid(target) && \valid(late) && \separated(target, late);
  assigns *target, *late;
  ensures !\result ==> *late < REPLICAS_MAX;
*/
static bool collect(uint64_t *target, uint32_t *late)
{
    uint32_t self = ballot_self();
    uint64_t tag = own_tag();
    uint32_t others = (uint32_t)tag & ~(1u << self);

    *late = self;
    if (claim_of(self, tag, target) == CLAIM_NONE) {
        return false;
    }
    //@ loop assigns r, *target, *late;
    for (uint32_t r = 0; r < rcoe.replicas; r++) {
        uint64_t claim = 0;

        if ((others & (1u << r)) == 0) {
            continue;
        }
        switch (claim_of(r, tag, &claim)) {
        case CLAIM_NONE:
            *late = r;
            return false;
        case CLAIM_DECIDED:
            *target = claim;
            return true;
        case CLAIM_PROPOSED:
            *target = claim > *target ? claim : *target;
            break;
        }
    }
    return true;
}

//@ assigns *the_own;
static void set_deciding(bool deciding)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&ballot_own()->deciding, deciding, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

/* T of the next input. Leaves ballot.deciding set: the caller acts on T, then clears it. */
//@ requires configured; assigns *the_own;
static uint64_t target_decide(void)
{
    struct wait wait = { 0, 0 };
    uint64_t target;
    uint32_t late;

    //@ loop assigns target, late, wait, *the_own;
    for (;;) {
        uint64_t seen;

        set_deciding(true);
        if (collect(&target, &late)) {
            break;
        }
        set_deciding(false);
        if (late == ballot_self()) {
            shim_panic(RCOE_PANIC_PROPOSAL, position()); /* EL2 claims what we have not begun */
        }
        seen = atomic_load_explicit(&proposal_of(late)->tag, memory_order_acquire);
        wait_turn(&wait, &proposal_of(late)->tag, seen, 1u << late);
    }
    wait_end(&wait);
    return target;
}

/* Members that claim a position which this replica has not reached. */
//@ requires configured; assigns \nothing;
static uint32_t members_ahead(void)
{
    uint64_t tag = own_tag();
    uint32_t ahead = 0;

    //@ loop assigns r, ahead;
    for (uint32_t r = 0; r < rcoe.replicas; r++) {
        uint64_t claim = 0;

        if ((tag & (1u << r)) != 0 && claim_of(r, tag, &claim) != CLAIM_NONE &&
            claim > position()) {
            ahead |= 1u << r;
        }
    }
    return ahead;
}

/*
 * The target lies ahead. Healthy replicas reach it as the one did that claims it; when we have not
 * for the barrier time, that one (or we) took a wrong way, and the others' complaints tell which.
 */
//@ requires configured; assigns *the_own;
static void put_off(void)
{
    struct ballot *own = ballot_own();
    uint64_t now = arch_counter();

    if (own->held == next_input() && now - own->held_since > rcoe.barrier_ticks) {
        uint32_t ahead = members_ahead();

        set_deciding(false);
        shim_missing(ahead);
        own->held_since = arch_counter();
        return; /* the interrupt is still raised: decide again */
    }
    if (own->held != next_input()) {
        own->held = next_input();
        own->held_since = now;
    }
    /* Before EL2 may propose again, or we would put off what we have not seen. */
    shim_input_hold();
    set_deciding(false);
}

bool inputs_due_now(void)
{
    uint64_t target;

    if (!proposed()) {
        shim_input_hold(); /* nobody asked for this interrupt; a proposal raises it again */
        return false;
    }
    target = target_decide();
    if (target < position()) {
        shim_panic(RCOE_PANIC_TARGET, target);
    }
    if (target > position()) {
        put_off();
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
    target = target_decide();
    if (target + 1 < position()) {
        shim_panic(RCOE_PANIC_TARGET, target);
    }
    if (target + 1 > position()) {
        set_deciding(false);
        return false;
    }
    return true;
}

uint32_t inputs_take(void)
{
    struct ballot *own = ballot_own();
    uint32_t irq = board_log()->entry[rcoe.delivered % INPUT_LOG].irq;
    struct input_decision *decision = &own->decision[next_input() % DECISIONS];

    /* The event has begun, and nothing else since T. */
    atomic_store_explicit(&decision->position, position() - 1, memory_order_relaxed);
    atomic_store_explicit(&decision->input, next_input(), memory_order_release);
    rcoe.delivered++;
    own->held = 0;
    /* EL2 may propose the next input from here on: the decision on this one must be seen first. */
    atomic_thread_fence(memory_order_seq_cst);
    atomic_store_explicit(&own->delivered, rcoe.delivered, memory_order_release);
    set_deciding(false);
    shim_input_done();
    return irq;
}

void inputs_let_come(void)
{
    struct ballot *own = ballot_own();
    uint64_t target;
    uint32_t late;

    /* Claims that are being renewed decide nothing: let the interrupt come and look again. */
    if (!collect(&target, &late) || target <= position()) {
        own->held = 0;
        shim_input_release();
    }
}
