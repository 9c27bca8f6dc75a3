/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The joiner: the core of an excluded replica, switched on again with fresh code. It copies a
 * healthy replica (the source) and compares each page with a second one where there is one: first
 * while both work, in passes over what they have written meanwhile; then, while they stand still,
 * the rest, among it all registers. Its counterpart is lead.c.
 */
#include "../track.h"
#include "start.h"

#define PASSES 8u
#define FEW 32u        /* pages: another pass would not leave fewer */
#define TURN 64u       /* pages copied without looking up: a replica may need this core's time */
#define REFRESH_MS 10u /* a pass now and then while nobody stands still yet */

static struct {
    uint32_t attempt; /* board_join.state without its phase */
    uint32_t source;
    uint32_t second; /* the source itself if there is no other */
    uint32_t pass;
    uint32_t whole; /* bit: a constant of which the image's copy is good */
    uint64_t pages;
    uint64_t todo[TRACK_PAGES / 64];
} joiner;

static _Noreturn void give_up(enum join_reason reason)
{
    uint32_t state = LOAD(join_board()->state);

    if ((state & ~0xfu) == joiner.attempt)
        join_fail(state, reason);
    exclude_park();
}

/* The phase; does not come back when this attempt is over. */
static enum join_phase phase(void)
{
    struct board_join *join = join_board();
    uint32_t state = LOAD(join->state);

    if ((state & ~0xfu) != joiner.attempt || JOIN_PHASE(state) == JOIN_FAILED ||
        LOAD(board_control()->stopped) == BOARD_STOPPED)
        exclude_park();
    return JOIN_PHASE(state);
}

static void advance(enum join_phase from, enum join_phase to)
{
    if (!join_advance(joiner.attempt | from, to))
        exclude_park(); /* somebody ended the attempt */
    cpu_wake();
}

static uint64_t partition_of(uint32_t replica)
{
    return BOARD_PARTITION_BASE + replica * manifest.partition_size;
}

/* An object of this copy of the shim, in another core's copy. */
static const void *theirs(const void *own, uint32_t core)
{
    return (const char *)own + ((int64_t)core - (int64_t)self.number) * (int64_t)BOARD_SHIM_SIZE;
}

/* What nobody ever writes is taken from the image, by which scrub.c corrects the members. */
static uint64_t page_of_image(uint64_t page)
{
    uint64_t ipa = BOARD_PARTITION_IPA + page * PAGE;
    uint64_t found = 0;

    for (uint64_t i = 0; i < manifest.constant_count; i++) {
        const struct manifest_constant *c = &manifest.constant[i];

        if (ipa - c->ipa < c->size && joiner.whole & BIT(i))
            found = BOARD_IMAGE_BASE + c->image_offset + (ipa - c->ipa);
    }
    return found;
}

/* True if source and second held the same. */
static bool page_copy(uint64_t page)
{
    uint64_t image = page_of_image(page);
    const uint64_t *source =
        (const uint64_t *)(image ? image : partition_of(joiner.source) + page * PAGE);
    const uint64_t *second =
        (const uint64_t *)(image ? image : partition_of(joiner.second) + page * PAGE);
    uint64_t *own = (uint64_t *)(partition_base() + page * PAGE);
    uint64_t differs = 0;

#pragma GCC unroll 8
    for (uint32_t i = 0; i < PAGE / 8; i++) {
        uint64_t word = source[i];

        differs |= word ^ second[i];
        own[i] = word;
    }
    cache_clean((uintptr_t)own, PAGE);
    return !differs;
}

/* All pages to do; those that differ stay to be done. */
static void pages_copy(bool still)
{
    uint64_t words = manifest.partition_size / PAGE / 64;
    uint64_t copied = 0;

    for (uint64_t i = 0; i < words; i++) {
        for (uint64_t rest = joiner.todo[i]; rest; rest &= rest - 1) {
            uint64_t bit = rest & -rest;

            if (page_copy(i * 64 + (uint64_t)__builtin_ctzll(rest)))
                joiner.todo[i] &= ~bit;
            else if (still)
                give_up(JOIN_REASON_DIFFERENT);
            if (++copied % TURN == 0 && !still) {
                phase();
                cpu_yield();
            }
        }
    }
    joiner.pages = copied;
}

/* What the two have written in the pass; returns how many pages are to be done. */
static uint64_t pages_add(uint32_t pass)
{
    const uint64_t *a = theirs(dirty[pass % 2], joiner.source);
    const uint64_t *b = theirs(dirty[pass % 2], joiner.second);
    uint64_t count = 0;

    for (uint64_t i = 0; i < manifest.partition_size / PAGE / 64; i++) {
        joiner.todo[i] |= a[i] | b[i];
        for (uint64_t rest = joiner.todo[i]; rest; rest &= rest - 1)
            count++;
    }
    return count;
}

/* From here on the members' writes belong to the next pass. */
static void pass_begin(void)
{
    struct board_join *join = join_board();

    STORE(join->pass, ++joiner.pass);
    cpu_wake();
    foreach (r, join->members) {
        /* They cannot answer any more once they stand; then their sets of both passes count. */
        while (LOAD(board_slot(r)->tracked) != joiner.pass && phase() != JOIN_STOP)
            cpu_wait();
    }
}

/* One pass; returns how many pages are left for the next one. */
static uint64_t pass_copy(void)
{
    pages_copy(false);
    pass_begin();
    return pages_add(joiner.pass - 1);
}

/* Whatever was hit on the way here: a copy that is not as it was built never takes part. */
static void constants_confirm(void)
{
    for (uint64_t i = 1; i < manifest.constant_count; i++)
        if (!constant_good(i, partition_base() - BOARD_PARTITION_IPA + manifest.constant[i].ipa))
            give_up(JOIN_REASON_IMAGE);
}

static void copy_while_they_work(void)
{
    for (uint64_t i = 0; i < manifest.partition_size / PAGE / 64; i++)
        joiner.todo[i] = ~UINT64_C(0);
    pass_begin();
    while (pass_copy() > FEW && joiner.pass < PASSES)
        continue;
    constants_confirm();
    advance(JOIN_COPY, JOIN_READY);
    for (uint64_t since = counter_now(); phase() != JOIN_STOP; cpu_wait()) {
        if (counter_now() - since > SYSREG_READ(cntfrq_el0) / 1000 * REFRESH_MS) {
            pass_copy();
            since = counter_now();
        }
    }
}

static const uint64_t *registers_block(uint64_t ipa)
{
    if (ipa - BOARD_PARTITION_IPA > manifest.partition_size - REGISTERS_SIZE || ipa % 8)
        give_up(JOIN_REASON_DIFFERENT); /* the source's slot was hit: the members agreed on sense */
    return (const uint64_t *)(uintptr_t)(partition_base() + (ipa - BOARD_PARTITION_IPA));
}

/* This replica's pages of the board, as if it had come here with the others. */
static void board_join_in(uint64_t n)
{
    const struct ballot *leader = board_ballot(board_leader());
    const struct board_slot *source = board_slot(joiner.source);
    struct board_slot *slot = board_slot(self.number);
    struct ballot *ballot = board_ballot(self.number);
    uint64_t waits = ballot->waits;
    uint64_t wait_ticks = ballot->wait_ticks;
    uint64_t *own = (uint64_t *)ballot;

    for (uint32_t i = 0; i < sizeof(struct ballot) / 8; i++)
        own[i] = ((const uint64_t *)leader)[i];
    ballot->replica = self.number;
    ballot->waits = waits;
    ballot->wait_ticks = wait_ticks;
    ballot->deciding = 0;
    ballot->leading = ballot->inherited = 0;
    ballot->held = ballot->held_since = 0;
    self.rendezvous = n;
    slot->request[n % 2] = source->request[n % 2];
    STORE(slot->accesses, LOAD(source->accesses));
    for (uint32_t i = 0; i < DECISIONS; i++)
        STORE(slot->proposal[i].tag, 0);
    STORE(slot->proposal_input, 0);
    STORE(slot->accuse, 0);
    STORE(slot->dispute, 0);
    STORE(slot->tracked, LOAD(join_board()->pass));
    STORE(slot->request_seq, n);
}

/* Pages that the source's kernel has yet to ask for: the joiner's will ask for the same ones. */
static void tracking_adopt(void)
{
    const struct tracking *source = theirs(&tracking, joiner.source);
    const uint64_t *set = theirs(dirty[TRACK_KERNEL], joiner.source);

    if (!(source->sets & BIT(TRACK_KERNEL)))
        return;
    track_set(TRACK_KERNEL, true);
    for (uint64_t i = 0; i < manifest.partition_size / PAGE / 64; i++)
        dirty[TRACK_KERNEL][i] = set[i];
}

/* Its own code, and of what never changes a good copy: of two members the peer is the witness. */
static void constants_check(void)
{
    uint64_t source = partition_of(joiner.source) - BOARD_PARTITION_IPA;

    if (!constant_good(0, (uintptr_t)image_header))
        give_up(JOIN_REASON_IMAGE);
    for (uint64_t i = 1; i < manifest.constant_count; i++) {
        if (constant_good(i, BOARD_IMAGE_BASE + manifest.constant[i].image_offset))
            joiner.whole |= BIT(i);
        else if (joiner.second == joiner.source &&
                 !constant_good(i, source + manifest.constant[i].ipa))
            give_up(JOIN_REASON_IMAGE);
    }
}

void join_members(uint64_t registers[REGISTERS_SIZE / 8])
{
    struct board_join *join = join_board();
    uint32_t epoch = join->epoch;
    uint32_t rest;
    uint64_t n;
    const uint64_t *block;

    joiner.attempt = LOAD(join->state) & ~0xfu;
    joiner.source = lowest(join->members);
    rest = join->members & ~BIT(joiner.source);
    joiner.second = rest ? lowest(rest) : joiner.source;
    constants_check();
    copy_while_they_work();
    n = LOAD(board_slot(joiner.source)->request_seq);
    pages_add(joiner.pass);
    pages_copy(true);
    join->pages = (uint32_t)joiner.pages;
    /* In memory that all members were found to have alike; where, they have voted. */
    block = registers_block(board_slot(joiner.source)->request[n % 2].address);
    for (uint32_t i = 0; i < REGISTERS_SIZE / 8; i++)
        registers[i] = block[i];
    board_join_in(n);
    tracking_adopt();
    advance(JOIN_STOP, JOIN_DONE);
    /* A member is told by the active set: the next attempt, of another replica, may have begun. */
    while (!(board_active() & BIT(self.number)) || LOAD(board_control()->epoch) == epoch) {
        if (!(board_active() & BIT(self.number)))
            phase();
        cpu_wait();
    }
    STORE(board_slot(self.number)->state, CORE_RUNNING);
}
