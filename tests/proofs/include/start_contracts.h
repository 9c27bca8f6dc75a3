/* SPDX-License-Identifier: BSD-2-Clause */
/* What the proofs of shim/start take for granted beside shim_contracts.h: where memory is. */
#pragma once

#include <__fc_string_axiomatic.h>

#include "start.h"

/* So many bytes are there, from this address on. */
/*@
  axiomatic Memory {
    predicate readable(integer from, integer size);
    axiom image: \forall integer from, size; BOARD_IMAGE_BASE <= from && 0 <= size &&
        from + size <= BOARD_IMAGE_BASE + BOARD_IMAGE_SIZE ==> readable(from, size);
  }
*/

/* What manifest_check() finds out. */
/*@
  predicate inside(integer base, integer size, integer of, integer of_size) =
      of <= base && base + size <= of + of_size;
  predicate constant_fits{L}(integer i) =
      manifest.constant[i].size % BOARD_PAGE == 0 && manifest.constant[i].ipa % BOARD_PAGE == 0 &&
      inside(manifest.constant[i].image_offset, manifest.constant[i].size, 0,
             manifest.image_size) &&
      (i == 0 || inside(manifest.constant[i].ipa, manifest.constant[i].size, BOARD_PARTITION_IPA,
                        manifest.partition_size));
  predicate partitions_fit{L} =
      1 <= manifest.replicas <= REPLICAS_MAX && manifest.replicas <= BOARD_CORES &&
      BLOCK <= manifest.partition_size <= BOARD_PARTITION_TOTAL / manifest.replicas;
  predicate blobs_fit{L} = manifest.image_size <= BOARD_IMAGE_SIZE &&
      inside(manifest.kernel_offset, manifest.kernel_size, 0, manifest.image_size) &&
      inside(manifest.user_offset, manifest.user_size, 0, manifest.image_size) &&
      inside(manifest.kernel_ipa, manifest.kernel_size, BOARD_PARTITION_IPA,
             manifest.partition_size) &&
      inside(manifest.user_ipa, manifest.user_size, BOARD_PARTITION_IPA,
             manifest.partition_size);
  predicate constants_fit{L} = 1 <= manifest.constant_count <= MANIFEST_CONSTANTS &&
      \forall integer i; 0 <= i < manifest.constant_count ==> constant_fits(i);
*/

/*@ assigns \nothing; */
static inline uint32_t crc32_word(uint32_t before, uint64_t word);

/* image.c */
/*@ assigns \nothing; exits \false; ensures \false; */
_Noreturn void start_refused(const char *text, uint64_t a, const char *more, uint64_t b);
/*@ requires i < MANIFEST_CONSTANTS && readable(from, manifest.constant[i].size);
    requires i == 0 ==> readable(from, MANIFEST_OFFSET + sizeof(struct manifest));
    assigns \nothing; */
bool constant_good(uint64_t i, uint64_t from);
/*@ assigns *the_recorder; */
void image_check(void);
/*@ assigns \nothing;
    ensures partitions_fit && blobs_fit && constants_fit;
    ensures manifest.device_count <= MANIFEST_DEVICES && manifest.window < BALLOT_RING / 2;
    ensures manifest.readmit_per_hour < READMISSIONS && manifest.safe_state <= SAFE_RESET; */
void manifest_check(void);

/* paging.c */
/*@ requires core < REPLICAS_MAX; assigns ALL_TABLES; */
void paging_take(uint32_t core);

/* What start/ asks of the rest. Copies of raw memory write none that has a name here. */
/*@ assigns \nothing; */
void memory_copy(uint64_t to, uint64_t from, uint64_t size);
/*@ assigns \nothing; */
static inline void memory_clear(uint64_t page, uint64_t size);
/*@ assigns \nothing; */
static inline void *board_page(uint64_t ipa);
/*@ assigns \nothing; */
static inline void cpu_wake(void);
/*@ assigns \nothing; */
int64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
/*@ assigns \nothing; */
void gic_start_distributor(void);
/*@ assigns \nothing; */
void gic_start_core(uint32_t core);
/*@ assigns \nothing; */
void safe_output(void);
/*@ assigns *the_recorder; */
void record_more(enum record_type type, uint64_t a, uint64_t b, uint64_t c);
/*@ assigns *the_recorder; */
void recorder_start(void);

/* psci.c */
/*@ assigns \nothing; */
bool psci_core_is_off(uint64_t mpidr);
/*@ assigns \nothing; */
int64_t core_start(uint32_t core, uint64_t from, uint64_t flags);

/* lead.c */
#include <rcoe/readmit.h>
/*@ assigns \nothing; */
enum readmit readmit_rule(const struct readmission log[READMISSIONS], uint64_t attempts,
                          uint32_t replica, uint32_t now, uint32_t limit);
/* clang-format off */
#define THE_JOIN the_shared->join
#define LED THE_JOIN, *the_recorder, ALL_TABLES, slot_pages[0 .. REPLICAS_MAX - 1]
/* clang-format on */
/*@ predicate checked{L} = partitions_fit && blobs_fit && constants_fit; */
/*@ assigns THE_JOIN.state; */
bool join_advance(uint32_t state, enum join_phase to);
/*@ assigns THE_JOIN.state, *the_recorder; */
void join_fail(uint32_t state, enum join_reason reason);
/*@ requires checked; */
void lead_step(uint64_t now);
/*@ requires checked; assigns THE_JOIN; */
void lead_ask(uint64_t replicas);
/*@ requires checked; */
void lead_admit(uint64_t unused);

/* What is executable for a step: these, and no others. */
/*@
  requires step == &lead_step || step == &lead_ask || step == &lead_admit || step == &take_over;
  requires step == &take_over ? argument < REPLICAS_MAX : checked;
  ensures pages_stay;
*/
void start_step(void (*step)(uint64_t), uint64_t argument);

#include "join_contracts.h"
