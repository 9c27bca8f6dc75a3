/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A replica that was excluded joins when the kernel is quiet: no program was interrupted at an
 * instruction that is another one in another replica. That is when nothing runs, or when who was
 * interrupted has made a system call since. INPUT_JOIN says that a replica waits; it is an input
 * like any other, so all know it at the same event. Next files in the flow: arch/<isa>/join.S, then
 * shim/start/lead.c.
 */
#include "reintegrate.h"

#include "commit.h"

_Static_assert(SHIM_CALL_JOIN == 12 && SHIM_HVC == 0x54, "arch/aarch64/join.S does this call");

void reintegrate_join(const struct trap_frame *next)
{
    rcoe.joining = false;
    commit(REQUEST_JOIN, 0, 0);
    arch_join(next);
}
