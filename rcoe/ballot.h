/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * This replica's state and its window on the board. Two kinds of data, never mixed:
 *   struct rcoe_state  replicated: after the same event it is equal in every healthy replica;
 *   struct ballot      this replica's own page: whatever depends on who waited for whom.
 * Next file in the flow: enter.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch_rcoe.h>
#include <rcoe/rcoe.h>
#include <shim/board.h>
#include <shim/shim.h>

struct rcoe_state {
    struct ballot *own; /* in the window that the kernel mapped at `board` */
    uint64_t event;     /* kernel entries begun */
    uint64_t round;     /* fingerprints published */
    uint64_t delivered; /* inputs taken */
    uint64_t time;      /* newest agreed time */
    uint64_t timed;     /* event that it is the time of */
    uint64_t deadline;  /* newest decided; the ballot says it to EL2 */
    bool joining;       /* INPUT_JOIN was taken: reintegrate.c */
    uintptr_t board;
    /*
     * Copies of control's constants: one flip in the control page, which all share, must not be
     * every replica's.
     */
    uint32_t replicas;
    uint32_t window;
    uint32_t lag;  /* rounds that a peer may be behind when it is checked: vote.h */
    uint64_t rest; /* bits of the round that are 0 when peers are checked: vote.h */
    uint64_t barrier_ticks;
    uint64_t hard_ticks;
};
extern ARCH_REPLICA_STATE struct rcoe_state rcoe;

/* Self-evident failures: `code` of shim_panic(), beside the kernel's enum panic_code. */
enum rcoe_panic {
    RCOE_PANIC_BALLOT = 0x2000, /* own ballot or state was changed behind our back; detail: event */
    RCOE_PANIC_PROPOSAL,        /* own proposal is impossible; detail: its event */
    RCOE_PANIC_TARGET,          /* an input is due at an event that is over; detail: the target */
    RCOE_PANIC_CONFIG,          /* control page makes no sense; detail: word */
};

static inline const struct board_control *board_control(void)
{
    return (const struct board_control *)(rcoe.board + (BOARD_CONTROL_IPA - BOARD_IPA));
}

static inline const struct board_log *board_log(void)
{
    return (const struct board_log *)(rcoe.board + (BOARD_LOG_IPA - BOARD_IPA));
}

static inline struct ballot *ballot_own(void)
{
    return rcoe.own;
}

/* What EL2 of this core says, by the place of its ballot. */
static inline const struct board_slot *slot_own(const struct ballot *own)
{
    return (const struct board_slot *)((uintptr_t)own + ARCH_OWN_SLOT);
}

static inline const struct ballot *ballot_of(uint32_t replica)
{
    return (const struct ballot *)(rcoe.board + (BOARD_BALLOT_IPA(replica) - BOARD_IPA));
}

static inline const struct board_slot *slot_of(uint32_t replica)
{
    return (const struct board_slot *)(rcoe.board + (BOARD_SLOT_IPA(replica) - BOARD_IPA));
}

/* Masked: a flip in the ballot must not send a load outside the window. */
RCOE_INLINE uint32_t ballot_self(void)
{
    return (uint32_t)ballot_own()->replica & (REPLICAS_MAX - 1u);
}

/* Replicas that take part, beside this one. May change at any moment: read it in every turn. */
static inline uint32_t ballot_peers(void)
{
    uint32_t active = atomic_load_explicit(&board_control()->active, memory_order_acquire);

    return active & ~(1u << ballot_self()) & ((1u << rcoe.replicas) - 1u);
}

/* Acquire: what control's writer did before, and the old leader's last words, are visible. */
RCOE_INLINE uint32_t ballot_leader(void)
{
    return atomic_load_explicit(&board_control()->leader, memory_order_acquire) &
           (REPLICAS_MAX - 1u);
}

/* Gives this replica up. */
_Noreturn void ballot_wrong(void);

/*
 * What follows is inline in the kernel's way in and out; `own` is ballot_own(), read once.
 *
 * The ballot and the state agree on what was begun; otherwise one of them was hit.
 */
RCOE_INLINE void ballot_check(const struct ballot *own)
{
    uint64_t event = rcoe.event;

    if (((arch_load(&own->event) ^ event) | (arch_load(&own->event_check) + event) |
         (arch_load(&own->delivered) ^ rcoe.delivered)) != 0) {
        ballot_wrong();
    }
}

/* Begins the next event: from here on this replica's proposals name it. */
RCOE_INLINE void ballot_begin_event(struct ballot *own)
{
    uint64_t event = rcoe.event + 1;

    rcoe.event = event;
    /*
     * The check goes first: whoever sees event e finds a check of at least e (inputs.c). Counted by
     * itself: -event would be as wrong as the register if `event` was hit, and nobody would know.
     */
    arch_store(&own->event_check, arch_load(&own->event_check) - 1);
    atomic_store_explicit(&own->event, event, memory_order_release);
    /* EL2 of this core may propose before or after this line; both are accounted for in enter.c. */
    atomic_signal_fence(memory_order_seq_cst);
}

/* Publishes the fingerprint, which is the running one, as the next round; returns that. */
RCOE_INLINE uint64_t ballot_publish(struct ballot *own, uint32_t fingerprint)
{
    uint64_t round = rcoe.round + 1;

    rcoe.round = round;
    rcoe_fingerprint = fingerprint;
    arch_store32(&own->fingerprint[round % BALLOT_RING], fingerprint);
    atomic_store_explicit(&own->round, round, memory_order_release);
    return round;
}

/* Publishes the agreed time of the event. */
RCOE_INLINE void ballot_set_time(struct ballot *own, uint64_t event, uint64_t time)
{
    rcoe.time = time;
    rcoe.timed = event;
    arch_store(&own->time[event % TIME_RING], time);
    atomic_store_explicit(&own->time_head, event, memory_order_release);
}
