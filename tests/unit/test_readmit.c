/* SPDX-License-Identifier: BSD-2-Clause */
/* May an excluded replica come back by itself? */
#include "unit.h"

#include <string.h>

#include <rcoe/readmit.h>

static struct readmission history[READMISSIONS];

struct attempts {
    uint32_t replica;
    uint32_t second; /* of the first one */
    uint32_t count;  /* one a second */
};
struct row {
    const char *name;
    struct attempts begun[3];
    uint32_t replica;
    uint32_t now;
    uint32_t limit;
    enum readmit expected;
};
static const struct row rows[] = {
    { "first", { { 0, 0, 0 } }, 2, 0, 1, READMIT_NOW },
    { "never by itself", { { 0, 0, 0 } }, 2, 0, 0, READMIT_NEVER },
    { "one before, its own", { { 2, 10, 1 } }, 2, 20, 2, READMIT_NOW },
    { "too often, its own", { { 2, 10, 2 } }, 2, 20, 2, READMIT_NEVER },
    { "too often, another's", { { 1, 10, 2 } }, 2, 20, 2, READMIT_LATER },
    { "too often, mixed", { { 1, 10, 1 }, { 2, 11, 1 } }, 2, 20, 2, READMIT_LATER },
    { "another's, an hour later", { { 1, 10, 2 } }, 2, 10 + 3600, 2, READMIT_NOW },
    { "another's, not quite an hour", { { 1, 10, 2 } }, 2, 9 + 3600, 2, READMIT_LATER },
    { "its own, an hour later", { { 2, 10, 2 } }, 2, 11 + 3600, 2, READMIT_NOW },
    { "attempts of the same second", { { 2, 20, 1 } }, 2, 20, 1, READMIT_NEVER },
    { "most, in all", { { 1, 0, 254 } }, 2, 300, 255, READMIT_NOW },
    { "most, in all, and one", { { 1, 0, 255 } }, 2, 300, 255, READMIT_LATER },
    { "more than are remembered", { { 1, 0, 3000 }, { 2, 3000, 1 } }, 2, 3001, 255, READMIT_LATER },
    { "its own are pushed out by nothing newer",
      { { 1, 0, 3000 }, { 2, 3000, 255 } },
      2,
      3255,
      255,
      READMIT_NEVER },
    { "a time from the future is none of this hour", { { 2, 5000, 4 } }, 2, 100, 1, READMIT_NOW },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        uint64_t attempts = 0;

        memset(history, 0, sizeof(history));
        for (size_t k = 0; k < COUNT(row->begun); k++) {
            for (uint32_t n = 0; n < row->begun[k].count; n++) {
                history[attempts++ % READMISSIONS] =
                    (struct readmission){ row->begun[k].second + n, row->begun[k].replica };
            }
        }
        CHECK(row->name,
              readmit_rule(history, attempts, row->replica, row->now, row->limit) == row->expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
