/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root task inputs: interrupts of a serial line and of the timer, while threads of lower
 * priority idle, compute or make system calls. It measures nothing: `ternion bench inputs` watches
 * the labels of marks.S, and starts to send when a phase has begun. Flow: main.c runs the phases;
 * loads.c is what runs beside them; kernelbench/setup.c makes objects.
 */
#pragma once

#include <kernelbench.h>

#define STACK_WORDS 512u

/* marks.S. Each begins a phase of main.c's table. */
void inputs_phase_level_idle(void);
void inputs_phase_level_compute(void);
void inputs_phase_level_storm(void);
void inputs_phase_edge_compute(void);
void inputs_phase_full_rate(void);
void inputs_phase_tick_idle(void);
void inputs_phase_tick_compute(void);
void inputs_phase_tick_storm(void);
void inputs_phase_clock(void);
void inputs_phase_end(void);

/* Waits for the notification, as seL4_Wait(); inputs_handler is the instruction after it. */
void inputs_wait(seL4_CPtr notification);
/* Gives the rest of the period away, as seL4_Yield(); inputs_tick is the instruction after it. */
void inputs_yield(void);
/* A byte was taken from the line. */
void inputs_byte(void);
/* The counter, as a user program reads it; inputs_clock_end is the instruction after it. */
seL4_Word inputs_clock(void);

/* loads.c */
enum load { LOAD_IDLE, LOAD_COMPUTE, LOAD_STORM };
void prepare_loads(void);
void start_load(enum load load);
void stop_load(enum load load);
struct thread thread_of(void (*entry)(void), seL4_Word *stack, seL4_Word priority,
                        seL4_Word budget_us, seL4_Word period_us);
