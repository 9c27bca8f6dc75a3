/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability spaces, derivation and untyped memory (abi sections 3.2, 3.4 and 5). */
#include "roottest.h"

static seL4_Error copy(seL4_CPtr to, seL4_CPtr from)
{
    return seL4_CNode_Copy(ROOT, to, DEPTH, ROOT, from, DEPTH, seL4_AllRights);
}
static seL4_Error mint(seL4_CPtr to, seL4_CPtr from, seL4_Word badge)
{
    return seL4_CNode_Mint(ROOT, to, DEPTH, ROOT, from, DEPTH, seL4_AllRights, badge);
}
static seL4_Error delete (seL4_CPtr slot)
{
    return seL4_CNode_Delete(ROOT, slot, DEPTH);
}
/* A capability is there when it can be copied. */
static bool is_full(seL4_CPtr slot)
{
    seL4_CPtr spare = slot_new();
    bool full = copy(spare, slot) == seL4_NoError;

    (void)delete (spare);
    return full;
}

static void test_copy_and_delete(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr a = slot_new(), b = slot_new();

    CHECK_OK(copy(a, endpoint));
    CHECK_ERROR(copy(a, endpoint), seL4_DeleteFirst);
    CHECK_ERROR(copy(b, slot_new()), seL4_FailedLookup);
    CHECK(seL4_GetMR(0) == 1 && seL4_GetMR(1) == seL4_MissingCapability && seL4_GetMR(2) == DEPTH);
    CHECK_OK(seL4_CNode_Move(ROOT, b, DEPTH, ROOT, a, DEPTH));
    CHECK(!is_full(a) && is_full(b));
    CHECK_OK(delete (b));
    CHECK(!is_full(b));
    CHECK_OK(delete (b));
    CHECK_ERROR(seL4_CNode_Delete(ROOT, b, 65), seL4_RangeError);
    CHECK(seL4_GetMR(0) == 1 && seL4_GetMR(1) == 64);
    CHECK_ERROR(seL4_CNode_Copy(ROOT, a, DEPTH, endpoint, a, DEPTH, seL4_AllRights),
                seL4_FailedLookup);
    CHECK(seL4_GetMR(1) == seL4_InvalidRoot);
}

static void test_mint_and_revoke(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr a = slot_new(), b = slot_new(), c = slot_new();

    CHECK_OK(mint(a, endpoint, 7));
    CHECK_OK(copy(b, a));
    CHECK_ERROR(mint(c, a, 8), seL4_IllegalOperation);
    CHECK_OK(copy(c, endpoint));
    CHECK_OK(seL4_CNode_Revoke(ROOT, a, DEPTH));
    CHECK(is_full(a) && !is_full(b) && is_full(c));
    CHECK_OK(seL4_CNode_Revoke(ROOT, endpoint, DEPTH));
    CHECK(is_full(endpoint) && !is_full(a) && !is_full(c));
    CHECK_ERROR(seL4_CNode_CancelBadgedSends(ROOT, a, DEPTH), seL4_IllegalOperation);
    CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT, endpoint, DEPTH));
    CHECK_ERROR(seL4_CNode_Copy(ROOT, a, DEPTH, ROOT, seL4_CapIRQControl, DEPTH, seL4_AllRights),
                seL4_IllegalOperation);
}

static void test_second_level(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr cnode = object_new(seL4_CapTableObject, 4);
    seL4_CPtr guarded = slot_new();

    CHECK_OK(seL4_CNode_Copy(cnode, 3, 4, ROOT, endpoint, DEPTH, seL4_AllRights));
    CHECK_ERROR(seL4_CNode_Copy(cnode, 3, 4, ROOT, endpoint, DEPTH, seL4_AllRights),
                seL4_DeleteFirst);
    CHECK_OK(mint(guarded, cnode, seL4_CNode_CapData_new(0x5, 4).words[0]));
    CHECK_ERROR(seL4_CNode_Delete(guarded, 0x43, 8), seL4_FailedLookup);
    CHECK(seL4_GetMR(0) == 0 && seL4_GetMR(1) == seL4_GuardMismatch && seL4_GetMR(2) == 8 &&
          seL4_GetMR(3) == 5 && seL4_GetMR(4) == 4);
    CHECK_OK(seL4_CNode_Delete(guarded, 0x53, 8));
    CHECK_OK(seL4_CNode_Copy(cnode, 3, 4, ROOT, endpoint, DEPTH, seL4_AllRights));
    CHECK_ERROR(seL4_CNode_Delete(cnode, 3, 2), seL4_FailedLookup);
    CHECK(seL4_GetMR(1) == seL4_DepthMismatch);
    CHECK_OK(delete (cnode));
    CHECK_OK(delete (guarded));
    CHECK(is_full(endpoint));
}

static void test_rotate(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr tcb = object_new(seL4_TCBObject, 0);
    seL4_CPtr cnode = object_new(seL4_CapTableObject, 4);
    seL4_CPtr target = slot_new();

    CHECK_OK(seL4_CNode_Rotate(ROOT, target, DEPTH, 0, ROOT, cnode, DEPTH, 0, ROOT, tcb, DEPTH));
    CHECK(is_full(target) && is_full(cnode) && !is_full(tcb));
    CHECK_OK(seL4_CNode_Delete(target, 0, 4)); /* the CNode is there now, the TCB in its place */
    CHECK_ERROR(seL4_CNode_Delete(cnode, 0, 4), seL4_IllegalOperation);
    CHECK_ERROR(
        seL4_CNode_Rotate(ROOT, target, DEPTH, 0, ROOT, target, DEPTH, 0, ROOT, cnode, DEPTH),
        seL4_IllegalOperation);
    CHECK_ERROR(seL4_CNode_Rotate(ROOT, target, DEPTH, 0, ROOT, cnode, DEPTH, 0, ROOT, tcb, DEPTH),
                seL4_DeleteFirst);
    CHECK_OK(seL4_CNode_Rotate(ROOT, target, DEPTH, 0, ROOT, cnode, DEPTH, 0, ROOT, target, DEPTH));
    CHECK_OK(seL4_CNode_Delete(cnode, 0, 4)); /* source = destination swaps the two */
    /* A badge may not be changed (nor kept) by Rotate: endpoints stay where they are. */
    CHECK_ERROR(
        seL4_CNode_Rotate(ROOT, tcb, DEPTH, 0, ROOT, endpoint, DEPTH, 0, ROOT, target, DEPTH),
        seL4_IllegalOperation);
    CHECK(is_full(endpoint) && is_full(target) && !is_full(tcb));
}

void test_cspace(void)
{
    test_copy_and_delete();
    test_mint_and_revoke();
    test_second_level();
    test_rotate();
    CHECK_ERROR(seL4_TCB_Resume(slot_new()), seL4_InvalidCapability);
    CHECK(seL4_GetMR(0) == 0);
}

static seL4_Error retype(seL4_CPtr untyped, seL4_Word type, seL4_Word bits, seL4_CPtr slot,
                         seL4_Word count)
{
    return seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, slot, count);
}

void test_untyped(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 13);
    seL4_CPtr a = slot_new(), b = slot_new(), c = slot_new();

    CHECK_ERROR(retype(untyped, seL4_ObjectTypeCount, 0, a, 1), seL4_InvalidArgument);
    CHECK(seL4_GetMR(0) == 0);
    CHECK_ERROR(retype(untyped, seL4_UntypedObject, 64, a, 1), seL4_RangeError);
    CHECK(seL4_GetMR(0) == 0 && seL4_GetMR(1) == seL4_MaxUntypedBits);
    CHECK_ERROR(retype(untyped, seL4_CapTableObject, 0, a, 1), seL4_InvalidArgument);
    CHECK_ERROR(retype(untyped, seL4_SchedContextObject, 6, a, 1), seL4_InvalidArgument);
    CHECK(seL4_GetMR(0) == 1);
    CHECK_ERROR(retype(untyped, seL4_EndpointObject, 0, a, 0), seL4_RangeError);
    CHECK_ERROR(retype(untyped, seL4_EndpointObject, 0, a, 257), seL4_RangeError);
    CHECK(seL4_GetMR(0) == 1 && seL4_GetMR(1) == 256);
    CHECK_ERROR(retype(untyped, seL4_EndpointObject, 0, seL4_CapInitThreadTCB, 1),
                seL4_DeleteFirst);

    CHECK_OK(retype(untyped, seL4_EndpointObject, 0, a, 1));
    CHECK_OK(retype(untyped, seL4_ARM_SmallPageObject, 0, b, 1));
    CHECK_ERROR(retype(untyped, seL4_ARM_SmallPageObject, 0, c, 1), seL4_NotEnoughMemory);
    CHECK(seL4_GetMR(0) == 0);
    CHECK_ERROR(copy(c, untyped), seL4_RevokeFirst);
    CHECK_OK(delete (b));
    CHECK_ERROR(retype(untyped, seL4_ARM_SmallPageObject, 0, c, 1), seL4_NotEnoughMemory);
    CHECK_OK(delete (a));
    CHECK_OK(retype(untyped, seL4_ARM_SmallPageObject, 0, b, 2));
    CHECK_OK(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    CHECK(!is_full(b) && !is_full(c));
    CHECK_OK(retype(untyped, seL4_UntypedObject, 12, b, 2));
}
