/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seL4 API, checked by a plain root task: each case uses the kernel as a program would and
 * compares with what the API sheet says (abi). One file per noun, each with its table of cases;
 * flow: main.c runs the groups, check.c counts, environment.c makes objects and threads.
 */
#pragma once

#include <stdbool.h>

#include <root.h>

/* A rule of the API. What it makes with the functions below is gone when the next case starts. */
struct api_case {
    const char *name;
    void (*run)(void);
};
struct api_group {
    const char *name;
    const struct api_case *cases;
    unsigned count;
    void (*prepare)(void); /* before each case; may be null */
};
#define API_COUNT(table) ((unsigned)(sizeof(table) / sizeof((table)[0])))

struct api_counts {
    unsigned cases, checks, failed_checks, passed, failed, skipped;
};

/* Runs the cases of a group and prints its line. */
void group_run(const struct api_group *group, struct api_counts *counts);

/* Counts, and prints the case and the place when it failed. */
void check(bool good, const char *file, int line, const char *what);
void check_error(seL4_Word got, seL4_Word expected, const char *file, int line, const char *what);
void check_equal(seL4_Word got, seL4_Word expected, const char *file, int line, const char *what);
#define CHECK(condition) check(condition, __FILE_NAME__, __LINE__, #condition)
#define CHECK_ERROR(call, expected) check_error(call, expected, __FILE_NAME__, __LINE__, #call)
#define CHECK_OK(call) check_error(call, seL4_NoError, __FILE_NAME__, __LINE__, #call)
#define CHECK_EQUAL(got, expected) check_equal(got, expected, __FILE_NAME__, __LINE__, #got)
/* An error with the words that come with it (abi 1.6): FailedLookup has 2 to 5 of them. */
struct failure {
    seL4_Error error;
    unsigned count;
    seL4_Word words[5];
};
void check_failure(seL4_Word got, struct failure expected, const char *file, int line,
                   const char *what);
#define CHECK_FAILS(call, ...) check_failure(call, __VA_ARGS__, __FILE_NAME__, __LINE__, #call)
/* The case cannot be run here; it returns after this. Prints why. */
void skip(const char *reason);

/* Ends the whole run: what the cases need is not there. */
_Noreturn void give_up(const char *what, seL4_Word error);

static inline struct failure bad_argument(seL4_Word number)
{
    return (struct failure){ seL4_InvalidArgument, 1, { number } };
}
static inline struct failure bad_cap(seL4_Word number)
{
    return (struct failure){ seL4_InvalidCapability, 1, { number } };
}
static inline struct failure range(seL4_Word min, seL4_Word max)
{
    return (struct failure){ seL4_RangeError, 2, { min, max } };
}
static inline struct failure memory_left(seL4_Word bytes)
{
    return (struct failure){ seL4_NotEnoughMemory, 1, { bytes } };
}
/* FailedLookup; `source`: 1 when it was the source. */
static inline struct failure invalid_root(seL4_Word source)
{
    return (struct failure){ seL4_FailedLookup, 2, { source, seL4_InvalidRoot } };
}
static inline struct failure missing(seL4_Word source, seL4_Word bits_left)
{
    return (struct failure){ seL4_FailedLookup, 3, { source, seL4_MissingCapability, bits_left } };
}
static inline struct failure depth_mismatch(seL4_Word source, seL4_Word bits_left,
                                            seL4_Word bits_found)
{
    return (struct failure){ seL4_FailedLookup,
                             4,
                             { source, seL4_DepthMismatch, bits_left, bits_found } };
}
static inline struct failure guard_mismatch(seL4_Word source, seL4_Word bits_left,
                                            seL4_Word guard_found, seL4_Word guard_bits)
{
    return (struct failure){ seL4_FailedLookup,
                             5,
                             { source, seL4_GuardMismatch, bits_left, guard_found, guard_bits } };
}

/* The root CNode, at the depth where a slot number is the index. */
#define ROOT seL4_CapInitThreadCNode
#define DEPTH 64
#define VSPACE seL4_CapInitThreadVSpace
#define SELF seL4_CapInitThreadTCB

/* The kernel of this build has the debug system calls: */
static const bool kernel_debug = KERNEL_DEBUG;

/* ... and breakpoints: BRK is a debug exception. hardware_debug.c, hardware_debug_none.c */
extern const bool hardware_debug;

extern seL4_BootInfo *boot;

/* Around each case: forgets its slots, objects, addresses and threads. */
void environment_open(void);
void environment_close(void);

/* Slots and objects; a failure here ends the run with a message. */
seL4_CPtr slot_new(void);
seL4_CPtr slots_new(unsigned count); /* the first of `count` slots in a row */
seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits);
/* An untyped of device memory with at least that many bits; 0 if there is none. */
seL4_CPtr device_untyped(seL4_Word size_bits);
/* A mapped page, readable and writable, at an address of its own. */
void *page_new(seL4_CPtr *frame);
/* An address whose 2 MiB nobody uses; with all page tables if `tables`, else perhaps with none. */
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

/* Capabilities in the root CNode. */
static inline seL4_Error cap_copy(seL4_CPtr to, seL4_CPtr from)
{
    return seL4_CNode_Copy(ROOT, to, DEPTH, ROOT, from, DEPTH, seL4_AllRights);
}
static inline seL4_Error cap_mint(seL4_CPtr to, seL4_CPtr from, seL4_Word badge)
{
    return seL4_CNode_Mint(ROOT, to, DEPTH, ROOT, from, DEPTH, seL4_AllRights, badge);
}
static inline seL4_Error cap_delete(seL4_CPtr slot)
{
    return seL4_CNode_Delete(ROOT, slot, DEPTH);
}
/* There is a capability: the slot cannot be a destination. */
bool cap_exists(seL4_CPtr slot);
