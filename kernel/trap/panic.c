/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel bugs: the replica gives up, the shim records why (code, detail) and excludes it. */
#include <kernel/object_ops.h>
#include <kernel/trap.h>
#include <rcoe/rcoe.h>
#include <shim/shim.h>

_Noreturn void panic(enum panic_code code, word_t detail)
{
    rcoe_panic((uint64_t)code, detail);
}

_Static_assert(SHIM_HVC == 0x54 && SHIM_CALL_PANIC == 3 && PANIC_KERNEL_TRAP == 0x1001,
               "trap_in_kernel() of trap_entry.S");
