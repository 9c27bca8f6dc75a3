/* SPDX-License-Identifier: BSD-2-Clause */
/* PageTable_Map and Unmap (abi section 3.10). */
#include "apitest.h"

#define ATTRIBUTES seL4_ARM_Default_VMAttributes
#define USER_TOP 0x7ffffffffffful
#define LARGE (1ul << seL4_LargePageBits)
#define HUGE (1ul << seL4_HugePageBits)

static seL4_CPtr vspace; /* empty */

static seL4_CPtr vspace_new(seL4_CPtr pool)
{
    seL4_CPtr cap = object_new(seL4_ARM_VSpaceObject, 0);

    CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, cap));
    return cap;
}

static void prepare(void)
{
    vspace = vspace_new(seL4_CapInitThreadASIDPool);
}

static seL4_CPtr table_new(void)
{
    return object_new(seL4_ARM_PageTableObject, 0);
}
static seL4_Error map(seL4_CPtr table, seL4_Word address)
{
    return seL4_ARM_PageTable_Map(table, vspace, address, ATTRIBUTES);
}
static seL4_Error map_frame(seL4_CPtr frame, seL4_Word address)
{
    return seL4_ARM_Page_Map(frame, vspace, address, seL4_ReadWrite, ATTRIBUTES);
}
/* Three levels of tables for that address; the last one mapped is the result. */
static seL4_CPtr path_new(seL4_Word address)
{
    seL4_CPtr table = 0;

    for (unsigned level = 0; level < 3; level++) {
        table = table_new();
        CHECK_OK(map(table, address));
    }
    return table;
}

static void case_other_label(void)
{
    static const seL4_Word labels[] = { InvalidInvocation, ARMPageMap, ARMPageUnmap,
                                        ARMVSpaceUnify_Instruction, nArchInvocationLabels };
    seL4_CPtr table = table_new();

    for (unsigned i = 0; i < API_COUNT(labels); i++)
        CHECK_ERROR(sel4_invoke(table, labels[i], 0, 0, 0, 0, 0, 0), seL4_IllegalOperation);
}

static void case_truncated(void)
{
    seL4_CPtr table = table_new();

    seL4_SetCap(0, vspace);
    CHECK_ERROR(sel4_invoke(table, ARMPageTableMap, 1, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(table, ARMPageTableMap, 1, 1, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(table, ARMPageTableMap, 0, 2, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_OK(sel4_invoke(table, ARMPageTableMap, 1, 2, 0, 0, 0, 0));
}

/* Each Map fills the first level that is missing; when none is, it is too much. */
static void case_levels(void)
{
    static const seL4_Word missing_bits[] = { 39, 30, 21 };
    seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0);

    for (unsigned level = 0; level < 3; level++) {
        CHECK_FAILS(map_frame(frame, 0x400000), missing(0, missing_bits[level]));
        CHECK_OK(map(table_new(), 0x400000));
    }
    CHECK_ERROR(map(table_new(), 0x400000), seL4_DeleteFirst);
    CHECK_OK(map_frame(frame, 0x400000));
    CHECK_ERROR(map(table_new(), 0x400000), seL4_DeleteFirst);
}

static void case_address_rounded(void)
{
    CHECK_OK(map(table_new(), 0x123456789));
    CHECK_OK(map(table_new(), 0x123456789 ^ 7));
    CHECK_OK(map(table_new(), 0x1235fffff));
    CHECK_ERROR(map(table_new(), 0x123400000), seL4_DeleteFirst);
    CHECK_OK(map_frame(object_new(seL4_ARM_SmallPageObject, 0), 0x123400000));
    CHECK_OK(map_frame(object_new(seL4_ARM_SmallPageObject, 0), 0x1235ff000));
    CHECK_FAILS(map_frame(object_new(seL4_ARM_SmallPageObject, 0), 0x123600000), missing(0, 21));
}

static void case_user_top(void)
{
    CHECK_FAILS(map(table_new(), USER_TOP + 1), bad_argument(0));
    CHECK_FAILS(map(table_new(), ~0ul), bad_argument(0));
    CHECK_FAILS(map(table_new(), 0xffffff8000000000), bad_argument(0));
    CHECK_OK(map(table_new(), USER_TOP));
    CHECK_OK(map(table_new(), USER_TOP));
    CHECK_OK(map(table_new(), USER_TOP));
    CHECK_OK(map_frame(object_new(seL4_ARM_SmallPageObject, 0), USER_TOP - 4095));
}

static void case_vspace(void)
{
    seL4_CPtr table = table_new();
    const seL4_CPtr wrong[] = { 0, slot_new(), ROOT, table, object_new(seL4_ARM_VSpaceObject, 0) };

    for (unsigned i = 0; i < API_COUNT(wrong); i++)
        CHECK_FAILS(seL4_ARM_PageTable_Map(table, wrong[i], ~0ul, ATTRIBUTES), bad_cap(1));
}

static void case_already_mapped(void)
{
    seL4_CPtr table = table_new(), copy = slot_new();

    CHECK_OK(map(table, 0));
    CHECK_FAILS(map(table, 0), bad_cap(0));
    CHECK_FAILS(map(table, 1ul << 40), bad_cap(0));
    CHECK_OK(cap_copy(copy, table)); /* a copy has the mapping too */
    CHECK_FAILS(map(copy, 1ul << 40), bad_cap(0));
}

static void case_precedence(void)
{
    seL4_CPtr table = table_new(), mapped = table_new();

    CHECK_OK(map(mapped, 0));
    seL4_SetCap(0, ROOT);
    CHECK_ERROR(sel4_invoke(mapped, ARMPageTableMap, 1, 1, ~0ul, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_FAILS(sel4_invoke(mapped, ARMPageTableMap, 1, 2, ~0ul, 0, 0, 0), bad_cap(0));
    CHECK_FAILS(sel4_invoke(table, ARMPageTableMap, 1, 2, ~0ul, 0, 0, 0), bad_cap(1));
    seL4_SetCap(0, vspace);
    CHECK_FAILS(sel4_invoke(table, ARMPageTableMap, 1, 2, ~0ul, 0, 0, 0), bad_argument(0));
    CHECK_OK(sel4_invoke(table, ARMPageTableMap, 1, 2, 0, 0, 0, 0));
}

static void case_attributes_ignored(void)
{
    CHECK_OK(seL4_ARM_PageTable_Map(table_new(), vspace, 0, (seL4_ARM_VMAttributes)~0u));
    CHECK_OK(seL4_ARM_PageTable_Map(table_new(), vspace, 0, (seL4_ARM_VMAttributes)0));
    CHECK_OK(map(table_new(), 0));
    CHECK_OK(map_frame(object_new(seL4_ARM_SmallPageObject, 0), 0));
}

/* Where a large or huge page is, no table goes. */
static void case_page_in_the_way(void)
{
    seL4_CPtr large = object_new(seL4_ARM_LargePageObject, 0), huge = slot_new();

    CHECK_OK(map(table_new(), 0));
    CHECK_OK(map(table_new(), 0));
    CHECK_OK(map_frame(large, LARGE));
    CHECK_ERROR(map(table_new(), LARGE + 4096), seL4_DeleteFirst);
    CHECK_OK(
        seL4_Untyped_Retype(device_untyped(30), seL4_ARM_HugePageObject, 0, ROOT, 0, 0, huge, 1));
    CHECK_OK(map_frame(huge, HUGE));
    CHECK_ERROR(map(table_new(), HUGE), seL4_DeleteFirst);
    CHECK_OK(seL4_ARM_Page_Unmap(large));
    CHECK_OK(seL4_ARM_Page_Unmap(huge));
    CHECK_OK(map(table_new(), LARGE + 4096));
    CHECK_OK(map(table_new(), HUGE));
}

static void case_unmap(void)
{
    seL4_CPtr table = table_new(), last = path_new(0);
    seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0);

    CHECK_OK(seL4_ARM_PageTable_Unmap(table));
    CHECK_OK(seL4_ARM_PageTable_Unmap(last));
    CHECK_OK(seL4_ARM_PageTable_Unmap(last));
    CHECK_FAILS(map_frame(frame, 0), missing(0, 21));
    CHECK_OK(map(last, LARGE)); /* it may go elsewhere now */
    CHECK_FAILS(map_frame(frame, 0), missing(0, 21));
    CHECK_OK(map_frame(frame, LARGE));
}

static void case_unmap_copy(void)
{
    seL4_CPtr last = path_new(0), copy = slot_new();
    seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0);

    CHECK_OK(cap_copy(copy, last));
    CHECK_ERROR(seL4_ARM_PageTable_Unmap(last), seL4_RevokeFirst);
    CHECK_ERROR(seL4_ARM_PageTable_Unmap(copy), seL4_RevokeFirst);
    CHECK_OK(cap_delete(last)); /* the mapping belongs to both */
    CHECK_OK(map_frame(frame, 0));
    CHECK_OK(seL4_ARM_PageTable_Unmap(copy));
    CHECK_FAILS(map_frame(object_new(seL4_ARM_SmallPageObject, 0), 0), missing(0, 21));
}

/* An unmapped table is emptied: what was below it does not come back elsewhere. */
static void case_unmap_zeroes(void)
{
    seL4_CPtr last = path_new(0), frame = object_new(seL4_ARM_SmallPageObject, 0);

    CHECK_OK(map_frame(frame, 0x5000));
    CHECK_OK(seL4_ARM_PageTable_Unmap(last));
    CHECK_FAILS(seL4_ARM_Page_Clean_Data(frame, 0, 64), bad_cap(0)); /* it thinks it is mapped */
    CHECK_OK(map(last, 0));
    CHECK_FAILS(seL4_ARM_Page_Clean_Data(frame, 0, 64), bad_cap(0));
    CHECK_FAILS(map_frame(frame, 0x6000), bad_argument(0));
    CHECK_OK(map_frame(frame, 0x5000));
    CHECK_OK(seL4_ARM_Page_Clean_Data(frame, 0, 64));
}

/* Taking a table of the middle out leaves those below it mapped nowhere. */
static void case_unmap_middle(void)
{
    seL4_CPtr top = table_new(), middle = table_new(), last = table_new();
    seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0);

    CHECK_OK(map(top, 0));
    CHECK_OK(map(middle, 0));
    CHECK_OK(map(last, 0));
    CHECK_OK(map_frame(frame, 0));
    CHECK_OK(seL4_ARM_PageTable_Unmap(middle));
    CHECK_FAILS(map_frame(frame, 0), missing(0, 30));
    CHECK_FAILS(map(last, 0), bad_cap(0)); /* it has not been unmapped itself */
    CHECK_OK(seL4_ARM_PageTable_Unmap(last));
    CHECK_OK(map(last, 0));
    CHECK_OK(map(middle, 0));
    CHECK_OK(map_frame(frame, 0));
}

static void case_deleted(void)
{
    seL4_CPtr last = path_new(0);

    CHECK_ERROR(map(table_new(), 0), seL4_DeleteFirst);
    CHECK_OK(cap_delete(last));
    CHECK_OK(map(table_new(), 0));
    CHECK_ERROR(map(table_new(), 0), seL4_DeleteFirst);
}

/* A table outlives its address space and may be used in another one. */
static void case_vspace_deleted(void)
{
    seL4_CPtr last = path_new(0), copy = slot_new();

    CHECK_OK(cap_delete(vspace));
    prepare();
    CHECK_FAILS(map(last, 0), bad_cap(0));
    CHECK_OK(cap_copy(copy, last));
    CHECK_OK(cap_delete(copy));
    CHECK_OK(seL4_ARM_PageTable_Unmap(last));
    CHECK_OK(map(last, 0));
}

static seL4_CPtr pool_new(void)
{
    seL4_CPtr pool = slot_new();

    CHECK_OK(seL4_ARM_ASIDControl_MakePool(
        seL4_CapASIDControl, object_new(seL4_UntypedObject, seL4_ASIDPoolBits), ROOT, pool, DEPTH));
    return pool;
}

/* An address space whose ASID is gone, and one whose ASID is another's now. */
static void case_asid_gone(void)
{
    seL4_CPtr pool = pool_new(), table = table_new(), old;

    vspace = vspace_new(pool);
    old = vspace;
    CHECK_OK(cap_delete(pool));
    CHECK_FAILS(map(table, 0), invalid_root(0));
    pool = pool_new();
    CHECK_FAILS(map(table, 0), invalid_root(0));
    vspace = vspace_new(pool);
    CHECK_OK(map(table, 0));
    vspace = old;
    CHECK_FAILS(map(table_new(), 0), bad_cap(1));
    CHECK_FAILS(map(table_new(), ~0ul), bad_argument(0));
}

static const struct api_case cases[] = {
    { "other label", case_other_label },
    { "truncated", case_truncated },
    { "levels", case_levels },
    { "address rounded", case_address_rounded },
    { "user top", case_user_top },
    { "vspace", case_vspace },
    { "already mapped", case_already_mapped },
    { "precedence", case_precedence },
    { "attributes ignored", case_attributes_ignored },
    { "page in the way", case_page_in_the_way },
    { "unmap", case_unmap },
    { "unmap copy", case_unmap_copy },
    { "unmap zeroes", case_unmap_zeroes },
    { "unmap middle", case_unmap_middle },
    { "deleted", case_deleted },
    { "vspace deleted", case_vspace_deleted },
    { "asid gone", case_asid_gone },
};
const struct api_group page_table_group = {
    .name = "page table",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
