/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs while interrupts come: threads that compute at several priorities, or make calls. */
#include "inputs.h"

#define LOADS 4u
#define STORM 3u

struct load_thread {
    void (*entry)(void);
    seL4_Word priority, budget_us, period_us;
    enum load load;
};

static seL4_CPtr bell, nobody;
static struct thread threads[LOADS];
static volatile seL4_Uint64 sinks[STORM]; /* one for each thread: they share nothing */

/* Without a system call, for ever. */
static void compute(volatile seL4_Uint64 *sink)
{
    seL4_Uint64 state = 88172645463325252u;

    for (;;) {
        for (unsigned i = 0; i < 1000u; i++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
        *sink = state;
    }
}

static void compute_low(void)
{
    compute(&sinks[0]);
}

static void compute_middle(void)
{
    compute(&sinks[1]);
}

static void compute_high(void)
{
    compute(&sinks[2]);
}

static void storm(void)
{
    for (;;) {
        seL4_Signal(bell);
        (void)seL4_Poll(bell, NULL);
        seL4_NBSend(nobody, seL4_MessageInfo_new(0, 0, 0, 0));
    }
}

/* Those above the lowest have a quarter of the time each, so that interrupts find each at work. */
static const struct load_thread wanted[LOADS] = {
    { compute_low, 50, 100000, 100000, LOAD_COMPUTE },
    { compute_middle, 100, 1000, 4000, LOAD_COMPUTE },
    { compute_high, 200, 1000, 4000, LOAD_COMPUTE },
    { storm, 50, 100000, 100000, LOAD_STORM },
};

struct thread thread_of(void (*entry)(void), seL4_Word *stack, seL4_Word priority,
                        seL4_Word budget_us, seL4_Word period_us)
{
    struct loop none = { 0 };
    struct thread t =
        thread_new(entry, &none,
                   (struct thread_options){ .priority = priority,
                                            .fp = true,
                                            .suspended = true,
                                            .stack = (seL4_Word)(stack + STACK_WORDS) });

    must(seL4_SchedControl_Configure(boot->schedcontrol.start, t.sched_context, budget_us,
                                     period_us, 0, 0),
         "configure thread");
    return t;
}

void prepare_loads(void)
{
    static _Alignas(16) seL4_Word stacks[LOADS][STACK_WORDS];

    bell = object_new(seL4_NotificationObject, 0);
    nobody = object_new(seL4_EndpointObject, 0);
    for (unsigned i = 0; i < LOADS; i++)
        threads[i] = thread_of(wanted[i].entry, stacks[i], wanted[i].priority, wanted[i].budget_us,
                               wanted[i].period_us);
}

void start_load(enum load load)
{
    for (unsigned i = 0; i < LOADS; i++)
        if (wanted[i].load == load)
            thread_resume(&threads[i]);
}

void stop_load(enum load load)
{
    for (unsigned i = 0; i < LOADS; i++)
        if (wanted[i].load == load)
            thread_stop(&threads[i]);
}
