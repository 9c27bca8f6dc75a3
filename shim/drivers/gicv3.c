/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv3, one security state. EL1 never sees it: its system registers trap (start.c), its memory is
 * unmapped. Lines go to one core by affinity routing.
 */
#include "../core.h"

#define GICD_CTLR 0x0000
#define GICD_CTLR_ON (1u << 4 | 1u << 1) /* affinity routing, group 1 */
#define GICD_TYPER 0x0004
#define GICD_IGROUPR 0x0080
#define GICD_ISENABLER 0x0100
#define GICD_ICENABLER 0x0180
#define GICD_ICACTIVER 0x0380
#define GICD_IPRIORITYR 0x0400
#define GICD_ICFGR 0x0c00
#define GICD_IROUTER 0x6000
#define GICR_WAKER 0x0014
#define GICR_WAKER_SLEEP (1u << 1)
#define GICR_WAKER_ASLEEP (1u << 2)
#define GICR_SGI_FRAME 0x10000 /* registers of interrupts 0..31, numbered as in GICD */
#define PRIORITY 0xa0a0a0a0u
#define POLL_LIMIT 1000000u

static volatile uint32_t *distributor(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(BOARD_GICD_BASE + offset);
}

static volatile uint32_t *redistributor(uint32_t core, uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(BOARD_GICR_BASE + core * BOARD_GICR_SIZE + offset);
}

static void bit_write(uint32_t base, uint32_t irq)
{
    *distributor(base + irq / 32 * 4) = 1u << irq % 32;
}

void gic_start_distributor(void)
{
    uint32_t lines;

    *distributor(GICD_CTLR) = GICD_CTLR_ON;
    lines = ((*distributor(GICD_TYPER) & 31) + 1) * 32;
    for (uint32_t irq = 32; irq < lines; irq += 32) {
        *distributor(GICD_ICENABLER + irq / 8) = ~0u;
        *distributor(GICD_IGROUPR + irq / 8) = ~0u;
        for (uint32_t i = 0; i < 32; i += 4)
            *distributor(GICD_IPRIORITYR + irq + i) = PRIORITY;
    }
    cpu_barrier();
}

void gic_start_core(uint32_t core)
{
    *redistributor(core, GICR_WAKER) &= ~GICR_WAKER_SLEEP;
    for (uint32_t i = 0; *redistributor(core, GICR_WAKER) & GICR_WAKER_ASLEEP; i++) {
        if (i == POLL_LIMIT)
            exclude_self(RECORD_SHIM_TRAP, 0, GICR_WAKER);
        cpu_yield();
    }
    *redistributor(core, GICR_SGI_FRAME + GICD_ICENABLER) = ~0u;
    *redistributor(core, GICR_SGI_FRAME + GICD_IGROUPR) = ~0u;
    for (uint32_t i = 0; i < 32; i += 4)
        *redistributor(core, GICR_SGI_FRAME + GICD_IPRIORITYR + i) = PRIORITY;
    *redistributor(core, GICR_SGI_FRAME + GICD_ISENABLER) = 1u << BOARD_TICK_IRQ | 1u << GIC_KICK;
    SYSREG_WRITE(icc_sre_el2, 7); /* system registers for EL2; EL1's are trapped */
    cpu_barrier();
    SYSREG_WRITE(icc_pmr_el1, 0xff);
    SYSREG_WRITE(icc_ctlr_el1, 0);
    SYSREG_WRITE(icc_igrpen1_el1, 1);
    cpu_barrier();
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
