/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What runs before the replica does, and never after: paging_final() unmaps all of start/. So
 * nothing outside may call it, and its last step is outside (paging_close).
 */
#pragma once

#include "../core.h"

#pragma GCC visibility push(hidden)

/* image.c */
_Noreturn void start_refused(const char *text, uint64_t a, const char *more, uint64_t b);
void image_check(void);
void manifest_check(void);

/* paging.c */
void paging_start(void);   /* builds the first map and turns the MMU on */
void paging_replica(void); /* stage 2 */
void paging_final(void);   /* only what this core needs from now on, but for start/ itself */

/* recorder.c */
void recorder_start(void);

/* The interrupt controller's driver */
void gic_start_distributor(void);
void gic_start_core(uint32_t core);

/* start.S */
_Noreturn void shim_start(uint64_t core);
_Noreturn void enter_replica(struct frame *frame);

#pragma GCC visibility pop
