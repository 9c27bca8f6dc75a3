/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the proofs of shim/ take for granted, included before every file: the memory map, and what
 * is C no longer. All else in these headers is a contract that is proved where the function is.
 */
#pragma once

#include "machine.h"

#include <stdbool.h>

/* The map of paging.c, as variables: known of them is their size and that they are there. */
#include <shim/board.h>
#include <shim/record.h>
extern struct board_control control_page;
extern struct board_log log_page;
extern struct board_shared shared_page;
extern struct ballot ballot_pages[REPLICAS_MAX];
extern struct board_slot slot_pages[REPLICAS_MAX];
extern struct recorder recorder_page;
#define the_control (&control_page)
#define the_log (&log_page)
#define the_shared (&shared_page)
#define the_ballot(replica) (&ballot_pages[replica])
#define the_slot(core) (&slot_pages[core])
#define the_recorder (&recorder_page)

/*@ requires replica < REPLICAS_MAX; assigns \nothing;
    ensures \result == the_ballot(replica) && \valid(\result); */
static inline struct ballot *board_ballot(uint32_t replica);
/*@ requires core < REPLICAS_MAX; assigns \nothing;
    ensures \result == the_slot(core) && \valid(\result); */
static inline struct board_slot *board_slot(uint32_t core);
/*@ requires core < REPLICAS_MAX; assigns \nothing; ensures \valid(\result); */
static inline struct request *board_slot_request(uint32_t core, uint64_t side);
/*@ assigns \nothing; ensures \result == the_control && \valid(\result); */
static inline struct board_control *board_control(void);
/*@ assigns \nothing; ensures \result == the_log && \valid(\result); */
static inline struct board_log *board_log(void);
/*@ assigns \nothing; ensures \result == the_shared && \valid(\result); */
static inline struct board_shared *board_shared(void);
/*@ assigns \nothing; ensures \result == the_recorder && \valid(\result); */
static inline struct recorder *recorder_own(void);

//@ axiomatic Core { logic integer own_core; }
/* `self` may be another value at each look, but its number stays what start.S gave the core. */
#define self (*this_core())

/*@ assigns \nothing; */
static inline uint64_t counter_now(void);
/*@ assigns \nothing; */
static inline void cpu_wait(void);
/*@ assigns \nothing; */
static inline void cpu_barrier(void);
/*@ assigns \nothing; */
static inline uint32_t board_active(void);
/*@ assigns \nothing; ensures \result < REPLICAS_MAX; */
static inline uint32_t board_leader(void);
/*@ assigns \nothing; */
static inline uint64_t add_saturating(uint64_t a, uint64_t b);

/*@ requires x != 0; assigns \nothing; ensures 0 <= \result < 32;
    ensures (x & 8) != 0 ==> \result <= 3; */
int __builtin_ctz(unsigned int x);
/*@ assigns \nothing; ensures \result < REPLICAS_MAX; */
static inline uint32_t lowest(uint32_t set);
/* What the provers do not know of bits. */
/*@
  axiomatic Bits {
    axiom same: \forall uint64_t a, b; (uint64_t)(a ^ b) == 0 <==> a == b;
    axiom sizes: \forall integer n; 0 <= n < 4 ==> 1 <= (1 << n) <= 8;
    axiom shifted: \forall integer a, n; 0 <= a && 0 <= n ==> 0 <= (a >> n);
    axiom halves: \forall uint32_t a, b; (a | (uint64_t)(b << 32)) == a + b * 4294967296;
  }
*/
/* The CRC instruction. */
/*@ axiomatic Instruction { logic integer crc(integer before, integer word); } */
/*@ assigns \nothing; ensures \result == crc(before, word); */
static inline uint32_t crc32c_word(uint32_t before, uint64_t word);

/* The roots of both maps are tables of this core as soon as there are any. */
#define own_root (*own_root_place())
#define replica_root (*replica_root_place())

#include "core.h"
#include "paging.h"

/* clang-format off */
#define ALL_TABLES tables[0 .. TABLES - 1][0 .. 511]
/* clang-format on */
/* The last part is the first one again: the provers do not know that 511 bounds `&`. */
/*@
  predicate in_tables{L}(uint64_t *entry) = \valid(entry) &&
      \exists integer t, i; 0 <= t < TABLES && 0 <= i < 512 && entry == &tables[t][i];
  predicate is_table{L}(uint64_t *table) = \valid(table + (0 .. 511)) &&
      (\exists integer t; 0 <= t < TABLES && table == &tables[t][0]) &&
      \forall integer i; in_tables(table + (i & 511));
*/
/*@ assigns \nothing; exits \false; ensures \valid(\result) && is_table(*\result); */
uint64_t **own_root_place(void);
extern uint64_t *replica_root_of_core;
/*@ assigns \nothing; ensures \result == &replica_root_of_core;
    ensures *\result == \null || is_table(*\result); */
uint64_t **replica_root_place(void);
/* Which tables are used, nobody else reads. */
/*@ assigns \nothing; ensures is_table(\result); */
uint64_t *table_new(void);
/*@ requires is_table(root); assigns ALL_TABLES; exits \false; */
void map(uint64_t *root, uint64_t from, uint64_t to, uint64_t size, uint64_t attributes);
/*@ assigns ALL_TABLES; exits \false; */
void map_own(uint64_t base, uint64_t size, uint64_t attributes);
/*@ assigns \nothing;
    ensures \result ==
        (uint64_t)(BOARD_PARTITION_BASE + (uint64_t)(own_core * manifest.partition_size)); */
static inline uint64_t partition_base(void);
/*@ assigns \nothing; */
static inline void tlb_flush_el1(void);
/*@ assigns \nothing; */
static inline void tlb_flush_el2(void);
/*@ assigns \nothing; */
static inline void tlb_flush_page(uint64_t ipa, uint64_t address);
/*@ assigns \nothing; */
static inline void cache_clean(uint64_t base, uint64_t size);

/* What start/image.c has checked of the manifest; this core has its own copy. */
/*@
  predicate manifest_checked{L} = manifest.device_count <= MANIFEST_DEVICES &&
      1 <= manifest.constant_count <= MANIFEST_CONSTANTS;
  predicate manifest_has_peers{L} = manifest.partition_size <= BOARD_PARTITION_TOTAL / 2;
  predicate in_range{L}(integer i, integer address) =
      (uint64_t)(address - manifest.device[i].base) < manifest.device[i].size;
*/

/*@ assigns \nothing; ensures \valid(\result) && \result->number == own_core < REPLICAS_MAX;
    ensures manifest_checked && (\result->alone || manifest_has_peers); */
struct core *this_core(void);

/* What scrub.c writes when it corrects a word: `window` is its own. */
/* clang-format off */
#define CORRECTED                                                                                  \
    window[0 .. PAGE / 8 - 1], ALL_TABLES, *the_recorder, slot_pages[0 .. REPLICAS_MAX - 1]
/* clang-format on */

/* Where vectors.S keeps the replica's registers for as long as EL2 works for it. */
extern struct frame frame_of_vectors;
#define the_frame (&frame_of_vectors)

/*
 * Whatever a function does, these stay where they are. (By other names: WP drops what it finds
 * obvious of a variable, and misses it after a call that may write anything.)
 */
/*@
  axiomatic Places {
    logic struct board_control *control_place;
    logic struct board_log *log_place;
    logic struct board_shared *shared_place;
    logic struct ballot *ballot_place(integer replica);
    logic struct board_slot *slot_place(integer core);
    logic struct frame *frame_place;
    axiom control: control_place == the_control;
    axiom log: log_place == the_log;
    axiom ballots: \forall integer r; ballot_place(r) == the_ballot(r);
    axiom shared: shared_place == the_shared;
    axiom slots: \forall integer c; slot_place(c) == the_slot(c);
    axiom frame: frame_place == the_frame;
  }
*/
/* clang-format off */
#define pages_stay                                                                                 \
    (\valid(control_place) && \valid(log_place) && \valid(shared_place) && \valid(frame_place) &&  \
     (\forall integer c; 0 <= c < REPLICAS_MAX ==>                                                 \
      \valid(slot_place(c)) && \valid(ballot_place(c))))
/* clang-format on */
/*@ requires manifest_has_peers; ensures pages_stay; */
uint64_t track_take(uint64_t group);
/*@ requires manifest_has_peers; ensures pages_stay; */
void track_pass(uint32_t pass);
/*@ ensures pages_stay; */
void paging_devices(bool mapped);
/*@ assigns ALL_TABLES; ensures pages_stay; */
void paging_start_text(bool runs);
/*@ ensures pages_stay; */
void paging_revoke(void);
/*@ ensures pages_stay; */
void inputs_take_over(void);
/*@ requires old < REPLICAS_MAX; ensures pages_stay; */
void take_over(uint64_t old);
/*@ ensures pages_stay; */
void watchdog_reset(void);
/*@ ensures \false; */
_Noreturn void safe_state_enter(enum stop_reason reason);
/*@ ensures \false; */
_Noreturn void exclude_park(void);
/*@ ensures \false; */
_Noreturn void exclude_self(enum record_type type, uint64_t a, uint64_t b);
/*@ ensures \false; */
_Noreturn void exclude_stop(enum stop_reason reason);
/*@ requires frame == the_frame; assigns \nothing; */
static inline bool frame_is_user(const struct frame *frame);
/*@ requires replica < REPLICAS_MAX && what < HKR_WORDS;
    assigns slot_pages[0 .. REPLICAS_MAX - 1];
    ensures pages_stay; */
static inline void count_up(enum housekeeping_replica_word what, uint32_t replica, uint64_t n);

/*@ requires frame == the_frame; */
void trap_sync(struct frame *frame);
/*@ requires frame == the_frame; */
void trap_serror(struct frame *frame);
/*@ requires frame == the_frame; */
void trap_inject(struct frame *frame, uint64_t esr);
/*@ requires frame == the_frame; */
void hvc_call(struct frame *frame);
/*@ requires frame == the_frame && (args == &frame->x[0] || args == &frame->x[1]); */
void hvc_firmware(struct frame *frame, uint64_t *args, uint64_t pc);
/*@ requires frame == the_frame; */
void device_port_access(struct frame *frame, uint64_t esr);

/*@ requires \valid_read(request); */
void reintegrate_perform(const struct request *request);
/*@ assigns \nothing; ensures \result == &the_shared->join; */
static inline struct board_join *join_board(void);

/*@ assigns *the_recorder; */
void record(enum record_type type, uint64_t a, uint64_t b);
/*@ assigns \nothing; ensures manifest_checked; */
struct request board_request(enum request_kind kind, uint64_t pc);
/*@ ensures pages_stay; */
void inputs_after_access(void);
/*@ ensures pages_stay; */
void watchdog_expect_end(void);
/*@ ensures pages_stay; */
void board_wait_end(void);
/*@ ensures pages_stay; */
void board_publish(struct answer answer, uint64_t n);
/*@ requires \valid(request); ensures pages_stay; */
struct answer board_agree(const struct request *request);
/*@ requires \valid(request); ensures pages_stay; */
void device_port_perform(const struct request *request, uint64_t n);

/* Drivers, and firmware: registers of devices and of the core are no memory of the program. */
/*@ assigns \nothing; */
void gic_stop_core(void);
/*@ assigns \nothing; */
uint32_t gic_acknowledge(void);
/*@ assigns \nothing; */
void gic_end(uint32_t irq);
/*@ assigns \nothing; */
void gic_kick_others(void);
/*@ requires irq < IRQ_LIMIT; assigns \nothing; */
void gic_enable(uint32_t irq, bool edge, uint32_t core);
/*@ requires irq < IRQ_LIMIT; assigns \nothing; */
void gic_take(uint32_t irq, uint32_t core);
/*@ requires irq < IRQ_LIMIT; assigns \nothing; */
void gic_mask(uint32_t irq);
/*@ requires irq < IRQ_LIMIT; assigns \nothing; */
void gic_unmask(uint32_t irq);
/*@ assigns \nothing; */
int64_t psci_version(void);
/*@ assigns \nothing; */
int64_t psci_core_on(uint64_t mpidr, uint64_t entry, uint64_t context);
/*@ assigns \nothing; ensures \false; */
_Noreturn void psci_off(bool reset);
/*@ assigns \nothing; */
void uart_putc(char c);

/* device.S: intent and result go to the slot of this core, in the order of board.h. */
/*@ assigns io[0 .. 3]; */
uint64_t device_load(uint64_t address, uint32_t size, uint64_t n, _Atomic uint64_t *io);
/*@ assigns io[0 .. 3]; */
uint64_t device_store(uint64_t address, uint32_t size, uint64_t n, _Atomic uint64_t *io,
                      uint64_t value);

#include "start_contracts.h"
