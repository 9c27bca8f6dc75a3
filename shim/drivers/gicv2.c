/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv2 (Arm IHI 0048B). EL1 never sees it: its memory is unmapped in stage 2. Every core maps its
 * own interface (BOARD_CORE_DEVICE_*); the distributor is a device, of the I/O core alone.
 */
#include "gicv2.h"

#define GICD_ITARGETSR 0x800
#define GICD_ICFGR 0xc00
#define GICD_SGIR 0xf00
#define GICD_SGIR_OTHERS (1u << 24)
#define GICC_IAR 0x0c
#define GICC_EOIR 0x10
#define IAR_NUMBER 0x3ffu /* above it: who sent a software interrupt */

static uint32_t acknowledged; /* the controller wants the whole word back */

static void bit_write(uint32_t base, uint32_t irq)
{
    *distributor(base + irq / 32 * 4) = 1u << irq % 32;
}

void gic_stop_core(void)
{
    *interface(GICC_CTLR) = 0;
    cpu_barrier();
}

uint32_t gic_acknowledge(void)
{
    acknowledged = *interface(GICC_IAR);
    return acknowledged & IAR_NUMBER;
}

void gic_end(uint32_t irq)
{
    (void)irq;
    *interface(GICC_EOIR) = acknowledged;
    cpu_barrier();
}

/* Software interrupts are sent by the distributor: another core may write there just for this. */
void gic_kick_others(void)
{
    cpu_wake();
    if (!DRIVES)
        paging_devices(true);
    *distributor(GICD_SGIR) = GICD_SGIR_OTHERS | GIC_KICK;
    cpu_barrier();
    if (!DRIVES)
        paging_devices(false);
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
    *(volatile uint8_t *)((uintptr_t)distributor(GICD_ITARGETSR) + irq) = (uint8_t)BIT(core);
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
