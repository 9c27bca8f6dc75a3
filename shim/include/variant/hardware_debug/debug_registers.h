/* SPDX-License-Identifier: BSD-2-Clause */
/* Those that the kernel loads (kernel/arch/aarch64/debug.c), with the comma before them. */
#pragma once

#define DEBUG_REGISTERS                                                                            \
    , mdscr_el1, dbgbvr0_el1, dbgbvr1_el1, dbgbvr2_el1, dbgbvr3_el1, dbgbvr4_el1, dbgbvr5_el1,     \
        dbgbcr0_el1, dbgbcr1_el1, dbgbcr2_el1, dbgbcr3_el1, dbgbcr4_el1, dbgbcr5_el1, dbgwvr0_el1, \
        dbgwvr1_el1, dbgwvr2_el1, dbgwvr3_el1, dbgwcr0_el1, dbgwcr1_el1, dbgwcr2_el1, dbgwcr3_el1
#define NO_DEBUG_REGISTERS
