/* SPDX-License-Identifier: BSD-2-Clause */
/* A user thread's registers as trap_entry.S saves them; the first member of struct tcb. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <arch/trap_offsets.h>

struct trap_frame {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc; /* on trap: the return address; see struct tcb for the restart address */
    uint64_t spsr;
    uint64_t tpidr_el0;
    uint64_t tpidrro_el0;
};
_Static_assert(offsetof(struct trap_frame, x[30]) == TF_X(30), "trap_entry.S stores x30 here");
_Static_assert(offsetof(struct trap_frame, sp) == TF_SP, "trap_entry.S stores SP_EL0 here");
_Static_assert(offsetof(struct trap_frame, pc) == TF_PC, "trap_entry.S stores ELR here");
_Static_assert(offsetof(struct trap_frame, spsr) == TF_SPSR, "trap_entry.S stores SPSR here");
_Static_assert(offsetof(struct trap_frame, tpidr_el0) == TF_TPIDR_EL0, "trap_entry.S");
_Static_assert(offsetof(struct trap_frame, tpidrro_el0) == TF_TPIDRRO_EL0, "trap_entry.S");
_Static_assert(sizeof(struct trap_frame) == TF_SIZE, "seL4_UserContext has 36 words");

/* Sets pc back to the trapping instruction when the hardware left it behind it (SVC). */
void arch_trap_undo(struct trap_frame *tf, uint64_t esr);
