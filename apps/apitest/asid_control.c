/* SPDX-License-Identifier: BSD-2-Clause */
/* ASIDControl_MakePool, and whose ASIDs are (abi section 3.10); asid.c uses all of them up. */
#include "apitest.h"

#define ASIDS 512u

static seL4_CPtr pool_untyped(void)
{
    return object_new(seL4_UntypedObject, seL4_ASIDPoolBits);
}
static seL4_Error make_pool(seL4_CPtr untyped, seL4_CPtr to)
{
    return seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, to, DEPTH);
}
static seL4_CPtr pool_new(void)
{
    seL4_CPtr pool = slot_new();

    CHECK_OK(make_pool(pool_untyped(), pool));
    return pool;
}
static seL4_CPtr vspace_new(void)
{
    return object_new(seL4_ARM_VSpaceObject, 0);
}

static void case_control_other_label(void)
{
    static const seL4_Word labels[] = { InvalidInvocation, ARMASIDPoolAssign, UntypedRetype };

    for (unsigned i = 0; i < API_COUNT(labels); i++)
        CHECK_ERROR(sel4_invoke(seL4_CapASIDControl, labels[i], 0, 0, 0, 0, 0, 0),
                    seL4_IllegalOperation);
}

static void case_control_truncated(void)
{
    for (seL4_Word length = 0; length < 3; length++) {
        for (seL4_Word caps = 0; caps < 3; caps++) {
            if (length == 2 && caps == 2)
                continue;
            seL4_SetCap(0, ROOT);
            seL4_SetCap(1, ROOT);
            CHECK_ERROR(sel4_invoke(seL4_CapASIDControl, ARMASIDControlMakePool, caps, length, 0,
                                    DEPTH, 0, 0),
                        seL4_TruncatedMessage);
        }
    }
}

static void case_control_untyped(void)
{
    const seL4_CPtr wrong[] = { 0,
                                slot_new(),
                                ROOT,
                                object_new(seL4_UntypedObject, 11),
                                object_new(seL4_UntypedObject, 13),
                                object_new(seL4_ARM_SmallPageObject, 0) };
    seL4_CPtr device = slot_new();

    for (unsigned i = 0; i < API_COUNT(wrong); i++)
        CHECK_FAILS(make_pool(wrong[i], SELF), bad_cap(1));
    CHECK_OK(seL4_Untyped_Retype(device_untyped(21), seL4_UntypedObject, seL4_ASIDPoolBits, ROOT, 0,
                                 0, device, 1));
    CHECK_FAILS(make_pool(device, SELF), bad_cap(1));
}

static void case_control_children(void)
{
    seL4_CPtr untyped = pool_untyped(), endpoint = slot_new(), pool = slot_new();

    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, endpoint, 1));
    CHECK_ERROR(make_pool(untyped, SELF), seL4_RevokeFirst);
    CHECK_OK(cap_delete(endpoint));
    CHECK_OK(make_pool(untyped, pool));
    CHECK_ERROR(make_pool(untyped, slot_new()), seL4_RevokeFirst); /* the pool is its child */
}

static void case_control_destination(void)
{
    seL4_CPtr untyped = pool_untyped(), to = slot_new();
    seL4_CPtr node = object_new(seL4_CapTableObject, 3);

    CHECK_ERROR(make_pool(untyped, SELF), seL4_DeleteFirst);
    CHECK_FAILS(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, SELF, to, 65),
                invalid_root(0));
    CHECK_FAILS(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, to, 65),
                range(1, 64));
    CHECK_FAILS(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, to, 0),
                range(1, 64));
    CHECK_FAILS(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, node, 0, 2),
                depth_mismatch(0, 2, 3));
    CHECK_OK(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, node, 5, 3));
    CHECK_OK(seL4_CNode_Move(ROOT, to, DEPTH, node, 5, 3));
    CHECK_OK(seL4_ARM_ASIDPool_Assign(to, vspace_new()));
}

/* A pool takes its untyped whole, and is gone when that is revoked. */
static void case_control_memory(void)
{
    seL4_CPtr untyped = pool_untyped(), pool = slot_new(), vspace = vspace_new();

    CHECK_OK(make_pool(untyped, pool));
    CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, vspace));
    CHECK_FAILS(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, slot_new(), 1),
                memory_left(0));
    CHECK_OK(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    CHECK(!cap_exists(pool));
    CHECK_FAILS(seL4_ARM_PageTable_Map(object_new(seL4_ARM_PageTableObject, 0), vspace, 0,
                                       seL4_ARM_Default_VMAttributes),
                invalid_root(0));
    CHECK_OK(make_pool(untyped, pool));
}

static void case_pool_vspace(void)
{
    seL4_CPtr pool = pool_new(), vspace = vspace_new();
    const seL4_CPtr wrong[] = { 0, slot_new(), ROOT, VSPACE,
                                object_new(seL4_ARM_PageTableObject, 0) };

    for (unsigned i = 0; i < API_COUNT(wrong); i++)
        CHECK_FAILS(seL4_ARM_ASIDPool_Assign(pool, wrong[i]), bad_cap(1));
    CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, vspace));
    CHECK_FAILS(seL4_ARM_ASIDPool_Assign(pool, vspace), bad_cap(1));
    CHECK_FAILS(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace), bad_cap(1));
}

static void fill_pool(seL4_CPtr pool, unsigned count, seL4_CPtr *first)
{
    *first = slots_new(count);
    for (unsigned i = 0; i < count; i++) {
        seL4_CPtr vspace = vspace_new();

        CHECK_OK(seL4_CNode_Move(ROOT, *first + i, DEPTH, ROOT, vspace, DEPTH));
        CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, *first + i));
    }
}

/* Copies of an assigned address space have its ASID; it is free when the last one goes. */
static void case_vspace_copies(void)
{
    seL4_CPtr vspace = vspace_new(), copy = slot_new(), first, pool = pool_new();

    CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, vspace));
    CHECK_OK(cap_copy(copy, vspace));
    fill_pool(pool, ASIDS - 1, &first);
    CHECK_OK(cap_delete(vspace));
    vspace = vspace_new();
    CHECK_ERROR(seL4_ARM_ASIDPool_Assign(pool, vspace), seL4_DeleteFirst);
    CHECK_OK(cap_delete(copy));
    CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, vspace));
}

/* The control can be copied; it is not needed twice, but it can be given away. */
static void case_control_copies(void)
{
    seL4_CPtr copy = slot_new(), pool = slot_new();

    CHECK_OK(cap_copy(copy, seL4_CapASIDControl));
    CHECK_OK(seL4_ARM_ASIDControl_MakePool(copy, pool_untyped(), ROOT, pool, DEPTH));
    CHECK_OK(cap_delete(copy));
    CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, vspace_new()));
}

static const struct api_case cases[] = {
    { "control other label", case_control_other_label },
    { "control truncated", case_control_truncated },
    { "control untyped", case_control_untyped },
    { "control children", case_control_children },
    { "control destination", case_control_destination },
    { "control memory", case_control_memory },
    { "control copies", case_control_copies },
    { "pool vspace", case_pool_vspace },
    { "vspace copies", case_vspace_copies },
};
const struct api_group asid_control_group = {
    .name = "asid control",
    .cases = cases,
    .count = API_COUNT(cases),
};
