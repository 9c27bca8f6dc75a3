/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel bugs: the replica gives up, the shim records why (code, detail) and excludes it. */
#include <kernel/object_ops.h>
#include <kernel/trap.h>
#include <rcoe/rcoe.h>

_Noreturn void panic(enum panic_code code, word_t detail)
{
    rcoe_panic((uint64_t)code, detail);
}

_Noreturn void trap_in_kernel(uint64_t esr, uint64_t pc)
{
    /* The syndrome rides in the upper half of the code: it is a 32-bit register here. */
    rcoe_panic(((esr & MASK(32)) << 32) | PANIC_KERNEL_TRAP, pc);
}
