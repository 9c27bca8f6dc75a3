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
/*@ predicate copies{L} = joins &&
      joiner.source < manifest.replicas && joiner.second < manifest.replicas; */

//@ ensures \false;
static _Noreturn void give_up(enum join_reason reason)
{
    uint32_t state = LOAD(join_board()->state);

    if ((state & ~0xfu) == joiner.attempt)
        join_fail(state, reason);
    exclude_park();
}

/* The phase; does not come back when this attempt is over. */
//@ requires copies; ensures copies && all_stay;
static enum join_phase phase(void)
{
    struct board_join *join = join_board();
    uint32_t state = LOAD(join->state);

    if ((state & ~0xfu) != joiner.attempt || JOIN_PHASE(state) == JOIN_FAILED ||
        LOAD(board_control()->stopped) == BOARD_STOPPED)
        exclude_park();
    return JOIN_PHASE(state);
}

//@ requires copies; ensures copies && all_stay;
static void advance(enum join_phase from, enum join_phase to)
{
    if (!join_advance(joiner.attempt | from, to))
        exclude_park(); /* somebody ended the attempt */
    cpu_wake();
}

/*@ requires joins && replica < manifest.replicas; assigns \nothing;
    ensures \result == partition(replica);
    ensures inside(\result, manifest.partition_size, BOARD_PARTITION_BASE,
        BOARD_PARTITION_TOTAL); */
static uint64_t partition_of(uint32_t replica)
{
    return BOARD_PARTITION_BASE + replica * manifest.partition_size;
}

/* An object of this copy of the shim, in another core's copy. */
static const void *theirs(const void *own, uint32_t core)
{
    return (const char *)own + ((int64_t)core - (int64_t)self.number) * (int64_t)BOARD_SHIM_SIZE;
}

/*@ requires set < TRACK_SETS && core < manifest.replicas; assigns \nothing;
    ensures \valid_read(\result + (0 .. TRACK_PAGES / 64 - 1)); */
static const uint64_t *dirty_of(uint32_t core, uint32_t set)
{
    return theirs(dirty[set], core);
}

/*@ requires core < manifest.replicas; assigns \nothing; ensures \valid_read(\result); */
static const struct tracking *tracking_of(uint32_t core)
{
    return theirs(&tracking, core);
}

/*@ requires readable(from, PAGE); assigns \nothing;
    ensures \valid_read(\result + (0 .. PAGE / 8 - 1)); */
static const uint64_t *words_from(uint64_t from)
{
    return (const uint64_t *)(uintptr_t)from;
}

/* This replica's memory. */
/*@ requires inside(at, 8, partition(own_core), manifest.partition_size);
    requires (at - partition(own_core)) % 8 == 0; assigns \nothing;
    ensures \result == &own_partition[(at - partition(own_core)) / 8]; */
static uint64_t *own_words(uint64_t at)
{
    return (uint64_t *)(uintptr_t)at;
}

/* What nobody ever writes is taken from the image, by which scrub.c corrects the members. */
/*@ requires joins && page < manifest.partition_size / PAGE; assigns \nothing;
    ensures \result == 0 || readable(\result, PAGE); */
static uint64_t page_of_image(uint64_t page)
{
    uint64_t ipa = BOARD_PARTITION_IPA + page * PAGE;
    uint64_t found = 0;

    //@ assert ipa == BOARD_PARTITION_IPA + page * PAGE;
    //@ loop invariant 1 <= i && (found == 0 || readable(found, PAGE)); loop assigns i, found;
    for (uint64_t i = 1; i < manifest.constant_count; i++) {
        const struct manifest_constant *c = &manifest.constant[i];

        //@ assert constant_fits(i);
        if (ipa < c->ipa || ipa - c->ipa >= c->size || !(joiner.whole & BIT(i)))
            continue;
        //@ assert (ipa - c->ipa) % PAGE == 0;
        found = BOARD_IMAGE_BASE + c->image_offset + (ipa - c->ipa);
    }
    return found;
}

/*@ requires joins && replica < manifest.replicas && page < manifest.partition_size / PAGE;
    assigns \nothing;
    ensures \result == partition(replica) + page * PAGE;
    ensures inside(\result, PAGE, partition(replica), manifest.partition_size);
    ensures readable(\result, PAGE); */
static uint64_t page_in(uint32_t replica, uint64_t page)
{
    return partition_of(replica) + page * PAGE;
}

/* True if source and second held the same. */
/*@ requires copies && page < manifest.partition_size / PAGE;
    assigns OWN_PARTITION; */
static bool page_copy(uint64_t page)
{
    uint64_t image = page_of_image(page);
    const uint64_t *source = words_from(image ? image : page_in(joiner.source, page));
    const uint64_t *second = words_from(image ? image : page_in(joiner.second, page));
    uint64_t *own = own_words(page_in(self.number, page));
    uint64_t differs = 0;

    //@ assert own == &own_partition[page * (PAGE / 8)];
#pragma GCC unroll 8
    //@ loop invariant i <= PAGE / 8; loop assigns i, differs, OWN_PARTITION;
    for (uint32_t i = 0; i < PAGE / 8; i++) {
        uint64_t word = source[i];

        differs |= word ^ second[i];
        own[i] = word;
    }
    cache_clean((uintptr_t)own, PAGE);
    return !differs;
}

/* All pages to do; those that differ stay to be done. */
//@ requires copies; ensures copies && all_stay;
static void pages_copy(bool still)
{
    uint64_t words = manifest.partition_size / PAGE / 64;
    uint64_t copied = 0;

    //@ loop invariant copies && all_stay && words == partition_bytes / PAGE / 64;
    for (uint64_t i = 0; i < words; i++) {
        /*@ loop invariant copies && all_stay && i < words;
            loop invariant words == partition_bytes / PAGE / 64 <= TRACK_PAGES / 64; */
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
//@ requires copies; assigns PAGES_LEFT;
static uint64_t pages_add(uint32_t pass)
{
    const uint64_t *a = dirty_of(joiner.source, pass % 2);
    const uint64_t *b = dirty_of(joiner.second, pass % 2);
    uint64_t count = 0;

    //@ loop assigns i, count, PAGES_LEFT;
    for (uint64_t i = 0; i < manifest.partition_size / PAGE / 64; i++) {
        joiner.todo[i] |= a[i] | b[i];
        //@ loop assigns rest, count;
        for (uint64_t rest = joiner.todo[i]; rest; rest &= rest - 1)
            count++;
    }
    return count;
}

/* From here on the members' writes belong to the next pass. */
//@ requires copies; ensures copies && all_stay;
static void pass_begin(void)
{
    struct board_join *join = join_board();

    STORE(join->pass, ++joiner.pass);
    cpu_wake();
    //@ loop invariant copies && all_stay && join == &THE_JOIN;
    foreach (r, join->members) {
        /* They cannot answer any more once they stand; then their sets of both passes count. */
        //@ loop invariant copies && all_stay && join == &THE_JOIN && r < REPLICAS_MAX;
        while (LOAD(board_slot(r)->tracked) != joiner.pass && phase() != JOIN_STOP)
            cpu_wait();
    }
}

/* One pass; returns how many pages are left for the next one. */
//@ requires copies; ensures copies && all_stay;
static uint64_t pass_copy(void)
{
    pages_copy(false);
    pass_begin();
    return pages_add(joiner.pass - 1);
}

/* Where a replica has constant i. */
/*@ requires joins && replica < manifest.replicas && 1 <= i < manifest.constant_count;
    assigns \nothing; ensures readable(\result, manifest.constant[i].size); */
static uint64_t constant_in(uint32_t replica, uint64_t i)
{
    return partition_of(replica) + (manifest.constant[i].ipa - BOARD_PARTITION_IPA);
}

/* Whatever was hit on the way here: a copy that is not as it was built never takes part. */
//@ requires copies; ensures copies && all_stay;
static void constants_confirm(void)
{
    //@ loop invariant copies && all_stay && 1 <= i;
    for (uint64_t i = 1; i < manifest.constant_count; i++)
        if (!constant_good(i, constant_in(self.number, i)))
            give_up(JOIN_REASON_IMAGE);
}

//@ requires copies; ensures copies && all_stay;
static void copy_while_they_work(void)
{
    //@ loop assigns i, PAGES_LEFT;
    for (uint64_t i = 0; i < manifest.partition_size / PAGE / 64; i++)
        joiner.todo[i] = ~UINT64_C(0);
    pass_begin();
    //@ loop invariant copies && all_stay;
    while (pass_copy() > FEW && joiner.pass < PASSES)
        continue;
    constants_confirm();
    advance(JOIN_COPY, JOIN_READY);
    //@ loop invariant copies && all_stay;
    for (uint64_t since = counter_now(); phase() != JOIN_STOP; cpu_wait()) {
        if (counter_now() - since > SYSREG_READ(cntfrq_el0) / 1000 * REFRESH_MS) {
            pass_copy();
            since = counter_now();
        }
    }
}

/*@ requires copies;
    ensures copies && all_stay && \valid_read(\result + (0 .. REGISTERS_SIZE / 8 - 1));
    ensures \exists integer i; \result == &own_partition[i] && 0 <= i &&
        i * 8 + REGISTERS_SIZE <= manifest.partition_size; */
static const uint64_t *registers_block(uint64_t ipa)
{
    uint64_t at = ipa - BOARD_PARTITION_IPA;

    if (at > manifest.partition_size - REGISTERS_SIZE || at % 8)
        give_up(JOIN_REASON_DIFFERENT); /* the source's slot was hit: the members agreed on sense */
    return own_words(partition_of(self.number) + at);
}

/*@ requires \valid(to) && \valid_read(from); assigns *to; */
static void ballot_copy(struct ballot *to, const struct ballot *from)
{
    for (uint32_t i = 0; i < sizeof(struct ballot) / 8; i++)
        ((uint64_t *)to)[i] = ((const uint64_t *)from)[i];
}

/* This replica's pages of the board, as if it had come here with the others. */
//@ requires copies; ensures copies && all_stay;
static void ballot_join_in(void)
{
    struct ballot *ballot = board_ballot(self.number);
    uint64_t waits = ballot->waits;
    uint64_t wait_ticks = ballot->wait_ticks;

    ballot_copy(ballot, board_ballot(board_leader()));
    ballot->replica = self.number;
    ballot->waits = waits;
    ballot->wait_ticks = wait_ticks;
    ballot->deciding = 0;
    ballot->leading = ballot->inherited = 0;
    ballot->held = ballot->held_since = 0;
}

//@ requires joiner.source < REPLICAS_MAX; assigns slot_pages[0 .. REPLICAS_MAX - 1];
static void slot_join_in(uint64_t n)
{
    const struct board_slot *source = board_slot(joiner.source);
    struct board_slot *slot = board_slot(self.number);

    STORE(slot->accesses, LOAD(source->accesses));
    //@ loop assigns i, slot_pages[0 .. REPLICAS_MAX - 1];
    for (uint32_t i = 0; i < DECISIONS; i++)
        STORE(slot->proposal[i].tag, 0);
    STORE(slot->proposal_input, 0);
    STORE(slot->accuse, 0);
    STORE(slot->dispute, 0);
    STORE(slot->tracked, LOAD(join_board()->pass));
    slot->request[n % 2] = source->request[n % 2];
    STORE(slot->request_seq, n);
}

/* Pages that the source's kernel has yet to ask for: the joiner's will ask for the same ones. */
//@ requires copies; ensures copies && all_stay;
static void tracking_adopt(void)
{
    const struct tracking *source = tracking_of(joiner.source);
    const uint64_t *set = dirty_of(joiner.source, TRACK_KERNEL);

    if (!(source->sets & BIT(TRACK_KERNEL)))
        return;
    track_set(TRACK_KERNEL, true);
    //@ loop assigns i, dirty[TRACK_KERNEL][0 .. TRACK_PAGES / 64 - 1];
    for (uint64_t i = 0; i < manifest.partition_size / PAGE / 64; i++)
        dirty[TRACK_KERNEL][i] = set[i];
}

/* Its own code, and of what never changes a good copy: of two members the peer is the witness. */
//@ requires copies; ensures copies && all_stay;
static void constants_judge(void)
{
    if (!constant_good(0, (uintptr_t)image_header))
        give_up(JOIN_REASON_IMAGE);
    //@ loop invariant copies && all_stay && 1 <= i;
    for (uint64_t i = 1; i < manifest.constant_count; i++) {
        if (constant_good(i, BOARD_IMAGE_BASE + manifest.constant[i].image_offset))
            joiner.whole |= BIT(i);
        else if (joiner.second == joiner.source && !constant_good(i, constant_in(joiner.source, i)))
            give_up(JOIN_REASON_IMAGE);
    }
}

/* Checked: a flip in the shared page must not send loads to where no replica is. */
//@ requires joins && join == &THE_JOIN; ensures copies && all_stay;
static void sources_choose(const struct board_join *join)
{
    uint32_t rest;

    joiner.source = lowest(join->members);
    rest = join->members & ~BIT(joiner.source);
    joiner.second = rest ? lowest(rest) : joiner.source;
    if (joiner.source >= manifest.replicas || joiner.second >= manifest.replicas)
        give_up(JOIN_REASON_MEMBERS);
}

/* The rest; returns the rendezvous that they stand in. */
//@ requires copies; ensures copies && all_stay;
static uint64_t copy_while_they_stand(void)
{
    uint64_t n = LOAD(board_slot(joiner.source)->request_seq);

    pages_add(joiner.pass);
    pages_copy(true);
    join_board()->pages = (uint32_t)joiner.pages;
    return n;
}

/* From memory that all members were found to have alike; where, they have voted. */
//@ requires copies && registers == &start_registers[0]; ensures copies && all_stay;
static void registers_copy(uint64_t registers[REGISTERS_SIZE / 8], uint64_t n)
{
    const uint64_t *block = registers_block(board_slot(joiner.source)->request[n % 2].address);

    //@ loop assigns i, registers[0 .. REGISTERS_SIZE / 8 - 1];
    for (uint32_t i = 0; i < REGISTERS_SIZE / 8; i++)
        registers[i] = block[i];
}

/* A member is told by the active set: the next attempt, of another replica, may have begun. */
//@ requires copies; ensures pages_stay;
static void member_wait(uint32_t epoch)
{
    //@ loop invariant copies && all_stay;
    while (!(board_active() & BIT(self.number)) || LOAD(board_control()->epoch) == epoch) {
        if (!(board_active() & BIT(self.number)))
            phase();
        cpu_wait();
    }
}

void join_members(uint64_t registers[REGISTERS_SIZE / 8])
{
    struct board_join *join = join_board();
    uint32_t epoch = join->epoch;
    uint64_t n;

    joiner.attempt = LOAD(join->state) & ~0xfu;
    sources_choose(join);
    constants_judge();
    copy_while_they_work();
    n = copy_while_they_stand();
    registers_copy(registers, n);
    tracking_adopt();
    ballot_join_in();
    slot_join_in(n);
    advance(JOIN_STOP, JOIN_DONE);
    member_wait(epoch);
    self.rendezvous = n;
    STORE(board_slot(self.number)->state, CORE_RUNNING);
}
