/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The I/O core's part in the return of an excluded replica (struct board_join): it decides, starts
 * the joiner's core again, asks the members to stand still, and makes the joiner one of them. Each
 * function is a step; between two steps a new I/O core may take over. It can be executed for a step
 * only: reintegrate.c.
 */
#include "../paging.h"
#include "start.h"
#include <rcoe/readmit.h>

#define TRIES 3u       /* attempts in a row that may fail */
#define HARD_BOUNDS 4u /* of an attempt: it copies the whole memory, and waits for a quiet moment */

bool join_advance(uint32_t state, enum join_phase to)
{
    return atomic_compare_exchange_strong(&join_board()->state, &state, (state & ~0xfu) | to);
}

void join_fail(uint32_t state, enum join_reason reason)
{
    if (JOIN_PHASE(state) != JOIN_FAILED && join_advance(state, JOIN_FAILED))
        record(RECORD_JOIN_FAILED, join_board()->replica, reason);
}

/* Who is out. */
//@ requires checked; assigns \nothing;
static uint32_t lead_out(void)
{
    return (BIT(manifest.replicas) - 1) & ~board_active();
}

/* Masked: a flip in the shared page must not send the load outside of the board. */
//@ requires \valid_read(join); assigns \nothing; ensures \result < REPLICAS_MAX;
static uint32_t joining(const struct board_join *join)
{
    return join->replica % REPLICAS_MAX;
}

/* From now on the core's state tells whether it works or has parked itself. */
/*@ requires checked && core < REPLICAS_MAX;
    assigns ALL_TABLES, slot_pages[0 .. REPLICAS_MAX - 1]; */
static int64_t core_restart(uint32_t core)
{
    uint64_t copy = BOARD_SHIM_BASE + core * BOARD_SHIM_SIZE;
    bool whole = constant_good(0, BOARD_IMAGE_BASE); /* scrub.c corrects it if it is not */
    struct board_slot *slot = board_slot(core);
    int64_t error;

    map_own(copy, BOARD_SHIM_SIZE, OWN_WRITE);
    map_own((uintptr_t)slot, BOARD_PAGE, OWN_WRITE);
    tlb_flush_el2();
    STORE(slot->state, CORE_JOINING);
    error = core_start(core, whole ? BOARD_IMAGE_BASE : (uintptr_t)image_header, CORE_JOINS);
    if (error)
        STORE(slot->state, CORE_PARKED);
    map_own(copy, BOARD_SHIM_SIZE, OWN_READ); /* as paging_final() left it, for scrub.c */
    map_own((uintptr_t)slot, BOARD_PAGE, OWN_READ);
    tlb_flush_el2();
    return error;
}

/* An exception at its EL2; whoever gives up for another reason has told it. */
//@ requires join == &THE_JOIN; assigns \nothing;
static bool joiner_parked(const struct board_join *join)
{
    return LOAD(board_slot(joining(join))->state) == CORE_PARKED;
}

//@ requires join == &THE_JOIN && r < REPLICAS_MAX; assigns THE_JOIN, *the_recorder;
static void refuse(struct board_join *join, uint32_t r, enum join_reason reason)
{
    join->refused |= BIT(r);
    atomic_fetch_and(&join->asked, ~BIT(r));
    record(RECORD_JOIN_FAILED, r, reason);
}

/* A register that lost its bits gives a wrong time, but a time. */
//@ assigns \nothing;
static uint32_t seconds(uint64_t now)
{
    uint64_t frequency = SYSREG_READ(cntfrq_el0);

    return (uint32_t)((now - board_shared()->start) / (frequency ? frequency : 1));
}

//@ requires join == &THE_JOIN && r < REPLICAS_MAX; assigns THE_JOIN, *the_recorder;
static bool allowed(struct board_join *join, uint32_t r, uint64_t now)
{
    uint32_t limit = (uint32_t)manifest.readmit_per_hour;
    enum readmit rule;

    if (LOAD(join->asked) & BIT(r))
        return true;
    if (!limit || join->refused & BIT(r))
        return false;
    rule = readmit_rule(join->readmission, join->attempts, r, seconds(now), limit);
    if (rule == READMIT_NEVER)
        refuse(join, r, JOIN_REASON_BUDGET);
    return rule == READMIT_NOW;
}

//@ requires checked && join == &THE_JOIN && r < REPLICAS_MAX; assigns LED;
static void begin(struct board_join *join, uint32_t state, uint32_t r, uint64_t now)
{
    join->replica = r;
    join->members = board_active();
    join->epoch = self.epoch;
    join->readmission[join->attempts++ % READMISSIONS] = (struct readmission){ seconds(now), r };
    join->since = now;
    state = JOIN_NEXT(state) | JOIN_COPY;
    STORE(join->state, state);
    record(RECORD_JOIN_BEGIN, r, lowest(join->members));
    if (core_restart(r))
        join_fail(state, JOIN_REASON_CORE);
}

/* Brings the first one back that may come and whose core is off. */
//@ requires checked && join == &THE_JOIN; assigns LED;
static void look(struct board_join *join, uint32_t state, uint64_t now)
{
    //@ loop assigns r, LED;
    foreach (r, lead_out()) {
        if (!allowed(join, r, now))
            continue;
        if (psci_core_is_off(BOARD_CORE_MPIDR(r))) {
            begin(join, state, r, now);
            return;
        }
        /* Its EL2 is lost: nothing but a reset of this core could bring it back. */
        if (now - self.epoch_since > board_control()->hard_ticks &&
            now - join->since > board_control()->hard_ticks)
            refuse(join, r, JOIN_REASON_CORE);
    }
}

//@ requires join == &THE_JOIN; assigns THE_JOIN;
static void end(struct board_join *join, uint32_t state, uint64_t now)
{
    bool joined = JOIN_PHASE(state) == JOIN_IN;

    join->tries = joined ? 0 : join->tries + 1;
    if (joined || join->tries >= TRIES) {
        join->tries = 0;
        join->refused |= joined ? 0 : BIT(joining(join));
        atomic_fetch_and(&join->asked, ~BIT(joining(join)));
    }
    join->since = now;
    STORE(join->pass, 0);
    STORE(join->state, JOIN_NEXT(state));
}

void lead_step(uint64_t now)
{
    struct board_join *join = join_board();
    uint32_t state = LOAD(join->state);

    switch (JOIN_PHASE(state)) {
    case JOIN_NONE:
        if (self.epoch == LOAD(board_control()->epoch)) /* or this core has yet to see who is out */
            look(join, state, now);
        break;
    case JOIN_READY:
        if (join_advance(state, JOIN_ASKED))
            inputs_log(INPUT_JOIN);
        break;
    case JOIN_IN:
    case JOIN_FAILED:
        end(join, state, now);
        break;
    default:
        if (self.epoch != join->epoch)
            join_fail(state, JOIN_REASON_MEMBERS);
        else if (joiner_parked(join))
            join_fail(state, JOIN_REASON_CORE);
        else if (now - join->since > HARD_BOUNDS * board_control()->hard_ticks)
            join_fail(state, JOIN_PHASE(state) == JOIN_ASKED ? JOIN_REASON_BUSY : JOIN_REASON_LATE);
        break;
    }
}

/* A voted store to HK_READMIT. */
void lead_ask(uint64_t value)
{
    struct board_join *join = join_board();
    uint32_t out = lead_out();

    if (value != HK_READMIT_ALL)
        out &= value && value <= REPLICAS_MAX ? BIT(value - 1) : 0;
    join->refused &= ~out;
    join->tries = 0;
    atomic_fetch_or(&join->asked, out);
}

/* The joiner is the members' equal: one compare-and-swap makes it one of them. */
//@ requires join == &THE_JOIN;
static void admit(struct board_join *join, uint32_t state)
{
    uint32_t word = ACTIVE_WORD(join->members);
    uint32_t replica = joining(join);
    uint32_t after = join->members | BIT(replica);
    uint64_t first = ~UINT64_C(0);

    if (!atomic_compare_exchange_strong(&board_control()->active, &word, ACTIVE_WORD(after)) &&
        !(active_set(word) & BIT(replica))) { /* it is: the I/O core before this one came so far */
        join_fail(state, JOIN_REASON_MEMBERS);
        return;
    }
    atomic_fetch_add(&board_control()->epoch, 1);
    gic_kick_others(); /* each counts accusations of this epoch only once it has seen it */
    //@ loop assigns r, first;
    foreach (r, join->members)
        first = board_slot(r)->join_at < first ? board_slot(r)->join_at : first;
    count_up(HKR_READMISSIONS, replica, 1);
    join_advance(state, JOIN_IN);
    record_more(RECORD_JOIN, replica, after, (counter_now() - first) << 32 | join->pages);
}

/* All members stand in REQUEST_JOIN, and wait for the joiner half a barrier time at most. */
void lead_admit(uint64_t unused)
{
    struct board_join *join = join_board();
    uint64_t begun = counter_now();
    uint32_t state = LOAD(join->state);

    (void)unused;
    if (JOIN_PHASE(state) == JOIN_ASKED && self.epoch == join->epoch)
        join_advance(state, JOIN_STOP);
    cpu_wake();
    //@ loop assigns state;
    while (JOIN_PHASE(state = LOAD(join->state)) == JOIN_STOP && !joiner_parked(join) &&
           counter_now() - begun < board_control()->barrier_ticks / 2)
        cpu_wait();
    if (JOIN_PHASE(state) == JOIN_STOP)
        join_fail(state, joiner_parked(join) ? JOIN_REASON_CORE : JOIN_REASON_LATE);
    state = LOAD(join->state);
    if (JOIN_PHASE(state) == JOIN_DONE)
        admit(join, state);
}
