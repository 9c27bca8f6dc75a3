/* SPDX-License-Identifier: BSD-2-Clause */
/* When the kernel is left, or a program asks: which part of the checks is made. */
#include <arch/trap.h>
#include <kernel/memory.h>
#include <kernel/syscall.h>

#include "census.h"

#define QUICK_THREADS 8u     /* of each queue, at every exit */
#define DEFAULT_STRIDE 1024u /* exits from one complete walk to the next */
#define WALK_THREADS UINT32_MAX

static struct census census; /* too large for the kernel stack */
static word_t stride = DEFAULT_STRIDE;
static word_t exits; /* since the last complete walk */
static word_t walks;

struct broken invariants_quick(void)
{
    const struct cte *slot = state.current->slot;

    for (word_t i = 0; i < TCB_SLOTS; i++) {
        struct broken found = sound();

        if (cap_type(slot[i].cap) != CAP_NULL) {
            found = slot_check(&slot[i]);
        }
        if (found.what != INVARIANT_NONE) {
            return found;
        }
    }
    return queues_check(NULL, QUICK_THREADS);
}

static struct broken balance_check(void)
{
    census.balance[INVARIANT_LIVE_FPU_OWNER] += state.fpu_owner != NULL;
    for (unsigned int what = 0; what < INVARIANTS; what++) {
        if (census.balance[what] != 0) {
            return broken((enum invariant)what, (const void *)census.balance[what]);
        }
    }
    return sound();
}

struct broken invariants_walk(void)
{
    struct broken found;

    census.depth = 0;
    for (unsigned int what = 0; what < INVARIANTS; what++) {
        census.balance[what] = 0;
    }
    walks++;
    exits = 0;
    found = queues_check(&census, WALK_THREADS);
    if (found.what == INVARIANT_NONE) {
        found = derivation_check(&census);
    }
    if (found.what == INVARIANT_NONE) {
        found = irqs_check(&census);
    }
    if (found.what == INVARIANT_NONE) {
        found = asid_table_check(&census);
    }
    return found.what == INVARIANT_NONE ? balance_check() : found;
}

/* The number in the upper bits, below it where: what tools/recorder reads from the record. */
#define DETAIL_WHAT_SHIFT 48u

void invariants_check(void)
{
    struct broken found;

    exits++;
    found = stride != 0 && exits >= stride ? invariants_walk() : invariants_quick();
    if (found.what != INVARIANT_NONE) {
        panic(PANIC_INVARIANT, (word_t)found.what << DETAIL_WHAT_SHIFT |
                                   ((word_t)found.where & MASK(DETAIL_WHAT_SHIFT)));
    }
}

bool invariants_syscall(int64_t number)
{
    word_t *x = state.current->context.x;
    struct broken found;

    if (number != SYS_DEBUG_CHECK_INVARIANTS) {
        return false;
    }
    if (x[REGISTER_INFO] != 0) {
        stride = x[REGISTER_INFO] == ~UINT64_C(0) ? 0 : x[REGISTER_INFO];
    }
    found = invariants_walk();
    x[REGISTER_CAP] = found.what;
    x[REGISTER_INFO] = walks;
    return true;
}
