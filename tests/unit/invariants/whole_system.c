/* SPDX-License-Identifier: BSD-2-Clause */
#include "whole_system.h"

#include <string.h>

#include <arch/mmu.h>
#include <kernel/ipc.h>
#include <kernel/retype.h>

struct cte slots[WHOLE_SLOTS] __attribute__((aligned(32)));
static char memory[1u << WHOLE_BITS] __attribute__((aligned(1u << WHOLE_BITS)));
static struct asid_pool pool __attribute__((aligned(4096)));
static struct tcb idle __attribute__((aligned(16)));

static void make_in(enum whole_slot untyped, enum whole_slot slot, enum object_type type,
                    word_t size_bits)
{
    struct cap from = slots[untyped].cap;
    struct retype_place place = retype_place(untyped_size_bits(from), untyped_free_bytes_used(from),
                                             object_size_bits(type, size_bits), 1);

    assert_true(place.fits);
    cte_update(&slots[untyped], untyped_with_used(from, place.end));
    cte_insert_child(object_create(type, size_bits, (char *)cap_object(from) + place.first, false),
                     &slots[untyped], &slots[slot]);
}

static void make(enum whole_slot slot, enum object_type type, word_t size_bits)
{
    make_in(UNTYPED, slot, type, size_bits);
}

static void copy(enum whole_slot source, enum whole_slot destination, word_t badge)
{
    struct cap cap = slots[source].cap;

    if (badge != 0) {
        cap.w1 = badge;
    }
    cte_insert(cap, &slots[source], &slots[destination]);
}

static void make_objects(void)
{
    for (enum whole_slot i = RUNNER; i <= YIELDER; i++) {
        make(i, OBJECT_TCB, 0);
    }
    make(CHAINED, OBJECT_TCB, 0);
    for (enum whole_slot i = RUNNER_SC; i <= NTFN_SC; i++) {
        make(i, OBJECT_SCHED_CONTEXT, 8);
        refill_new(whole(i), 4, 100000, 500000, state.now);
    }
    make(ENDPOINT, OBJECT_ENDPOINT, 0);
    make(INBOX, OBJECT_ENDPOINT, 0);
    copy(ENDPOINT, BADGED, 7);
    copy(BADGED, BADGED2, 0);
    make(NOTIFICATION, OBJECT_NOTIFICATION, 0);
    make(BOUND, OBJECT_NOTIFICATION, 0);
    make(CALL_REPLY, OBJECT_REPLY, 0);
    make(TAKER_REPLY, OBJECT_REPLY, 0);
    make(CHAIN_REPLY, OBJECT_REPLY, 0);
    make(NODE, OBJECT_CAP_TABLE, 3);
    make(ZOMBIE, OBJECT_CAP_TABLE, 2);
    slots[ZOMBIE].cap = cap_make(CAP_ZOMBIE, 2 << 1, whole(ZOMBIE), 3);
    make(INNER, OBJECT_UNTYPED, 12);
    make_in(INNER, INNER_EP, OBJECT_ENDPOINT, 0);
    cte_insert(cap_make(CAP_IRQ_HANDLER, WHOLE_IRQ, NULL, 0), &slots[CONTROL], &slots[HANDLER]);
    state.irq[WHOLE_IRQ].active = true;
    cte_insert(slots[NOTIFICATION].cap, &slots[NOTIFICATION], &state.irq[WHOLE_IRQ].slot);
}

static void map_table(enum whole_slot slot, pte_t *entry, vaddr_t vaddr)
{
    make(slot, OBJECT_PAGE_TABLE, 0);
    slots[slot].cap = cap_with_mapping(cap_with_field(slots[slot].cap, 1), 1, vaddr);
    *entry = pte_table(ptr_to_paddr(whole(slot)) & PTE_ADDRESS);
}

static void make_address_space(void)
{
    pte_t *root;

    make(VSPACE, OBJECT_VSPACE, 0);
    root = whole(VSPACE);
    slots[VSPACE].cap = cap_with_mapping(cap_with_field(slots[VSPACE].cap, 1), 1, 0);
    pool.root[1] = root;
    map_table(TABLE1, &root[0], 0);
    map_table(TABLE2, &((pte_t *)whole(TABLE1))[0], 0);
    map_table(TABLE3, &((pte_t *)whole(TABLE2))[2], WHOLE_PAGE);
    make(LOOSE_TABLE, OBJECT_PAGE_TABLE, 0);
    make(FRAME, OBJECT_SMALL_PAGE, 0);
    copy(FRAME, FRAME2, 0);
    slots[FRAME].cap = cap_with_mapping(slots[FRAME].cap, 1, WHOLE_PAGE);
    *(pte_t *)whole(TABLE3) =
        pte_leaf(ptr_to_paddr(whole(FRAME)) & PTE_ADDRESS, PAGE_BITS, VM_READ_WRITE, 3);
}

static struct tcb *start(enum whole_slot slot, word_t priority, enum whole_slot sc)
{
    struct tcb *tcb = whole(slot);

    tcb->priority = (uint8_t)priority;
    tcb->status = THREAD_RUNNING;
    if (sc != FREE) {
        sched_context_bind_tcb(whole(sc), tcb);
    }
    return tcb;
}

static void link_callers(void)
{
    struct tcb *chained = start(CHAINED, 9, RUNNER_SC);
    struct tcb *caller = start(CALLER, 9, FREE);
    struct tcb *runner = start(RUNNER, 9, FREE);

    reply_push(whole(CHAIN_REPLY), chained, caller, true);
    reply_push(whole(CALL_REPLY), caller, runner, true);
    sched_wake(runner);
}

static void link_waiters(void)
{
    struct tcb *waiter = start(WAITER, 3, FREE);

    endpoint_send(whole(ENDPOINT), start(SENDER, 4, FREE), (struct send_mode){ .blocking = true });
    whole_thread(SENDER)->fault.type = FAULT_VM;
    endpoint_send(whole(ENDPOINT), start(SLOW, 3, FREE), (struct send_mode){ .blocking = true });
    notification_receive(whole(NOTIFICATION), waiter, true);
    endpoint_receive(whole(INBOX), start(TAKER, 3, FREE), whole(TAKER_REPLY), true);
}

static void link_time(void)
{
    struct tcb *yielder;

    refill_charge(whole(BROKE_SC), 100000);
    refill_charge(whole(POOR_SC), 100000);
    refill_head(whole_context(POOR_SC))->time += 5;
    (void)start(BROKE, 5, BROKE_SC);
    (void)start(POOR, 5, POOR_SC);
    (void)start(SECOND, 5, SECOND_SC);
    (void)start(READY, 5, READY_SC);
    yielder = start(YIELDER, 2, YIELDER_SC);
    yielder->yield_to = whole(SECOND_SC);
    yielder->yield_to->yield_from = yielder;
    notification_bind(whole(BOUND), whole(READY));
    sched_context_bind_notification(whole(NTFN_SC), whole(BOUND));
}

void whole_start(void)
{
    memset(&state, 0, sizeof(state));
    memset(memory, 0, sizeof(memory));
    memset(slots, 0, sizeof(slots));
    memset(&pool, 0, sizeof(pool));
    memset(&idle, 0, sizeof(idle));
    idle.status = THREAD_IDLE;
    state.idle = &idle;
    state.current = &idle;
    state.now = TICKS_PER_SECOND;
    state.asid_pool[0] = &pool;
    domain_init();
    mmu_load(mmu_no_user_root(), 0);
    cte_insert_root(cap_make(CAP_CNODE, 6, slots, WORD_BITS - 6), &slots[ROOT]);
    cte_insert_root(cap_make(CAP_IRQ_CONTROL, 0, NULL, 0), &slots[CONTROL]);
    cte_insert_root(cap_make(CAP_UNTYPED, WHOLE_BITS << 1, memory, 0), &slots[UNTYPED]);
    cte_insert_root(cap_make(CAP_ASID_POOL, 0, &pool, 0), &slots[POOL]);
    make_objects();
    make_address_space();
    link_time();
    link_waiters();
    link_callers();
    cte_insert(slots[VSPACE].cap, &slots[VSPACE], &whole_thread(RUNNER)->slot[TCB_VSPACE]);
    sched_run();
}
