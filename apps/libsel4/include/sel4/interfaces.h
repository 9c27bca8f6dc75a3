/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invocations of kernel objects as functions (abi section 3.1). Each returns an seL4_Error; when it
 * is not seL4_NoError, message registers 0..3 of the reply are in the IPC buffer (seL4_GetMR).
 */
#pragma once

#include <sel4/errors.h>
#include <sel4/invocation.h>
#include <sel4/syscalls.h>

/* Message registers 0..3 of an invocation: arguments before, results after. */
struct sel4_arguments {
    seL4_Word mr[seL4_FastMessageRegisters];
};

/* Calls `service`; extra caps and message registers from 4 are in the IPC buffer already. */
LIBSEL4_INLINE_FUNC seL4_Error sel4_invoke_words(seL4_CPtr service, seL4_Word label, seL4_Word caps,
                                                 seL4_Word length, struct sel4_arguments *a)
{
    seL4_MessageInfo_t info = seL4_MessageInfo_new(label, 0, caps, length);
    seL4_MessageInfo_t reply =
        seL4_CallWithMRs(service, info, &a->mr[0], &a->mr[1], &a->mr[2], &a->mr[3]);
    seL4_Error error = (seL4_Error)seL4_MessageInfo_get_label(reply);

    if (error != seL4_NoError)
        for (int i = 0; i < seL4_FastMessageRegisters; i++)
            seL4_SetMR(i, a->mr[i]);
    return error;
}
LIBSEL4_INLINE_FUNC seL4_Error sel4_invoke(seL4_CPtr service, seL4_Word label, seL4_Word caps,
                                           seL4_Word length, seL4_Word mr0, seL4_Word mr1,
                                           seL4_Word mr2, seL4_Word mr3)
{
    struct sel4_arguments a = { { mr0, mr1, mr2, mr3 } };

    return sel4_invoke_words(service, label, caps, length, &a);
}

/* Untyped */
LIBSEL4_INLINE_FUNC seL4_Error seL4_Untyped_Retype(seL4_Untyped service, seL4_Word type,
                                                   seL4_Word size_bits, seL4_CNode root,
                                                   seL4_Word node_index, seL4_Word node_depth,
                                                   seL4_Word node_offset, seL4_Word num_objects)
{
    seL4_SetCap(0, root);
    seL4_SetMR(4, node_offset);
    seL4_SetMR(5, num_objects);
    return sel4_invoke(service, UntypedRetype, 1, 6, type, size_bits, node_index, node_depth);
}

/* TCB */
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_ReadRegisters(seL4_TCB service, seL4_Bool suspend_source,
                                                      seL4_Uint8 arch_flags, seL4_Word count,
                                                      seL4_UserContext *regs)
{
    struct sel4_arguments a = { { (seL4_Word)(suspend_source & 1) | (seL4_Word)arch_flags << 8,
                                  count, 0, 0 } };
    seL4_Error error = sel4_invoke_words(service, TCBReadRegisters, 0, 2, &a);
    seL4_Word *word = (seL4_Word *)regs;

    if (error != seL4_NoError)
        return error;
    for (seL4_Word i = 0; i < count && i < seL4_UserContextWords; i++)
        word[i] = i < seL4_FastMessageRegisters ? a.mr[i] : seL4_GetMR((int)i);
    return seL4_NoError;
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_WriteRegisters(seL4_TCB service, seL4_Bool resume_target,
                                                       seL4_Uint8 arch_flags, seL4_Word count,
                                                       const seL4_UserContext *regs)
{
    const seL4_Word *word = (const seL4_Word *)regs;

    for (seL4_Word i = 2; i < seL4_UserContextWords; i++)
        seL4_SetMR((int)i + 2, word[i]);
    return sel4_invoke(service, TCBWriteRegisters, 0, seL4_UserContextWords + 2,
                       (seL4_Word)(resume_target & 1) | (seL4_Word)arch_flags << 8, count, word[0],
                       word[1]);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_CopyRegisters(
    seL4_TCB service, seL4_TCB source, seL4_Bool suspend_source, seL4_Bool resume_target,
    seL4_Bool transfer_frame, seL4_Bool transfer_integer, seL4_Uint8 arch_flags)
{
    seL4_Word flags = (seL4_Word)(suspend_source & 1) | (seL4_Word)(resume_target & 1) << 1 |
                      (seL4_Word)(transfer_frame & 1) << 2 |
                      (seL4_Word)(transfer_integer & 1) << 3 | (seL4_Word)arch_flags << 8;

    seL4_SetCap(0, source);
    return sel4_invoke(service, TCBCopyRegisters, 1, 1, flags, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_Configure(seL4_TCB service, seL4_CNode cspace_root,
                                                  seL4_Word cspace_root_data, seL4_CPtr vspace_root,
                                                  seL4_Word vspace_root_data, seL4_Word buffer,
                                                  seL4_CPtr bufferFrame)
{
    seL4_SetCap(0, cspace_root);
    seL4_SetCap(1, vspace_root);
    seL4_SetCap(2, bufferFrame);
    return sel4_invoke(service, TCBConfigure, 3, 3, cspace_root_data, vspace_root_data, buffer, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_SetPriority(seL4_TCB service, seL4_TCB authority,
                                                    seL4_Word priority)
{
    seL4_SetCap(0, authority);
    return sel4_invoke(service, TCBSetPriority, 1, 1, priority, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_SetMCPriority(seL4_TCB service, seL4_TCB authority,
                                                      seL4_Word mcp)
{
    seL4_SetCap(0, authority);
    return sel4_invoke(service, TCBSetMCPriority, 1, 1, mcp, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_SetSchedParams(seL4_TCB service, seL4_TCB authority,
                                                       seL4_Word mcp, seL4_Word priority,
                                                       seL4_CPtr sched_context, seL4_CPtr fault_ep)
{
    seL4_SetCap(0, authority);
    seL4_SetCap(1, sched_context);
    seL4_SetCap(2, fault_ep);
    return sel4_invoke(service, TCBSetSchedParams, 3, 2, mcp, priority, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_SetTimeoutEndpoint(seL4_TCB service, seL4_CPtr timeout_ep)
{
    seL4_SetCap(0, timeout_ep);
    return sel4_invoke(service, TCBSetTimeoutEndpoint, 1, 0, 0, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_SetIPCBuffer(seL4_TCB service, seL4_Word buffer,
                                                     seL4_CPtr bufferFrame)
{
    seL4_SetCap(0, bufferFrame);
    return sel4_invoke(service, TCBSetIPCBuffer, 1, 1, buffer, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_SetSpace(seL4_TCB service, seL4_CPtr fault_ep,
                                                 seL4_CNode cspace_root, seL4_Word cspace_root_data,
                                                 seL4_CPtr vspace_root, seL4_Word vspace_root_data)
{
    seL4_SetCap(0, fault_ep);
    seL4_SetCap(1, cspace_root);
    seL4_SetCap(2, vspace_root);
    return sel4_invoke(service, TCBSetSpace, 3, 2, cspace_root_data, vspace_root_data, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_Suspend(seL4_TCB service)
{
    return sel4_invoke(service, TCBSuspend, 0, 0, 0, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_Resume(seL4_TCB service)
{
    return sel4_invoke(service, TCBResume, 0, 0, 0, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_BindNotification(seL4_TCB service, seL4_CPtr notification)
{
    seL4_SetCap(0, notification);
    return sel4_invoke(service, TCBBindNotification, 1, 0, 0, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_UnbindNotification(seL4_TCB service)
{
    return sel4_invoke(service, TCBUnbindNotification, 0, 0, 0, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_TCB_SetTLSBase(seL4_TCB service, seL4_Word tls_base)
{
    return sel4_invoke(service, TCBSetTLSBase, 0, 1, tls_base, 0, 0, 0);
}
typedef struct {
    int error;
    seL4_Word flags; /* after the change */
} seL4_TCB_SetFlags_t;
LIBSEL4_INLINE_FUNC seL4_TCB_SetFlags_t seL4_TCB_SetFlags(seL4_TCB service, seL4_Word clear,
                                                          seL4_Word set)
{
    struct sel4_arguments a = { { clear, set, 0, 0 } };
    seL4_Error error = sel4_invoke_words(service, TCBSetFlags, 0, 2, &a);

    return (seL4_TCB_SetFlags_t){ error, a.mr[0] };
}

/* CNode */
LIBSEL4_INLINE_FUNC seL4_Error seL4_CNode_Revoke(seL4_CNode service, seL4_Word index,
                                                 seL4_Uint8 depth)
{
    return sel4_invoke(service, CNodeRevoke, 0, 2, index, depth, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_CNode_Delete(seL4_CNode service, seL4_Word index,
                                                 seL4_Uint8 depth)
{
    return sel4_invoke(service, CNodeDelete, 0, 2, index, depth, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_CNode_CancelBadgedSends(seL4_CNode service, seL4_Word index,
                                                            seL4_Uint8 depth)
{
    return sel4_invoke(service, CNodeCancelBadgedSends, 0, 2, index, depth, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_CNode_Copy(seL4_CNode service, seL4_Word dest_index,
                                               seL4_Uint8 dest_depth, seL4_CNode src_root,
                                               seL4_Word src_index, seL4_Uint8 src_depth,
                                               seL4_CapRights_t rights)
{
    seL4_SetCap(0, src_root);
    seL4_SetMR(4, rights.words[0]);
    return sel4_invoke(service, CNodeCopy, 1, 5, dest_index, dest_depth, src_index, src_depth);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_CNode_Mint(seL4_CNode service, seL4_Word dest_index,
                                               seL4_Uint8 dest_depth, seL4_CNode src_root,
                                               seL4_Word src_index, seL4_Uint8 src_depth,
                                               seL4_CapRights_t rights, seL4_Word badge)
{
    seL4_SetCap(0, src_root);
    seL4_SetMR(4, rights.words[0]);
    seL4_SetMR(5, badge);
    return sel4_invoke(service, CNodeMint, 1, 6, dest_index, dest_depth, src_index, src_depth);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_CNode_Move(seL4_CNode service, seL4_Word dest_index,
                                               seL4_Uint8 dest_depth, seL4_CNode src_root,
                                               seL4_Word src_index, seL4_Uint8 src_depth)
{
    seL4_SetCap(0, src_root);
    return sel4_invoke(service, CNodeMove, 1, 4, dest_index, dest_depth, src_index, src_depth);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_CNode_Mutate(seL4_CNode service, seL4_Word dest_index,
                                                 seL4_Uint8 dest_depth, seL4_CNode src_root,
                                                 seL4_Word src_index, seL4_Uint8 src_depth,
                                                 seL4_Word badge)
{
    seL4_SetCap(0, src_root);
    seL4_SetMR(4, badge);
    return sel4_invoke(service, CNodeMutate, 1, 5, dest_index, dest_depth, src_index, src_depth);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_CNode_Rotate(seL4_CNode service, seL4_Word dest_index,
                                                 seL4_Uint8 dest_depth, seL4_Word dest_badge,
                                                 seL4_CNode pivot_root, seL4_Word pivot_index,
                                                 seL4_Uint8 pivot_depth, seL4_Word pivot_badge,
                                                 seL4_CNode src_root, seL4_Word src_index,
                                                 seL4_Uint8 src_depth)
{
    seL4_SetCap(0, pivot_root);
    seL4_SetCap(1, src_root);
    seL4_SetMR(4, pivot_depth);
    seL4_SetMR(5, pivot_badge);
    seL4_SetMR(6, src_index);
    seL4_SetMR(7, src_depth);
    return sel4_invoke(service, CNodeRotate, 2, 8, dest_index, dest_depth, dest_badge, pivot_index);
}

/* Interrupts */
LIBSEL4_INLINE_FUNC seL4_Error seL4_IRQControl_Get(seL4_IRQControl service, seL4_Word irq,
                                                   seL4_CNode root, seL4_Word index,
                                                   seL4_Uint8 depth)
{
    seL4_SetCap(0, root);
    return sel4_invoke(service, IRQIssueIRQHandler, 1, 3, irq, index, depth, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_IRQHandler_Ack(seL4_IRQHandler service)
{
    return sel4_invoke(service, IRQAckIRQ, 0, 0, 0, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_IRQHandler_SetNotification(seL4_IRQHandler service,
                                                               seL4_CPtr notification)
{
    seL4_SetCap(0, notification);
    return sel4_invoke(service, IRQSetIRQHandler, 1, 0, 0, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_IRQHandler_Clear(seL4_IRQHandler service)
{
    return sel4_invoke(service, IRQClearIRQHandler, 0, 0, 0, 0, 0, 0);
}

/* Domains */
LIBSEL4_INLINE_FUNC seL4_Error seL4_DomainSet_Set(seL4_DomainSet service, seL4_Domain domain,
                                                  seL4_TCB thread)
{
    seL4_SetCap(0, thread);
    return sel4_invoke(service, DomainSetSet, 1, 1, domain, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_DomainSet_ScheduleConfigure(seL4_DomainSet service,
                                                                seL4_Word index, seL4_Domain domain,
                                                                seL4_Time duration)
{
    return sel4_invoke(service, DomainScheduleConfigure, 0, 3, index, domain, duration, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_DomainSet_ScheduleSetStart(seL4_DomainSet service,
                                                               seL4_Word index)
{
    return sel4_invoke(service, DomainScheduleSetStart, 0, 1, index, 0, 0, 0);
}

/* Scheduling contexts; times in microseconds */
LIBSEL4_INLINE_FUNC seL4_Error seL4_SchedControl_ConfigureFlags(seL4_SchedControl service,
                                                                seL4_SchedContext sched_context,
                                                                seL4_Time budget, seL4_Time period,
                                                                seL4_Word extra_refills,
                                                                seL4_Word badge, seL4_Word flags)
{
    seL4_SetCap(0, sched_context);
    seL4_SetMR(4, flags);
    return sel4_invoke(service, SchedControlConfigureFlags, 1, 5, budget, period, extra_refills,
                       badge);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_SchedControl_Configure(seL4_SchedControl service,
                                                           seL4_SchedContext sched_context,
                                                           seL4_Time budget, seL4_Time period,
                                                           seL4_Word extra_refills, seL4_Word badge)
{
    return seL4_SchedControl_ConfigureFlags(service, sched_context, budget, period, extra_refills,
                                            badge, seL4_SchedContext_NoFlag);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_SchedContext_Bind(seL4_SchedContext service, seL4_CPtr cap)
{
    seL4_SetCap(0, cap);
    return sel4_invoke(service, SchedContextBind, 1, 0, 0, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_SchedContext_Unbind(seL4_SchedContext service)
{
    return sel4_invoke(service, SchedContextUnbind, 0, 0, 0, 0, 0, 0);
}
LIBSEL4_INLINE_FUNC seL4_Error seL4_SchedContext_UnbindObject(seL4_SchedContext service,
                                                              seL4_CPtr cap)
{
    seL4_SetCap(0, cap);
    return sel4_invoke(service, SchedContextUnbindObject, 1, 0, 0, 0, 0, 0);
}
typedef struct {
    int error;
    seL4_Time consumed;
} seL4_SchedContext_Consumed_t;
LIBSEL4_INLINE_FUNC seL4_SchedContext_Consumed_t
seL4_SchedContext_Consumed(seL4_SchedContext service)
{
    struct sel4_arguments a = { { 0 } };
    seL4_Error error = sel4_invoke_words(service, SchedContextConsumed, 0, 0, &a);

    return (seL4_SchedContext_Consumed_t){ error, a.mr[0] };
}
typedef seL4_SchedContext_Consumed_t seL4_SchedContext_YieldTo_t;
LIBSEL4_INLINE_FUNC seL4_SchedContext_YieldTo_t seL4_SchedContext_YieldTo(seL4_SchedContext service)
{
    struct sel4_arguments a = { { 0 } };
    seL4_Error error = sel4_invoke_words(service, SchedContextYieldTo, 0, 0, &a);

    return (seL4_SchedContext_YieldTo_t){ error, a.mr[0] };
}
