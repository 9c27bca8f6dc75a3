/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel and a user program, as small as they can be and still depend on everything that must be
 * agreed: the order, the event and the time of inputs. The program computes, makes system calls,
 * touches a device, and sleeps until an input comes. It is free of data races: only the kernel
 * tells it of inputs, in results of system calls.
 */
#include <time.h>

#include <rcoe/trap.h>

#include <kernel/trap_frame.h>

#include "ballot.h"
#include "host_core.h"

#define EVENT_NS 4000000 /* of an event that takes long, far below the barrier time */
#define ESR_SVC (UINT64_C(0x15) << 26)

/* Replicated memory of this replica. */
struct replica {
    struct trap_frame tf;
    uint64_t inputs; /* digest of all inputs: kernel state that results depend on */
    uint64_t deadline;
    bool asleep; /* until the next input */
};
static _Thread_local struct replica self;

static uint64_t mix(uint64_t a, uint64_t b)
{
    a = (a ^ b) * UINT64_C(0x9e3779b97f4a7c15);
    return a ^ (a >> 29);
}

void arch_trap_undo(struct trap_frame *tf, uint64_t esr)
{
    if (esr == ESR_SVC) {
        tf->pc -= 4;
    }
}

/* The one program was not interrupted at any instruction. */
bool kernel_quiet(void)
{
    return (self.tf.spsr & FRAME_INTERRUPTED) == 0;
}

static void take_long(void)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += EVENT_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {
        /* EL2 ticked */
    }
}

static void inject(uint64_t event)
{
    const struct host_plan *plan = host_core.plan;

    if (plan->fault == FAULT_CLOCK_STOPS && event >= plan->fault_event) {
        take_long();
    }
    if (plan->fault == FAULT_FREE || plan->victim != host_replica || event != plan->fault_event) {
        return;
    }
    host_guilty();
    switch (plan->fault) {
    case FAULT_FINGERPRINT:
        self.inputs ^= 1u << 7;
        break;
    case FAULT_HANG:
        host_hang();
    case FAULT_EVENT:
        atomic_fetch_xor(&host_ballot(host_replica)->event, 2);
        break;
    case FAULT_TIME:
        rcoe.time += UINT64_C(1) << 50;
        break;
    case FAULT_CLOCK_STOPS:
        host_core.clock_stopped = host_counter();
        break;
    case FAULT_PANIC:
        rcoe_panic(1, event);
    case FAULT_FREE:
        break;
    }
}

static void kernel_input(const struct rcoe_event *event)
{
    struct host_trace *trace = host_core.trace;

    if (trace->deliveries < HOST_INPUTS_MAX) {
        trace->delivery[trace->deliveries++] =
            (struct host_delivery){ rcoe.event, rcoe_now(), event->irq };
    }
    self.inputs = mix(self.inputs, rcoe.event ^ event->irq ^ rcoe_now());
    self.asleep = false;
    if (event->irq == INPUT_TIMER) {
        self.deadline = ~UINT64_C(0);
    } else if (event->irq < INPUT_JOIN && event->irq % 2 == 0) {
        rcoe_irq(event->irq, IRQ_ACK);
    }
}

/* One in four asks for no time, as the kernel's hot paths do. */
static void kernel_syscall(void)
{
    uint64_t time = self.tf.x[0] % 4 == 0 ? 0 : rcoe_now();
    uint64_t result = mix(self.tf.x[0], self.inputs ^ time);

    rcoe_note(self.inputs);
    self.tf.x[0] = result;
    self.tf.x[1] = result | 1; /* not at a system call again */
    if (result % 8 == 0) {
        rcoe_putc((char)(result >> 8));
    }
    if (result % 16 == 1) {
        self.deadline = rcoe_now() + 50000 + result % 65536;
    }
    self.asleep = result % 32 == 2;
}

static void kernel_entry(enum trap_kind kind, uint64_t esr)
{
    struct rcoe_round round;
    bool timer;

    self.tf.spsr = 0; /* the hardware writes SPSR at every trap */
    round = rcoe_enter(&self.tf, kind, esr, 0, fingerprint_registers(&self.tf));

    if (round.event.spurious) {
        return;
    }
    if (round.event.cause == EVENT_INPUT) {
        kernel_input(&round.event);
    } else {
        kernel_syscall();
    }
    host_core.trace->events = rcoe.event;
    inject(rcoe.event);
    timer = round.event.cause == EVENT_INPUT && round.event.irq == INPUT_TIMER;
    rcoe_leave(timer, &self.tf, self.deadline);
}

/* One instruction of the program; some are system calls, some touch a device. */
static void user_step(void)
{
    uint64_t *x = self.tf.x;

    if (x[1] % 8 == 0) {
        self.tf.pc += 4; /* as the hardware does for SVC */
        kernel_entry(TRAP_SYNC, ESR_SVC);
        return;
    }
    if (x[1] % 128 == 5 && !host_device_access()) {
        return; /* the same instruction again */
    }
    x[1] = mix(x[1], x[0]) >> 1;
    x[2] += x[1];
    self.tf.pc += 4;
}

void host_replica_run(void)
{
    self = (struct replica){ .deadline = ~UINT64_C(0) };
    rcoe_init((uintptr_t)host_board);
    while (host_core.trace->events < host_core.plan->events) {
        if (atomic_load(&host_core.virtual_irq)) {
            kernel_entry(TRAP_IRQ, 0);
        } else if (self.asleep) {
            host_poll();
        } else {
            user_step();
            host_delay();
        }
        if (atomic_load_explicit(&host_control()->stopped, memory_order_relaxed) != 0) {
            host_poll();
        }
    }
}
