/* SPDX-License-Identifier: BSD-2-Clause */
/* How often each kind of call ended in each way. */
#include "fuzz.h"

static seL4_Word count[ROWS][RESULTS];
static seL4_Word calls;

void coverage_add(const struct worker *worker)
{
    for (seL4_Word i = 0; i < worker->logged; i++) {
        count[worker->log[i] / RESULTS][worker->log[i] % RESULTS]++;
    }
    calls += worker->logged;
}

seL4_Word coverage_calls(void)
{
    return calls;
}

static void print_row(seL4_Word row, const char *kind, seL4_Word number)
{
    print_text("fuzz: ");
    print_text(kind);
    print_text(" ");
    print_decimal(number);
    print_text(":");
    for (seL4_Word result = 0; result < RESULTS; result++) {
        static const char *const others[] = { "message", "done", "fault", "stopped", "?" };

        if (count[row][result] != 0) {
            print_text(" ");
            print_text(result < seL4_NumErrors ? error_name(result)
                                               : others[result - seL4_NumErrors]);
            print_text(" ");
            print_decimal(count[row][result]);
        }
    }
    print_text("\n");
}

void coverage_print(void)
{
    seL4_Word succeeded = 0, pairs = 0;

    for (seL4_Word row = 0; row < ROWS; row++) {
        if (row < LABELS) {
            print_row(row, "label", row);
            succeeded += count[row][seL4_NoError] != 0;
            for (seL4_Word error = 1; error < seL4_NumErrors; error++) {
                pairs += count[row][error] != 0;
            }
        } else if (row > ROW_SYSCALL && row < ROW_UNKNOWN) {
            print_row(row, "system call", row - ROW_SYSCALL);
        } else if (row == ROW_UNKNOWN) {
            print_row(row, "unknown call", 0);
        } else if (row >= ROW_FAULT) {
            print_row(row, "mistake", row - ROW_FAULT);
        }
    }
    print_text("fuzz: coverage: ");
    print_decimal(succeeded);
    print_text(" labels succeeded, ");
    print_decimal(pairs);
    print_text(" pairs of label and error\n");
}
