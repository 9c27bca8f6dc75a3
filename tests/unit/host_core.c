/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_core.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rcoe/verdict.h>
#include <shim/shim.h>

#include <arch_rcoe.h>

#define TICKS_PER_SECOND UINT64_C(1000000000)
#define NEVER (~UINT64_C(0))

_Alignas(BOARD_PAGE) uint8_t host_board[BOARD_IPA_SIZE];

_Thread_local uint32_t host_replica;
_Thread_local struct host_core host_core;

static pthread_mutex_t el2_lock = PTHREAD_MUTEX_INITIALIZER; /* instead of EL2's compare-and-swap */
static _Atomic uint32_t finished; /* replicas that reached plan->events */
static _Atomic uint32_t guilty;   /* replicas that the test broke */
static _Atomic uint32_t ended;    /* threads that do not take signals any more */

struct board_control *host_control(void)
{
    return (struct board_control *)(host_board + (BOARD_CONTROL_IPA - BOARD_IPA));
}
struct board_log *host_log(void)
{
    return (struct board_log *)(host_board + (BOARD_LOG_IPA - BOARD_IPA));
}
struct ballot *host_ballot(uint32_t r)
{
    return (struct ballot *)(host_board + (BOARD_BALLOT_IPA(r) - BOARD_IPA));
}
struct board_slot *host_slot(uint32_t r)
{
    return (struct board_slot *)(host_board + (BOARD_SLOT_IPA(r) - BOARD_IPA));
}

uint64_t host_counter(void)
{
    struct timespec now;

    if (host_core.clock_stopped != 0) {
        return host_core.clock_stopped;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * TICKS_PER_SECOND + (uint64_t)now.tv_nsec;
}

void host_delay(void)
{
    host_core.seed = host_core.seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    if ((host_core.seed >> 40) % 256 == 0) {
        sched_yield();
    }
}

static uint32_t active(void)
{
    return atomic_load_explicit(&host_control()->active, memory_order_acquire);
}

static void park_if_out(void)
{
    if ((active() & (1u << host_replica)) == 0 || atomic_load(&host_control()->stopped) != 0) {
        atomic_fetch_or(&ended, 1u << host_replica);
        pthread_exit(NULL);
    }
}

/* As shim/inputs.c: what makes the agreement work is the order of these few lines. */
static void propose(void)
{
    const struct ballot *own = host_ballot(host_replica);
    struct board_slot *slot = host_slot(host_replica);
    uint64_t next = atomic_load_explicit(&own->delivered, memory_order_acquire) + 1;
    uint64_t tag = (uint64_t)atomic_load(&host_control()->epoch) << 32 | active();
    uint64_t proposed = atomic_load_explicit(&slot->proposal_input, memory_order_relaxed);
    struct input_proposal *proposal = &slot->proposal[next % DECISIONS];
    uint64_t position;

    if (atomic_load_explicit(&host_log()->head, memory_order_acquire) < next || proposed > next) {
        return;
    }
    if (proposed == next && atomic_load(&host_core.put_off) &&
        host_counter() - host_core.put_off_at > host_control()->barrier_ticks) {
        atomic_store(&host_core.put_off, false);
        atomic_store(&host_core.virtual_irq, true);
    }
    if (proposed == next && (atomic_load(&proposal->tag) == tag ||
                             atomic_load_explicit(&own->deciding, memory_order_relaxed) != 0)) {
        return;
    }
    position = atomic_load_explicit(&own->event, memory_order_acquire) +
               atomic_load_explicit(&slot->accesses, memory_order_relaxed);
    atomic_store_explicit(&proposal->tag, 0, memory_order_release);
    atomic_store_explicit(&proposal->input, next, memory_order_release);
    atomic_store_explicit(&proposal->position, position, memory_order_release);
    atomic_store_explicit(&proposal->check, -(next + position + tag), memory_order_release);
    atomic_store_explicit(&proposal->tag, tag, memory_order_release);
    atomic_store_explicit(&slot->proposal_input, next, memory_order_release);
    atomic_store(&host_core.put_off, false);
    atomic_store(&host_core.virtual_irq, true);
}

static bool input_pending(void)
{
    uint64_t delivered =
        atomic_load_explicit(&host_ballot(host_replica)->delivered, memory_order_acquire);

    return atomic_load(&host_slot(host_replica)->proposal_input) == delivered + 1;
}

/* EL2 interrupts EL1 between any two instructions, but not itself. */
static void on_signal(int number)
{
    (void)number;
    if (host_core.plan != NULL && !atomic_load(&host_core.in_el2)) {
        propose();
    }
}

static void el2_enter(void)
{
    atomic_store(&host_core.in_el2, true);
}

static void el2_leave(void)
{
    park_if_out();
    propose();
    atomic_store(&host_core.in_el2, false);
}

void host_poll(void)
{
    el2_enter();
    sched_yield();
    el2_leave();
}

void host_wait(void)
{
    host_poll();
}

static void exclude(uint32_t set)
{
    struct board_control *control = host_control();
    uint32_t left;

    pthread_mutex_lock(&el2_lock);
    left = active() & ~set;
    if (left != active()) {
        atomic_store_explicit(&control->active, left, memory_order_release);
        if ((left & (1u << atomic_load(&control->leader))) == 0 && left != 0) {
            atomic_store(&control->leader, (uint32_t)__builtin_ctz(left));
        }
        atomic_fetch_add(&control->epoch, 1);
    }
    pthread_mutex_unlock(&el2_lock);
}

static void stop(void)
{
    atomic_store(&host_control()->stopped, BOARD_STOPPED);
}

static bool all_published(uint64_t round)
{
    for (uint32_t r = 0; r < host_core.plan->replicas; r++) {
        if ((active() & (1u << r)) != 0 && atomic_load(&host_ballot(r)->round) < round) {
            return false;
        }
    }
    return true;
}

void shim_diverged(uint64_t round)
{
    uint32_t fingerprint[REPLICAS_MAX];
    struct verdict result;

    el2_enter();
    while (!all_published(round)) {
        park_if_out();
        propose();
        sched_yield();
    }
    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        fingerprint[r] =
            (active() & (1u << r)) != 0 ? host_ballot(r)->fingerprint[round % BALLOT_RING] : 0;
    }
    result = verdict(fingerprint, active());
    if (result.kind == VERDICT_SPLIT) {
        stop();
    } else if (result.kind == VERDICT_OUTVOTED) {
        exclude(result.outvoted);
    }
    el2_leave();
}

/* The test knows who hangs; a starved thread on a busy machine is nobody's fault. */
void shim_missing(uint32_t missing)
{
    uint32_t late = missing & atomic_load(&guilty);

    el2_enter();
    if ((atomic_load(&guilty) & (1u << host_replica)) != 0 &&
        2 * __builtin_popcount(missing & active()) > __builtin_popcount(active())) {
        exclude(1u << host_replica); /* who accuses a majority is wrong; see shim/exclude.c */
    }
    if (late != 0 && 2 * __builtin_popcount(active() & ~late) > __builtin_popcount(active())) {
        exclude(late);
    } else if (late != 0) {
        stop();
    }
    el2_leave();
}

_Noreturn void shim_panic(uint64_t code, uint64_t detail)
{
    (void)code;
    (void)detail;
    el2_enter();
    park_if_out();
    if (__builtin_popcount(active()) > 2) {
        exclude(1u << host_replica);
    } else {
        stop();
    }
    for (;;) {
        park_if_out();
    }
}

void host_guilty(void)
{
    atomic_fetch_or(&guilty, 1u << host_replica);
}

_Noreturn void host_hang(void)
{
    for (;;) {
        host_poll();
    }
}

/* EL2 may have proposed the next input since ballot.delivered was stored: that one stays raised. */
void shim_input_done(void)
{
    el2_enter();
    atomic_store(&host_core.virtual_irq, input_pending());
    el2_leave();
}

/* A kernel that was late to look may lower an interrupt, but not one that it has not seen. */
void shim_input_hold(void)
{
    const struct ballot *own = host_ballot(host_replica);

    el2_enter();
    atomic_store(&host_core.put_off, own->held == atomic_load(&own->delivered) + 1);
    host_core.put_off_at = host_counter();
    if (atomic_load(&host_core.put_off) || !input_pending()) {
        atomic_store(&host_core.virtual_irq, false);
    }
    el2_leave();
}

void shim_input_release(void)
{
    el2_enter();
    atomic_store(&host_core.put_off, false);
    atomic_store(&host_core.virtual_irq, true);
    el2_leave();
}

void shim_timer(uint64_t deadline)
{
    (void)deadline; /* the source of inputs reads the leader's ballot */
}

void host_rendezvous(void)
{
    struct board_slot *slot = host_slot(host_replica);
    uint64_t n = ++host_core.rendezvous;

    el2_enter();
    atomic_store_explicit(&slot->request_seq, n, memory_order_release);
    for (uint32_t r = 0; r < host_core.plan->replicas; r++) {
        while ((active() & (1u << r)) != 0 && atomic_load(&host_slot(r)->request_seq) < n) {
            if ((atomic_load(&guilty) & (1u << r)) != 0) {
                shim_missing(1u << r);
                el2_enter();
            }
            park_if_out();
            propose();
            sched_yield();
        }
    }
    el2_leave();
}

bool host_device_access(void)
{
    struct board_slot *slot = host_slot(host_replica);

    el2_enter();
    if (input_pending() && !atomic_load(&host_core.put_off)) {
        atomic_store(&host_core.virtual_irq, true);
        atomic_store(&host_core.in_el2, false);
        return false;
    }
    atomic_fetch_add_explicit(&slot->accesses, 1, memory_order_release);
    host_rendezvous();
    el2_enter();
    if (input_pending()) {
        atomic_store(&host_core.put_off, false);
        atomic_store(&host_core.virtual_irq, true);
    }
    el2_leave();
    return true;
}

void shim_irq(uint32_t irq, enum irq_operation operation)
{
    (void)irq;
    (void)operation;
    host_rendezvous();
}

void shim_putc(char c)
{
    struct host_trace *trace = host_core.trace;

    host_rendezvous();
    if (trace->outputs < HOST_OUTPUT_MAX) {
        trace->output[trace->outputs++] = (uint8_t)c;
    }
}

void shim_smc(uint64_t args[8])
{
    args[0] = 0;
    host_rendezvous();
}

/* Nobody joins here; all must stand still at the same event, and go on. */
void arch_join(const struct trap_frame *next)
{
    struct host_trace *trace = host_core.trace;

    (void)next;
    host_rendezvous();
    if (trace->outputs < HOST_OUTPUT_MAX) {
        trace->output[trace->outputs++] = (uint8_t)trace->events;
        trace->joins++;
    }
}

struct start {
    const struct host_plan *plan;
    struct host_trace *trace;
    uint32_t replica;
};

static void *core_main(void *argument)
{
    const struct start *start = argument;

    host_replica = start->replica;
    host_core.trace = start->trace;
    host_core.seed = host_counter() ^ start->replica;
    host_core.plan = start->plan;
    host_replica_run();
    atomic_fetch_or(&finished, 1u << host_replica);
    while ((active() & ~atomic_load(&finished)) != 0) {
        host_poll(); /* laggards may need this core's proposals */
    }
    atomic_fetch_or(&ended, 1u << host_replica);
    return NULL;
}

/*
 * Replicas that sleep need inputs; those that work must get on between two of them. On a busy host
 * a thread gets no turn for long, and would find nothing but inputs then: one may wait for it.
 */
static bool input_allowed(const struct host_plan *plan, uint64_t *event, uint64_t *last)
{
    uint32_t leader = atomic_load(&host_control()->leader);
    uint64_t now = host_counter();
    uint64_t head = atomic_load(&host_log()->head);
    uint64_t begun = atomic_load(&host_ballot(leader)->event);
    uint64_t waiting = 0;

    for (uint32_t r = 0; r < plan->replicas; r++) {
        uint64_t theirs = head - atomic_load(&host_ballot(r)->delivered);

        if ((active() & (1u << r)) != 0 && theirs > waiting) {
            waiting = theirs;
        }
    }
    if (waiting >= INPUT_LOG / 2) {
        return false;
    }
    if (begun < *event + 3 && (waiting != 0 || now < *last + TICKS_PER_SECOND / 1000)) {
        return false;
    }
    *event = begun;
    *last = now;
    return true;
}

/* Inputs that nobody could predict: lines at random, the timer when the leader's ballot says so. */
static void log_input(uint64_t *fired, uint32_t random)
{
    struct board_log *log = host_log();
    uint64_t head = atomic_load(&log->head);
    uint32_t leader = atomic_load(&host_control()->leader);
    uint64_t deadline = atomic_load(&host_ballot(leader)->deadline);
    uint32_t irq = 33 + random % 7;

    if (deadline != *fired && deadline != 0 && host_counter() >= deadline) {
        *fired = deadline;
        irq = INPUT_TIMER;
    } else if (random % 16 == 3) {
        irq = INPUT_JOIN;
    }
    log->entry[head % INPUT_LOG] = (struct input_entry){ .irq = irq, .time = host_counter() };
    atomic_store_explicit(&log->head, head + 1, memory_order_release);
}

static void outside_world(const struct host_plan *plan, pthread_t thread[])
{
    const struct timespec pause = { 0, 20000 };
    uint32_t everyone = (1u << plan->replicas) - 1u;
    uint64_t fired = NEVER;
    uint64_t event = 0, last = 0;
    uint64_t seed = host_counter();

    while (atomic_load(&ended) != everyone) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        if (input_allowed(plan, &event, &last)) {
            log_input(&fired, (uint32_t)(seed >> 33));
        }
        for (uint32_t r = 0; r < plan->replicas; r++) {
            /* `ended` is only a hint: a signal to a thread not yet joined is harmless. */
            if ((atomic_load(&ended) & (1u << r)) == 0 && (seed >> (20 + r)) % 4 == 0) {
                pthread_kill(thread[r], SIGUSR1);
            }
        }
        nanosleep(&pause, NULL);
    }
}

void host_run(const struct host_plan *plan, struct host_trace *traces)
{
    struct board_control *control = host_control();
    struct sigaction action = { .sa_handler = on_signal };
    struct start start[REPLICAS_MAX];
    pthread_t thread[REPLICAS_MAX];

    memset(host_board, 0, sizeof(host_board));
    atomic_store(&finished, 0);
    atomic_store(&guilty, 0);
    atomic_store(&ended, 0);
    control->magic = BOARD_MAGIC;
    control->version = BOARD_VERSION;
    control->replicas = plan->replicas;
    control->vote_level = plan->vote_level;
    control->window = plan->window;
    control->barrier_ticks = TICKS_PER_SECOND / 50;
    control->hard_ticks = TICKS_PER_SECOND * (plan->fault == FAULT_CLOCK_STOPS ? 2 : 60);
    atomic_store(&control->active, (1u << plan->replicas) - 1u);
    sigaction(SIGUSR1, &action, NULL);
    for (uint32_t r = 0; r < plan->replicas; r++) {
        host_ballot(r)->replica = r;
        start[r] = (struct start){ plan, &traces[r], r };
        memset(&traces[r], 0, sizeof(traces[r]));
        pthread_create(&thread[r], NULL, core_main, &start[r]);
    }
    outside_world(plan, thread);
    for (uint32_t r = 0; r < plan->replicas; r++) {
        pthread_join(thread[r], NULL);
    }
}
