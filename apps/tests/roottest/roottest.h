/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel test as a plain root task: each test uses the kernel as a program would and compares with
 * the seL4 API. Flow: main.c runs the tests of cspace.c, memory.c, ipc.c, vspace.c, fault.c,
 * registers.c and sched.c; environment.c makes objects and threads.
 */
#pragma once

#include <stdbool.h>

#include <root.h>

/* Counts, and prints the place when it failed. */
void check(bool good, const char *file, int line, const char *what);
void check_error(seL4_Word got, seL4_Word expected, const char *file, int line, const char *what);
#define CHECK(condition) check(condition, __FILE_NAME__, __LINE__, #condition)
#define CHECK_ERROR(call, expected) check_error(call, expected, __FILE_NAME__, __LINE__, #call)
#define CHECK_OK(call) CHECK_ERROR(call, seL4_NoError)

/* The root CNode, at the depth where a slot number is the index. */
#define ROOT seL4_CapInitThreadCNode
#define DEPTH 64

extern seL4_BootInfo *boot;

/* Slots and objects; a failure here stops the test run with a message. */
seL4_CPtr slot_new(void);
seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits);
/* A mapped page, readable and writable, at an address of its own. */
void *page_new(seL4_CPtr *frame);
/* An address whose 2 MiB nobody uses, with all page tables but the last if `tables` is false. */
seL4_Word address_new(bool tables);

struct thread {
    seL4_CPtr tcb, sched_context;
    seL4_IPCBuffer *buffer; /* its own; mapped in the shared address space */
};
struct thread_options {
    seL4_Word priority;
    seL4_Word budget_us, period_us; /* 0: 5 ms round robin */
    seL4_CPtr fault_endpoint;       /* 0: none */
    seL4_CPtr timeout_endpoint;     /* 0: none */
};
/* Entries get the argument in x0 and must use registers only: __sel4_ipc_buffer is the root's. */
typedef void (*thread_entry)(seL4_Word argument);
struct thread thread_start(thread_entry entry, seL4_Word argument, struct thread_options options);
void thread_stop(struct thread *t);
/* What an entry calls at its end. */
_Noreturn void thread_wait_for_ever(void);

/* System calls of threads, by registers. Result: badge and words in *r. */
static inline void thread_signal(seL4_CPtr notification)
{
    struct sel4_syscall_registers r = { .x0 = notification };

    sel4_trap(seL4_SysSend, &r, 0, 0);
}

void test_cspace(void);
void test_untyped(void);
void test_memory(void);
void test_ipc(void);
void test_notification(void);
void test_vspace(void);
void test_fault(void);
void test_sched(void);
void test_tcb(void);
void test_irq(void);
void test_registers(void);
