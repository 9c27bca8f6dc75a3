/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exclusion. Every core posts whom it accuses; a strict majority of the active cores decides, and
 * whoever sees it first writes the new active set. An excluded core parks itself at EL2: it comes
 * there by its tick at the latest, whatever its replica does. With two cores left an accusation
 * is no majority: safe stop, unless one is merely missing and the system allows one replica
 * (simplex_ok).
 */
#include "core.h"
#include <rcoe/dispute.h>
#include <rcoe/verdict.h>
#include <shim/shim.h>

#define RENDEZVOUS (UINT64_C(1) << 63) /* RECORD_MISMATCH: a is a rendezvous, not a round */

static struct {
    uint32_t mismatch; /* what this core has posted in this epoch */
    uint32_t missing;
    uint32_t split;
    uint64_t since;                      /* first accusation, 0 none */
    uint64_t ticks[REPLICAS_MAX];        /* of each core then */
    uint64_t contradicted[REPLICAS_MAX]; /* since when that core accuses a majority, 0 not */
} own;

//@ assigns \nothing;
static uint32_t count(uint32_t set)
{
    uint32_t n = 0;

    //@ loop assigns set, n;
    for (; set; set &= set - 1)
        n++;
    return n;
}

_Noreturn void exclude_park(void)
{
    record(RECORD_PARK, self.number, 0);
    SYSREG_WRITE(cnthp_ctl_el2, 0);
    gic_stop_core();
    /* A raised virtual interrupt ends WFI at once: a core that never sleeps starves the others. */
    SYSREG_WRITE(hcr_el2, SYSREG_READ(hcr_el2) & ~(uint64_t)HCR_VI);
    paging_revoke();
    STORE(board_slot(self.number)->state, CORE_PARKED);
    cpu_wake();
    psci_core_off(); /* until the I/O core starts it again: reintegrate.c */
    for (;;)
        cpu_sleep();
}

_Noreturn void exclude_stop(enum stop_reason reason)
{
    if (atomic_exchange(&board_control()->stopped, BOARD_STOPPED) == BOARD_STOPPED)
        exclude_park();
    record(RECORD_STOP, reason, board_active());
    gic_kick_others();
    paging_start_text(true);
    safe_state_enter(reason);
}

/* Takes the set out of the active ones; the I/O role goes to the lowest that stay. */
//@ ensures pages_stay;
static void exclude(uint32_t set)
{
    struct board_control *control = board_control();
    uint32_t word = LOAD(control->active);
    uint32_t active;

    //@ loop invariant control == the_control && pages_stay;
    do {
        active = active_set(word);
        if (!(active & set))
            return; /* someone was faster */
        if (!(active & ~set) || (count(active & ~set) == 1 && !control->simplex_ok))
            exclude_stop(STOP_LAST_REPLICA); /* whoever else was excluded since the caller looked */
    } while (!atomic_compare_exchange_weak(&control->active, &word, ACTIVE_WORD(active & ~set)));
    if (set & BIT(board_leader()))
        STORE(control->leader, lowest(active & ~set));
    atomic_fetch_add(&control->epoch, 1);
    //@ loop invariant pages_stay;
    foreach (r, active & set) {
        record(RECORD_EXCLUDE, r, active & ~set);
        count_up(HKR_EXCLUSIONS, r, 1);
    }
    gic_kick_others();
    if (set & BIT(self.number))
        exclude_park();
}

_Noreturn void exclude_self(enum record_type type, uint64_t a, uint64_t b)
{
    record(type, a, b);
    exclude(BIT(self.number));
    exclude_park();
}

/* Posts what this core holds against others, and wakes them to look for themselves. */
//@ ensures pages_stay;
static void accuse(uint32_t mismatch, uint32_t missing, uint32_t split, uint64_t what)
{
    uint32_t added = (mismatch & ~own.mismatch) | (missing & ~own.missing) | (split & ~own.split);

    if (mismatch == own.mismatch && missing == own.missing && split == own.split)
        return;
    own.mismatch = mismatch;
    own.missing = missing;
    own.split = split;
    STORE(board_slot(self.number)->accuse,
          ACCUSE_MISMATCH(mismatch) | ACCUSE_MISSING(missing) | split | ACCUSE_EPOCH(self.epoch));
    if (!(mismatch | missing | split)) {
        own.since = 0;
    } else if (added) {
        //@ loop invariant pages_stay; loop assigns r, own.ticks[0 .. REPLICAS_MAX - 1];
        for (uint32_t r = 0; r < REPLICAS_MAX && !own.since; r++)
            own.ticks[r] = LOAD(board_slot(r)->ticks);
        own.since = own.since ? own.since : counter_now();
        record(RECORD_ACCUSE, mismatch | missing | split, what);
        gic_kick_others();
    }
}

void exclude_missing(uint32_t late, uint64_t waited)
{
    if (late & ~own.missing) {
        record(RECORD_TIMEOUT, late, waited);
        foreach (r, late & ~own.missing)
            count_up(HKR_TIMEOUTS, r, 1);
    }
    accuse(own.mismatch, late, own.split, waited);
}

/*@
  requires \valid_read(fingerprint + (0 .. REPLICAS_MAX - 1));
*/
/* The verdict on fingerprints of round or rendezvous `what`; `wrong` cannot be right at all. */
static enum verdict_kind judge(const uint32_t fingerprint[REPLICAS_MAX], uint32_t present,
                               uint32_t wrong, uint64_t what)
{
    struct verdict v = verdict(fingerprint, present);
    uint32_t odd = v.outvoted | wrong;
    uint32_t other;

    if (v.kind == VERDICT_AGREE && !wrong)
        return VERDICT_AGREE;
    if (2 * count(present & ~v.outvoted) <= count(present | wrong))
        v.kind = VERDICT_SPLIT;
    if (v.kind == VERDICT_SPLIT)
        odd = 0;
    if ((odd & ~own.mismatch) || (v.kind == VERDICT_SPLIT && !own.split)) {
        other = lowest(odd & ~BIT(self.number));
        //@ loop invariant other < REPLICAS_MAX; loop assigns r, other;
        foreach (r, present)
            other = fingerprint[r] != fingerprint[self.number] ? r : other;
        record(RECORD_MISMATCH, what,
               (uint64_t)fingerprint[self.number] << 32 | fingerprint[other]);
        foreach (r, odd ? odd & ~own.mismatch : present)
            count_up(HKR_MISMATCHES, r, 1);
    }
    accuse(own.mismatch | odd, own.missing, v.kind == VERDICT_SPLIT ? ACCUSE_SPLIT : own.split,
           what);
    return v.kind == VERDICT_AGREE ? VERDICT_OUTVOTED : v.kind;
}

/* All active cores posted rendezvous n, and not the same. */
void exclude_requests(uint64_t n)
{
    uint32_t active = board_active();
    uint32_t fingerprint[REPLICAS_MAX] = { 0 };

    //@ loop assigns r, fingerprint[0 .. REPLICAS_MAX - 1];
    foreach (r, active)
        fingerprint[r] = LOAD(board_slot(r)->digest[n % 2]);
    judge(fingerprint, active, 0, n | RENDEZVOUS);
}

//@ requires \valid(kind);
/* Who has not published the round yet; once all have, *kind is the verdict. */
static uint32_t dispute_look(uint64_t round, enum verdict_kind *kind)
{
    uint32_t active = board_active();
    uint32_t fingerprint[REPLICAS_MAX] = { 0 };
    uint64_t published[REPLICAS_MAX] = { 0 };
    struct dispute look;

    //@ loop assigns r, published[0 .. REPLICAS_MAX - 1];
    foreach (r, active)
        published[r] = LOAD(board_ballot(r)->round);
    look = dispute(published, active, round);
    if (look.behind)
        return look.behind;
    //@ loop assigns r, fingerprint[0 .. REPLICAS_MAX - 1];
    foreach (r, look.present)
        fingerprint[r] = LOAD(board_ballot(r)->fingerprint[look.round % BALLOT_RING]);
    *kind = look.present ? judge(fingerprint, look.present, look.wrong, look.round) : VERDICT_AGREE;
    return 0;
}

void exclude_dispute(uint64_t round)
{
    struct board_slot *slot = board_slot(self.number);
    uint32_t epoch = LOAD(board_control()->epoch);
    enum verdict_kind kind = VERDICT_OUTVOTED;

    /* A round that its own kernel has not published, or long ago, cannot be the matter. */
    if (LOAD(board_ballot(self.number)->round) - round >= BALLOT_RING)
        exclude_self(RECORD_PANIC, SHIM_CALL_DIVERGED, round);
    STORE(slot->dispute, round);
    gic_kick_others();
    //@ loop invariant \exists integer c; 0 <= c < REPLICAS_MAX && slot == the_slot(c);
    while (kind != VERDICT_AGREE && epoch == LOAD(board_control()->epoch))
        board_wait(dispute_look(round, &kind));
    board_wait_end();
    STORE(slot->dispute, 0);
}

/*
 * The accusations of core r in this epoch; mismatch in bits 0-3, missing in bits 4-7. Only those
 * against active cores: exclude() takes a core out before it counts up the epoch, and whoever polls
 * in between must not take what was said of that core for a dispute of those that stay.
 */
//@ requires r < REPLICAS_MAX; assigns \nothing;
static uint32_t accusations(uint32_t r, uint32_t active)
{
    uint32_t word = LOAD(board_slot(r)->accuse);

    if ((word & 0xffff00) != ACCUSE_EPOCH(self.epoch))
        return 0;
    return word & (ACCUSE_SPLIT | ACCUSE_MISMATCH(active) | ACCUSE_MISSING(active));
}

/*
 * Two cores: a difference has no majority. A missing peer that does not say the same of us has
 * broken itself, if the system may go on with one replica; it gets one more barrier time to object.
 */
//@ ensures pages_stay;
static void tally_two(uint32_t active)
{
    const struct board_control *control = board_control();
    uint32_t peer = lowest(active & ~BIT(self.number));
    uint32_t mine = accusations(self.number, active);
    uint32_t its = accusations(peer, active);
    bool missing = (mine & ACCUSE_MISSING(0xfu)) != 0;

    if ((mine | its) & (ACCUSE_SPLIT | ACCUSE_MISMATCH(0xfu)) ||
        (missing && (its & ACCUSE_MISSING(0xfu) || !control->simplex_ok)))
        exclude_stop(STOP_NO_MAJORITY);
    if (missing && counter_now() - own.since > control->barrier_ticks)
        exclude(BIT(peer));
}

/* Nobody joins this core's accusation: there is no majority, or this core is wrong. */
//@ ensures pages_stay;
static void unheard(uint32_t active)
{
    uint64_t waited = counter_now() - own.since;
    uint32_t alive = BIT(self.number);

    accuse(own.mismatch, own.missing, ACCUSE_SPLIT, waited);
    if (waited < board_control()->hard_ticks)
        return;
    foreach (r, active)
        if (LOAD(board_slot(r)->ticks) != own.ticks[r])
            alive |= BIT(r);
    if (2 * count(alive) <= count(active))
        exclude_stop(STOP_NO_MAJORITY); /* a majority is silent */
    exclude_self(RECORD_TIMEOUT, active, waited);
}

//@ ensures pages_stay;
static void tally(uint32_t active)
{
    const struct board_control *control = board_control();
    uint32_t votes[REPLICAS_MAX] = { 0 };
    uint32_t splits = 0;
    uint32_t n = count(active);

    //@ loop invariant control == the_control && pages_stay;
    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        uint32_t word = active & BIT(r) ? accusations(r, active) : 0;
        uint32_t missing = word >> 4 & 0xf;

        splits += (word & ACCUSE_SPLIT) != 0;
        //@ loop assigns of, votes[0 .. REPLICAS_MAX - 1];
        for (uint32_t of = 0; of < REPLICAS_MAX; of++)
            votes[of] += ((word | word >> 4) & 0xf & BIT(of)) != 0;
        /* It misses a majority that is alive, this core among it: it is the odd one itself. */
        if (r == self.number || !(missing & BIT(self.number)) || 2 * count(missing) <= n)
            own.contradicted[r] = 0;
        else if (!own.contradicted[r])
            own.contradicted[r] = counter_now();
        else if (counter_now() - own.contradicted[r] > control->barrier_ticks)
            accuse(own.mismatch | BIT(r), own.missing, own.split, r);
    }
    //@ loop invariant control == the_control && pages_stay;
    for (uint32_t of = 0; of < REPLICAS_MAX; of++)
        if (2 * votes[of] > n) {
            exclude(BIT(of));
            return; /* one at a time: the other votes were cast among more */
        }
    if (own.split && 2 * splits >= n) /* one core's count alone stops nothing; half of four does */
        exclude_stop(STOP_NO_MAJORITY);
    if (own.since && counter_now() - own.since > control->hard_ticks / 2)
        unheard(active);
}

//@ ensures pages_stay;
static void epoch_begin(uint32_t epoch)
{
    self.epoch = epoch;
    own.mismatch = own.missing = own.split = 0;
    own.since = 0;
    self.epoch_since = counter_now();
    STORE(board_slot(self.number)->accuse, ACCUSE_EPOCH(epoch));
    watchdog_reset();
}

void exclude_poll(void)
{
    struct board_control *control = board_control();
    uint32_t epoch = LOAD(control->epoch);
    uint32_t word = LOAD(control->active);
    uint32_t active = active_set(word);
    uint32_t leader = LOAD(control->leader);
    uint32_t io_core = LOAD(board_shared()->io_core) % REPLICAS_MAX;
    bool io_active = (active & BIT(io_core)) && io_core != self.number;
    enum verdict_kind kind;

    if (!active)
        exclude_stop(STOP_LAST_REPLICA); /* else each would park, and none make the outputs safe */
    if (LOAD(control->stopped) == BOARD_STOPPED || !(active & BIT(self.number)))
        exclude_park();
    if (word != ACTIVE_WORD(active) && /* a flip */
        atomic_compare_exchange_strong(&control->active, &word, ACTIVE_WORD(active)))
        record(RECORD_REPAIR, BOARD_ACTIVE_IPA, REPAIR_BOARD);
    if (epoch != self.epoch)
        epoch_begin(epoch);
    if (leader >= REPLICAS_MAX || !(active & BIT(leader)) || /* a flip, or its excluder died */
        (leader == self.number && !DRIVES && io_active))     /* a flip: two would drive devices */
        atomic_compare_exchange_strong(&control->leader, &leader,
                                       io_active ? io_core : lowest(active));
    /* The old I/O core is off the devices: parked, or silent. Peers wait for us a barrier time. */
    if (board_leader() == self.number && !DRIVES && !io_active &&
        (LOAD(board_slot(io_core)->state) == CORE_PARKED ||
         counter_now() - self.epoch_since > control->barrier_ticks / 4))
        inputs_take_over();
    foreach (r, active & ~BIT(self.number))
        if (LOAD(board_slot(r)->dispute))
            dispute_look(LOAD(board_slot(r)->dispute), &kind);
    if (count(active) == 2)
        tally_two(active);
    else if (count(active) > 2)
        tally(active);
}
