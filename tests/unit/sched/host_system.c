/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_system.h"

#include <string.h>

#include "host_paths.h"

#define PC(i) (0x10000u + 0x100u * (i))

struct tcb host_threads[THREADS] __attribute__((aligned(16)));
struct tcb host_idle __attribute__((aligned(16)));
struct host_sc host_contexts[THREADS] __attribute__((aligned(16)));
struct tcb *const thread[THREADS] = {
    &host_threads[0], &host_threads[1], &host_threads[2], &host_threads[3],
    &host_threads[4], &host_threads[5], &host_threads[6], &host_threads[7],
};
struct sched_context *const context[THREADS] = {
    &host_contexts[0].sc, &host_contexts[1].sc, &host_contexts[2].sc, &host_contexts[3].sc,
    &host_contexts[4].sc, &host_contexts[5].sc, &host_contexts[6].sc, &host_contexts[7].sc,
};
struct reply reply[THREADS] __attribute__((aligned(32)));
struct endpoint endpoint[OBJECTS] __attribute__((aligned(16)));
struct notification notification[OBJECTS] __attribute__((aligned(64)));
struct cte slots[HOST_SLOTS] __attribute__((aligned(32)));
struct cte host_outer[HOST_OUTER] __attribute__((aligned(32)));
word_t host_buffer[THREADS][128] __attribute__((aligned(4096)));

static word_t clock_us; /* since the start of the test, which is at 1 s */

static void make_caps(void)
{
    struct cap root = cap_make(CAP_CNODE, 6, slots, WORD_BITS - 6);

    cte_insert_root(root, &slots[SLOT_ROOT]);
    cte_insert_root(cap_make(CAP_SCHED_CONTROL, 0, NULL, 0), &slots[SLOT_CONTROL]);
    cte_insert_root(cap_make(CAP_DOMAIN, 0, NULL, 0), &slots[SLOT_DOMAINS]);
    for (unsigned i = 0; i < THREADS; i++) {
        cte_insert_root(cap_make(CAP_THREAD, 0, thread[i], 0), &slots[SLOT_TCB + i]);
        cte_insert_root(cap_make(CAP_SCHED_CONTEXT, 8, context[i], 0), &slots[SLOT_SC + i]);
        cte_insert_root(cap_make(CAP_REPLY, 1, &reply[i], 0), &slots[SLOT_REPLY_OBJECT + i]);
    }
    for (unsigned i = 0; i < OBJECTS; i++) {
        cte_insert_root(cap_make(CAP_ENDPOINT, RIGHTS_ALL, &endpoint[i], 0),
                        &slots[SLOT_ENDPOINT + i]);
        cte_insert_root(cap_make(CAP_NOTIFICATION, 3, &notification[i], 0),
                        &slots[SLOT_NOTIFICATION + i]);
    }
}

void host_start(void)
{
    memset(&state, 0, sizeof(state));
    memset(host_threads, 0, sizeof(host_threads));
    memset(host_contexts, 0, sizeof(host_contexts));
    memset(reply, 0, sizeof(reply));
    memset(endpoint, 0, sizeof(endpoint));
    memset(notification, 0, sizeof(notification));
    memset(slots, 0, sizeof(slots));
    memset(host_outer, 0, sizeof(host_outer));
    memset(&host_processor, 0, sizeof(host_processor));
    memset(&host_idle, 0, sizeof(host_idle));
    host_idle.status = THREAD_IDLE;
    state.idle = &host_idle;
    state.current = &host_idle;
    state.now = TICKS_PER_SECOND;
    clock_us = 0;
    host_console[0] = '\0';
    host_firmware_call = 0;
    domain_init();
    make_caps();
    host_outer[0].cap = cap_make(CAP_CNODE, 6, slots, 0);
    for (unsigned i = 0; i < THREADS; i++) {
        tcb_init(thread[i], 0);
        thread[i]->mcp = 255;
        thread[i]->context.pc = PC(i);
        thread[i]->fault_pc = PC(i);
        thread[i]->slot[TCB_CSPACE].cap = slots[SLOT_ROOT].cap;
        thread[i]->slot[TCB_BUFFER].cap = cap_make(CAP_FRAME, VM_READ_WRITE << 1, host_buffer, 0);
        thread[i]->buffer_vaddr = i * sizeof(host_buffer[0]);
    }
}

void host_two_levels(unsigned i)
{
    thread[i]->slot[TCB_CSPACE].cap = cap_make(CAP_CNODE, 2, host_outer, WORD_BITS - 8);
}

void host_prepare(unsigned i, word_t priority, word_t budget_us, word_t period_us)
{
    thread[i]->priority = (uint8_t)priority;
    if (budget_us != 0) {
        refill_new(context[i], budget_us == period_us ? 2 : 10, us_to_ticks(budget_us),
                   budget_us == period_us ? 0 : us_to_ticks(period_us), state.now);
        context[i]->badge = 0x5c0 + i;
        sched_context_bind_tcb(context[i], thread[i]);
    }
}

static ticks_t host_now(void)
{
    return TICKS_PER_SECOND + us_to_ticks(clock_us);
}

void host_run(unsigned i, word_t priority, word_t budget_us, word_t period_us)
{
    sched_timestamp(host_now());
    host_prepare(i, priority, budget_us, period_us);
    thread[i]->status = THREAD_RESTART;
    sched_wake(thread[i]);
    sched_run();
}

void host_syscall(struct host_call call)
{
    struct tcb *tcb = state.current;
    word_t *x = tcb->context.x, *buffer = tcb_ipc_buffer(tcb, true);

    assert_true(tcb != &host_idle);
    x[0] = call.cptr;
    x[1] = info_make(call.label, call.unwrapped, call.caps, call.length);
    for (unsigned i = 0; i < COUNT(call.mr); i++) {
        (void)message_write(tcb, buffer, i, call.mr[i]);
    }
    for (unsigned i = 0; buffer != NULL && i < COUNT(call.cap); i++) {
        buffer[IPC_BUFFER_CAPS_WORD + i] = call.cap[i];
    }
    x[6] = call.reply;
    x[7] = (word_t)call.number;
    x[8] = call.destination;
    tcb->context.pc += 4;
    host_enter((struct host_entry){ .kind = ENTRY_SYSCALL, .time = host_now() });
    host_check_invariants();
}

word_t host_invoke(struct host_call call)
{
    struct tcb *caller = state.current;

    call.number = SYS_CALL;
    host_syscall(call);
    assert_int_equal(caller->context.x[0], 0);
    return info_label(caller->context.x[1]);
}

void host_pass(word_t us)
{
    word_t end = clock_us + us;

    /* The kernel is entered when it asked for that, and not otherwise. */
    while (sched_deadline() <= TICKS_PER_SECOND + us_to_ticks(end)) {
        ticks_t deadline = sched_deadline();

        host_enter((struct host_entry){ .kind = ENTRY_TIMER,
                                        .time = deadline > state.now ? deadline : state.now + 1 });
        host_check_invariants();
    }
    clock_us = end;
}

void host_vm_fault(word_t address)
{
    host_enter((struct host_entry){ ENTRY_DATA_FAULT, host_now(), address });
    host_check_invariants();
}

void host_fetch_fault(void)
{
    host_enter((struct host_entry){ .kind = ENTRY_INSTRUCTION_FAULT, .time = host_now() });
    host_check_invariants();
}

void host_badge(unsigned destination, unsigned source, word_t badge)
{
    cte_insert(cap_update_data(slots[source].cap, badge, false), &slots[source],
               &slots[destination]);
}

unsigned host_current(void)
{
    unsigned i = 0;

    while (i < THREADS && state.current != thread[i]) {
        i++;
    }
    return i;
}
