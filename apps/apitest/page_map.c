/* SPDX-License-Identifier: BSD-2-Clause */
/* Page_Map, Unmap and GetAddress for frames of 4 KiB, 2 MiB and 1 GiB (abi section 3.10). */
#include "apitest.h"

#define ATTRIBUTES (seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever)
#define USER_TOP 0x7ffffffffffful
#define LARGE (1ul << seL4_LargePageBits)
#define HUGE (1ul << seL4_HugePageBits)

static seL4_CPtr vspace, frame;

static seL4_CPtr vspace_new(seL4_CPtr pool)
{
    seL4_CPtr cap = object_new(seL4_ARM_VSpaceObject, 0);

    CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, cap));
    return cap;
}

static void prepare(void)
{
    vspace = vspace_new(seL4_CapInitThreadASIDPool);
    frame = object_new(seL4_ARM_SmallPageObject, 0);
}

static seL4_Error map(seL4_CPtr cap, seL4_Word address)
{
    return seL4_ARM_Page_Map(cap, vspace, address, seL4_ReadWrite, ATTRIBUTES);
}
static void tables_new(seL4_Word address, unsigned levels)
{
    for (unsigned level = 0; level < levels; level++)
        CHECK_OK(seL4_ARM_PageTable_Map(object_new(seL4_ARM_PageTableObject, 0), vspace, address,
                                        ATTRIBUTES));
}
static seL4_CPtr huge_new(void)
{
    seL4_CPtr slot = slot_new();

    CHECK_OK(
        seL4_Untyped_Retype(device_untyped(30), seL4_ARM_HugePageObject, 0, ROOT, 0, 0, slot, 1));
    return slot;
}
static seL4_CPtr copied(seL4_CPtr from)
{
    seL4_CPtr slot = slot_new();

    CHECK_OK(cap_copy(slot, from));
    return slot;
}
/* The cap's mapping is in the page table: then its cache can be cleaned. */
static seL4_Error clean(seL4_CPtr cap)
{
    return seL4_ARM_Page_Clean_Data(cap, 0, 64);
}

static void case_other_label(void)
{
    static const seL4_Word labels[] = { InvalidInvocation, ARMPageTableMap, ARMPageGetAddress + 1,
                                        ARMVSpaceClean_Data, nArchInvocationLabels };

    for (unsigned i = 0; i < API_COUNT(labels); i++)
        CHECK_ERROR(sel4_invoke(frame, labels[i], 0, 0, 0, 0, 0, 0), seL4_IllegalOperation);
}

static void case_truncated(void)
{
    seL4_SetCap(0, vspace);
    for (seL4_Word length = 0; length < 3; length++)
        CHECK_ERROR(sel4_invoke(frame, ARMPageMap, 1, length, 0, 3, 3, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(frame, ARMPageMap, 0, 3, 0, 3, 3, 0), seL4_TruncatedMessage);
}

static void case_vspace(void)
{
    const seL4_CPtr wrong[] = { 0,
                                slot_new(),
                                ROOT,
                                frame,
                                object_new(seL4_ARM_VSpaceObject, 0),
                                object_new(seL4_ARM_PageTableObject, 0) };

    for (unsigned i = 0; i < API_COUNT(wrong); i++)
        CHECK_FAILS(seL4_ARM_Page_Map(frame, wrong[i], 1, seL4_ReadWrite, ATTRIBUTES), bad_cap(1));
}

static void case_alignment(void)
{
    static const seL4_Word bits[] = { 12, 21, 30 };
    const seL4_CPtr frames[] = { frame, object_new(seL4_ARM_LargePageObject, 0), huge_new() };

    for (unsigned i = 0; i < API_COUNT(bits); i++) {
        for (unsigned bit = 0; bit < bits[i]; bit++)
            CHECK_ERROR(map(frames[i], HUGE | 1ul << bit), seL4_AlignmentError);
        CHECK_FAILS(map(frames[i], HUGE), missing(0, 39));
    }
}

static void case_small_levels(void)
{
    static const seL4_Word bits[] = { 39, 30, 21 };

    for (unsigned level = 0; level < 3; level++) {
        CHECK_FAILS(map(frame, LARGE), missing(0, bits[level]));
        tables_new(LARGE, 1);
    }
    CHECK_OK(map(frame, LARGE));
}

/* A large page needs two levels, and no third one where it goes. */
static void case_large_levels(void)
{
    seL4_CPtr large = object_new(seL4_ARM_LargePageObject, 0);

    CHECK_FAILS(map(large, 0), missing(0, 39));
    tables_new(0, 1);
    CHECK_FAILS(map(large, 0), missing(0, 30));
    tables_new(0, 2);
    CHECK_FAILS(map(large, 0), missing(0, 12));
    CHECK_OK(map(large, LARGE));
    CHECK_OK(seL4_ARM_Page_Map(large, vspace, LARGE, seL4_CanRead, ATTRIBUTES));
}

static void case_huge_levels(void)
{
    seL4_CPtr huge = huge_new();

    CHECK_FAILS(map(huge, 0), missing(0, 39));
    tables_new(0, 2);
    CHECK_FAILS(map(huge, 0), missing(0, 21));
    tables_new(0, 1);
    CHECK_FAILS(map(huge, 0), missing(0, 12));
    CHECK_OK(map(huge, HUGE));
    CHECK_OK(map(huge, HUGE));
}

/* No small page inside a large one: there is no table there. */
static void case_small_in_large(void)
{
    seL4_CPtr large = object_new(seL4_ARM_LargePageObject, 0);

    tables_new(0, 2);
    CHECK_OK(map(large, 0));
    CHECK_FAILS(map(frame, 0x3000), missing(0, 21));
    CHECK_OK(map(huge_new(), HUGE));
    CHECK_FAILS(map(frame, HUGE), missing(0, 30));
    CHECK_FAILS(map(object_new(seL4_ARM_LargePageObject, 0), HUGE), missing(0, 30));
}

static void case_user_top(void)
{
    seL4_CPtr large = object_new(seL4_ARM_LargePageObject, 0), huge = huge_new();

    CHECK_FAILS(map(frame, USER_TOP + 1), bad_argument(0));
    CHECK_FAILS(map(large, USER_TOP + 1), bad_argument(0));
    CHECK_FAILS(map(huge, USER_TOP + 1), bad_argument(0));
    CHECK_FAILS(map(frame, ~0xffful), bad_argument(0));
    CHECK_FAILS(map(huge, USER_TOP + 1 - HUGE), missing(0, 39));
    tables_new(USER_TOP, 3);
    CHECK_OK(map(frame, USER_TOP - 4095));
    CHECK_OK(map(large, USER_TOP + 1 - 2 * LARGE));
    CHECK_OK(map(huge, USER_TOP + 1 - 2 * HUGE));
}

static void case_remap(void)
{
    tables_new(0, 3);
    CHECK_OK(map(frame, 0x1000));
    CHECK_OK(seL4_ARM_Page_Map(frame, vspace, 0x1000, seL4_CanRead, ATTRIBUTES));
    CHECK_OK(seL4_ARM_Page_Map(frame, vspace, 0x1000, seL4_NoRights, (seL4_ARM_VMAttributes)0));
    CHECK_OK(map(frame, 0x1000));
    CHECK_FAILS(map(frame, 0x2000), bad_argument(0));
    CHECK_FAILS(map(frame, USER_TOP + 1), bad_argument(0));
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    CHECK_OK(map(frame, 0x2000));
}

static void case_other_vspace(void)
{
    seL4_CPtr first = vspace;

    tables_new(0, 3);
    CHECK_OK(map(frame, 0x1000));
    vspace = vspace_new(seL4_CapInitThreadASIDPool);
    tables_new(0, 3);
    CHECK_FAILS(map(frame, 0x1000), bad_cap(1));
    CHECK_FAILS(map(frame, 0x2000), bad_cap(1));
    CHECK_OK(map(copied(frame), 0x1000));
    vspace = first;
    CHECK_OK(map(frame, 0x1000));
}

/* The leaf that is there is replaced; its cap learns of it when it is used. */
static void case_replace(void)
{
    seL4_CPtr other = object_new(seL4_ARM_SmallPageObject, 0);

    tables_new(0, 3);
    CHECK_OK(map(frame, 0x1000));
    CHECK_OK(map(other, 0x1000));
    CHECK_FAILS(clean(frame), bad_cap(0));
    CHECK_OK(clean(other));
    CHECK_OK(seL4_ARM_Page_Unmap(frame)); /* not its entry any more */
    CHECK_OK(clean(other));
    CHECK_OK(map(frame, 0x1000));
    CHECK_FAILS(clean(other), bad_cap(0));
    CHECK_OK(cap_delete(other));
    CHECK_OK(clean(frame));
}

static void case_copies_map_for_themselves(void)
{
    seL4_CPtr copy = copied(frame), minted = slot_new();

    tables_new(0, 3);
    CHECK_OK(map(frame, 0x1000));
    CHECK_ERROR(clean(copy), seL4_IllegalOperation);
    CHECK_OK(map(copy, 0x2000));
    CHECK_OK(cap_mint(minted, copy, 0));
    CHECK_ERROR(clean(minted), seL4_IllegalOperation); /* copied after its source was mapped */
    CHECK_OK(map(minted, 0x3000));
    CHECK_OK(seL4_ARM_Page_Unmap(copy));
    CHECK_OK(clean(frame));
    CHECK_OK(clean(minted));
}

static void case_copies_deleted(void)
{
    seL4_CPtr copy = copied(frame), third = copied(frame);

    tables_new(0, 3);
    CHECK_OK(map(frame, 0x1000));
    CHECK_OK(map(copy, 0x1000)); /* the same entry, seen by both */
    CHECK_OK(cap_delete(third));
    CHECK_OK(clean(frame));
    CHECK_OK(clean(copy));
    CHECK_OK(cap_delete(copy));
    CHECK_FAILS(clean(frame), bad_cap(0));
}

static void case_moved(void)
{
    seL4_CPtr to = slot_new(), again = slot_new();

    tables_new(0, 3);
    CHECK_OK(map(frame, 0x1000));
    CHECK_OK(seL4_CNode_Move(ROOT, to, DEPTH, ROOT, frame, DEPTH));
    CHECK_OK(clean(to));
    CHECK_OK(seL4_CNode_Mutate(ROOT, again, DEPTH, ROOT, to, DEPTH, 0));
    CHECK_OK(clean(again));
    CHECK_FAILS(map(again, 0x2000), bad_argument(0));
}

static void case_unmap(void)
{
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    tables_new(0, 3);
    CHECK_OK(map(frame, 0x1000));
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    CHECK_ERROR(clean(frame), seL4_IllegalOperation);
}

static void case_vspace_deleted(void)
{
    tables_new(0, 3);
    CHECK_OK(map(frame, 0x1000));
    CHECK_OK(cap_delete(vspace));
    CHECK_FAILS(clean(frame), invalid_root(0));
    vspace = object_new(seL4_ARM_VSpaceObject, 0);
    CHECK_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace)); /* the same ASID */
    CHECK_FAILS(clean(frame), bad_cap(0));
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    tables_new(0, 3);
    CHECK_OK(map(frame, 0x2000));
}

static seL4_CPtr pool_new(void)
{
    seL4_CPtr pool = slot_new();

    CHECK_OK(seL4_ARM_ASIDControl_MakePool(
        seL4_CapASIDControl, object_new(seL4_UntypedObject, seL4_ASIDPoolBits), ROOT, pool, DEPTH));
    return pool;
}

static void case_asid_gone(void)
{
    seL4_CPtr pool = pool_new(), mapped = object_new(seL4_ARM_SmallPageObject, 0), old;

    vspace = vspace_new(pool);
    old = vspace;
    tables_new(0, 3);
    CHECK_OK(map(mapped, 0));
    CHECK_OK(cap_delete(pool));
    CHECK_FAILS(map(frame, 1), invalid_root(0));
    CHECK_FAILS(clean(mapped), invalid_root(0));
    pool = pool_new();
    vspace = vspace_new(pool); /* has the old one's ASID */
    CHECK_FAILS(seL4_ARM_Page_Map(frame, old, 1, seL4_ReadWrite, ATTRIBUTES), bad_cap(1));
    CHECK_FAILS(clean(mapped), bad_cap(0));
    CHECK_OK(seL4_ARM_Page_Unmap(mapped));
}

static void case_precedence(void)
{
    tables_new(0, 2);
    CHECK_FAILS(seL4_ARM_Page_Map(frame, ROOT, 1, seL4_ReadWrite, ATTRIBUTES), bad_cap(1));
    CHECK_ERROR(map(frame, USER_TOP + 2), seL4_AlignmentError);
    CHECK_FAILS(map(frame, USER_TOP + 1), bad_argument(0));
    CHECK_FAILS(map(frame, 0), missing(0, 21));
    tables_new(0, 1);
    CHECK_OK(map(frame, 0));
    CHECK_ERROR(map(frame, 0x1001), seL4_AlignmentError);
    CHECK_FAILS(map(frame, 0x1000), bad_argument(0));
    CHECK_FAILS(map(frame, HUGE), bad_argument(0)); /* before its missing table */
}

static void case_get_address(void)
{
    seL4_CPtr large = object_new(seL4_ARM_LargePageObject, 0), narrow = slot_new();

    CHECK_EQUAL(seL4_ARM_Page_GetAddress(frame).paddr & 0xfff, 0);
    CHECK_EQUAL(seL4_ARM_Page_GetAddress(large).paddr & (LARGE - 1), 0);
    CHECK_EQUAL(seL4_ARM_Page_GetAddress(copied(frame)).paddr,
                seL4_ARM_Page_GetAddress(frame).paddr);
    CHECK_OK(seL4_CNode_Copy(ROOT, narrow, DEPTH, ROOT, frame, DEPTH, seL4_NoRights));
    CHECK_EQUAL(seL4_ARM_Page_GetAddress(narrow).paddr, seL4_ARM_Page_GetAddress(frame).paddr);
    CHECK(seL4_ARM_Page_GetAddress(large).paddr != seL4_ARM_Page_GetAddress(frame).paddr);
}

/* One frame at two addresses: the same memory. */
static void case_alias(void)
{
    volatile seL4_Word *one, *two;

    vspace = VSPACE;
    one = (volatile seL4_Word *)address_new(true);
    two = one + 512;
    CHECK_OK(map(frame, (seL4_Word)one));
    CHECK_OK(map(copied(frame), (seL4_Word)two));
    one[7] = 0x1234;
    CHECK_EQUAL(two[7], 0x1234);
    two[511] = 0x5678;
    CHECK_EQUAL(one[511], 0x5678);
}

static void case_large_page_memory(void)
{
    seL4_CPtr large = object_new(seL4_ARM_LargePageObject, 0);
    volatile seL4_Word *words;

    vspace = VSPACE;
    words = (volatile seL4_Word *)(address_new(true) + LARGE);
    CHECK_OK(map(large, (seL4_Word)words));
    for (seL4_Word i = 0; i < LARGE / 8; i += 4096 / 8)
        words[i] = i;
    for (seL4_Word i = 0; i < LARGE / 8; i += 4096 / 8)
        CHECK_EQUAL(words[i], i);
    words[LARGE / 8 - 1] = 9;
    CHECK_EQUAL(words[LARGE / 8 - 1], 9);
}

static const struct api_case cases[] = {
    { "other label", case_other_label },
    { "truncated", case_truncated },
    { "vspace", case_vspace },
    { "alignment", case_alignment },
    { "small levels", case_small_levels },
    { "large levels", case_large_levels },
    { "huge levels", case_huge_levels },
    { "small in large", case_small_in_large },
    { "user top", case_user_top },
    { "remap", case_remap },
    { "other vspace", case_other_vspace },
    { "replace", case_replace },
    { "copies map for themselves", case_copies_map_for_themselves },
    { "copies deleted", case_copies_deleted },
    { "moved", case_moved },
    { "unmap", case_unmap },
    { "vspace deleted", case_vspace_deleted },
    { "asid gone", case_asid_gone },
    { "precedence", case_precedence },
    { "get address", case_get_address },
    { "alias", case_alias },
    { "large page memory", case_large_page_memory },
};
const struct api_group page_map_group = {
    .name = "page map",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
