/* SPDX-License-Identifier: BSD-2-Clause */
/* A user thread's registers as trap_entry.S saves them, at the start of its TCB's context. */
#pragma once

#define TF_X(n) ((n) * 8)
#define TF_SP 248
#define TF_PC 256
#define TF_SPSR 264
#define TF_TPIDR_EL0 272
#define TF_TPIDRRO_EL0 280
#define TF_SIZE 288

#ifndef __ASSEMBLER__ /* shared with assembly */
#include <stddef.h>
#include <stdint.h>

struct trap_frame {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc; /* trap: the return address; thread state may set it back to restart */
    uint64_t spsr;
    uint64_t tpidr_el0;
    uint64_t tpidrro_el0;
};
_Static_assert(offsetof(struct trap_frame, x[30]) == TF_X(30), "trap_entry.S stores x30 here");
_Static_assert(offsetof(struct trap_frame, spsr) == TF_SPSR, "trap_entry.S stores SPSR here");
_Static_assert(sizeof(struct trap_frame) == TF_SIZE, "seL4_UserContext has 36 words");

/* Sets pc back to the trapping instruction when the hardware left it behind it (SVC). */
void arch_trap_undo(struct trap_frame *tf, uint64_t esr);
#endif
