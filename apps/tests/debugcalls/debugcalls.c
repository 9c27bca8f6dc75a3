/* SPDX-License-Identifier: BSD-2-Clause */
/* The debug system calls, one after the other; the last one ends it (abi section 9). */
#include <root.h>

_Noreturn void root_main(seL4_BootInfo *info)
{
    print_fact("debugcalls: thread is type", seL4_DebugCapIdentify(seL4_CapInitThreadTCB));
    print_fact("debugcalls: empty slot is type", seL4_DebugCapIdentify(info->empty.start));
    print_fact("debugcalls: nowhere is type", seL4_DebugCapIdentify(1ul << 63));
    seL4_DebugNameThread(seL4_CapInitThreadTCB, "debugcalls");
    seL4_DebugNameThread(info->empty.start, "nobody"); /* a mistake: nothing happens */
    seL4_DebugDumpScheduler();
    seL4_DebugSnapshot();
    seL4_DebugHalt();
    print_text("debugcalls: halt came back\n");
    root_stop();
}
