/* SPDX-License-Identifier: BSD-2-Clause */
#include <rcoe/dispute.h>

/* Healthy replicas are a window and one round apart at most, and a window is below half a ring. */
#define APART (BALLOT_RING / 2)

/* Those in `of` that are at least `distance` rounds ahead of a round. */
//@ requires \valid_read(published + (0 .. REPLICAS_MAX - 1)); assigns \nothing;
static uint32_t ahead(const uint64_t published[REPLICAS_MAX], uint32_t of, uint64_t round,
                      uint64_t distance)
{
    uint32_t found = 0;

    //@ loop assigns r, found; loop variant REPLICAS_MAX - r;
    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        if ((of & (1u << r)) != 0 && published[r] >= round && published[r] - round >= distance) {
            found |= 1u << r;
        }
    }
    return found;
}

//@ requires \valid_read(published + (0 .. REPLICAS_MAX - 1)); assigns \nothing;
static uint64_t least(const uint64_t published[REPLICAS_MAX], uint32_t of)
{
    uint64_t found = ~UINT64_C(0);

    //@ loop assigns r, found; loop variant REPLICAS_MAX - r;
    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        if ((of & (1u << r)) != 0 && published[r] < found) {
            found = published[r];
        }
    }
    return found;
}

/* The one that is too far ahead of every other; none if the two foremost are not far apart. */
//@ requires \valid_read(published + (0 .. REPLICAS_MAX - 1)); assigns \nothing;
static uint32_t runaway(const uint64_t published[REPLICAS_MAX], uint32_t active)
{
    uint32_t found = 0;

    //@ loop assigns r, found; loop variant REPLICAS_MAX - r;
    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        uint32_t others = active & ~(1u << r);

        if ((active & (1u << r)) != 0 && others != 0 &&
            ahead(published, others, published[r] < APART ? 0 : published[r] - APART, 0) == 0) {
            found |= 1u << r;
        }
    }
    return found;
}

//@ requires \valid_read(published + (0 .. REPLICAS_MAX - 1)); assigns \nothing;
struct dispute dispute(const uint64_t published[REPLICAS_MAX], uint32_t active, uint64_t round)
{
    struct dispute result = { .behind = active & ~ahead(published, active, round, 0) };
    uint32_t beyond = ahead(published, active, round, BALLOT_RING);

    if (beyond != 0) {
        round = least(published, active);
        beyond = ahead(published, active, round, BALLOT_RING);
    }
    result.round = round;
    if ((beyond & ~runaway(published, active)) == 0) {
        result.present = active & ~beyond;
        result.wrong = beyond;
    }
    return result;
}
