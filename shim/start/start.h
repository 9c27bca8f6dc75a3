/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What runs before the replica does, and for its return: elsewhere all of start/ cannot be executed
 * (paging_close). So nothing outside may call it, but reintegrate.c, and its last step is outside.
 */
#pragma once

#include "../core.h"
#include <shim/registers.h>

#pragma GCC visibility push(hidden)

/* image.c */
_Noreturn void start_refused(const char *text, uint64_t a, const char *more, uint64_t b);
/* A copy of constant i: by this core's manifest; of the shim, which has its own, by that one. */
bool constant_good(uint64_t i, uint64_t from);
void image_check(void);
void manifest_check(void);

/* paging.c */
void memory_copy(uint64_t to, uint64_t from, uint64_t size); /* whole pages, cleaned to memory */
void paging_start(bool joins);   /* builds the first map and turns the MMU on */
void paging_replica(void);       /* stage 2 */
void paging_final(void);         /* only what this core needs from now on, but for start/ itself */
void paging_take(uint32_t core); /* another core's way to the devices */

/* join.c: copies what the members are; comes back as one of them, with their registers. */
void join_members(uint64_t registers[REGISTERS_SIZE / 8]);

/* lead.c */
bool join_advance(uint32_t state, enum join_phase to); /* false: somebody was faster */
void join_fail(uint32_t state, enum join_reason reason);

/* psci.c */
bool psci_core_is_off(uint64_t mpidr);
/* A copy of the shim for the core, and the core into it; 0 or an error of PSCI. */
int64_t core_start(uint32_t core, uint64_t from, uint64_t flags);

/* recorder.c */
void recorder_start(void);

/* The interrupt controller's driver */
void gic_start_distributor(void);
void gic_start_core(uint32_t core);

/*
 * The board's part of a safe stop: drives what the board has for it to the level that is safe.
 * Called once, with all devices mapped and interrupts masked, when all other cores stand still or
 * had four barrier times to; then comes what the system chose. It writes device registers and
 * returns, and waits for nothing without a bound. If the bus refuses an access, the board halts.
 */
void safe_output(void);

/* start.S */
#define CORE_JOINS UINT64_C(0x100) /* with the number, for a core that starts to join the others */
_Noreturn void secondary_entry(uint64_t core);
_Noreturn void shim_start(uint64_t core);
_Noreturn void enter_replica(const struct frame *frame, const uint64_t *registers);

#pragma GCC visibility pop
