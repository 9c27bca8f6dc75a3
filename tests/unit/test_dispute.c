/* SPDX-License-Identifier: BSD-2-Clause */
/* At which round are replicas compared, and who has run away? */
#include "unit.h"

#include <rcoe/dispute.h>

#define FAR (BALLOT_RING / 2 + 1)

struct row {
    const char *name;
    uint64_t published[REPLICAS_MAX];
    uint32_t active;
    uint64_t disputed;
    struct dispute expected;
};
static const struct row rows[] = {
    { "all are there", { 9, 9, 9 }, 7, 9, { 0, 9, 7, 0 } },
    { "some are further", { 9, 20, 70 }, 7, 9, { 0, 9, 7, 0 } },
    { "one is behind", { 9, 8, 9 }, 7, 9, { .behind = 2 } },
    { "all but one are behind", { 1, 8, 9, 2 }, 15, 9, { .behind = 11 } },
    { "who is out does not count", { 9, 0, 9 }, 5, 9, { 0, 9, 5, 0 } },
    { "the ring just holds it", { 300, 300, 45 + 255 }, 7, 45, { 0, 45, 7, 0 } },
    /* One flip in a slot, or a late complaint: healthy replicas on both sides of a ring's end. */
    { "a round of long ago", { 300, 301, 302 }, 7, 44, { 0, 300, 7, 0 } },
    { "straddled by healthy ones", { 299, 300, 363 }, 7, 44, { 0, 299, 7, 0 } },
    { "of two", { 299, 300 }, 3, 44, { 0, 299, 3, 0 } },
    /* A liar says it has published little: whoever it straddles is not judged. */
    { "a liar behind two", { 44, 299, 300 }, 7, 44, { 0, 44, 0, 0 } },
    { "a liar behind two, far", { 44, 400, 420 }, 7, 44, { 0, 44, 0, 0 } },
    { "a liar behind three", { 44, 299, 300, 310 }, 15, 44, { 0, 44, 0, 0 } },
    { "a liar behind two, a window apart", { 44, 299, 299 + FAR - 1 }, 7, 44, { 0, 44, 0, 0 } },
    /* One that ran away from all others is wrong. */
    { "far ahead of two", { 300, 310, 556 }, 7, 300, { 0, 300, 3, 4 } },
    { "far ahead of two, old round", { 300, 310, 556 }, 7, 44, { 0, 300, 3, 4 } },
    { "far ahead, though the ring holds it", { 300, 310, 555 }, 7, 300, { 0, 300, 7, 0 } },
    { "far ahead of three", { 300, 1 << 20, 310, 320 }, 15, 300, { 0, 300, 13, 2 } },
    { "far ahead of one", { 300, 556 }, 3, 300, { 0, 300, 1, 2 } },
    { "just not far enough", { 300, 428, 428 + FAR - 1 }, 7, 300, { 0, 300, 0, 0 } },
    { "just far enough", { 300, 427, 427 + FAR }, 7, 300, { 0, 300, 3, 4 } },
    { "two ran away", { 300, 301, 900, 1900 }, 15, 300, { 0, 300, 0, 0 } },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct dispute found = dispute(row->published, row->active, row->disputed);

        if (found.behind != row->expected.behind ||
            (found.behind == 0 &&
             (found.round != row->expected.round || found.present != row->expected.present ||
              found.wrong != row->expected.wrong))) {
            fail_msg("%s: behind %#x, round %lu, present %#x, wrong %#x", row->name, found.behind,
                     (unsigned long)found.round, found.present, found.wrong);
        }
    }
}

/* Whatever one replica and one slot say, no two healthy ones are ever called wrong. */
static void test_healthy_ones_are_never_wrong(void **state)
{
    (void)state;
    for (uint64_t liar = 0; liar < 1200; liar += 7) {
        for (uint64_t apart = 0; apart <= BALLOT_RING / 2; apart++) {
            for (uint64_t disputed = 0; disputed < 1000; disputed += 37) {
                uint64_t published[REPLICAS_MAX] = { 600, liar, 600 + apart };

                assert_int_equal(dispute(published, 7, disputed).wrong & 5u, 0);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_healthy_ones_are_never_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
