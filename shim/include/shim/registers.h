/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a replica's processor holds while it stands still for another one to join, as a block of
 * 64-bit words in its own memory: rcoe/arch/<isa>/join.S writes it, shim/start loads it into the
 * joiner. General registers are not in it: nothing of them is needed afterwards. Assembly includes
 * this too.
 */
#pragma once

#include <debug_registers.h>

#define REGISTERS_PC 0
#define REGISTERS_STATUS 8 /* PSTATE of EL1 */
#define REGISTERS_FPSR 16
#define REGISTERS_FPCR 24
#define REGISTERS_SP 32 /* SP_EL1 */
#define REGISTERS_V 48
#define REGISTERS_EL1 (REGISTERS_V + 32 * 16)
#define REGISTERS_SIZE 1024

/* What EL1 sets and relies on. */
#define EL1_REGISTERS                                                                              \
    sctlr_el1, cpacr_el1, tcr_el1, ttbr0_el1, ttbr1_el1, mair_el1, amair_el1, vbar_el1,            \
        contextidr_el1, tpidr_el1, tpidr_el0, tpidrro_el0, sp_el0, cntkctl_el1,                    \
        csselr_el1 DEBUG_REGISTERS
/* What the next exception writes anew, or nobody reads, or EL1 cannot write. */
#define DEAD_REGISTERS                                                                             \
    esr_el1, far_el1, afsr0_el1, afsr1_el1, elr_el1, spsr_el1, par_el1, cntv_ctl_el0,              \
        cntv_cval_el0, cntp_ctl_el0, cntp_cval_el0 NO_DEBUG_REGISTERS
