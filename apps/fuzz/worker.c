/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker: makes calls, keeps a log of them, reports. Runs in the workers' address space. */
#include "fuzz.h"

struct worker_memory workers[WORKERS] __attribute__((aligned(PAGE)));
_Static_assert(sizeof(struct worker_memory) == 2 * PAGE, "pages are mapped one by one");

static void log_call(struct worker *worker, seL4_Word result)
{
    if (worker->pending != 0 && worker->logged < BLOCK) {
        worker->log[worker->logged++] = (seL4_Uint16)((worker->pending - 1) * RESULTS + result);
    }
    worker->pending = 0;
}

/* A fault that the supervisor takes for what it is. */
static void report(struct worker *worker)
{
    worker->call[7] = REPORT;
    worker_call(worker->call, worker->number);
}

static seL4_Word result_of(const struct worker *worker, seL4_Word row)
{
    seL4_Word label = worker->call[1] >> 12;

    if (row >= LABELS) {
        return RESULT_DONE;
    }
    return label < seL4_NumErrors ? label : (seL4_Word)RESULT_MESSAGE;
}

_Noreturn void worker_main(struct worker *worker, seL4_Word outcome, seL4_Word random,
                           seL4_Word number, seL4_Word end, seL4_Word blocking)
{
    if (random != 0) { /* nothing is left of what an earlier life was interrupted in */
        *worker =
            (struct worker){ .random = random, .number = number, .end = end, .blocking = blocking };
        *buffer_of(worker) = (seL4_IPCBuffer){ .tag = { { 0 } } };
    }
    log_call(worker, outcome);
    for (;;) {
        seL4_Word row;

        while (worker->number >= worker->end || worker->logged >= BLOCK) {
            report(worker);
        }
        worker->number++;
        row = worker_choose(worker);
        worker->pending = row + 1;
        if (row >= ROW_FAULT) {
            worker_mistake(row - ROW_FAULT);
        } else {
            worker_call(worker->call, worker->number);
        }
        log_call(worker, result_of(worker, row));
    }
}

void mistake_undefined(void);
void mistake_break(void);
void mistake_stack(void);
void mistake_counter(void);
void mistake_float(void);

void worker_mistake(seL4_Word which)
{
    volatile seL4_Word *nowhere = (volatile seL4_Word *)0x123450000ul;
    volatile seL4_Word *constant = (volatile seL4_Word *)0x400000ul;

    switch (which) {
    case 0:
        *nowhere = 1;
        break;
    case 1:
        *constant = 1;
        break;
    case 2:
        mistake_undefined();
        break;
    case 3:
        mistake_break();
        break;
    case 4:
        mistake_stack();
        break;
    case 5:
        mistake_counter();
        break;
    case 6:
        mistake_float();
        break;
    default:
        ((void (*)(void))0x7f0000001000ul)();
        break;
    }
}
