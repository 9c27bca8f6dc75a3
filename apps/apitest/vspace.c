/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces and frames (abi section 3.10). */
#include "apitest.h"

#define ATTRIBUTES (seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever)

static seL4_Error map(seL4_CPtr frame, seL4_Word address, seL4_CapRights_t rights)
{
    return seL4_ARM_Page_Map(frame, VSPACE, address, rights, ATTRIBUTES);
}

static void case_map(void)
{
    seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0);
    seL4_CPtr again = slot_new();
    seL4_Word address = address_new(false), other;
    bool zero = true;

    CHECK_ERROR(map(frame, 0x20000000000ul, seL4_ReadWrite), seL4_FailedLookup);
    CHECK(seL4_GetMR(1) == seL4_MissingCapability && seL4_GetMR(2) == 39);
    other = address_new(true);
    CHECK_ERROR(map(frame, address, seL4_ReadWrite), seL4_FailedLookup);
    CHECK(seL4_GetMR(0) == 0 && seL4_GetMR(2) == 21);
    CHECK_ERROR(map(frame, other + 1, seL4_ReadWrite), seL4_AlignmentError);
    CHECK_OK(map(frame, other, seL4_ReadWrite));
    for (unsigned i = 0; i < 512; i++)
        zero = zero && ((seL4_Word *)other)[i] == 0;
    CHECK(zero);
    *(seL4_Word *)other = 0x1234;
    CHECK_OK(map(frame, other, seL4_CanRead));
    CHECK(*(seL4_Word *)other == 0x1234);
    CHECK_ERROR(map(frame, other + 4096, seL4_ReadWrite), seL4_InvalidArgument);
    CHECK_OK(seL4_CNode_Copy(ROOT, again, DEPTH, ROOT, frame, DEPTH, seL4_AllRights));
    CHECK_OK(map(again, other + 4096, seL4_ReadWrite));
    *(volatile seL4_Word *)(other + 4096) = 0x5678;
    CHECK(*(volatile seL4_Word *)other == 0x5678);
    CHECK(seL4_ARM_Page_GetAddress(frame).paddr == seL4_ARM_Page_GetAddress(again).paddr);
    CHECK((seL4_ARM_Page_GetAddress(frame).paddr & 0xfff) == 0);
    CHECK_OK(seL4_ARM_Page_CleanInvalidate_Data(frame, 0, 4096));
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    CHECK_ERROR(seL4_ARM_Page_Clean_Data(frame, 0, 4096), seL4_IllegalOperation);
    CHECK(*(volatile seL4_Word *)(other + 4096) == 0x5678);
    CHECK_OK(seL4_CNode_Delete(ROOT, again, DEPTH));
}

static void case_large_page(void)
{
    seL4_CPtr frame = object_new(seL4_ARM_LargePageObject, 0);
    seL4_Word address = address_new(true) + (1ul << seL4_LargePageBits);

    CHECK_ERROR(map(frame, address + 4096, seL4_ReadWrite), seL4_AlignmentError);
    CHECK_OK(map(frame, address, seL4_ReadWrite));
    *(volatile seL4_Word *)(address + 0x1ffff8) = 9;
    CHECK(*(volatile seL4_Word *)(address + 0x1ffff8) == 9);
    CHECK_ERROR(seL4_ARM_PageTable_Map(object_new(seL4_ARM_PageTableObject, 0), VSPACE, address,
                                       ATTRIBUTES),
                seL4_DeleteFirst);
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
}

static void case_other_vspace(void)
{
    seL4_CPtr vspace = object_new(seL4_ARM_VSpaceObject, 0);
    seL4_CPtr table = object_new(seL4_ARM_PageTableObject, 0);

    CHECK_ERROR(seL4_ARM_PageTable_Map(table, vspace, 0, ATTRIBUTES), seL4_InvalidCapability);
    CHECK_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace));
    CHECK_ERROR(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace),
                seL4_InvalidCapability);
    CHECK_OK(seL4_ARM_PageTable_Map(table, vspace, 0, ATTRIBUTES));
    CHECK_ERROR(seL4_ARM_PageTable_Map(table, vspace, 0, ATTRIBUTES), seL4_InvalidCapability);
    CHECK_OK(seL4_ARM_PageTable_Unmap(table));
    CHECK_OK(seL4_ARM_PageTable_Map(table, vspace, 0x8000000000, ATTRIBUTES));
    CHECK_OK(seL4_CNode_Delete(ROOT, vspace, DEPTH));
}

static const struct api_case cases[] = {
    { "map", case_map },
    { "large page", case_large_page },
    { "other vspace", case_other_vspace },
};
const struct api_group vspace_group = {
    .name = "vspace",
    .cases = cases,
    .count = API_COUNT(cases),
};
