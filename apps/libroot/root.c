/* SPDX-License-Identifier: BSD-2-Clause */
/* Between libroot/start.S and root_main(). */
#include <root.h>

seL4_IPCBuffer *__sel4_ipc_buffer;

_Noreturn void root_start(seL4_BootInfo *info);

_Noreturn void root_start(seL4_BootInfo *info)
{
    seL4_SetIPCBuffer(info->ipcBuffer);
    root_main(info);
}

_Noreturn void root_stop(void)
{
    /* A resumed thread executes its suspend again; the loop is for a refused suspend. */
    for (;;)
        (void)seL4_TCB_Suspend(seL4_CapInitThreadTCB);
}
