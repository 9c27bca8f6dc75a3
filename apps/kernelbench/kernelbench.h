/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root task that does each operation of the kernel's speed table many times. It measures nothing:
 * loops.S marks instructions with labels bench_*, and `ternion bench kernel` counts between them.
 * Flow: main.c runs the scenarios of scenarios.c; setup.c makes objects and threads.
 */
#pragma once

#include <stdbool.h>

#include <root.h>

#define ROOT seL4_CapInitThreadCNode
#define DEPTH 64

/* Of each operation. The tool leaves out the first ones and takes the median of the others. */
#define REPETITIONS 72u
#define IRQ_REPETITIONS 12u /* a second of virtual time each */

/* Registers of one system call: loops.S loads them in this order. */
struct step {
    seL4_Word x0, info, mr[4], x6, x7;
};

/* What a loop of loops.S works with; registers x19..x26. */
struct loop {
    const struct step *first;
    const struct step *second;
    seL4_Word repetitions;
    seL4_CPtr done;          /* signalled at the end */
    seL4_CPtr quiet;         /* waited for, for ever, after that */
    seL4_Word *labels;       /* all labels of answers, ORed; written before `done` is signalled */
    seL4_Word address;       /* device or page, where the loop has one */
    const struct step *last; /* where the loop has three */
};
struct thread {
    seL4_CPtr tcb, sched_context;
    seL4_IPCBuffer *buffer;
};
struct thread_options {
    seL4_Word priority;
    bool fp;                  /* its FP registers are switched */
    bool suspended;           /* not started yet */
    seL4_CPtr fault_endpoint; /* 0: none */
    seL4_Word stack;          /* its end; 0: what it executes needs none */
};

extern seL4_BootInfo *boot;

/* setup.c; a failure here prints a message and switches the machine off. */
seL4_CPtr slot_new(void);
seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits);
void *page_new(seL4_CPtr frame);
/* The frame of a device's registers at this physical address; each may be asked for once. */
seL4_CPtr device_new(seL4_Word paddr);
/* An address whose 2 MiB nobody uses, with all page tables. */
seL4_Word address_new(void);
/* The same without the last table: for a page of 2 MiB. */
seL4_Word large_address_new(void);
struct thread thread_new(void (*entry)(void), const struct loop *loop, struct thread_options o);
void thread_resume(const struct thread *t);
void thread_stop(const struct thread *t);
void must(seL4_Word error, const char *what);
_Noreturn void power_off(void);

/* scenarios.c */
void run_single_threads(void);
void run_servers(void);
void run_wakeups(void);
void run_objects(void);
