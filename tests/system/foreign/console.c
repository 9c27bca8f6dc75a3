/* SPDX-License-Identifier: BSD-2-Clause */
/* Text by DebugPutChar, and the count of checks. */
#include "foreign.h"

static unsigned checks_done, checks_failed;

void print(const char *text)
{
    while (*text != '\0')
        put_char(*text++);
}

void print_number(word number)
{
    char digits[19];
    unsigned at = sizeof(digits) - 1;

    digits[at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[number & 15];
        number >>= 4;
    } while (number != 0);
    print("0x");
    print(&digits[at]);
}

void print_decimal(word number)
{
    char digits[21];
    unsigned at = sizeof(digits) - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    print(&digits[at]);
}

void print_line(const char *name, word number)
{
    print(name);
    print(" ");
    print_number(number);
    print("\n");
}

void check(bool right, const char *what)
{
    checks_done++;
    if (right)
        return;
    checks_failed++;
    print("FAILED: ");
    print(what);
    print("\n");
}

void check_equal(word found, word expected, const char *what)
{
    check(found == expected, what);
    if (found != expected) {
        print_line("  found", found);
        print_line("  expected", expected);
    }
}

void checks_report(void)
{
    print("foreign: ");
    print_decimal(checks_done);
    print(" checks, ");
    print_decimal(checks_failed);
    print(" failed\n");
}
