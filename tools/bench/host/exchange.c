/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a ballot exchange takes on two real cores: two threads, each pinned to a core, are two
 * replicas that vote by the C of rcoe/, level entry-exit. Nothing else runs between their votes, so
 * this is the protocol and the way of a cache line from one core to the other, alone.
 * Reader of the output: tools/bench/voting/exchange.py.
 *
 * Usage: exchange CORE CORE WINDOW VOTES. Prints "vote" and "event" lines: name, mean, median and
 * 99th percentile in nanoseconds, number, nanoseconds that the measuring itself takes.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <kernel/trap_frame.h>
#include <rcoe/trap.h>
#include <shim/shim.h>

#include "fingerprint.h"
#include "reintegrate.h"
#include "vote.h"

#define REPLICAS 2u
#define NEVER (~UINT64_C(0))
#define WARM_UP 10u /* a tenth of the votes */
#define ESR_SVC (UINT64_C(0x15) << 26)

_Thread_local uint32_t host_replica;

static _Alignas(BOARD_PAGE) uint8_t board[BOARD_IPA_SIZE];
static pthread_barrier_t barrier;
static uint64_t votes;

struct core {
    pthread_t thread;
    uint32_t replica;
    size_t cpu;
    uint64_t *ticks; /* of each vote, then of each event */
    double mean[2];  /* ticks */
};

static struct board_control *control(void)
{
    return (struct board_control *)(board + (BOARD_CONTROL_IPA - BOARD_IPA));
}

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "exchange: %s\n", what);
    exit(1);
}

/* Nothing of EL2 is ever needed: no device, no input, nobody late, nobody wrong. */
void shim_diverged(uint64_t round)
{
    (void)round;
    fail("the replicas differ");
}
void shim_missing(uint32_t missing)
{
    if (missing != 0) { /* else a new leader asks whether it leads */
        fail("a replica is missing");
    }
}
_Noreturn void shim_panic(uint64_t code, uint64_t detail)
{
    (void)code;
    (void)detail;
    fail("a replica gave itself up");
}
void shim_input_done(void)
{
    fail("an input");
}
void shim_input_hold(void)
{
    fail("an input");
}
void shim_input_release(void) {}
void shim_timer(uint64_t deadline)
{
    (void)deadline;
}
void shim_irq(uint32_t irq, enum irq_operation operation)
{
    (void)irq;
    (void)operation;
}
void shim_putc(char c)
{
    (void)c;
}
void shim_smc(uint64_t args[8])
{
    (void)args;
}
bool kernel_quiet(void)
{
    return true;
}
void reintegrate_join(const struct trap_frame *next)
{
    (void)next;
    fail("a replica joins");
}
void arch_trap_undo(struct trap_frame *tf, uint64_t esr)
{
    (void)tf;
    (void)esr;
}

static void vote(struct trap_frame *tf, uint64_t n)
{
    (void)tf;
    rcoe_note(n);
    vote_exit(ballot_own(), rcoe_fingerprint);
}

/* A system call: two votes, and all registers of the program hashed twice. */
static void event(struct trap_frame *tf, uint64_t n)
{
    tf->x[0] = n;
    tf->spsr = 0;
    (void)rcoe_enter(tf, TRAP_SYNC, ESR_SVC, 0, fingerprint_registers(tf));
    rcoe_leave(false, tf, NEVER);
}

static double run(void (*step)(struct trap_frame *, uint64_t), struct trap_frame *tf,
                  uint64_t *ticks)
{
    uint64_t start = 0;

    pthread_barrier_wait(&barrier);
    for (uint64_t n = 0; n < votes + votes / WARM_UP; n++) {
        uint64_t before = __rdtsc();

        step(tf, n);
        if (n >= votes / WARM_UP) {
            start = start != 0 ? start : before;
            ticks[n - votes / WARM_UP] = __rdtsc() - before;
        }
    }
    return (double)(__rdtsc() - start) / (double)votes;
}

static void *core_main(void *argument)
{
    struct core *core = argument;
    struct trap_frame tf = { 0 };
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(core->cpu, &set);
    if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0) {
        fail("cannot pin a thread to its core");
    }
    host_replica = core->replica;
    pthread_barrier_wait(&barrier);
    rcoe_init((uintptr_t)board);
    core->mean[0] = run(vote, &tf, core->ticks);
    core->mean[1] = run(event, &tf, core->ticks + votes);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static double ticks_per_ns(void)
{
    struct timespec begin, now;
    uint64_t start = __rdtsc();
    double ns;

    clock_gettime(CLOCK_MONOTONIC_RAW, &begin);
    do {
        clock_gettime(CLOCK_MONOTONIC_RAW, &now);
        ns = (double)(now.tv_sec - begin.tv_sec) * 1e9 + (double)(now.tv_nsec - begin.tv_nsec);
    } while (ns < 5e7);
    return (double)(__rdtsc() - start) / ns;
}

/* Two looks at the counter with nothing in between: what every figure contains. */
static double empty_ticks(void)
{
    uint64_t least = NEVER;

    for (int i = 0; i < 1000; i++) {
        uint64_t before = __rdtsc();
        uint64_t took = __rdtsc() - before;

        least = took < least ? took : least;
    }
    return (double)least;
}

static void tell(const char *name, uint64_t *ticks, double mean, double rate)
{
    qsort(ticks, votes, sizeof(*ticks), by_size);
    printf("%s %.2f %.2f %.2f %lu %.2f\n", name, mean / rate, (double)ticks[votes / 2] / rate,
           (double)ticks[votes - 1 - votes / 100] / rate, votes, empty_ticks() / rate);
}

int main(int argc, char **argv)
{
    struct core core[REPLICAS];
    double rate = ticks_per_ns();

    if (argc != 5) {
        fail("usage: exchange CORE CORE WINDOW VOTES");
    }
    votes = strtoull(argv[4], NULL, 10);
    *control() = (struct board_control){
        .magic = BOARD_MAGIC,
        .version = BOARD_VERSION,
        .replicas = REPLICAS,
        .vote_level = VOTE_ENTRY_EXIT,
        .window = (uint32_t)strtoul(argv[3], NULL, 10),
        .barrier_ticks = NEVER / 4,
        .hard_ticks = NEVER / 4,
        .active = (1u << REPLICAS) - 1u,
    };
    pthread_barrier_init(&barrier, NULL, REPLICAS);
    for (uint32_t r = 0; r < REPLICAS; r++) {
        struct ballot *ballot = (struct ballot *)(board + (BOARD_BALLOT_IPA(r) - BOARD_IPA));

        ballot->replica = r;
        core[r] = (struct core){ .replica = r, .cpu = strtoul(argv[1 + r], NULL, 10) };
        core[r].ticks = calloc(2 * votes, sizeof(uint64_t));
        if (core[r].ticks == NULL ||
            pthread_create(&core[r].thread, NULL, core_main, &core[r]) != 0) {
            fail("no memory, or no thread");
        }
    }
    for (uint32_t r = 0; r < REPLICAS; r++) {
        pthread_join(core[r].thread, NULL);
    }
    tell("vote", core[0].ticks, core[0].mean[0], rate);
    tell("event", core[0].ticks + votes, core[0].mean[1], rate);
    return 0;
}
