/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry points of arch/<isa>/trap_entry.S into C. All in trap/. */
#pragma once

#include <kernel/trap_frame.h>
#include <rcoe/rcoe.h>

/* tf is the context of the current thread, `registers` for rcoe_enter(). */
_Noreturn void trap_main(struct trap_frame *tf, uint64_t esr, uint32_t registers, uint64_t far);
_Noreturn void trap_syscall(struct trap_frame *tf, uint64_t esr, uint32_t registers); /* SVC */
_Noreturn void trap_interrupt(struct trap_frame *tf);
/* At EL1, at pc: legal in the idle thread only. */
_Noreturn void trap_interrupt_idle(struct trap_frame *tf, uint64_t pc);
/* An exception that the kernel itself took: this replica gives up. */
_Noreturn void trap_in_kernel(uint64_t esr, uint64_t pc);
