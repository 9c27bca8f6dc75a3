/* SPDX-License-Identifier: BSD-2-Clause */
/* Invocations of AArch64 objects as functions; see sel4/interfaces.h. */
#pragma once

#include <sel4/interfaces.h>

/* Cache maintenance of a virtual range: end is exclusive. */
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_VSpace_Clean_Data(seL4_ARM_VSpace service, seL4_Word start,
                                                          seL4_Word end)
{
    return sel4_invoke(service, ARMVSpaceClean_Data, 0, 2, start, end, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_VSpace_Invalidate_Data(seL4_ARM_VSpace service,
                                                               seL4_Word start, seL4_Word end)
{
    return sel4_invoke(service, ARMVSpaceInvalidate_Data, 0, 2, start, end, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_VSpace_CleanInvalidate_Data(seL4_ARM_VSpace service,
                                                                    seL4_Word start, seL4_Word end)
{
    return sel4_invoke(service, ARMVSpaceCleanInvalidate_Data, 0, 2, start, end, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_VSpace_Unify_Instruction(seL4_ARM_VSpace service,
                                                                 seL4_Word start, seL4_Word end)
{
    return sel4_invoke(service, ARMVSpaceUnify_Instruction, 0, 2, start, end, 0, 0);
}

/* Firmware call: x0..x7 in and out. */
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_SMC_Call(seL4_ARM_SMC service,
                                                 const seL4_ARM_SMCContext *smc_args,
                                                 seL4_ARM_SMCContext *smc_response)
{
    struct sel4_arguments a = { { smc_args->x0, smc_args->x1, smc_args->x2, smc_args->x3 } };
    seL4_Error error;

    seL4_SetMR(4, smc_args->x4);
    seL4_SetMR(5, smc_args->x5);
    seL4_SetMR(6, smc_args->x6);
    seL4_SetMR(7, smc_args->x7);
    error = sel4_invoke_words(service, ARMSMCCall, 0, 8, &a);
    if (error == seL4_NoError)
        *smc_response =
            (seL4_ARM_SMCContext){ a.mr[0],       a.mr[1],       a.mr[2],       a.mr[3],
                                   seL4_GetMR(4), seL4_GetMR(5), seL4_GetMR(6), seL4_GetMR(7) };
    return error;
}

/* Page tables: one object type for every level below the root. */
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_PageTable_Map(seL4_ARM_PageTable service, seL4_CPtr vspace,
                                                      seL4_Word vaddr,
                                                      seL4_ARM_VMAttributes attributes)
{
    seL4_SetCap(0, vspace);
    return sel4_invoke(service, ARMPageTableMap, 1, 2, vaddr, attributes, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_PageTable_Unmap(seL4_ARM_PageTable service)
{
    return sel4_invoke(service, ARMPageTableUnmap, 0, 0, 0, 0, 0, 0);
}

/* Frames */
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_Page_Map(seL4_ARM_Page service, seL4_CPtr vspace,
                                                 seL4_Word vaddr, seL4_CapRights_t rights,
                                                 seL4_ARM_VMAttributes attributes)
{
    seL4_SetCap(0, vspace);
    return sel4_invoke(service, ARMPageMap, 1, 3, vaddr, rights.words[0], attributes, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_Page_Unmap(seL4_ARM_Page service)
{
    return sel4_invoke(service, ARMPageUnmap, 0, 0, 0, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_Page_Clean_Data(seL4_ARM_Page service, seL4_Word start,
                                                        seL4_Word end)
{
    return sel4_invoke(service, ARMPageClean_Data, 0, 2, start, end, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_Page_Invalidate_Data(seL4_ARM_Page service, seL4_Word start,
                                                             seL4_Word end)
{
    return sel4_invoke(service, ARMPageInvalidate_Data, 0, 2, start, end, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_Page_CleanInvalidate_Data(seL4_ARM_Page service,
                                                                  seL4_Word start, seL4_Word end)
{
    return sel4_invoke(service, ARMPageCleanInvalidate_Data, 0, 2, start, end, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_Page_Unify_Instruction(seL4_ARM_Page service,
                                                               seL4_Word start, seL4_Word end)
{
    return sel4_invoke(service, ARMPageUnify_Instruction, 0, 2, start, end, 0, 0);
}
typedef struct {
    int error;
    seL4_Word paddr;
} seL4_ARM_Page_GetAddress_t;
LIBSEL4_INLINE_FUNC seL4_ARM_Page_GetAddress_t seL4_ARM_Page_GetAddress(seL4_ARM_Page service)
{
    struct sel4_arguments a = { { 0 } };
    seL4_Error error = sel4_invoke_words(service, ARMPageGetAddress, 0, 0, &a);

    return (seL4_ARM_Page_GetAddress_t){ error, a.mr[0] };
}

/* Address space identifiers */
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_ASIDControl_MakePool(seL4_ARM_ASIDControl service,
                                                             seL4_Untyped untyped, seL4_CNode root,
                                                             seL4_Word index, seL4_Uint8 depth)
{
    seL4_SetCap(0, untyped);
    seL4_SetCap(1, root);
    return sel4_invoke(service, ARMASIDControlMakePool, 2, 2, index, depth, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_ARM_ASIDPool_Assign(seL4_ARM_ASIDPool service, seL4_CPtr vspace)
{
    seL4_SetCap(0, vspace);
    return sel4_invoke(service, ARMASIDPoolAssign, 1, 0, 0, 0, 0, 0);
}

/* Interrupts: trigger 0 level, 1 edge. */
LIBSEL4_INLINE_FUNC seL4_Error seL4_IRQControl_GetTrigger(seL4_IRQControl service, seL4_Word irq,
                                                          seL4_Word trigger, seL4_CNode root,
                                                          seL4_Word index, seL4_Uint8 depth)
{
    seL4_SetCap(0, root);
    return sel4_invoke(service, ARMIRQIssueIRQHandlerTrigger, 1, 4, irq, trigger, index, depth);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_IRQControl_IssueSGISignal(seL4_IRQControl service,
                                                              seL4_Word irq, seL4_Word target,
                                                              seL4_CNode root, seL4_Word index,
                                                              seL4_Uint8 depth)
{
    seL4_SetCap(0, root);
    return sel4_invoke(service, ARMIRQIssueSGISignal, 1, 4, irq, target, index, depth);
}
