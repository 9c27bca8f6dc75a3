/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability spaces and derivation (abi sections 3.4 and 5). */
#include "apitest.h"

static void case_copy_and_delete(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr a = slot_new(), b = slot_new();

    CHECK_OK(cap_copy(a, endpoint));
    CHECK_ERROR(cap_copy(a, endpoint), seL4_DeleteFirst);
    CHECK_ERROR(cap_copy(b, slot_new()), seL4_FailedLookup);
    CHECK(seL4_GetMR(0) == 1 && seL4_GetMR(1) == seL4_MissingCapability && seL4_GetMR(2) == DEPTH);
    CHECK_OK(seL4_CNode_Move(ROOT, b, DEPTH, ROOT, a, DEPTH));
    CHECK(!cap_exists(a) && cap_exists(b));
    CHECK_OK(cap_delete(b));
    CHECK(!cap_exists(b));
    CHECK_OK(cap_delete(b));
    CHECK_ERROR(seL4_CNode_Delete(ROOT, b, 65), seL4_RangeError);
    CHECK(seL4_GetMR(0) == 1 && seL4_GetMR(1) == 64);
    CHECK_ERROR(seL4_CNode_Copy(ROOT, a, DEPTH, endpoint, a, DEPTH, seL4_AllRights),
                seL4_FailedLookup);
    CHECK(seL4_GetMR(1) == seL4_InvalidRoot);
}

static void case_mint_and_revoke(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr a = slot_new(), b = slot_new(), c = slot_new();

    CHECK_OK(cap_mint(a, endpoint, 7));
    CHECK_OK(cap_copy(b, a));
    CHECK_ERROR(cap_mint(c, a, 8), seL4_IllegalOperation);
    CHECK_OK(cap_copy(c, endpoint));
    CHECK_OK(seL4_CNode_Revoke(ROOT, a, DEPTH));
    CHECK(cap_exists(a) && !cap_exists(b) && cap_exists(c));
    CHECK_OK(seL4_CNode_Revoke(ROOT, endpoint, DEPTH));
    CHECK(cap_exists(endpoint) && !cap_exists(a) && !cap_exists(c));
    CHECK_ERROR(seL4_CNode_CancelBadgedSends(ROOT, a, DEPTH), seL4_IllegalOperation);
    CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT, endpoint, DEPTH));
    CHECK_ERROR(seL4_CNode_Copy(ROOT, a, DEPTH, ROOT, seL4_CapIRQControl, DEPTH, seL4_AllRights),
                seL4_IllegalOperation);
}

static void case_second_level(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr cnode = object_new(seL4_CapTableObject, 4);
    seL4_CPtr guarded = slot_new();

    CHECK_OK(seL4_CNode_Copy(cnode, 3, 4, ROOT, endpoint, DEPTH, seL4_AllRights));
    CHECK_ERROR(seL4_CNode_Copy(cnode, 3, 4, ROOT, endpoint, DEPTH, seL4_AllRights),
                seL4_DeleteFirst);
    CHECK_OK(cap_mint(guarded, cnode, seL4_CNode_CapData_new(0x5, 4).words[0]));
    CHECK_ERROR(seL4_CNode_Delete(guarded, 0x43, 8), seL4_FailedLookup);
    CHECK(seL4_GetMR(0) == 0 && seL4_GetMR(1) == seL4_GuardMismatch && seL4_GetMR(2) == 8 &&
          seL4_GetMR(3) == 5 && seL4_GetMR(4) == 4);
    CHECK_OK(seL4_CNode_Delete(guarded, 0x53, 8));
    CHECK_OK(seL4_CNode_Copy(cnode, 3, 4, ROOT, endpoint, DEPTH, seL4_AllRights));
    CHECK_ERROR(seL4_CNode_Delete(cnode, 3, 2), seL4_FailedLookup);
    CHECK(seL4_GetMR(1) == seL4_DepthMismatch);
    CHECK_OK(cap_delete(cnode));
    CHECK_OK(cap_delete(guarded));
    CHECK(cap_exists(endpoint));
}

static void case_rotate(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr tcb = object_new(seL4_TCBObject, 0);
    seL4_CPtr cnode = object_new(seL4_CapTableObject, 4);
    seL4_CPtr target = slot_new();

    CHECK_OK(seL4_CNode_Rotate(ROOT, target, DEPTH, 0, ROOT, cnode, DEPTH, 0, ROOT, tcb, DEPTH));
    CHECK(cap_exists(target) && cap_exists(cnode) && !cap_exists(tcb));
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
    CHECK(cap_exists(endpoint) && cap_exists(target) && !cap_exists(tcb));
}

static void case_empty_slot(void)
{
    CHECK_ERROR(seL4_TCB_Resume(slot_new()), seL4_InvalidCapability);
    CHECK(seL4_GetMR(0) == 0);
}

static const struct api_case cases[] = {
    { "copy and delete", case_copy_and_delete }, { "mint and revoke", case_mint_and_revoke },
    { "second level", case_second_level },       { "rotate", case_rotate },
    { "empty slot", case_empty_slot },
};
const struct api_group cspace_group = {
    .name = "cspace",
    .cases = cases,
    .count = API_COUNT(cases),
};
