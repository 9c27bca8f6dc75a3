/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_random.h"

#include "random.h"

#include <kernel/tcb.h>

void host_random_seed(unsigned seed)
{
    random_seed(seed);
}

unsigned host_pick(unsigned below)
{
    return random_below(below);
}

word_t host_pick_word(void)
{
    return random_word();
}

static word_t any_object(void)
{
    return SLOT_TCB + host_pick(SLOT_FREE + 6 - SLOT_TCB);
}

void host_random_message(void)
{
    static const int64_t numbers[] = { SYS_CALL, SYS_REPLY_RECV, SYS_NB_SEND_RECV, SYS_NB_SEND_WAIT,
                                       SYS_SEND, SYS_NB_SEND,    SYS_RECV,         SYS_NB_RECV,
                                       SYS_WAIT, SYS_NB_WAIT,    SYS_YIELD };
    word_t reply_slot = SLOT_REPLY_OBJECT + host_pick(THREADS);

    host_syscall((struct host_call){
        .number = numbers[host_pick(COUNT(numbers))],
        .cptr = host_pick(8) == 0 ? any_object() : SLOT_ENDPOINT + host_pick(2 * OBJECTS),
        .reply = host_pick(6) == 0 ? SLOT_ENDPOINT + host_pick(2 * OBJECTS) : reply_slot,
        .destination = any_object(),
        .label = host_pick(4),
        .length = host_pick(7),
        .caps = host_pick(3),
        .cap = { any_object(), any_object() },
    });
}

void host_random_invocation(void)
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
    word_t label = labels[host_pick(COUNT(labels))];
    struct host_call call = {
        .number = SYS_CALL, .cptr = SLOT_TCB + host_pick(THREADS), .length = 5, .caps = 3
    };

    if (host_pick(2) == 0) {
        call.cptr = SLOT_SC + host_pick(THREADS);
        call.label = context_labels[host_pick(COUNT(context_labels))];
        call.cap[0] =
            host_pick(2) ? SLOT_TCB + host_pick(THREADS) : SLOT_NOTIFICATION + host_pick(OBJECTS);
    } else {
        call.label = label;
        call.mr[0] = host_pick(6);
        call.mr[1] = host_pick(6);
        call.cap[0] = label == LABEL_TCB_BIND_NOTIFICATION ? SLOT_NOTIFICATION + host_pick(OBJECTS)
                      : label == LABEL_TCB_SET_TIMEOUT_ENDPOINT ? SLOT_ENDPOINT + host_pick(OBJECTS)
                                                                : SLOT_TCB;
        call.cap[1] = host_pick(3) == 0 ? (word_t)SLOT_FREE + 9 : SLOT_SC + host_pick(THREADS);
        call.cap[2] =
            host_pick(2) == 0 ? (word_t)SLOT_FREE + 9 : SLOT_ENDPOINT + host_pick(OBJECTS);
    }
    host_syscall(call);
}

void host_random_configuration(void)
{
    word_t period = 20 + host_pick(5000);

    host_syscall((struct host_call){ .number = SYS_CALL,
                                     .cptr = SLOT_CONTROL,
                                     .label = LABEL_SCHED_CONTROL_CONFIGURE_FLAGS,
                                     .length = 5,
                                     .caps = 1,
                                     .cap = { SLOT_SC + host_pick(THREADS) },
                                     .mr = { host_pick(3) == 0 ? period : 20 + host_pick(5000),
                                             period, host_pick(10), 1, host_pick(2) } });
}

/* Copies of reply, endpoint and notification caps come and go; the last one takes the object. */
void host_random_capability(void)
{
    unsigned slot = SLOT_FREE + host_pick(6);

    if (host_pick(40) == 0) {
        slot = SLOT_REPLY_OBJECT + host_pick(THREADS);
    }
    if (host_pick(2) == 0) {
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
            .mr = { slot, 64, SLOT_REPLY_OBJECT + host_pick(16), 64, 15, 1 + host_pick(3) },
            .cap = { SLOT_ROOT } });
    }
}

void host_revive(void)
{
    unsigned i = host_pick(THREADS);

    tcb_resume(thread[i]);
    if (thread[i]->sched_context == NULL && context[i]->tcb == NULL && !tcb_is_blocked(thread[i])) {
        if (context[i]->refill_max == 0) {
            refill_new(context[i], 10, us_to_ticks(100), us_to_ticks(300), state.now);
        }
        sched_context_bind_tcb(context[i], thread[i]);
    }
    sched_run();
    host_check_invariants();
    host_pass(1 + host_pick(400));
}
