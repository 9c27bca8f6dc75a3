/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ready queues: one doubly linked list per domain and priority, and a two-level bitmap that finds
 * the highest one in constant time (abi 7.2). Also compiled for the host's unit tests.
 */
#include <kernel/changed.h>
#include <kernel/sched.h>

static struct tcb_queue *queue_of(const struct tcb *tcb)
{
    return &state.ready[tcb->domain][tcb->priority];
}

static ALWAYS_INLINE void changed_bits(const struct tcb *tcb)
{
    rcoe_changed(&state.ready_words[tcb->domain], sizeof(state.ready_words[0]));
    rcoe_changed(state.ready_bits[tcb->domain], sizeof(state.ready_bits[0]));
}

/* Of a thread that came, or goes: its queue, its neighbours there, itself. */
static ALWAYS_INLINE void changed_queue(const struct tcb_queue *queue, const struct tcb *tcb)
{
    rcoe_changed(queue, sizeof(*queue));
    changed_thread(tcb);
}

static ALWAYS_INLINE void mark(const struct tcb *tcb)
{
    word_t word = tcb->priority / WORD_BITS;

    state.ready_bits[tcb->domain][word] |= BIT(tcb->priority % WORD_BITS);
    state.ready_words[tcb->domain] |= BIT(word);
    changed_bits(tcb);
}

static ALWAYS_INLINE void unmark(const struct tcb *tcb)
{
    word_t word = tcb->priority / WORD_BITS;

    state.ready_bits[tcb->domain][word] &= ~BIT(tcb->priority % WORD_BITS);
    if (state.ready_bits[tcb->domain][word] == 0) {
        state.ready_words[tcb->domain] &= ~BIT(word);
    }
    changed_bits(tcb);
}

void ready_enqueue(struct tcb *tcb)
{
    struct tcb_queue *queue = queue_of(tcb);

    if (tcb->in_ready_queue) {
        return;
    }
    tcb->queue_prev = NULL;
    tcb->queue_next = queue->head;
    if (queue->head != NULL) {
        queue->head->queue_prev = tcb;
        changed_links(queue->head);
    } else {
        queue->tail = tcb;
        mark(tcb);
    }
    queue->head = tcb;
    tcb->in_ready_queue = true;
    changed_queue(queue, tcb);
}

void ready_append(struct tcb *tcb)
{
    struct tcb_queue *queue = queue_of(tcb);

    if (tcb->in_ready_queue) {
        return;
    }
    tcb->queue_next = NULL;
    tcb->queue_prev = queue->tail;
    if (queue->tail != NULL) {
        queue->tail->queue_next = tcb;
        changed_links(queue->tail);
    } else {
        queue->head = tcb;
        mark(tcb);
    }
    queue->tail = tcb;
    tcb->in_ready_queue = true;
    changed_queue(queue, tcb);
}

void ready_dequeue(struct tcb *tcb)
{
    struct tcb_queue *queue = queue_of(tcb);

    if (!tcb->in_ready_queue) {
        return;
    }
    if (tcb->queue_prev != NULL) {
        tcb->queue_prev->queue_next = tcb->queue_next;
        changed_links(tcb->queue_prev);
    } else {
        queue->head = tcb->queue_next;
    }
    if (tcb->queue_next != NULL) {
        tcb->queue_next->queue_prev = tcb->queue_prev;
        changed_links(tcb->queue_next);
    } else {
        queue->tail = tcb->queue_prev;
    }
    if (queue->head == NULL) {
        unmark(tcb);
    }
    tcb->queue_next = NULL;
    tcb->queue_prev = NULL;
    tcb->in_ready_queue = false;
    changed_queue(queue, tcb);
}

/* Highest priority with a ready thread; -1: none. */
static int highest_priority(word_t domain)
{
    word_t words = state.ready_words[domain];
    int word;

    if (words == 0) {
        return -1;
    }
    word = 63 - __builtin_clzll(words);
    return word * 64 + 63 - __builtin_clzll(state.ready_bits[domain][word]);
}

struct tcb *ready_highest(word_t domain)
{
    int priority = highest_priority(domain);

    return priority < 0 ? NULL : state.ready[domain][priority].head;
}

bool ready_is_highest(word_t domain, word_t priority)
{
    return highest_priority(domain) <= (int)priority;
}
