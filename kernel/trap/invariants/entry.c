/* SPDX-License-Identifier: BSD-2-Clause */
/* When the kernel is entered. */
#include <kernel/invariants.h>
#include <kernel/object_ops.h>
#include <kernel/trap_frame.h>
#include <rcoe/trap.h>

void invariants_entry(const struct trap_frame *tf, uint32_t registers)
{
    /* An input that was due before the trap set the pc back: not what was saved. */
    if ((tf->spsr & FRAME_INTERRUPTED) == 0 && !rcoe_saved_right(tf, registers)) {
        panic(PANIC_ASSERT, tf->pc);
    }
}
