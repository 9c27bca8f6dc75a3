/* SPDX-License-Identifier: BSD-2-Clause */
/* Breakpoints, watchpoints and single steps of threads (abi section 3.1). */
#pragma once

#include <sel4/interfaces.h>

LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_SetBreakpoint(seL4_TCB service, seL4_Uint16 bp_num,
                                                      seL4_Word vaddr, seL4_Word type,
                                                      seL4_Word size, seL4_Word rw)
{
    seL4_SetMR(4, rw);
    return sel4_invoke(service, TCBSetBreakpoint, 0, 5, bp_num, vaddr, type, size);
}

typedef struct {
    int error;
    seL4_Word vaddr;
    seL4_Word type;
    seL4_Word size;
    seL4_Word rw;
    seL4_Bool is_enabled;
} seL4_TCB_GetBreakpoint_t;
LIBSEL4_INLINE_FUNC seL4_TCB_GetBreakpoint_t seL4_TCB_GetBreakpoint(seL4_TCB service,
                                                                    seL4_Uint16 bp_num)
{
    struct sel4_arguments a = { { bp_num, 0, 0, 0 } };
    seL4_Error error = sel4_invoke_words(service, TCBGetBreakpoint, 0, 1, &a);

    if (error != seL4_NoError)
        return (seL4_TCB_GetBreakpoint_t){ .error = error };
    return (seL4_TCB_GetBreakpoint_t){ error,   a.mr[0], a.mr[1],
                                       a.mr[2], a.mr[3], (seL4_Bool)seL4_GetMR(4) };
}

LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_UnsetBreakpoint(seL4_TCB service, seL4_Uint16 bp_num)
{
    return sel4_invoke(service, TCBUnsetBreakpoint, 0, 1, bp_num, 0, 0, 0);
}

typedef struct {
    int error;
    seL4_Bool bp_was_consumed;
} seL4_TCB_ConfigureSingleStepping_t;
LIBSEL4_INLINE_FUNC seL4_TCB_ConfigureSingleStepping_t
seL4_TCB_ConfigureSingleStepping(seL4_TCB service, seL4_Uint16 bp_num, seL4_Word num_instructions)
{
    struct sel4_arguments a = { { bp_num, num_instructions, 0, 0 } };
    seL4_Error error = sel4_invoke_words(service, TCBConfigureSingleStepping, 0, 2, &a);

    return (seL4_TCB_ConfigureSingleStepping_t){ error, (seL4_Bool)a.mr[0] };
}
