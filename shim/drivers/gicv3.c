/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv3, one security state. EL1 never sees it: its system registers trap
 * (start/gicv3.c), its memory is unmapped. Lines go to one core by affinity routing.
 */
#include "gicv3.h"

#define GICD_ICACTIVER 0x0380
#define GICD_ICFGR 0x0c00
#define GICD_IROUTER 0x6000

static void bit_write(uint32_t base, uint32_t irq)
{
    *distributor(base + irq / 32 * 4) = 1u << irq % 32;
}

void gic_stop_core(void)
{
    SYSREG_WRITE(icc_igrpen1_el1, 0);
    cpu_barrier();
}

uint32_t gic_acknowledge(void)
{
    return (uint32_t)SYSREG_READ(icc_iar1_el1);
}

void gic_end(uint32_t irq)
{
    SYSREG_WRITE(icc_eoir1_el1, irq);
    cpu_barrier();
}

void gic_kick_others(void)
{
    cpu_wake();
    SYSREG_WRITE(icc_sgi1r_el1, UINT64_C(1) << 40 | (uint64_t)GIC_KICK << 24);
    cpu_barrier();
}

void gic_mask(uint32_t irq)
{
    bit_write(GICD_ICENABLER, irq);
    cpu_barrier();
}

void gic_unmask(uint32_t irq)
{
    cpu_barrier();
    bit_write(GICD_ISENABLER, irq);
}

void gic_take(uint32_t irq, uint32_t core)
{
    *(volatile uint64_t *)distributor(GICD_IROUTER + irq * 8) = BOARD_CORE_MPIDR(core);
    bit_write(GICD_ICACTIVER, irq);
    cpu_barrier();
}

void gic_enable(uint32_t irq, bool edge, uint32_t core)
{
    volatile uint32_t *config = distributor(GICD_ICFGR + irq / 16 * 4);
    uint32_t bit = 2u << irq % 16 * 2;

    gic_mask(irq);
    *config = edge ? *config | bit : *config & ~bit;
    gic_take(irq, core);
    gic_unmask(irq);
}
