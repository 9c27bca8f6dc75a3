/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting: checks, cases, groups, and what is printed about them. */
#include "apitest.h"

static const char *group_name, *case_name;
static unsigned checks, failed_checks;
static bool skipped;

static void print_place(const char *file, int line)
{
    print_text("apitest: ");
    print_text(group_name);
    print_text("/");
    print_text(case_name);
    print_text(": ");
    print_text(file);
    print_text(":");
    print_decimal((seL4_Word)line);
}

void check(bool good, const char *file, int line, const char *what)
{
    checks++;
    if (good)
        return;
    failed_checks++;
    print_place(file, line);
    print_text(": wrong: ");
    print_text(what);
    print_text("\n");
}

void check_error(seL4_Word got, seL4_Word expected, const char *file, int line, const char *what)
{
    check(got == expected, file, line, what);
    if (got == expected)
        return;
    print_text("    got ");
    print_text(error_name(got));
    print_text(", expected ");
    print_text(error_name(expected));
    print_text("\n");
}

void check_equal(seL4_Word got, seL4_Word expected, const char *file, int line, const char *what)
{
    check(got == expected, file, line, what);
    if (got == expected)
        return;
    print_text("    got ");
    print_hex(got);
    print_text(", expected ");
    print_hex(expected);
    print_text("\n");
}

void check_failure(seL4_Word got, struct failure expected, const char *file, int line,
                   const char *what)
{
    check_error(got, expected.error, file, line, what);
    if (got != expected.error)
        return;
    for (unsigned i = 0; i < expected.count; i++)
        check_equal(seL4_GetMR((int)i), expected.words[i], file, line, what);
}

void skip(const char *reason)
{
    skipped = true;
    print_text("apitest: ");
    print_text(group_name);
    print_text("/");
    print_text(case_name);
    print_text(": skipped: ");
    print_text(reason);
    print_text("\n");
}

_Noreturn void give_up(const char *what, seL4_Word error)
{
    print_text("apitest: ");
    print_text(group_name);
    print_text("/");
    print_text(case_name);
    print_text(": cannot go on: ");
    print_text(what);
    print_text(": ");
    print_text(error_name(error));
    print_text("\n");
    root_stop();
}

static void case_run(const struct api_group *group, const struct api_case *c,
                     struct api_counts *counts)
{
    unsigned failed_before = failed_checks, checks_before = checks;

    case_name = c->name;
    skipped = false;
    environment_open();
    if (group->prepare)
        group->prepare();
    c->run();
    environment_close();
    if (!skipped && checks == checks_before)
        check(false, __FILE_NAME__, __LINE__, "the case checks something");
    if (failed_checks != failed_before)
        counts->failed++;
    else if (skipped)
        counts->skipped++;
    else
        counts->passed++;
}

void group_run(const struct api_group *group, struct api_counts *counts)
{
    unsigned failed_before = failed_checks, checks_before = checks;

    group_name = group->name;
    for (unsigned i = 0; i < group->count; i++)
        case_run(group, &group->cases[i], counts);
    print_text(group->name);
    print_text(": ");
    print_decimal(group->count);
    print_text(" cases, ");
    print_decimal(checks - checks_before);
    print_text(failed_checks == failed_before ? " checks, ok\n" : " checks, FAILED\n");
    counts->cases += group->count;
    counts->checks = checks;
    counts->failed_checks = failed_checks;
}
