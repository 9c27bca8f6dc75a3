/* SPDX-License-Identifier: BSD-2-Clause */
/* GICv3: the distributor once, and what belongs to each core. */
#include "../../start/start.h"
#include "../gicv3.h"

#define GICD_CTLR 0x0000
#define GICD_CTLR_ON (1u << 4 | 1u << 1) /* affinity routing, group 1 */
#define GICD_TYPER 0x0004
#define GICD_IGROUPR 0x0080
#define GICD_IPRIORITYR 0x0400
#define GICR_WAKER 0x0014
#define GICR_WAKER_SLEEP (1u << 1)
#define GICR_WAKER_ASLEEP (1u << 2)
#define GICR_SGI_FRAME 0x10000     /* registers of interrupts 0..31, numbered as in GICD */
#define ICH_HCR_TRAPS (0x1f << 10) /* TC, TALL0, TALL1, TSEI, TDIR: no GIC for EL1 */
#define PRIORITY 0xa0a0a0a0u
#define POLL_LIMIT 1000000u

static volatile uint32_t *redistributor(uint32_t core, uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(BOARD_GICR_BASE + core * BOARD_GICR_SIZE + offset);
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
    SYSREG_WRITE(ich_hcr_el2, ICH_HCR_TRAPS);
    cpu_barrier();
}
