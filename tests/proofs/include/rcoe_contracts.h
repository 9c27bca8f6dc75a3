/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the proofs of rcoe/ take for granted, included before every file: the board's window, and
 * what EL2 does. All else in these headers is a contract that is proved where the function is.
 */
#pragma once

#include "machine.h"

#include <stdbool.h>

#include <arm_acle.h>

/*
 * The pages that stage 2 shows, as variables: what is known of them is their size and that they are
 * there. Which of the ballots and slots is the own one is not known.
 */
#include <kernel/trap_frame.h>
#include <shim/board.h>
extern const struct board_control control_page;
extern const struct board_log log_page;
extern struct ballot ballot_pages[REPLICAS_MAX];
extern const struct board_slot slot_pages[REPLICAS_MAX];
//@ axiomatic Own { logic integer own_number; axiom own: 0 <= own_number < REPLICAS_MAX; }
#define the_control (&control_page)
#define the_log (&log_page)
#define the_ballot(replica) (&ballot_pages[replica])
#define the_slot(core) (&slot_pages[core])
#define the_own the_ballot(own_number)
#define the_own_slot the_slot(own_number)

/*@ assigns \nothing; ensures \result == the_control && \valid_read(\result); */
static inline const struct board_control *board_control(void);
/*@ assigns \nothing; ensures \result == the_log && \valid_read(\result); */
static inline const struct board_log *board_log(void);
/*@ assigns \nothing; ensures \result == the_own && \valid(\result); */
static inline struct ballot *ballot_own(void);
/*@ requires replica < REPLICAS_MAX; assigns \nothing;
    ensures \result == the_ballot(replica) && \valid_read(\result); */
static inline const struct ballot *ballot_of(uint32_t replica);
/*@ requires replica < REPLICAS_MAX; assigns \nothing;
    ensures \result == the_slot(replica) && \valid_read(\result); */
static inline const struct board_slot *slot_of(uint32_t replica);
/*@ requires own == the_own; assigns \nothing;
    ensures \result == the_own_slot && \valid_read(\result); */
static inline const struct board_slot *slot_own(const struct ballot *own);

/* The core: rcoe/arch/aarch64, kernel/arch/aarch64. */
/*@ requires \valid(tf); assigns tf->pc; */
void arch_trap_undo(struct trap_frame *tf, uint64_t esr);
/*@ assigns \nothing; */
static inline uint64_t arch_counter(void);
/*@ requires \valid_read(word); assigns \nothing; */
static inline void arch_wait(const _Atomic uint64_t *word, uint64_t seen);
/*@ requires \valid_read(word); assigns \nothing; */
static inline uint64_t arch_load(const _Atomic uint64_t *word);
/*@ requires \valid(word); assigns *word; ensures *word == value; */
static inline void arch_store(_Atomic uint64_t *word, uint64_t value);
/*@ requires \valid(word); assigns *word; ensures *word == value; */
static inline void arch_store32(_Atomic uint32_t *word, uint32_t value);
/*@ requires \valid_read(next); assigns \nothing; */
void arch_join(const struct trap_frame *next);
/*@ assigns \result \from before, word; ensures \result == crc(before, word); */
static inline uint32_t arch_crc32c(uint32_t before, uint64_t word);

/* EL2 writes no memory of EL1, and on the board only what its owner reads anew each time. */
#include <shim/shim.h>
/*@ assigns \nothing; */
void shim_diverged(uint64_t round);
/*@ assigns \nothing; */
void shim_missing(uint32_t missing);
/*@ assigns \nothing; ensures \false; */
_Noreturn void shim_panic(uint64_t code, uint64_t detail);
/*@ assigns \nothing; */
void shim_input_done(void);
/*@ assigns \nothing; */
void shim_input_hold(void);
/*@ assigns \nothing; */
void shim_input_release(void);
/*@ assigns \nothing; */
void shim_timer(uint64_t deadline);
/*@ assigns \nothing; */
void shim_irq(uint32_t irq, enum irq_operation operation);
/*@ assigns \nothing; */
void shim_putc(char c);
/*@ assigns \nothing; */
uint64_t shim_dirty(uint64_t group);
/*@ requires \valid(args + (0 .. 7)); assigns args[0 .. 7]; */
void shim_smc(uint64_t args[8]);

/* CRCs of words. */
/*@
  axiomatic Words {
    logic integer folded{L}(uint64_t *word, integer before, integer first, integer end)
        reads word[first .. end - 1];
    axiom none{L}: \forall uint64_t *word, integer before, first, end; end <= first ==>
        folded(word, before, first, end) == before;
    axiom more{L}: \forall uint64_t *word, integer before, first, end; first < end ==>
        folded(word, before, first, end) ==
        crc(folded(word, before, first, end - 1), word[end - 1]);
  }
  logic integer registers{L}(struct trap_frame *tf) =
      crc(crc(crc(crc(crc(crc(crc(crc(folded(&tf->x[0], 0, 2, 30), tf->x[0]), tf->x[1]),
      tf->x[30]), tf->sp), tf->pc), tf->spsr), tf->tpidr_el0), tf->tpidrro_el0);
*/

#include <level.h>
#include <rcoe/changes.h>
#include <rcoe/trap.h>

#include "changes.h"
#include "commit.h"
#include "page.h"
#include "reintegrate.h"
#include "wait.h"

/* What rcoe_init() has checked of the copies of control's constants, and vote_init() made. */
/*@ predicate configured{L} =
      0 < rcoe.replicas <= REPLICAS_MAX && rcoe.lag <= rcoe.window < BALLOT_RING / 2; */

/* ballot.h */
/*@ assigns \nothing; ensures \result < REPLICAS_MAX; */
static inline uint32_t ballot_self(void);
/*@
  requires configured;
  assigns \nothing;
  behavior one: assumes rcoe.replicas == 1; ensures \result <= 1;
  behavior two: assumes rcoe.replicas == 2; ensures \result <= 3;
  behavior three: assumes rcoe.replicas == 3; ensures \result <= 7;
  behavior four: assumes rcoe.replicas == 4; ensures \result <= 15;
  complete behaviors;
*/
static inline uint32_t ballot_peers(void);
/* Of a set of peers, shifted to the right by r. */
/*@ predicate peers_left(integer peers, integer r) =
      (r == 0 && peers <= 15) || (r == 1 && peers <= 7) || (r == 2 && peers <= 3) ||
      (r == 3 && peers <= 1) || (r == 4 && peers == 0); */
/*@ assigns \nothing; ensures \result < REPLICAS_MAX; */
static inline uint32_t ballot_leader(void);
/*@ assigns \nothing; ensures \false; */
_Noreturn void ballot_wrong(void);
/*@ requires own == the_own; assigns \nothing; */
RCOE_INLINE void ballot_check(const struct ballot *own);
/*@ requires own == the_own; assigns rcoe.event, *the_own;
    ensures rcoe.event == (uint64_t)(\old(rcoe.event) + 1); */
RCOE_INLINE void ballot_begin_event(struct ballot *own);
/*@
  requires own == the_own;
  assigns rcoe.round, rcoe_fingerprint, *the_own;
  ensures rcoe.round == (uint64_t)(\old(rcoe.round) + 1) == \result;
  ensures rcoe_fingerprint == fingerprint && the_own->round == rcoe.round;
  ensures the_own->fingerprint[rcoe.round % BALLOT_RING] == fingerprint;
  ensures \forall integer i; 0 <= i < BALLOT_RING && i != rcoe.round % BALLOT_RING ==>
      the_own->fingerprint[i] == \old(the_own->fingerprint[i]);
*/
RCOE_INLINE uint64_t ballot_publish(struct ballot *own, uint32_t fingerprint);
/*@
  requires own == the_own;
  assigns rcoe.time, rcoe.timed, *the_own;
  ensures rcoe.time == time && rcoe.timed == event && the_own->time_head == event;
  ensures the_own->time[event % TIME_RING] == time;
*/
RCOE_INLINE void ballot_set_time(struct ballot *own, uint64_t event, uint64_t time);

/* vote.h, wait.h */
/*@ requires configured && \valid(wait) && \valid_read(word); assigns *wait; */
void wait_turn(struct wait *wait, const _Atomic uint64_t *word, uint64_t seen, uint32_t missing);
/*@ requires \valid_read(wait); assigns *the_own; */
void wait_end(const struct wait *wait);
/*@ requires configured && lag <= rcoe.window; assigns *the_own; */
void vote_check(uint64_t lag);
/*@ requires configured; assigns \nothing; */
void vote_compare(void);
/*@ requires rcoe.window < BALLOT_RING / 2; assigns rcoe.lag, rcoe.rest;
    ensures rcoe.lag <= rcoe.window; */
void vote_init(void);
/*@ requires configured; assigns rcoe.round, rcoe_fingerprint, *the_own; */
void vote_publish(void);
/*@ requires configured && own == the_own; assigns rcoe.round, rcoe_fingerprint, *the_own; */
RCOE_INLINE void vote_entry(struct ballot *own, uint32_t fingerprint);
/*@ requires configured && own == the_own; assigns rcoe.round, rcoe_fingerprint, *the_own; */
RCOE_INLINE void vote_exit(struct ballot *own, uint32_t fingerprint);

/* What the kernel says it wrote is memory, and so is each range that was made of it. */
/*@
  axiomatic Named {
    predicate memory(void *first, integer bytes);
    predicate named(integer range);
  }
  predicate all_named{L} = rcoe_changes.count <= CHANGES &&
      \forall integer i; 0 <= i < rcoe_changes.count ==> named(rcoe_changes.range[i]);
*/

/* Bits that are set: of a word, and of all of `dirty`. */
#define DIRTY_WORDS (PAGES_MOST / 64)
typedef uint64_t dirty_words[DIRTY_WORDS];
/*@
  axiomatic Dirty {
    logic integer bits(integer word);
    axiom no_bits: bits(0) == 0;
    axiom lowest: \forall uint64_t word; word != 0 ==>
        bits(word) == 1 + bits(word & (uint64_t)(word - 1));
    logic integer total(dirty_words dirty);
    axiom total_range: \forall dirty_words dirty; 0 <= total(dirty) <= PAGES_MOST;
    axiom total_none: \forall dirty_words dirty; total(dirty) == 0 <==>
        (\forall integer i; 0 <= i < DIRTY_WORDS ==> dirty[i] == 0);
    axiom total_changed: \forall dirty_words dirty, integer i, uint64_t word;
        0 <= i < DIRTY_WORDS ==>
        total({ dirty \with [i] = word }) == total(dirty) + bits(word) - bits(dirty[i]);
    axiom total_cleared: \forall dirty_words dirty, integer i, n, uint64_t word;
        0 <= i < DIRTY_WORDS && 0 <= n < 64 &&
        (dirty[i] & (uint64_t)((uint64_t)1 << n)) != 0 &&
        word == (dirty[i] & (uint64_t)(~(uint64_t)((uint64_t)1 << n))) ==>
        total({ dirty \with [i] = word }) == total(dirty) - 1;
  }
  predicate none_dirty{L}(integer first, integer end) =
      \forall integer i; first <= i < end ==> rcoe_pages.dirty[i] == 0;
  predicate is_dirty{L}(integer page) =
      (rcoe_pages.dirty[page / 64] & (uint64_t)((uint64_t)1 << page % 64)) != 0;
  predicate counted{L} = rcoe_pages.left == total(rcoe_pages.dirty) &&
      rcoe_pages.next / 64 <= rcoe_pages.asked <= rcoe_pages.pages / 64 <= DIRTY_WORDS &&
      none_dirty(0, rcoe_pages.next / 64) && none_dirty(rcoe_pages.asked, DIRTY_WORDS);
*/
/*@ requires word != 0; assigns \nothing;
    ensures 0 <= \result < 64 && (word & (uint64_t)((uint64_t)1 << \result)) != 0; */
int __builtin_ctzll(unsigned long long word);

/* rcoe/changes.h, commit.h, reintegrate.h */
/*@ assigns rcoe_fingerprint, rcoe_changes; */
void rcoe_changes_fold(const void *next);
/*@ requires configured; assigns rcoe.round, rcoe_fingerprint, rcoe_changes, *the_own; */
void commit(enum request_kind kind, uint64_t address, uint64_t value);
/*@ assigns \nothing; */
bool kernel_quiet(void);
/*@ requires configured && \valid_read(next);
    assigns rcoe.joining, rcoe.round, rcoe_fingerprint, rcoe_changes, *the_own; */
void reintegrate_join(const struct trap_frame *next);
/*@ assigns rcoe.joining; */
static inline void reintegrate_input(uint32_t irq);
/*@ requires configured && \valid_read(next);
    assigns rcoe.joining, rcoe.round, rcoe_fingerprint, rcoe_changes, *the_own; */
static inline void reintegrate_exit(const struct trap_frame *next);

/* inputs.h */
/*@ requires own == the_own; assigns \nothing; */
RCOE_INLINE uint64_t inputs_accesses(const struct ballot *own);
/*@ requires own == the_own; assigns \nothing; */
RCOE_INLINE bool inputs_proposed(const struct ballot *own);
/*@ requires configured; assigns *the_own; */
bool inputs_due_now(void);
/*@ requires configured; assigns *the_own; */
bool inputs_due_here(void);
/*@ assigns rcoe.delivered, *the_own;
    ensures rcoe.delivered == (uint64_t)(\old(rcoe.delivered) + 1); */
uint32_t inputs_take(void);
/*@ requires configured; assigns *the_own; */
void inputs_let_come(void);
/*@ requires configured && own == the_own; assigns *the_own; */
RCOE_INLINE void inputs_release(const struct ballot *own);

/* time.h */
/*@ requires configured; assigns *the_own; */
uint64_t time_agree(void);
/*@ requires r < REPLICAS_MAX && \valid(time); assigns *time; */
RCOE_INLINE bool time_of(uint32_t r, uint64_t event, uint64_t *time);
/*@ requires own == the_own && \valid(time); assigns *time;
    ensures \result ==> *time >= rcoe.time; */
RCOE_INLINE bool time_lead(const struct ballot *own, uint64_t event, uint64_t *time);
/*@ requires \valid(time); assigns *time; */
RCOE_INLINE bool time_follow(uint64_t event, uint64_t *time);
/*@ requires configured; assigns rcoe.time, rcoe.timed, rcoe_fingerprint, *the_own;
    ensures rcoe.timed != \old(rcoe.timed) ==> rcoe.time == \result && rcoe.timed == rcoe.event; */
RCOE_INLINE uint64_t rcoe_now(void);

/* rcoe/rcoe.h */
/*@ assigns rcoe_fingerprint; ensures rcoe_fingerprint == crc(\old(rcoe_fingerprint), word); */
RCOE_INLINE void rcoe_note(uint64_t word);
/*@ requires configured; assigns rcoe.round, rcoe_fingerprint, rcoe_changes, *the_own; */
void rcoe_irq(uint32_t irq, uint32_t operation);
/*@ requires configured; assigns rcoe.round, rcoe_fingerprint, rcoe_changes, *the_own; */
void rcoe_putc(char c);
/*@ requires configured && \valid(args + (0 .. 7));
    assigns rcoe.round, rcoe_fingerprint, rcoe_changes, *the_own, args[0 .. 7]; */
void rcoe_smc(uint64_t args[8]);

/* enter.h, leave.h */
/*@ requires configured && \valid(tf);
    assigns rcoe.event, rcoe.round, rcoe.delivered, rcoe.joining, rcoe_fingerprint, *the_own,
        *tf; */
struct rcoe_round enter_interrupt(struct trap_frame *tf);
/*@ requires configured && \valid(tf) && \valid(round) && \separated(tf, round);
    assigns rcoe.round, rcoe.delivered, rcoe.joining, rcoe_fingerprint, *the_own, *tf, *round; */
bool enter_input(struct trap_frame *tf, uint64_t esr, struct rcoe_round *round);
/*@ requires configured && \valid(tf) && \separated(tf, ballot_pages + (..));
    assigns rcoe.event, rcoe.round, rcoe.delivered, rcoe.joining, rcoe_fingerprint, *the_own,
        *tf; */
RCOE_INLINE struct rcoe_round rcoe_enter(struct trap_frame *tf, enum trap_kind kind, uint64_t esr,
                                         uint64_t far, uint32_t registers);
/*@ assigns *the_own; */
void leave_deadline(uint64_t deadline, bool fired);
/*@ requires configured && own == the_own && \valid_read(next);
    requires \separated(next, ballot_pages + (..));
    assigns rcoe.joining, rcoe.round, rcoe_fingerprint, rcoe_changes, *the_own; */
RCOE_INLINE void leave_vote(struct ballot *own, const struct trap_frame *next,
                            uint32_t fingerprint);
/*@ requires configured && \valid_read(next);
    requires \separated(next, ballot_pages + (..));
    assigns rcoe.deadline, rcoe.joining, rcoe.round, rcoe_fingerprint, rcoe_changes, *the_own; */
RCOE_INLINE void rcoe_leave(bool timer, const struct trap_frame *next, uint64_t next_deadline);
/*@ requires configured && \valid_read(next);
    requires \separated(next, ballot_pages + (..));
    assigns rcoe.joining, rcoe.round, rcoe_fingerprint, rcoe_changes, *the_own; */
RCOE_INLINE void rcoe_leave_same_deadline(const struct trap_frame *next);

/* fingerprint.h: of a frame's bytes, and of anything else, nothing but these words counts. */
/*@ assigns \nothing; ensures \result == crc(fingerprint, word); */
static inline uint32_t fingerprint_word(uint32_t fingerprint, uint64_t word);
/*@ requires \valid_read(tf); assigns \nothing; ensures \result == registers(tf); */
uint32_t fingerprint_registers(const struct trap_frame *tf);
/*@
  requires \valid_read(tf);
  assigns \nothing;
  ensures interrupted: (tf->spsr & FRAME_INTERRUPTED) != 0 ==>
      \result == crc(fingerprint, FRAME_INTERRUPTED);
  ensures trapped: (tf->spsr & FRAME_INTERRUPTED) == 0 ==>
      \result == crc(fingerprint, registers(tf));
*/
uint32_t fingerprint_frame(uint32_t fingerprint, const struct trap_frame *tf);
/*@
  requires \valid_read(tf);
  assigns \nothing;
  ensures interrupted: (tf->spsr & FRAME_INTERRUPTED) != 0 ==>
      \result == crc(fingerprint, FRAME_INTERRUPTED);
  ensures trapped: (tf->spsr & FRAME_INTERRUPTED) == 0 ==> \result ==
      crc(crc(folded(&tf->x[0], fingerprint, 0, FINGERPRINT_RESULTS), tf->pc), tf->spsr);
*/
RCOE_INLINE uint32_t fingerprint_exit(uint32_t fingerprint, const struct trap_frame *tf);

/* level.h of the vote level */
/*@ assigns \nothing; */
RCOE_INLINE uint32_t level_fold_entry(uint32_t fingerprint, uint32_t registers);
/*@ requires \valid_read(tf); assigns \nothing; */
RCOE_INLINE bool level_saved_right(const struct trap_frame *tf, uint32_t registers);
/*@ requires \valid_read(tf); assigns \nothing; */
RCOE_INLINE uint32_t level_fold_exit(uint32_t fingerprint, const struct trap_frame *tf);
/*@ requires configured && own == the_own; assigns rcoe.round, rcoe_fingerprint, *the_own; */
RCOE_INLINE void level_vote_entry(struct ballot *own, uint32_t fingerprint);
/*@ requires configured && own == the_own; assigns rcoe.round, rcoe_fingerprint, *the_own; */
RCOE_INLINE void level_vote_exit(struct ballot *own, uint32_t fingerprint);
/*@ requires configured; assigns *the_own; */
void level_pace(void);
/*@ requires \valid_read(tf); assigns \nothing; */
RCOE_INLINE bool rcoe_saved_right(const struct trap_frame *tf, uint32_t registers);
/*@ ensures configured; */
void rcoe_init(uintptr_t board);
