/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shim's own parts and what they ask of each other. Every core runs its own copy of this code
 * with its own data, so `self` and all static variables belong to one core and need no locks.
 * Interrupts stay masked at EL2; every wait polls instead (board_wait).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <board.h>
#include <shim/board.h>
#include <shim/manifest.h>
#include <shim/record.h>

#include "arch/aarch64/cpu.h"
#include "arch/aarch64/frame.h"

#pragma GCC visibility push(hidden) /* all addresses relative to the code: copies run anywhere */

#define BIT(r) (UINT32_C(1) << (r))
#define foreach(r, set)                                                                            \
    for (uint32_t r = 0; r < REPLICAS_MAX; r++)                                                    \
        if ((set)&BIT(r))
#define LOAD(object) atomic_load_explicit(&(object), memory_order_acquire)
#define STORE(object, value) atomic_store_explicit(&(object), (value), memory_order_release)

struct frame { /* a replica's state while EL2 works for it */
    uint64_t x[31];
    uint64_t elr;
    uint64_t spsr;
    uint64_t padding;
};

static inline bool frame_is_user(const struct frame *frame)
{
    return (frame->spsr & 0xf) == 0;
}

struct core {
    uint32_t number;     /* of this core, its replica and its slot */
    bool alone;          /* one replica: nobody to agree with, nobody to watch */
    uint16_t io;         /* IO_CORE: devices are mapped here, this core performs */
    bool heir;           /* ... and has yet to look what its predecessor left undone */
    bool returning;      /* a replica is out, or comes back: reintegrate_poll() at every access */
    uint32_t epoch;      /* last one acted on */
    uint64_t rendezvous; /* begun */
    uint64_t epoch_since;
};
extern struct core self;
#define IO_CORE 0x5a5au /* any other value is none: no flip makes a second core drive devices */
#define DRIVES (self.io == IO_CORE)
extern const struct manifest manifest; /* in this core's copy */

/* The board as EL2 sees it; rights in paging_final(). */
static inline void *board_page(uint64_t ipa)
{
    return (void *)(uintptr_t)(BOARD_BOARD_BASE + (ipa - BOARD_IPA));
}
static inline struct board_control *board_control(void)
{
    return (struct board_control *)board_page(BOARD_CONTROL_IPA);
}
static inline struct board_log *board_log(void)
{
    return (struct board_log *)board_page(BOARD_LOG_IPA);
}
static inline struct ballot *board_ballot(uint32_t replica)
{
    return (struct ballot *)board_page(BOARD_BALLOT_IPA(replica));
}
static inline struct board_slot *board_slot(uint32_t core)
{
    return (struct board_slot *)board_page(BOARD_SLOT_IPA(core));
}
/* Where in each slot the request of rendezvous n is. */
static inline uint64_t board_side(uint64_t n)
{
    return offsetof(struct board_slot, request) + n % 2 * sizeof(struct request);
}
static inline struct request *board_slot_request(uint32_t core, uint64_t side)
{
    return (struct request *)board_page(BOARD_SLOT_IPA(core) + side);
}
static inline struct board_shared *board_shared(void)
{
    return (struct board_shared *)board_page(BOARD_SHARED_IPA);
}
static inline uint32_t board_active(void)
{
    return active_set(LOAD(board_control()->active));
}
/* Masked: a flip in control must not send every core's load outside the board. */
static inline uint32_t board_leader(void)
{
    return LOAD(board_control()->leader) & (REPLICAS_MAX - 1);
}
static inline uint64_t add_saturating(uint64_t a, uint64_t b)
{
    return a + b < a ? ~UINT64_C(0) : a + b;
}
/* Housekeeping: n more of what concerns the replica. */
static inline void count_up(enum housekeeping_replica_word what, uint32_t replica, uint64_t n)
{
    _Atomic uint64_t *counter = &board_slot(self.number)->counter[what][replica];
    uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);

    atomic_store_explicit(counter, add_saturating(before, n), memory_order_relaxed);
}

static inline struct board_join *join_board(void)
{
    return &board_shared()->join;
}
static inline uint32_t lowest(uint32_t set)
{
    return (uint32_t)__builtin_ctz(set | BIT(REPLICAS_MAX - 1));
}

/* board.c: the rendezvous. */
struct answer {
    uint64_t value;
    uint64_t status; /* ANSWER_REFUSED; any other value: done */
};
/* I/O core: the result of rendezvous n. */
void board_publish(struct answer answer, uint64_t n);
/* Posts what this replica asks for, waits for the others, has it done once; all get the answer. */
struct answer board_agree(const struct request *request);
/* A request of the replica: numbers and fingerprint filled in. */
struct request board_request(enum request_kind kind, uint64_t pc);
/* One step of a bounded wait for the cores in `expected`; parks this core when it must. */
void board_wait(uint32_t expected);
void board_wait_end(void);
/* Everything EL2 looks at whenever it runs: interrupts, exclusion, inputs, late peers. */
void board_poll(void);
/*
 * The same after a call or an access of the replica. Who accuses, excludes or stops kicks all
 * others, so without an interrupt there is nobody to judge.
 */
void board_poll_call(void);

/* device_port.c */
void device_port_access(struct frame *frame, uint64_t esr);
/* I/O core: what was agreed at rendezvous n is done and published. */
void device_port_perform(const struct request *request, uint64_t n);
uint64_t device_load(uint64_t address, uint32_t size, uint64_t n, _Atomic uint64_t *io);
uint64_t device_store(uint64_t address, uint32_t size, uint64_t n, _Atomic uint64_t *io,
                      uint64_t value);

/* hvc.c: calls of the replica's kernel. */
void hvc_call(struct frame *frame);
void hvc_firmware(struct frame *frame, uint64_t *args, uint64_t pc);

/* inputs.c */
bool inputs_interrupted(void); /* anything is pending at this core's interrupt interface */
void inputs_interrupt(void);   /* takes it */
/* This core's tick is neither due nor about to be: a flip in its timer. By ticks all waits end. */
bool inputs_tick_lost(void);
/*
 * Inputs that were logged and not taken. More than a log full never wait, so only the low bits of
 * the counts matter: a flip in the others would be billions of inputs that nobody sent.
 */
//@ assigns \nothing; ensures \result < INPUT_LOG;
uint64_t inputs_waiting(void);
void inputs_propose(void);
void inputs_done(void);
void inputs_hold(void);
void inputs_release(void);
void inputs_log(uint32_t irq);                     /* I/O core */
void inputs_irq(uint32_t irq, uint64_t operation); /* I/O core */
/* The device port's part in the agreement on inputs, see struct board_slot. False: not yet. */
bool inputs_before_access(bool user);
void inputs_after_access(void);
void inputs_take_over(void);  /* this core becomes the I/O core */
void take_over(uint64_t old); /* its step of start/take_over.c */
void timer_start(void);
void timer_deadline(uint64_t deadline);

/* exclude.c */
void exclude_poll(void);
void exclude_missing(uint32_t late, uint64_t waited); /* the watchdog's accusation, all of it */
void exclude_dispute(uint64_t round);
void exclude_requests(uint64_t rendezvous); /* requests differ */
_Noreturn void exclude_self(enum record_type type, uint64_t a, uint64_t b);
_Noreturn void exclude_stop(enum stop_reason reason);
_Noreturn void exclude_park(void); /* this core is out */

/* reintegrate.c */
void start_step(void (*step)(uint64_t), uint64_t argument); /* of start/, executable meanwhile */
void reintegrate_poll(void);
void reintegrate_perform(const struct request *request); /* I/O core: REQUEST_JOIN, HK_READMIT */
void lead_step(uint64_t now); /* the steps of start/lead.c, for reintegrate.c only */
void lead_ask(uint64_t replicas);
void lead_admit(uint64_t unused);

/* start/safe_state.c: waits for the others, and ends the stop; for exclude_stop() only */
_Noreturn void safe_state_enter(enum stop_reason reason);

/* watchdog.c */
void watchdog_expect(uint32_t peers); /* this core's wait goes on, now for these */
void watchdog_expected(void);         /* ... it has slept */
void watchdog_expect_end(void);
void watchdog_missing(uint32_t peers); /* the replica's own wait was in vain */
void watchdog_poll(void);
void watchdog_reset(void);

/* scrub.c: once in a tick */
void scrub_tick(void);

/* recorder.c */
static inline struct recorder *recorder_own(void)
{
    return (struct recorder *)(uintptr_t)(BOARD_RECORDER_BASE + self.number * BOARD_RECORDER_SIZE);
}
void record_more(enum record_type type, uint64_t a, uint64_t b, uint64_t c);
static inline void record(enum record_type type, uint64_t a, uint64_t b)
{
    record_more(type, a, b, 0);
}
void record_character(char c);

/* paging.c */
void paging_start_text(bool runs); /* all of start/; else it can be read, no more */
void paging_close(void);           /* ... not any more, the last step of start.S */
void paging_devices(bool mapped);
void paging_revoke(void);

/* track.c: the replica was refused a write at this virtual address. True: now it may. */
bool track_write(uint64_t address);
uint64_t track_take(uint64_t group); /* shim_dirty() */
void track_pass(uint32_t pass);      /* board_join.pass */

/* trap.c: entered from vectors.S */
void trap_sync(struct frame *frame);
void trap_interrupt(void);
void trap_serror(struct frame *frame);
_Noreturn void trap_own(uint64_t esr, uint64_t elr);
/* Hands a refused access to the replica's kernel. */
void trap_inject(struct frame *frame, uint64_t esr);

/* shim.ld, start.S; what else belongs to the start is in start/start.h */
extern char image_header[], shim_start_text[], shim_text_end[], shim_stack_bottom[];

/* drivers */
void gic_stop_core(void);
uint32_t gic_acknowledge(void); /* 1020 and above: nothing pending */
void gic_end(uint32_t irq);
void gic_kick_others(void);
void gic_enable(uint32_t irq, bool edge, uint32_t core);
void gic_take(uint32_t irq, uint32_t core); /* route to core and forget a half-taken interrupt */
void gic_mask(uint32_t irq);
void gic_unmask(uint32_t irq);
#define FIRST_LINE 32u /* shared peripheral interrupts; the others are a core's own */
#define GIC_KICK 1u    /* software interrupt that makes a core look at the board */

int64_t psci_version(void);
int64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
void psci_core_off(void); /* this one; comes back if the firmware refuses */
_Noreturn void psci_off(bool reset);

void uart_putc(char c);

#include <dma.h> /* dma/none or dma/handed_over: the system has DMA regions, or not */

#pragma GCC visibility pop
