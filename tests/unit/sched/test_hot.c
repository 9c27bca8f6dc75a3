/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hot paths against the slow path, in situations made for them and turned by chance: passive and
 * active servers, chains of calls, rights, badges, buffers, FP registers, bound notifications,
 * domains, budgets that end. host_paths.c makes each entry both ways and compares all memory.
 */
#include "host_paths.h"
#include "host_random.h"
#include "random.h"

#include <kernel/tcb.h>

#define SEEDS 600u
#define STEPS 400u
#define SLOT_MINTED ((unsigned)SLOT_FREE) /* endpoints on even slots, notifications on odd ones */
#define MINTED 16u
#define SLOT_REPLY_NO_GRANT (SLOT_MINTED + MINTED) /* of reply objects 0 and 1 */
#define FIRST_SERVER 4u

static word_t any_endpoint(void)
{
    return host_pick(2) == 0 ? SLOT_ENDPOINT + host_pick(OBJECTS)
                             : SLOT_MINTED + 2 * host_pick(MINTED / 2);
}

static word_t any_notification(void)
{
    return host_pick(2) == 0 ? SLOT_NOTIFICATION + host_pick(OBJECTS)
                             : SLOT_MINTED + 2 * host_pick(MINTED / 2) + 1;
}

static enum queue_kind kind_of(word_t slot)
{
    const struct endpoint *ep = cap_object(slots[slot].cap);

    return cap_type(slots[slot].cap) == CAP_ENDPOINT ? (enum queue_kind)(ep->head_kind & 3)
                                                     : QUEUE_IDLE;
}

/* Rather an endpoint where threads wait in this way. */
static word_t endpoint_with(enum queue_kind kind)
{
    word_t slot = any_endpoint();

    for (unsigned tries = 0; tries < 8 && kind_of(slot) != kind; tries++) {
        slot = any_endpoint();
    }
    return slot;
}

/* ---- the situation -------------------------------------------------------------------------- */

static void mint(unsigned from, unsigned to, word_t badge, word_t rights)
{
    struct cap cap = cap_mask_rights(cap_update_data(slots[from].cap, badge, false), rights);

    cte_insert(cap, &slots[from], &slots[to]);
}

static void make_caps(void)
{
    for (unsigned i = 0; i < MINTED; i += 2) {
        mint(SLOT_ENDPOINT + i / 2 % OBJECTS, SLOT_MINTED + i, host_pick_word(),
             host_pick(2) == 0 ? RIGHTS_ALL : host_pick(16));
        mint(SLOT_NOTIFICATION + i / 2 % OBJECTS, SLOT_MINTED + i + 1, host_pick_word(),
             1 + host_pick(3));
    }
    for (unsigned i = 0; i < 2; i++) {
        cte_insert(cap_mask_rights(slots[SLOT_REPLY_OBJECT + i].cap, RIGHT_READ),
                   &slots[SLOT_REPLY_OBJECT + i], &slots[SLOT_REPLY_NO_GRANT + i]);
    }
}

static void furnish(unsigned i)
{
    struct tcb *tcb = thread[i];
    struct notification *ntfn = &notification[host_pick(OBJECTS)];
    unsigned buffer = host_pick(8);

    tcb->flags = host_pick(4) == 0 ? TCB_FLAG_FPU_DISABLED : 0;
    for (unsigned word = 0; word < COUNT(tcb->fpu.v); word++) {
        tcb->fpu.v[word] = host_pick_word();
    }
    tcb->context.tpidr_el0 = host_pick_word();
    if (buffer == 0) {
        tcb->slot[TCB_BUFFER].cap = cap_null();
    } else if (buffer == 1) {
        tcb->slot[TCB_BUFFER].cap = frame_with_rights(tcb->slot[TCB_BUFFER].cap, VM_READ_ONLY);
    }
    if (host_pick(3) == 0) {
        host_two_levels(i);
    }
    if (host_pick(6) != 0) {
        unsigned handler = host_pick(2) == 0 ? (unsigned)any_endpoint() : SLOT_ENDPOINT + i % 2;

        tcb->slot[TCB_FAULT_HANDLER].cap = slots[handler].cap;
    }
    if (host_pick(4) == 0) {
        tcb->slot[TCB_TIMEOUT_HANDLER].cap = slots[any_endpoint()].cap;
    }
    if (host_pick(3) == 0 && ntfn->bound_tcb == NULL) {
        notification_bind(ntfn, tcb);
    }
    context[i]->flags = host_pick(3) == 0 ? SCHED_CONTEXT_SPORADIC : 0;
}

/* Waits at an endpoint, two times in three without a scheduling context. */
static void start_server(unsigned i)
{
    host_run(i, 250, 1000, 1000);
    host_syscall((struct host_call){
        .number = SYS_RECV, .cptr = SLOT_ENDPOINT + i % 2, .reply = SLOT_REPLY_OBJECT + i });
    if (thread[i]->status != THREAD_BLOCKED_ON_RECEIVE) {
        return;
    }
    if (host_pick(3) != 0) {
        sched_context_unbind_tcb(context[i]);
    }
    thread[i]->priority = (uint8_t)(2 + host_pick(6));
    thread[i]->domain = host_pick(12) == 0;
    endpoint_reorder(thread[i]);
}

static void start(void)
{
    host_start();
    make_caps();
    for (unsigned i = 0; i < THREADS; i++) {
        furnish(i);
    }
    for (unsigned i = FIRST_SERVER; i < THREADS; i++) {
        start_server(i);
    }
    for (unsigned i = 0; i < FIRST_SERVER; i++) {
        word_t period = 100 + host_pick(2000);

        thread[i]->domain = host_pick(12) == 0;
        host_run(i, host_pick(6), host_pick(2) == 0 ? period : 40 + host_pick(300), period);
    }
}

/* ---- entries -------------------------------------------------------------------------------- */

/* Mostly short; any label, bits that the kernel has to clear, words of any value. */
static struct host_call message(int64_t number, word_t cptr)
{
    struct host_call call = { .number = number, .cptr = cptr };

    call.label = host_pick(2) == 0 ? host_pick(4) : host_pick_word() >> 12;
    call.unwrapped = host_pick(8);
    call.length = host_pick(8) == 0 ? host_pick(128) : host_pick(5);
    call.caps = host_pick(10) == 0 ? host_pick(4) : 0;
    call.reply = SLOT_REPLY_OBJECT + (word_t)(state.current - host_threads);
    call.destination = host_pick(HOST_SLOTS);
    for (unsigned i = 0; i < COUNT(call.mr); i++) {
        call.mr[i] = host_pick_word();
    }
    for (unsigned i = 0; i < COUNT(call.cap); i++) {
        call.cap[i] = host_pick(2 * HOST_SLOTS);
    }
    return call;
}

/* The reply object through which the current thread was called: it may answer. */
static const struct reply *open_call(void)
{
    return state.current_sc->reply;
}

static void answer(void)
{
    unsigned which = (unsigned)(open_call() - reply);
    word_t next = host_pick(8) == 0 ? any_endpoint() : SLOT_ENDPOINT + host_pick(2);
    struct host_call call = message(SYS_REPLY_RECV, next);

    call.reply =
        host_pick(4) == 0 && which < 2 ? SLOT_REPLY_NO_GRANT + which : SLOT_REPLY_OBJECT + which;
    host_syscall(call);
}

static void signal_or_wait(void)
{
    static const int64_t numbers[] = { SYS_SEND, SYS_NB_SEND, SYS_WAIT, SYS_NB_WAIT, SYS_NB_WAIT };

    host_syscall(message(numbers[host_pick(COUNT(numbers))], any_notification()));
}

/* A waiting thread with a scheduling context loses that: a passive server again. */
static void make_passive(void)
{
    unsigned i = host_pick(THREADS);
    const struct tcb *owner = context[i]->tcb;

    if (owner != NULL && owner->status == THREAD_BLOCKED_ON_RECEIVE) {
        host_syscall((struct host_call){
            .number = SYS_CALL, .cptr = SLOT_SC + i, .label = LABEL_SCHED_CONTEXT_UNBIND });
    }
}

/* Too many threads wait: take a message, or answer somebody. */
static void help_others(void)
{
    word_t slot = endpoint_with(QUEUE_SEND);
    unsigned which = host_pick(THREADS);

    if (kind_of(slot) == QUEUE_SEND) {
        host_syscall(message(SYS_RECV, slot));
    } else if (reply[which].tcb != NULL) {
        host_syscall(message(SYS_SEND, SLOT_REPLY_OBJECT + which));
    } else {
        make_passive();
    }
}

static void call_someone(void)
{
    word_t slot = endpoint_with(QUEUE_RECEIVE);

    if (kind_of(slot) == QUEUE_RECEIVE || host_pick(8) == 0) {
        host_syscall(message(SYS_CALL, slot));
    } else {
        help_others();
    }
}

/* What is done to threads while they wait: a new address to go on at, a context of their own. */
static void change_thread(void)
{
    unsigned i = host_pick(THREADS), sc = host_pick(THREADS);

    if (host_pick(2) == 0) {
        host_syscall((struct host_call){ .number = SYS_CALL,
                                         .cptr = SLOT_TCB + i,
                                         .label = LABEL_TCB_WRITE_REGISTERS,
                                         .length = 3,
                                         .mr = { 0, 1, 0x20000 + 4 * host_pick(100) } });
    } else if (thread[i]->status == THREAD_BLOCKED_ON_REPLY) {
        host_syscall((struct host_call){ .number = SYS_CALL,
                                         .cptr = SLOT_SC + sc,
                                         .label = LABEL_SCHED_CONTEXT_BIND,
                                         .caps = 1,
                                         .cap = { SLOT_TCB + i } });
    }
}

static void random_other(void)
{
    switch (host_pick(4)) {
    case 0:
        host_random_invocation();
        break;
    case 1:
        host_random_configuration();
        break;
    case 2:
        host_random_capability();
        break;
    default:
        host_random_message();
        break;
    }
}

static void bind_free_context(struct tcb *tcb)
{
    unsigned i = 0;

    while (i < THREADS && context[i]->tcb != NULL) {
        i++;
    }
    if (tcb->sched_context == NULL && i < THREADS) {
        sched_context_bind_tcb(context[i], tcb);
    }
}

/* A stopped or stuck thread comes back as what it was: else all of them end up so. */
static void restore(unsigned i)
{
    struct tcb *tcb = thread[i];
    bool stuck = tcb->status == THREAD_INACTIVE || tcb->status == THREAD_BLOCKED_ON_SEND;
    bool waits = tcb->status == THREAD_BLOCKED_ON_RECEIVE;
    bool is_server = i >= FIRST_SERVER;
    bool has_chain = tcb->sched_context != NULL && tcb->sched_context->reply != NULL;

    if (has_chain || (!stuck && !(is_server && waits))) {
        return;
    }
    if (is_server && tcb->sched_context != NULL) {
        sched_context_unbind_tcb(tcb->sched_context);
    }
    if (is_server && stuck) {
        tcb_suspend(tcb);
        endpoint_receive(&endpoint[i % 2], tcb, &reply[i], true);
    } else if (!is_server) {
        tcb_resume(tcb);
        bind_free_context(tcb);
    }
    sched_run();
    host_check_invariants();
}

static void step(void)
{
    unsigned what = host_pick(100);

    if (host_pick(3) != 0) { /* the thread computes */
        host_pass(1 + host_pick(3));
    }
    if (host_pick(6) == 0) {
        restore(host_pick(THREADS));
    }
    if (state.current == state.idle) {
        host_pass(1 + host_pick(1500));
    } else if (open_call() != NULL && host_pick(4) != 0) {
        answer();
    } else if (what < 45) {
        call_someone();
    } else if (what < 65) {
        signal_or_wait();
    } else if (what < 75) {
        host_vm_fault(host_pick_word());
    } else if (what < 78) {
        host_fetch_fault();
    } else if (what < 86) {
        make_passive();
    } else if (what < 90) {
        help_others();
    } else if (what < 92) {
        random_other();
    } else if (what < 95) {
        change_thread();
    } else {
        host_pass(1 + host_pick(100));
    }
}

static void test_situations(void **unused)
{
    (void)unused;
    random_announce("situations", 1, SEEDS);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        host_random_seed(seed);
        start();
        for (unsigned n = 0; n < STEPS; n++) {
            step();
        }
    }
}

/* ---- the comparison is about something ------------------------------------------------------ */

static const struct {
    const char *name;
    enum host_path path;
    unsigned long taken, refused; /* at least */
} shares[] = {
    { "call", PATH_CALL, 4000, 3000 },         { "reply and receive", PATH_REPLY_RECV, 3000, 2500 },
    { "fault", PATH_FAULT, 800, 1000 },        { "signal", PATH_SIGNAL, 1000, 500 },
    { "wait and poll", PATH_WAIT, 1000, 500 },
};

static void test_shares(void **unused)
{
    (void)unused;
    print_message("%lu entries\n", host_entries);
    for (unsigned i = 0; i < COUNT(shares); i++) {
        const struct host_path_counts *counts = &host_path_counts[shares[i].path];

        print_message("%s: %lu taken, %lu refused\n", shares[i].name, counts->taken,
                      counts->refused);
        CHECK(shares[i].name, counts->taken >= shares[i].taken);
        CHECK(shares[i].name, counts->refused >= shares[i].refused);
    }
    print_message("%lu without asking for the time, %lu of them also when time had passed\n",
                  host_timeless, host_timed);
    assert_true(host_timeless >= host_entries / 10);
    assert_true(host_timed >= host_timeless / 2);
}

/* An answer that names a capability which cannot be found is not sent, to a fault neither. */
static void test_fault_answer_with_lost_cap(void **unused)
{
    (void)unused;
    host_random_seed(1);
    host_start();
    thread[0]->slot[TCB_FAULT_HANDLER].cap = slots[SLOT_ENDPOINT].cap;
    host_two_levels(1); /* where not every address is one of a slot */
    host_run(1, 20, 1000, 1000);
    host_syscall((struct host_call){
        .number = SYS_RECV, .cptr = SLOT_ENDPOINT, .reply = SLOT_REPLY_OBJECT + 1 });
    sched_context_unbind_tcb(context[1]);
    host_run(0, 10, 1000, 1000);
    host_vm_fault(0x1000);
    assert_ptr_equal(state.current, thread[1]);
    host_syscall((struct host_call){ .number = SYS_REPLY_RECV,
                                     .cptr = SLOT_ENDPOINT,
                                     .reply = SLOT_REPLY_OBJECT + 1,
                                     .caps = 1,
                                     .cap = { ~UINT64_C(0) } });
    assert_int_equal(thread[0]->status, THREAD_INACTIVE); /* its reply object was used anew */
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_situations),
                                        cmocka_unit_test(test_shares),
                                        cmocka_unit_test(test_fault_answer_with_lost_cap) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
