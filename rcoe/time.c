/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time of an event, agreed when the kernel asks for it (rcoe_now). Events without a time leave
 * holes in the ring; all replicas leave the same ones.
 *
 * Who may be told what when the leader changes: a follower accepts a time only if the replica it
 * came from is still the leader *after* the time was read. So a time that any follower accepted was
 * published before the change, and the new leader, which looks after the change, sees it.
 */
#include "time.h"
#include "wait.h"

/* First turn as the leader: find out how far the earlier leaders' times reach. */
//@ requires configured; assigns *the_own;
static void take_over(void)
{
    struct ballot *own = ballot_own();
    uint32_t self = ballot_self();

    own->inherited = 0;
    /*
     * control.leader may have been stored by EL2 of this very core: it must be visible to the
     * others before we look, or an old leader's time could be accepted after we did not see it.
     */
    atomic_thread_fence(memory_order_seq_cst);
    //@ loop assigns r, *the_own;
    for (uint32_t r = 0; r < rcoe.replicas; r++) {
        uint64_t head = atomic_load_explicit(&ballot_of(r)->time_head, memory_order_acquire);

        if (r != self && rule_time_held(head, rcoe.event) && head > own->inherited) {
            own->inherited = head;
        }
    }
    own->leading = 1;
}

/* A peer's record of the old leader's time first: the old leader may be out for a wrong one. */
//@ requires configured && \valid(time); assigns *time;
static bool inherited_time(uint64_t *time)
{
    uint32_t peers = ballot_peers();
    uint32_t others = ((1u << rcoe.replicas) - 1u) & ~(1u << ballot_self()) & ~peers;

    //@ loop assigns r, *time;
    for (uint32_t r = 0; r < rcoe.replicas; r++) {
        if ((peers & (1u << r)) != 0 && time_of(r, rcoe.event, time)) {
            return true;
        }
    }
    //@ loop assigns r, *time;
    for (uint32_t r = 0; r < rcoe.replicas; r++) {
        if ((others & (1u << r)) != 0 && time_of(r, rcoe.event, time)) {
            return true;
        }
    }
    return false;
}

//@ requires configured; assigns *the_own; ensures \result >= rcoe.time;
static uint64_t leader_time(void)
{
    struct ballot *own = ballot_own();
    uint64_t time;

    if (own->leading == 0) {
        take_over();
    }
    if (rcoe.event > own->inherited || !inherited_time(&time)) {
        time = arch_counter();
    }
    return time < rcoe.time ? rcoe.time : time;
}

uint64_t time_agree(void)
{
    struct wait wait = { 0, 0 };
    uint64_t time;

    //@ loop assigns time, wait, *the_own;
    for (;;) {
        uint32_t leader = ballot_leader();
        const struct ballot *theirs = ballot_of(leader);
        uint64_t head = atomic_load_explicit(&theirs->time_head, memory_order_acquire);

        if (leader == ballot_self()) {
            if (ballot_own()->leading == 0) {
                shim_missing(0); /* nobody is: EL2 looks, and repairs a number that was flipped */
                if (ballot_leader() != leader) {
                    continue;
                }
            }
            time = leader_time();
            break;
        }
        ballot_own()->leading = 0; /* not any more: a flip said so, or says it now */
        if (time_of(leader, rcoe.event, &time) && ballot_leader() == leader) {
            break;
        }
        /* An implausible time is as good as none: the same complaint, after the same patience. */
        wait_turn(&wait, &theirs->time_head, head, 1u << leader);
    }
    wait_end(&wait);
    return time;
}
