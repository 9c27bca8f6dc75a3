/* SPDX-License-Identifier: BSD-2-Clause */
/* What the proofs of rcoe/single take for granted: the board's window, and what EL2 does. */
#pragma once

#include "machine.h"

#include <stdbool.h>

#include <arm_acle.h>

#include <kernel/trap_frame.h>
#include <shim/board.h>
#include <shim/shim.h>

/*@ assigns \nothing; */
static inline uint64_t arch_counter(void);
/*@ assigns \nothing; ensures \false; */
_Noreturn void shim_panic(uint64_t code, uint64_t detail);
/*@ assigns \nothing; */
void shim_input_done(void);
/*@ assigns \nothing; */
void shim_timer(uint64_t deadline);
/*@ assigns \nothing; */
void shim_irq(uint32_t irq, enum irq_operation operation);
/*@ assigns \nothing; */
void shim_putc(char c);
/*@ requires \valid(args + (0 .. 7)); assigns args[0 .. 7]; */
void shim_smc(uint64_t args[8]);

#include <rcoe/trap.h>

/* What rcoe_init() found: the own pages are there, and the event counted is the ballot's. */
/*@ predicate mapped{L} = \valid(rcoe_single.own) && \valid(rcoe_single.event) &&
      \valid_read(rcoe_single.slot) && \valid_read(rcoe_single.log); */

/*@ requires mapped; assigns rcoe_single.deadline, rcoe_single.own->deadline; */
void rcoe_single_deadline(bool timer, uint64_t deadline);
/*@ requires mapped; assigns rcoe_single.own->delivered; */
RCOE_INLINE uint64_t rcoe_single_input(void);
/*@ requires mapped; assigns *rcoe_single.event, rcoe_single.own->delivered; */
RCOE_INLINE struct rcoe_round rcoe_enter(struct trap_frame *tf, enum trap_kind kind, uint64_t esr,
                                         uint64_t far, uint32_t registers);
/*@ requires mapped; assigns rcoe_single.deadline, rcoe_single.own->deadline; */
RCOE_INLINE void rcoe_leave(bool timer, const struct trap_frame *next, uint64_t next_deadline);
/*@ assigns \nothing; */
RCOE_INLINE void rcoe_leave_same_deadline(const struct trap_frame *next);
/*@ assigns \nothing; */
RCOE_INLINE bool rcoe_saved_right(const struct trap_frame *tf, uint32_t registers);
/*@ assigns \nothing; */
RCOE_INLINE uint64_t rcoe_now(void);
/*@ assigns \nothing; */
RCOE_INLINE void rcoe_note(uint64_t word);
/*@ requires \valid(args + (0 .. 7)); assigns args[0 .. 7]; */
void rcoe_smc(uint64_t args[8]);

/* rcoe/dma/handed_over/single.c */
/*@ assigns \nothing; */
void dma_commit(uint64_t address, uint64_t value);
/*@ requires mapped; assigns \nothing; ensures \valid_read(\result); */
const struct board_slot *dma_slot(uint32_t i);
/*@ assigns \nothing; */
bool dma_has_read(const struct board_slot *slot);
