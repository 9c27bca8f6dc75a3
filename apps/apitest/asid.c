/* SPDX-License-Identifier: BSD-2-Clause */
/* ASID pools and what they hand out, to the last one (abi section 3.10). */
#include "apitest.h"

#define POOLS (1u << seL4_NumASIDPoolsBits)
#define POOL_SPACES (1u << seL4_ASIDPoolIndexBits)

static seL4_CPtr untyped_new(void)
{
    return object_new(seL4_UntypedObject, seL4_ASIDPoolBits);
}

static seL4_Error make_pool(seL4_CPtr untyped, seL4_CPtr slot)
{
    return seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, slot, DEPTH);
}

static seL4_CPtr pool_new(void)
{
    seL4_CPtr pool = slot_new();

    CHECK_OK(make_pool(untyped_new(), pool));
    return pool;
}

static seL4_CPtr vspace_new(void)
{
    return object_new(seL4_ARM_VSpaceObject, 0);
}

/* The cap has an ASID that leads to its address space: it takes a page table. */
static seL4_Error use(seL4_CPtr vspace)
{
    return seL4_ARM_PageTable_Map(object_new(seL4_ARM_PageTableObject, 0), vspace, 0,
                                  seL4_ARM_Default_VMAttributes);
}

static void case_control_refusals(void)
{
    seL4_CPtr untyped = untyped_new(), full = slot_new();

    CHECK_ERROR(sel4_invoke(seL4_CapASIDControl, ARMASIDPoolAssign, 2, 2, 0, 0, 0, 0),
                seL4_IllegalOperation);
    seL4_SetCap(0, untyped);
    seL4_SetCap(1, ROOT);
    CHECK_ERROR(sel4_invoke(seL4_CapASIDControl, ARMASIDControlMakePool, 2, 1, 0, 0, 0, 0),
                seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(seL4_CapASIDControl, ARMASIDControlMakePool, 1, 2, 0, 0, 0, 0),
                seL4_TruncatedMessage);
    CHECK_FAILS(make_pool(ROOT, full), bad_cap(1));
    CHECK_FAILS(make_pool(object_new(seL4_UntypedObject, 13), full), bad_cap(1));
    CHECK_OK(seL4_Untyped_Retype(device_untyped(12), seL4_UntypedObject, 12, ROOT, 0, 0, full, 1));
    CHECK_FAILS(make_pool(full, slot_new()), bad_cap(1)); /* of a device */
    CHECK_ERROR(make_pool(untyped, full), seL4_DeleteFirst);
    CHECK_FAILS(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, 0, 65),
                range(1, 64));
    CHECK_OK(cap_delete(full));
    CHECK_OK(make_pool(untyped, full));
    CHECK_ERROR(make_pool(untyped, full), seL4_RevokeFirst); /* before the slot */
}

static void case_pool_refusals(void)
{
    seL4_CPtr pool = pool_new(), vspace = vspace_new();

    CHECK_ERROR(sel4_invoke(pool, ARMASIDControlMakePool, 1, 0, 0, 0, 0, 0), seL4_IllegalOperation);
    CHECK_ERROR(sel4_invoke(pool, ARMASIDPoolAssign, 0, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_FAILS(seL4_ARM_ASIDPool_Assign(pool, ROOT), bad_cap(1));
    CHECK_FAILS(seL4_ARM_ASIDPool_Assign(pool, slot_new()), bad_cap(1));
    CHECK_FAILS(use(vspace), bad_cap(1));
    CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, vspace));
    CHECK_FAILS(seL4_ARM_ASIDPool_Assign(pool, vspace), bad_cap(1));
    CHECK_OK(use(vspace));
    CHECK_FAILS(seL4_ARM_ASIDPool_Assign(pool, VSPACE), bad_cap(1));
}

/* Pool 0 is the root task's: 127 more. A deleted one makes room. */
static void case_all_pools(void)
{
    seL4_CPtr first = slots_new(POOLS), untyped = slots_new(POOLS);
    seL4_CPtr arena = object_new(seL4_UntypedObject, seL4_ASIDPoolBits + seL4_NumASIDPoolsBits);
    seL4_CPtr vspace = vspace_new();

    CHECK_OK(seL4_Untyped_Retype(arena, seL4_UntypedObject, seL4_ASIDPoolBits, ROOT, 0, 0, untyped,
                                 POOLS));
    for (unsigned i = 1; i < POOLS; i++)
        CHECK_OK(make_pool(untyped + i, first + i));
    CHECK_ERROR(make_pool(untyped, first), seL4_DeleteFirst);
    CHECK_ERROR(make_pool(ROOT, first), seL4_DeleteFirst); /* before the untyped is looked at */
    CHECK_OK(seL4_ARM_ASIDPool_Assign(first + POOLS - 1, vspace));
    CHECK_OK(use(vspace));
    CHECK_OK(cap_delete(first + 5));
    CHECK_OK(make_pool(untyped, first));
    CHECK_ERROR(make_pool(untyped + 5, first + 5), seL4_DeleteFirst);
    CHECK_OK(seL4_ARM_ASIDPool_Assign(first, vspace_new()));
}

/* A pool holds 512 address spaces; a deleted one makes room for another. */
static void case_full_pool(void)
{
    seL4_CPtr pool = pool_new(), first = slots_new(POOL_SPACES), more = vspace_new();
    seL4_CPtr arena = object_new(seL4_UntypedObject, seL4_VSpaceBits + seL4_ASIDPoolIndexBits);

    for (unsigned half = 0; half < 2; half++)
        CHECK_OK(seL4_Untyped_Retype(arena, seL4_ARM_VSpaceObject, 0, ROOT, 0, 0,
                                     first + half * POOL_SPACES / 2, POOL_SPACES / 2));
    for (unsigned i = 0; i < POOL_SPACES; i++)
        CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, first + i));
    CHECK_ERROR(seL4_ARM_ASIDPool_Assign(pool, more), seL4_DeleteFirst);
    CHECK_FAILS(seL4_ARM_ASIDPool_Assign(pool, ROOT), bad_cap(1)); /* before it is full */
    CHECK_OK(cap_delete(first + 300));
    CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, more));
    CHECK_OK(use(more));
    CHECK_OK(use(first + 511));
    CHECK_OK(cap_delete(pool)); /* 512 address spaces at once */
    CHECK_FAILS(use(more), invalid_root(0));
    CHECK_FAILS(use(first), invalid_root(0));
    CHECK_OK(cap_delete(more));
}

/* The root task's pool: ASID 0 is nobody's and 1 its own, so that 510 are left. */
static void case_root_pool(void)
{
    seL4_CPtr first = slots_new(POOL_SPACES);
    seL4_CPtr arena = object_new(seL4_UntypedObject, seL4_VSpaceBits + seL4_ASIDPoolIndexBits);
    unsigned assigned = 0;

    for (unsigned half = 0; half < 2; half++)
        CHECK_OK(seL4_Untyped_Retype(arena, seL4_ARM_VSpaceObject, 0, ROOT, 0, 0,
                                     first + half * POOL_SPACES / 2, POOL_SPACES / 2));
    while (assigned < POOL_SPACES &&
           seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, first + assigned) == seL4_NoError)
        assigned++;
    CHECK_EQUAL(assigned, POOL_SPACES - 2);
    CHECK_ERROR(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, first + assigned),
                seL4_DeleteFirst);
}

/* A copy of the pool's cap is as good; the pool ends with the last one. */
static void case_copied_pool(void)
{
    seL4_CPtr pool = pool_new(), copy = slot_new(), vspace = vspace_new(), other = vspace_new();

    CHECK_OK(cap_copy(copy, pool));
    CHECK_OK(seL4_ARM_ASIDPool_Assign(copy, vspace));
    CHECK_OK(cap_delete(pool));
    CHECK_OK(use(vspace));
    CHECK_OK(seL4_ARM_ASIDPool_Assign(copy, other));
    CHECK_OK(cap_delete(copy));
    CHECK_FAILS(use(vspace), invalid_root(0));
}

static const struct api_case cases[] = {
    { "control refusals", case_control_refusals },
    { "pool refusals", case_pool_refusals },
    { "all pools", case_all_pools },
    { "full pool", case_full_pool },
    { "root pool", case_root_pool },
    { "copied pool", case_copied_pool },
};
const struct api_group asid_group = {
    .name = "asid",
    .cases = cases,
    .count = API_COUNT(cases),
};
