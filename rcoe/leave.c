/* SPDX-License-Identifier: BSD-2-Clause */
/* What is rare at a kernel exit: another deadline. Previous file in the flow: leave.h. */
#include <rcoe/trap.h>

/*
 * Stored always, armed by the leader only: EL2 of a new leader reads the ballot when it takes over,
 * and that is after this store or before this look at who leads. EL2 also reads it at each of its
 * ticks, so it has to be told only when its timer is set to a later moment. A deadline that was
 * logged is used up, so `fired` arms it again even if it is the same: time may have been an earlier
 * leader's.
 */
void leave_deadline(uint64_t deadline, bool fired)
{
    atomic_store_explicit(&ballot_own()->deadline, deadline, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (ballot_leader() == ballot_self() &&
        (fired ||
         deadline < atomic_load_explicit(&slot_own(ballot_own())->armed, memory_order_relaxed))) {
        shim_timer(deadline);
    }
}
