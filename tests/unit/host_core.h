/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cores for tests: a thread is a core, a signal is what EL2 does to it at any instruction, and one
 * 64 KiB array is the board. rcoe/ runs unchanged on top; only EL2 is played here.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <shim/board.h>

#define HOST_OUTPUT_MAX 65536u
#define HOST_INPUTS_MAX 65536u

struct host_delivery {
    uint64_t event;
    uint64_t time;
    uint32_t irq;
};
/* What one replica did; written by its thread, read after it has ended. */
struct host_trace {
    uint32_t outputs;
    uint32_t deliveries;
    uint64_t events;
    uint32_t joins; /* times it stood still for another one */
    uint8_t output[HOST_OUTPUT_MAX];
    struct host_delivery delivery[HOST_INPUTS_MAX];
};

enum host_fault {
    FAULT_FREE,
    FAULT_FINGERPRINT, /* a flip that shows in the fingerprint */
    FAULT_HANG,        /* EL1 stops for good, EL2 goes on */
    FAULT_EVENT,       /* a flip in ballot.event */
    FAULT_TIME,        /* the replica publishes times of the future */
    FAULT_CLOCK_STOPS, /* its counter stands still, and all events take long from then on */
    FAULT_PANIC,       /* the kernel gives up */
};
struct host_plan {
    const char *name;
    uint32_t replicas;
    uint32_t window;
    uint32_t vote_level;
    uint64_t events;
    enum host_fault fault;
    uint32_t victim;
    uint64_t fault_event;
    uint32_t active_after; /* expected */
    bool stopped;          /* expected */
};

/* This thread's core. */
struct host_core {
    const struct host_plan *plan;
    struct host_trace *trace;
    atomic_bool virtual_irq;
    atomic_bool in_el2;
    atomic_bool put_off; /* the proposed input, by shim_input_hold() */
    uint64_t put_off_at;
    uint64_t clock_stopped; /* what the counter says for ever, 0: it counts */
    uint64_t rendezvous;
    uint64_t seed; /* of delays; differs between cores and runs */
};
extern _Thread_local struct host_core host_core;

extern uint8_t host_board[BOARD_IPA_SIZE];

struct board_control *host_control(void);
struct board_log *host_log(void);
struct ballot *host_ballot(uint32_t r);
struct board_slot *host_slot(uint32_t r);

/* One run of all replicas; traces are indexed by replica. */
void host_run(const struct host_plan *plan, struct host_trace *traces);

/* What EL2 does whenever it runs; parks (ends) the thread of an excluded replica. */
void host_poll(void);
/* All active replicas meet, as for every output. */
void host_rendezvous(void);
/* The user program touches a device; false: try again after the interrupt that comes first. */
bool host_device_access(void);
/* For ever, from EL1's point of view. */
_Noreturn void host_hang(void);
/* This replica may be excluded for being late: the test broke it. */
void host_guilty(void);
/* A random, short delay. */
void host_delay(void);

/* host_replica.c: the kernel and the user program of one replica, until plan->events. */
void host_replica_run(void);
