/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the proofs of shim/ take for granted, included before every file: the memory map, and what
 * is C no longer. All else in these headers is a contract that is proved where the function is.
 */
#pragma once

#include "machine.h"

#include <stdbool.h>

/* The map of paging.c: these pages are there, whatever has happened to their contents. */
#include <shim/board.h>
#include <shim/record.h>
/*@
  axiomatic Map {
    logic struct board_control *the_control;
    logic struct board_log *the_log;
    logic struct board_shared *the_shared;
    logic struct ballot *the_ballot(integer replica);
    logic struct board_slot *the_slot(integer core);
    logic struct recorder *the_recorder;
    axiom pages{L}: \valid{L}(the_control) && \valid{L}(the_log) && \valid{L}(the_shared);
    axiom ballots{L}: \forall integer r; 0 <= r < REPLICAS_MAX ==> \valid{L}(the_ballot(r));
    axiom slots{L}: \forall integer c; 0 <= c < REPLICAS_MAX ==> \valid{L}(the_slot(c));
    axiom recorders{L}: \valid{L}(the_recorder);
  }
*/
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

/* `self` may be another value at each look, but its number stays what start.S gave the core. */
#define self (*this_core())

/*@ assigns \nothing; */
static inline uint64_t counter_now(void);
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
    axiom halves: \forall uint32_t a, b; (a | (uint64_t)(b << 32)) == a + b * 4294967296;
  }
*/
/* The CRC instruction. */
/*@ axiomatic Instruction { logic integer crc(integer before, integer word); } */
/*@ assigns \nothing; ensures \result == crc(before, word); */
static inline uint32_t crc32c_word(uint32_t before, uint64_t word);

#include "core.h"

/*@ assigns \nothing; ensures \valid(\result) && \result->number < REPLICAS_MAX; */
struct core *this_core(void);

/* What start/image.c has checked of the manifest; this core has its own copy. */
/*@
  predicate manifest_checked{L} = manifest.device_count <= MANIFEST_DEVICES;
  predicate in_range{L}(integer i, integer address) =
      (uint64_t)(address - manifest.device[i].base) < manifest.device[i].size;
*/

/* Where vectors.S keeps the replica's registers for as long as EL2 works for it. */
/*@
  axiomatic Stack {
    logic struct frame *the_frame;
    axiom frames{L}: \valid{L}(the_frame);
  }
*/
/*@ requires frame == the_frame; assigns \nothing; */
static inline bool frame_is_user(const struct frame *frame);
/*@ requires replica < REPLICAS_MAX && what < HKR_WORDS; */
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
/*@ requires \valid(request); */
struct answer board_agree(const struct request *request);
/*@ requires \valid(request); */
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
