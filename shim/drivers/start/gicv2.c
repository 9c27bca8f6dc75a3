/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv2: the distributor once, and what belongs to each core. Groups stay as firmware left them:
 * bit 0 enables the one that this side of the processor may use, with security states or without.
 */
#include "../../start/start.h"
#include "../gicv2.h"

#define GICD_CTLR 0x000
#define GICD_TYPER 0x004
#define GICD_IPRIORITYR 0x400
#define GICC_PMR 0x04
#define GICC_APR0 0xd0 /* active priorities; with security states, the other side's: ignored */
#define GICC_NSAPR0 0xe0
#define ENABLE 1u
#define PRIORITY 0xa0a0a0a0u

static void lines_prepare(uint32_t first)
{
    *distributor(GICD_ICENABLER + first / 8) = ~0u;
    for (uint32_t i = 0; i < 32; i += 4)
        *distributor(GICD_IPRIORITYR + first + i) = PRIORITY;
}

void gic_start_distributor(void)
{
    uint32_t lines = ((*distributor(GICD_TYPER) & 31) + 1) * 32;

    *distributor(GICD_CTLR) = ENABLE;
    for (uint32_t irq = 32; irq < lines; irq += 32)
        lines_prepare(irq);
    cpu_barrier();
}

/*
 * The registers of lines 0..31 are each core's own, as is the interface. Whatever ran on this core
 * before may have left an interrupt half taken, which would keep the others of its priority away.
 */
void gic_start_core(uint32_t core)
{
    (void)core;
    lines_prepare(0);
    *distributor(GICD_ICACTIVER) = ~0u;
    *interface(GICC_APR0) = 0;
    *interface(GICC_NSAPR0) = 0;
    *distributor(GICD_ISENABLER) = 1u << BOARD_TICK_IRQ | 1u << GIC_KICK;
    *interface(GICC_PMR) = 0xff;
    *interface(GICC_CTLR) = ENABLE;
    cpu_barrier();
}
