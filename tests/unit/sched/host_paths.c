/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_paths.h"

#include "host_changes.h"

#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/hot.h>
#include <kernel/syscall.h>

/* Write, and fetch: translation fault of level 2. Bits 63:32 are not for users. */
#define ESR_DATA_FAULT UINT64_C(0x500000092000046)
#define ESR_INSTRUCTION_FAULT UINT64_C(0x500000082000006)

struct host_path_counts host_path_counts[PATHS];
unsigned long host_entries, host_timeless, host_timed;
static bool hot_allowed;
static bool tried; /* some hot path, in this entry */

/* ---- between the kernel and its hot paths: ld --wrap --------------------------------------- */

bool __real_hot_call(struct tcb *caller);
bool __real_hot_reply_recv(struct tcb *server);
bool __real_hot_fault(struct tcb *faulter, word_t address, uint64_t esr, bool instruction);
bool __real_hot_signal(struct tcb *sender);
bool __real_hot_wait(struct tcb *receiver, bool blocking);
bool __wrap_hot_call(struct tcb *caller);
bool __wrap_hot_reply_recv(struct tcb *server);
bool __wrap_hot_fault(struct tcb *faulter, word_t address, uint64_t esr, bool instruction);
bool __wrap_hot_signal(struct tcb *sender);
bool __wrap_hot_wait(struct tcb *receiver, bool blocking);

static bool count(enum host_path path, bool taken)
{
    tried = true;
    if (taken) {
        host_path_counts[path].taken++;
    } else {
        host_path_counts[path].refused++;
    }
    return taken;
}

bool __wrap_hot_call(struct tcb *caller)
{
    return hot_allowed && count(PATH_CALL, __real_hot_call(caller));
}
bool __wrap_hot_reply_recv(struct tcb *server)
{
    return hot_allowed && count(PATH_REPLY_RECV, __real_hot_reply_recv(server));
}
bool __wrap_hot_fault(struct tcb *faulter, word_t address, uint64_t esr, bool instruction)
{
    return hot_allowed && count(PATH_FAULT, __real_hot_fault(faulter, address, esr, instruction));
}
bool __wrap_hot_signal(struct tcb *sender)
{
    return hot_allowed && count(PATH_SIGNAL, __real_hot_signal(sender));
}
bool __wrap_hot_wait(struct tcb *receiver, bool blocking)
{
    return hot_allowed && count(PATH_WAIT, __real_hot_wait(receiver, blocking));
}

/* ---- one entry, as in trap/trap.c ---------------------------------------------------------- */

static struct rcoe_event event_of(const struct host_entry *entry)
{
    return (struct rcoe_event){
        .cause = EVENT_SYNC,
        .esr = entry->kind == ENTRY_DATA_FAULT ? ESR_DATA_FAULT : ESR_INSTRUCTION_FAULT,
        .far = entry->address,
    };
}

static void raise_vm_fault(const struct host_entry *entry)
{
    struct rcoe_event event = event_of(entry);
    struct tcb *tcb = state.current;
    bool instruction = entry->kind == ENTRY_INSTRUCTION_FAULT;

    tcb->fault_pc = arch_trap_restart_pc(&tcb->context, event.esr);
    changed_thread(tcb);
    if (sched_check_budget(true)) {
        state.fault = (struct fault){ .type = FAULT_VM };
        state.fault.word[0] = instruction ? tcb->context.pc : entry->address;
        state.fault.word[1] = event.esr & MASK(32);
        state.fault.word[2] = instruction;
        fault_raise(tcb);
    }
}

static bool debug_call(struct tcb *tcb)
{
    tcb->fault_pc = arch_syscall_restart_pc(&tcb->context);
    changed_thread(tcb);
    return debug_syscall((int64_t)tcb->context.x[REGISTER_SYSCALL]);
}

static void dispatch(const struct host_entry *entry, ticks_t time)
{
    struct tcb *tcb = state.current;

    if (entry->kind == ENTRY_SYSCALL && debug_call(tcb)) {
        return;
    }
    sched_timestamp(time);
    if (entry->kind == ENTRY_TIMER) {
        tcb->fault_pc = tcb->context.pc;
        if (tcb != state.idle) {
            rcoe_pages_interrupted();
        }
        (void)!sched_check_budget(false);
    } else if (entry->kind == ENTRY_SYSCALL) {
        syscall_handle((int64_t)tcb->context.x[REGISTER_SYSCALL]);
    } else {
        raise_vm_fault(entry);
    }
    sched_run();
}

static void enter_slow(const struct host_entry *entry, ticks_t time)
{
    hot_allowed = false;
    dispatch(entry, time);
}

/* True: done without asking for the time. */
static bool enter_hot(const struct host_entry *entry)
{
    const struct trap_frame *tf = &state.current->context;
    struct rcoe_event event = event_of(entry);

    hot_allowed = true;
    if (entry->kind == ENTRY_SYSCALL ? hot_syscall(tf)
                                     : entry->kind != ENTRY_TIMER && hot_exception(&event, tf)) {
        return true;
    }
    dispatch(entry, entry->time);
    return false;
}

/* ---- both ----------------------------------------------------------------------------------- */

/* The slow path would have found budget and nothing due at that time: the timer was not late. */
static bool is_in_time(const struct kernel_state *before, ticks_t time)
{
    ticks_t passed = time - before->now;
    struct tcb *due = before->release.head;

    return refill_sufficient(before->current_sc, before->consumed + passed) &&
           passed + MIN_BUDGET_TICKS < before->domain_time &&
           (due == NULL || refill_head(due->sched_context)->time > time);
}

static void compare(struct host_image *slow, struct host_image *hot, const struct host_entry *entry,
                    const char *when)
{
    if (host_image_compare(slow, hot) != 0) {
        fail_msg("entry %lu, kind %u, %s: hot and slow path differ", host_entries,
                 (unsigned)entry->kind, when);
    }
}

/* SPSR is written at every trap; rcoe_enter() marks the frame of an interrupted thread in it. */
static void save_status(const struct host_entry *entry)
{
    uint64_t *spsr = &state.current->context.spsr;

    *spsr &= ~FRAME_INTERRUPTED;
    if (entry->kind == ENTRY_TIMER) {
        *spsr |= FRAME_INTERRUPTED;
    }
}

void host_enter(struct host_entry entry)
{
    static struct host_image before, slow, hot, later;
    bool timeless;

    host_entries++;
    tried = false;
    save_status(&entry);
    host_image_save(&before);
    host_changes_begin();
    timeless = enter_hot(&entry);
    host_changes_check(&before);
    if (!tried) {
        return;
    }
    host_image_save(&hot);
    host_image_load(&before);
    host_changes_begin();
    enter_slow(&entry, timeless ? before.state.now : entry.time);
    host_changes_check(&before);
    host_image_save(&slow);
    later = hot;
    compare(&slow, &later, &entry, timeless ? "at the same time" : "after the time");
    if (timeless) {
        ticks_t deadline;

        host_timeless++;
        host_image_load(&before);
        deadline = sched_deadline();
        if (is_in_time(&before.state, entry.time)) {
            host_timed += entry.time > before.state.now;
            enter_slow(&entry, entry.time);
            assert_int_equal(sched_deadline(), deadline);
            host_image_save(&slow);
            host_image_load(&hot);
            sched_timestamp(entry.time); /* whoever asks next finds all the time that passed */
            host_image_save(&later);
            compare(&slow, &later, &entry, "at the next question for the time");
        }
        host_image_load(&hot);
        assert_int_equal(sched_deadline(), deadline);
    }
    host_image_load(&hot);
}
