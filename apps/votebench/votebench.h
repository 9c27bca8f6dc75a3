/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root task of workloads, each a fixed amount of work between two marked points. It measures
 * nothing but what the housekeeping page says: `ternion bench voting` counts between the marks.
 * Flow: main.c runs the workloads of compute.c and system.c; kernelbench/setup.c makes objects.
 */
#pragma once

#include <kernelbench.h>

#define UART_PADDR 0x9000000u
#define HOUSEKEEPING_PADDR 0x3f010000u

/* One workload. */
struct workload {
    const char *name;
    void (*run)(void);
    void (*begin)(void); /* marks.S */
    void (*end)(void);
};

/* compute.c. The definition WORK multiplies every amount of work. */
void run_integer(void);
void run_floating(void);
void run_stream(void);

/* system.c */
void prepare_system(void);
void run_ping_pong(void);
void run_storm(void);
void run_faults(void);
void run_interrupts(void);
void run_output(void);
