/* SPDX-License-Identifier: BSD-2-Clause */
/* The private system call of debug kernels (kernel/include/kernel/abi.h). */
#include <root.h>

#define CHECK_INVARIANTS (-0x7e50) /* SYS_DEBUG_CHECK_INVARIANTS */

seL4_Word debug_check_invariants(seL4_Word stride, seL4_Word *walks)
{
    struct sel4_syscall_registers r = { .info = stride };

    sel4_trap((seL4_Syscall_ID)CHECK_INVARIANTS, &r, 0, 0);
    *walks = r.info;
    return r.x0;
}
