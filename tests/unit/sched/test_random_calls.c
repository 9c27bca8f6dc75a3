/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that do anything: random system calls, faults and passing time. After each the invariants
 * of host_invariants.c must hold. Seeds are fixed: a failure repeats.
 */
#include "host_system.h"

#include <kernel/tcb.h>

#define SEEDS 40u
#define STEPS 3000u

static uint64_t random_state;

static unsigned pick(unsigned below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 20) % below;
}

static word_t any_object(void)
{
    return SLOT_TCB + pick(SLOT_FREE + 6 - SLOT_TCB);
}

static void random_message(void)
{
    static const int64_t numbers[] = { SYS_CALL, SYS_REPLY_RECV, SYS_NB_SEND_RECV, SYS_NB_SEND_WAIT,
                                       SYS_SEND, SYS_NB_SEND,    SYS_RECV,         SYS_NB_RECV,
                                       SYS_WAIT, SYS_NB_WAIT,    SYS_YIELD };
    word_t reply_slot = SLOT_REPLY_OBJECT + pick(THREADS);

    host_syscall((struct host_call){
        .number = numbers[pick(COUNT(numbers))],
        .cptr = pick(8) == 0 ? any_object() : SLOT_ENDPOINT + pick(2 * OBJECTS),
        .reply = pick(6) == 0 ? SLOT_ENDPOINT + pick(2 * OBJECTS) : reply_slot,
        .destination = any_object(),
        .label = pick(4),
        .length = pick(7),
        .caps = pick(3),
        .cap = { any_object(), any_object() },
    });
}

static void random_invocation(void)
{
    static const word_t labels[] = {
        LABEL_TCB_SUSPEND,
        LABEL_TCB_RESUME,
        LABEL_TCB_RESUME,
        LABEL_TCB_BIND_NOTIFICATION,
        LABEL_TCB_UNBIND_NOTIFICATION,
        LABEL_TCB_SET_PRIORITY,
        LABEL_TCB_SET_TIMEOUT_ENDPOINT,
        LABEL_TCB_SET_SCHED_PARAMS,
    };
    static const word_t context_labels[] = {
        LABEL_SCHED_CONTEXT_BIND,          LABEL_SCHED_CONTEXT_UNBIND,
        LABEL_SCHED_CONTEXT_UNBIND_OBJECT, LABEL_SCHED_CONTEXT_CONSUMED,
        LABEL_SCHED_CONTEXT_YIELD_TO,
    };
    word_t label = labels[pick(COUNT(labels))];
    struct host_call call = {
        .number = SYS_CALL, .cptr = SLOT_TCB + pick(THREADS), .length = 5, .caps = 3
    };

    if (pick(2) == 0) {
        call.cptr = SLOT_SC + pick(THREADS);
        call.label = context_labels[pick(COUNT(context_labels))];
        call.cap[0] = pick(2) ? SLOT_TCB + pick(THREADS) : SLOT_NOTIFICATION + pick(OBJECTS);
    } else {
        call.label = label;
        call.mr[0] = pick(6);
        call.mr[1] = pick(6);
        call.cap[0] = label == LABEL_TCB_BIND_NOTIFICATION      ? SLOT_NOTIFICATION + pick(OBJECTS)
                      : label == LABEL_TCB_SET_TIMEOUT_ENDPOINT ? SLOT_ENDPOINT + pick(OBJECTS)
                                                                : SLOT_TCB;
        call.cap[1] = pick(3) == 0 ? (word_t)SLOT_FREE + 9 : SLOT_SC + pick(THREADS);
        call.cap[2] = pick(2) == 0 ? (word_t)SLOT_FREE + 9 : SLOT_ENDPOINT + pick(OBJECTS);
    }
    host_syscall(call);
}

static void random_configuration(void)
{
    word_t period = 20 + pick(5000);

    host_syscall((struct host_call){
        .number = SYS_CALL,
        .cptr = SLOT_CONTROL,
        .label = LABEL_SCHED_CONTROL_CONFIGURE_FLAGS,
        .length = 5,
        .caps = 1,
        .cap = { SLOT_SC + pick(THREADS) },
        .mr = { pick(3) == 0 ? period : 20 + pick(5000), period, pick(10), 1, pick(2) } });
}

/* Copies of reply, endpoint and notification caps come and go; the last one takes the object. */
static void random_capability(void)
{
    unsigned slot = SLOT_FREE + pick(6);

    if (pick(40) == 0) {
        slot = SLOT_REPLY_OBJECT + pick(THREADS);
    }
    if (pick(2) == 0) {
        host_syscall((struct host_call){ .number = SYS_CALL,
                                         .cptr = SLOT_ROOT,
                                         .length = 2,
                                         .label = LABEL_CNODE_DELETE,
                                         .mr = { slot, 64 } });
    } else {
        host_syscall((struct host_call){
            .number = SYS_CALL,
            .cptr = SLOT_ROOT,
            .length = 6,
            .label = LABEL_CNODE_MINT,
            .caps = 1,
            .mr = { slot, 64, SLOT_REPLY_OBJECT + pick(16), 64, 15, 1 + pick(3) },
            .cap = { SLOT_ROOT } });
    }
}

/* Somebody must be there to go on. */
static void revive(void)
{
    unsigned i = pick(THREADS);

    tcb_resume(thread[i]);
    if (thread[i]->sched_context == NULL && context[i]->tcb == NULL && !tcb_is_blocked(thread[i])) {
        if (context[i]->refill_max == 0) {
            refill_new(context[i], 10, us_to_ticks(100), us_to_ticks(300), state.now);
        }
        sched_context_bind_tcb(context[i], thread[i]);
    }
    sched_run();
    host_check_invariants();
    host_pass(1 + pick(400));
}

static void step(void)
{
    unsigned what = pick(100);

    if (state.current == state.idle) {
        revive();
    } else if (what < 55) {
        random_message();
    } else if (what < 75) {
        random_invocation();
    } else if (what < 78) {
        random_configuration();
    } else if (what < 83) {
        random_capability();
    } else if (what < 86) {
        host_vm_fault(0x1000);
    } else {
        host_pass(1 + pick(300));
    }
}

static void test_random(void **unused)
{
    (void)unused;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
        host_start();
        for (unsigned i = 0; i < THREADS; i++) {
            thread[i]->slot[TCB_FAULT_HANDLER].cap =
                pick(3) == 0 ? cap_null() : slots[SLOT_ENDPOINT + pick(OBJECTS)].cap;
            host_run(i, pick(6), 50 + pick(300), 400);
        }
        for (unsigned n = 0; n < STEPS; n++) {
            step();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
