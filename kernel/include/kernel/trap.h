/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry points of arch/<isa>/trap_entry.S into C. All in trap/. */
#pragma once

#include <kernel/trap_frame.h>
#include <rcoe/rcoe.h>

/* tf is the context of the current thread. far and esr are 0 for TRAP_IRQ. */
_Noreturn void trap_main(struct trap_frame *tf, enum trap_kind kind, uint64_t esr, uint64_t far);
/* The same for SVC. */
_Noreturn void trap_syscall(struct trap_frame *tf, uint64_t esr);
/* An interrupt at EL1 is legal in the idle thread only; returns its argument. */
struct trap_frame *trap_check_idle(struct trap_frame *tf);
/* An exception that the kernel itself took: this replica gives up. */
_Noreturn void trap_in_kernel(uint64_t esr, uint64_t pc);
