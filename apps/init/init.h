/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The init task: plays the system description of init/system_spec.h, then watches over the
 * protection domains. Flow: main.c -> play.c (uses memory.c, slots.c) -> monitor.c.
 */
#pragma once

#include <stdbool.h>

#include <root.h>

#include "system_spec.h"

/* slots.c: where the kernel put the capabilities that the description counts from 0. */
void slots_init(const seL4_BootInfo *info, const struct spec_header *spec);
seL4_CPtr slot_of(uint64_t spec_cap);
/* First of `count` consecutive slots that the description does not use, or 0: there are none. */
seL4_CPtr slots_take(seL4_Word count);

/* memory.c: untyped memory. Results are seL4_Error; `slot` is empty before and full after. */
void memory_init(const seL4_BootInfo *info);
seL4_Word memory_retype(seL4_Word type, seL4_Word size_bits, seL4_CPtr slot);
/* Frame of 2^bits bytes at a physical address. seL4_RangeError: no such memory, or it is in use. */
seL4_Word memory_frame_at(seL4_Word paddr, seL4_Word bits, bool device, seL4_CPtr slot);

/* play.c: all operations in order; on the first refusal prints which and why, and stops. */
void play(const struct spec_header *spec);

/* monitor.c: takes faults and passive requests for ever. */
_Noreturn void monitor(const struct spec_header *spec);
