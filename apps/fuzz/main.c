/* SPDX-License-Identifier: BSD-2-Clause */
/* The supervisor: worlds, workers, and what they report. */
#include "fuzz.h"

#define DEPTH 64u
#define EPISODE_CALLS 2048u
#define EPISODE_TICKS 200u
#define IDLE_TICKS 12u /* a worker without a report for so long is started again */
#define FAULTS 4u      /* in a row that leave a worker as it is */
#define TICK_US 1000u
#define TICK_BADGE 0x71c4u
#define GARBAGE_STARTS 100u
#define PSCI_SYSTEM_OFF 0x84000008u /* Arm DEN 0022 */
#define FAULT_UNKNOWN_SYSCALL 2u
#define FAULT_TIMEOUT 5u
#define UNKNOWN_SYSCALL_NUMBER 12u /* word of the message */
#define PROGRESS 100000u           /* calls from line to line */

struct fuzz_config fuzz_config = { .seed = 1, .calls = 20000, .stride = 0 };

static struct supervisor {
    seL4_Word random;
    seL4_Word next_number; /* of calls: given out in blocks */
    seL4_Word ticks;       /* of this episode */
    seL4_Word reported;    /* tick of the last report of anybody */
    seL4_Word reported_by[WORKERS];
    seL4_Word blocking[WORKERS]; /* percent of its calls */
    seL4_Word faults[WORKERS];   /* since its last report, or since it was made whole */
    seL4_Word garbage_starts;
    seL4_Word episodes, restarts, given_up;
    seL4_Bool over;
} supervisor;

/* ---- workers --------------------------------------------------------------------------------- */

/* Numbers for calls: sets the last one given, and the last of the block. */
static void give_block(seL4_Word *number, seL4_Word *end)
{
    *number = supervisor.next_number;
    supervisor.next_number += fuzz_config.replicated ? SMALL_BLOCK : BLOCK;
    *end = supervisor.next_number;
    if (fuzz_config.until != 0 && *end > fuzz_config.until) {
        *end = fuzz_config.until;
    }
}

/* It stands at its report: what it has logged is true in every replica. */
static void take_log(struct worker *worker)
{
    coverage_add(worker);
    worker->logged = 0;
}

static void configure_context(unsigned i)
{
    static const struct {
        seL4_Uint16 budget, period;
    } times[] = { { 5000, 5000 }, { 1000, 1000 }, { 300, 1000 }, { 2000, 3000 } };
    seL4_Word which = random_below(&supervisor.random, 4);

    (void)seL4_SchedContext_Unbind(original_context[i]);
    expect(seL4_SchedControl_ConfigureFlags(place.info->schedcontrol.start, original_context[i],
                                            times[which].budget, times[which].period,
                                            random_below(&supervisor.random, 6), i,
                                            random_below(&supervisor.random, 2)),
           "worker context");
}

/* Whatever was done to it, the worker is as at the beginning. False: it cannot be saved. */
static seL4_Bool configure_worker(unsigned i)
{
    seL4_CPtr thread = original_thread[i];
    seL4_Word priority = 50 + random_below(&supervisor.random, 100);

    (void)seL4_TCB_Suspend(thread);
    (void)seL4_DomainSet_Set(seL4_CapDomain, 0, thread);
    (void)seL4_TCB_SetFlags(thread, ~0ul, 0);
    if (seL4_TCB_Configure(thread, place.cspace, 0, place.vspace, 0, (seL4_Word)&workers[i].buffer,
                           place.buffer[i]) != seL4_NoError) {
        return seL4_False; /* it holds the last cap of a CNode, which it may not just lose */
    }
    (void)seL4_TCB_SetSchedParams(thread, seL4_CapInitThreadTCB, 200, priority, seL4_CapNull,
                                  place.fault[i]);
    configure_context(i);
    expect(seL4_TCB_SetSchedParams(thread, seL4_CapInitThreadTCB, 200, priority,
                                   original_context[i], place.fault[i]),
           "worker parameters");
    expect(seL4_TCB_SetTimeoutEndpoint(
               thread, random_below(&supervisor.random, 4) == 0 ? place.fault[i] : seL4_CapNull),
           "worker timeout endpoint");
    return seL4_True;
}

static const struct fresh goes_on = { .random = 0 }; /* with the memory that it has */

/* From its entry; the call that it was in had this outcome. */
static void run_worker(unsigned i, enum result outcome, struct fresh fresh)
{
    seL4_UserContext context = { .pc = (seL4_Word)worker_main,
                                 .sp = (seL4_Word)&workers[i].buffer,
                                 .x0 = (seL4_Word)&workers[i],
                                 .x1 = outcome,
                                 .x2 = fresh.random,
                                 .x3 = fresh.number,
                                 .x4 = fresh.end,
                                 .x5 = fresh.blocking };

    expect(seL4_TCB_WriteRegisters(original_thread[i], 1, 0, seL4_UserContextWords, &context),
           "run worker");
}

static struct fresh begin_anew(unsigned i)
{
    struct fresh fresh = { .random = random_next(&supervisor.random) | 1,
                           .blocking = supervisor.blocking[i] };

    give_block(&fresh.number, &fresh.end);
    return fresh;
}

/* It was blocked or stopped, at a call or at any instruction. */
static struct fresh settle(unsigned i)
{
    seL4_UserContext context = { .pc = 0 };

    if (fuzz_config.replicated) {
        return begin_anew(i); /* nobody can tell how far it got: not counted */
    }
    expect(seL4_TCB_ReadRegisters(original_thread[i], 1, 0, 1, &context), "where is the worker");
    if (context.pc != (seL4_Word)worker_svc) {
        workers[i].worker.pending = 0; /* the call was not made */
    }
    return goes_on;
}

/* Configured again, and started. */
static void make_whole(unsigned i, enum result outcome, struct fresh fresh)
{
    supervisor.restarts++;
    supervisor.faults[i] = 0;
    supervisor.reported_by[i] = supervisor.ticks;
    if (configure_worker(i)) {
        run_worker(i, outcome, fresh);
    } else {
        supervisor.given_up++;
    }
}

static void restart(unsigned i)
{
    make_whole(i, RESULT_STOPPED, settle(i));
}

static void start_workers(void)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        supervisor.blocking[i] = i < 3 ? 1 : random_below(&supervisor.random, 12);
        supervisor.reported_by[i] = 0;
        supervisor.faults[i] = 0;
        if (!configure_worker(i)) {
            expect(seL4_IllegalOperation, "new worker");
        }
        run_worker(i, RESULT_STOPPED, begin_anew(i));
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

/* Of a worker: its report, or a fault that it, or somebody for it, has made. */
static void worker_faulted(unsigned i, seL4_MessageInfo_t info)
{
    struct worker *worker = &workers[i].worker;
    seL4_Bool is_report = seL4_MessageInfo_get_label(info) == FAULT_UNKNOWN_SYSCALL &&
                          seL4_GetMR(UNKNOWN_SYSCALL_NUMBER) == REPORT;
    struct fresh fresh = goes_on;

    supervisor.reported = supervisor.ticks;
    supervisor.reported_by[i] = supervisor.ticks;
    if (seL4_MessageInfo_get_label(info) == FAULT_TIMEOUT || /* at any instruction */
        (fuzz_config.replicated && !is_report)) {            /* also if another one made it */
        fresh = settle(i);
    }
    if (!is_report && ++supervisor.faults[i] > FAULTS) { /* it may have lost its address space */
        make_whole(i, RESULT_FAULT, fresh);
        return;
    }
    if (!is_report) {
        run_worker(i, RESULT_FAULT, fresh);
        return;
    }
    supervisor.faults[i] = 0;
    take_log(worker);
    if (fuzz_config.until != 0 && worker->number >= fuzz_config.until) {
        supervisor.over = seL4_True;
        return;
    }
    give_block(&worker->number, &worker->end);
    if (random_below(&supervisor.random, 6) == 0) {
        restart(i);
    } else {
        run_worker(i, RESULT_FAULT, goes_on); /* nothing is pending */
    }
}

static void tick(void)
{
    unsigned i = (unsigned)random_below(&supervisor.random, WORKERS);

    supervisor.ticks++;
    if (supervisor.ticks > supervisor.reported + 1) { /* nobody gets on */
        for (i = 0; i < WORKERS; i++) {
            restart(i);
        }
        supervisor.reported = supervisor.ticks;
    } else if (supervisor.ticks > supervisor.reported_by[i] + IDLE_TICKS) {
        restart(i);
    }
}

static void listen(void)
{
    seL4_Word badge = 0;
    seL4_MessageInfo_t info = seL4_Recv(place.inbox, &badge, place.reply);

    if (badge == TICK_BADGE) {
        tick();
    } else if (badge >= 1 && badge <= WORKERS) {
        worker_faulted((unsigned)badge - 1, info);
    } else if (badge <= WORKERS + 2 && supervisor.garbage_starts++ < GARBAGE_STARTS) {
        garbage_start((unsigned)badge - 1 - WORKERS, &supervisor.random);
    }
}

static void episode(void)
{
    seL4_Word calls = coverage_calls();

    world_build(&supervisor.random);
    supervisor.ticks = 0;
    supervisor.reported = 0;
    supervisor.garbage_starts = 0;
    start_workers();
    while (!supervisor.over && coverage_calls() < calls + EPISODE_CALLS &&
           coverage_calls() < fuzz_config.calls && supervisor.ticks < EPISODE_TICKS) {
        listen();
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        (void)seL4_TCB_Suspend(original_thread[i]);
    }
    world_revoke();
    supervisor.episodes++;
}

/* ---- the clock ------------------------------------------------------------------------------- */

static seL4_Word tick_stack[64] __attribute__((aligned(16)));

static _Noreturn void tick_main(void)
{
    for (;;) {
        seL4_Signal(place.tick);
        seL4_Yield(); /* until the next period */
    }
}

static void start_clock(void)
{
    seL4_CPtr badged = place.next++;
    seL4_UserContext context = { .pc = (seL4_Word)tick_main, .sp = (seL4_Word)&tick_stack[64] };

    expect(seL4_CNode_Mint(seL4_CapInitThreadCNode, badged, DEPTH, seL4_CapInitThreadCNode,
                           place.tick, DEPTH, seL4_AllRights, TICK_BADGE),
           "tick badge");
    expect(seL4_TCB_BindNotification(seL4_CapInitThreadTCB, place.tick), "bind tick");
    place.tick = badged;
    expect(seL4_SchedControl_Configure(place.info->schedcontrol.start, place.tick_context, 100,
                                       TICK_US, 0, 0),
           "tick context");
    expect(seL4_TCB_Configure(place.tick_thread, seL4_CapInitThreadCNode, 0,
                              seL4_CapInitThreadVSpace, 0, 0, 0),
           "tick thread");
    expect(seL4_TCB_SetSchedParams(place.tick_thread, seL4_CapInitThreadTCB, 0, 254,
                                   place.tick_context, seL4_CapNull),
           "tick parameters");
    expect(seL4_TCB_WriteRegisters(place.tick_thread, 1, 0, seL4_UserContextWords, &context),
           "start tick");
}

/* ---- the end --------------------------------------------------------------------------------- */

static void print_progress(void)
{
    static seL4_Word printed;

    if (coverage_calls() / PROGRESS != printed) {
        printed = coverage_calls() / PROGRESS;
        print_fact("fuzz: calls", coverage_calls());
    }
}

static void power_off(void)
{
    seL4_ARM_SMCContext args = { .x0 = PSCI_SYSTEM_OFF };
    seL4_ARM_SMCContext response;

    (void)seL4_ARM_SMC_Call(seL4_CapSMC, &args, &response);
}

_Noreturn void root_main(seL4_BootInfo *info)
{
    seL4_Word walks = 0, broken = 0;

    supervisor.random = fuzz_config.seed * 0x9e3779b97f4a7c15ul | 1;
    place_make(info);
    start_clock();
    if (fuzz_config.stride != 0) {
        (void)debug_check_invariants(fuzz_config.stride, &walks);
    }
    while (!supervisor.over && coverage_calls() < fuzz_config.calls) {
        episode();
        print_progress();
    }
    if (fuzz_config.stride != 0) {
        broken = debug_check_invariants(0, &walks);
    }
    coverage_print();
    print_fact("fuzz: worlds", supervisor.episodes);
    print_fact("fuzz: restarts", supervisor.restarts);
    print_fact("fuzz: workers given up", supervisor.given_up);
    print_fact("fuzz: last number", supervisor.next_number);
    if (fuzz_config.stride != 0) {
        print_fact("fuzz: full checks", walks);
        print_fact("fuzz: broken", broken);
    }
    print_fact("fuzz: calls made", coverage_calls());
    power_off();
    root_stop();
}
