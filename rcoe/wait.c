/* SPDX-License-Identifier: BSD-2-Clause */
#include "vote.h"
#include "wait.h"

void wait_turn(struct wait *wait, const _Atomic uint64_t *word, uint64_t seen, uint32_t missing)
{
    uint64_t now = arch_counter();

    /* What is awaited may never come just because somebody took a wrong way. */
    vote_compare();
    if (wait->begun == 0) {
        ballot_check(ballot_own()); /* who counts otherwise waits for what never comes */
        wait->begun = now;
        wait->start = now;
    }
    if (now - wait->start > rcoe.barrier_ticks) {
        shim_missing(missing); /* does not return if we are the one who is wrong */
        wait->start = arch_counter();
        return;
    }
    arch_wait(word, seen);
}

void wait_end(const struct wait *wait)
{
    struct ballot *own = ballot_own();

    if (wait->begun != 0) {
        own->waits++;
        own->wait_ticks += arch_counter() - wait->begun;
    }
}
