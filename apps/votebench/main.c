/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs all workloads; tells what the housekeeping page counted meanwhile. */
#include <device.h>
#include <shim/board.h>

#include "votebench.h"

#define WORKLOAD(label)                                                                            \
    extern void bench_##label##_begin(void);                                                       \
    extern void bench_##label##_end(void);
WORKLOAD(integer)
WORKLOAD(floating)
WORKLOAD(stream)
WORKLOAD(ping_pong)
WORKLOAD(storm)
WORKLOAD(faults)
WORKLOAD(interrupts)
WORKLOAD(output)

#define ENTRY(label)                                                                               \
    {                                                                                              \
        .name = #label, .run = run_##label, .begin = bench_##label##_begin,                        \
        .end = bench_##label##_end                                                                 \
    }
static const struct workload workloads[] = {
    ENTRY(integer), ENTRY(floating), ENTRY(stream),     ENTRY(ping_pong),
    ENTRY(storm),   ENTRY(faults),   ENTRY(interrupts), ENTRY(output),
};

static const unsigned char told[] = { HK_UPTIME, HK_EVENTS, HK_VOTES, HK_DEVICE_ACCESSES,
                                      HK_INPUTS };
#define TOLD (sizeof(told) / sizeof(told[0]))

static seL4_Word housekeeping;

static void look(seL4_Word words[TOLD])
{
    for (unsigned i = 0; i < TOLD; i++)
        words[i] = device_read64(housekeeping + told[i] * 8u);
}

/* "votebench: name uptime events votes accesses inputs", differences all. */
static void tell(const char *name, const seL4_Word before[TOLD], const seL4_Word after[TOLD])
{
    print_text("votebench: ");
    print_text(name);
    for (unsigned i = 0; i < TOLD; i++) {
        print_text(" ");
        print_decimal(after[i] - before[i]);
    }
    print_text("\n");
}

_Noreturn void root_main(seL4_BootInfo *info)
{
    boot = info;
    housekeeping = (seL4_Word)page_new(device_new(HOUSEKEEPING_PADDR));
    prepare_system();
    for (unsigned i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
        const struct workload *w = &workloads[i];
        seL4_Word before[TOLD], after[TOLD];

        look(before);
        w->begin();
        w->run();
        w->end();
        look(after);
        tell(w->name, before, after);
    }
    print_text("votebench: done\n");
    power_off();
}
