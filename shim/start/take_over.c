/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices move to this core: their registers, and their interrupts as the system wants them.
 * What the old I/O core left undone is looked for at the next rendezvous (board_inherit).
 * Executable for this step only: inputs_take_over().
 */
#include "start.h"

//@ requires shared == the_shared; assigns \nothing;
static void lines_take(const struct board_shared *shared)
{
    //@ loop assigns irq;
    for (uint32_t irq = FIRST_LINE; irq < IRQ_LIMIT; irq++) {
        uint64_t bit = UINT64_C(1) << irq % 64;

        if (!(shared->irq_enabled[irq / 64] & bit))
            continue;
        gic_mask(irq);
        gic_take(irq, self.number);
        if (!(shared->irq_outstanding[irq / 64] & bit))
            gic_unmask(irq);
    }
}

void take_over(uint64_t old)
{
    struct board_shared *shared = board_shared();

    if (old == self.number)
        exclude_self(RECORD_SHIM_TRAP, 0, old); /* a flip: it has the devices, and forgot it */
    if (LOAD(board_slot((uint32_t)old)->state) != CORE_PARKED)
        paging_take((uint32_t)old);
    paging_devices(true);
    STORE(shared->io_core, self.number);
    lines_take(shared);
    record(RECORD_IO_MOVED, old, self.number);
}
