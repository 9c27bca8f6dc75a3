/* SPDX-License-Identifier: BSD-2-Clause */
/* The pure arithmetic of rounds, rings, times and input targets. */
#include "unit.h"

#include "rules.h"

#define MAX UINT64_MAX

static const struct {
    const char *name;
    uint64_t own, theirs, window;
    bool ahead;
} windows[] = {
    { "lockstep, level", 5, 5, 0, false },
    { "lockstep, one ahead", 6, 5, 0, true },
    { "peer is ahead", 5, 6, 0, false },
    { "peer is far ahead", 5, MAX, 0, false },
    { "at the window", 13, 5, 8, false },
    { "past the window", 14, 5, 8, true },
    { "peer has not started", 9, 0, 8, true },
    { "rings wrapped, at the window", 256 + 8, 256, 8, false },
    { "rings wrapped, past the window", 512 + 9, 512, 8, true },
    { "end of numbers", MAX, MAX - 8, 8, false },
    { "end of numbers, past", MAX, MAX - 9, 8, true },
};

static void test_window(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(windows); i++) {
        uint64_t common = rule_common(windows[i].own, windows[i].theirs);

        CHECK(windows[i].name,
              rule_ahead(windows[i].own, windows[i].theirs, windows[i].window) == windows[i].ahead);
        CHECK(windows[i].name, common <= windows[i].own && common <= windows[i].theirs);
        CHECK(windows[i].name, common == windows[i].own || common == windows[i].theirs);
    }
}

/* While neither is ahead by more than the largest window, no compared entry was overwritten. */
static void test_ring_holds_window(void **state)
{
    const uint64_t window = BALLOT_RING / 2 - 1;

    (void)state;
    for (uint64_t own = 1; own < 4 * BALLOT_RING; own++) {
        for (uint64_t lead = 0; lead <= window + 1 && lead < own; lead++) {
            uint64_t theirs = own - lead;
            uint64_t newest_theirs = own + window + 1; /* while we look */

            if (!rule_ahead(own, theirs, window)) {
                assert_true(newest_theirs - theirs < BALLOT_RING + lead + 1);
                assert_true(own - rule_common(own, theirs) < BALLOT_RING);
            }
        }
    }
}

static const struct {
    const char *name;
    uint64_t head, event;
    bool held;
} times_held[] = {
    { "not yet", 9, 10, false },
    { "just published", 10, 10, true },
    { "oldest in the ring", 10 + TIME_RING - 1, 10, true },
    { "overwritten", 10 + TIME_RING, 10, false },
    { "head was hit", MAX, 10, false },
    { "nothing published", 0, 1, false },
};

static void test_time_held(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(times_held); i++) {
        CHECK(times_held[i].name,
              rule_time_held(times_held[i].head, times_held[i].event) == times_held[i].held);
    }
}

static const struct {
    const char *name;
    uint64_t time, previous, now, bound;
    bool plausible;
} times[] = {
    { "now", 100, 50, 100, 10, true },
    { "same as the previous", 50, 50, 55, 10, true },
    { "before the previous", 49, 50, 55, 10, false },
    { "in the future", 101, 50, 100, 10, false },
    { "as old as allowed", 90, 50, 100, 10, true },
    { "too old", 89, 50, 100, 10, false },
    { "high bit flipped", 100 ^ UINT64_C(1) << 63, 50, 100, 10, false },
    { "first event", 0, 0, 0, 0, true },
};

static void test_time_plausible(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        CHECK(times[i].name, rule_time_plausible(times[i].time, times[i].previous, times[i].now,
                                                 times[i].bound) == times[i].plausible);
    }
}

/* Input 5, tag 7: { proposed input, position, check, tag, decision: input, position, reached }. */
#define WHOLE(input, position, tag) input, position, -(UINT64_C(0) + input + position + tag), tag
static const struct {
    const char *name;
    struct input_claim claim;
    enum input_claim_kind kind;
    uint64_t position;
} claims[] = {
    { "nothing yet", { 0, 0, 0, 0, 0, 0, 95 }, CLAIM_NONE, 0 },
    { "not proposed", { WHOLE(1, 90, 7), 1, 91, 95 }, CLAIM_NONE, 0 },
    { "proposed", { WHOLE(5, 100, 7), 1, 91, 100 }, CLAIM_PROPOSED, 100 },
    { "proposed, has run on", { WHOLE(5, 100, 7), 1, 91, 103 }, CLAIM_PROPOSED, 100 },
    { "proposed among other members", { WHOLE(5, 100, 6), 1, 91, 100 }, CLAIM_NONE, 0 },
    { "being proposed again", { WHOLE(5, 100, 0), 1, 91, 100 }, CLAIM_NONE, 0 },
    { "being proposed again, decided", { WHOLE(5, 100, 0), 5, 91, 100 }, CLAIM_NONE, 0 },
    { "delivered", { WHOLE(5, 100, 7), 5, 102, 103 }, CLAIM_PROPOSED, 100 },
    { "says so before it is proposed", { WHOLE(1, 90, 7), 5, 102, 103 }, CLAIM_NONE, 0 },
    { "says so long after", { WHOLE(9, 140, 7), 5, 102, 143 }, CLAIM_NONE, 0 },
    { "delivered before the members changed",
      { WHOLE(5, 100, 6), 5, 102, 103 },
      CLAIM_DECIDED,
      102 },
    { "... but the decision was hit", { WHOLE(5, 100, 6), 5, MAX, 103 }, CLAIM_NONE, 0 },
    { "... but its number was hit", { WHOLE(5, 100, 6), 4, 102, 103 }, CLAIM_NONE, 0 },
    { "event was hit when it was proposed", { WHOLE(5, 102, 7), 1, 91, 100 }, CLAIM_NONE, 0 },
    { "position was hit", { 5, 101, -UINT64_C(112), 7, 1, 91, 103 }, CLAIM_NONE, 0 },
    { "position was hit, delivered",
      { 5, 101, -UINT64_C(112), 7, 5, 102, 103 },
      CLAIM_DECIDED,
      102 },
    { "input was hit, delivered", { 1, 100, -UINT64_C(112), 7, 5, 102, 103 }, CLAIM_DECIDED, 102 },
    { "tag was hit", { 5, 100, -UINT64_C(112), 3, 1, 91, 103 }, CLAIM_NONE, 0 },
    { "an older input's number was hit", { 5, 90, -UINT64_C(98), 7, 1, 91, 103 }, CLAIM_NONE, 0 },
    { "came before boot", { WHOLE(5, 0, 7), 4, 0, 0 }, CLAIM_PROPOSED, 1 },
};

static void test_input_claim(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(claims); i++) {
        uint64_t position = 0;

        CHECK(claims[i].name,
              rule_input_claim(&claims[i].claim, 5, 7, &position) == claims[i].kind);
        CHECK(claims[i].name, claims[i].kind == CLAIM_NONE || position == claims[i].position);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window),      cmocka_unit_test(test_ring_holds_window),
        cmocka_unit_test(test_time_held),   cmocka_unit_test(test_time_plausible),
        cmocka_unit_test(test_input_claim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
