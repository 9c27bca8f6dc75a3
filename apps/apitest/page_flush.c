/* SPDX-License-Identifier: BSD-2-Clause */
/* Cache maintenance of frames and of address ranges (abi section 3.10). */
#include "apitest.h"

#define ATTRIBUTES (seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever)
#define USER_TOP 0x7ffffffffffful
#define LARGE (1ul << seL4_LargePageBits)
#define FAR (64 * LARGE)
#define OPERATIONS 4u

static seL4_CPtr frame, large; /* mapped at `page` and at `block` */
static seL4_Word page, block;

static seL4_Error map(seL4_CPtr cap, seL4_Word address, seL4_CapRights_t rights)
{
    return seL4_ARM_Page_Map(cap, VSPACE, address, rights, ATTRIBUTES);
}

static void prepare(void)
{
    frame = object_new(seL4_ARM_SmallPageObject, 0);
    large = object_new(seL4_ARM_LargePageObject, 0);
    page = address_new(true);
    block = page + FAR;
    CHECK_OK(map(frame, page, seL4_ReadWrite));
    CHECK_OK(map(large, block, seL4_ReadWrite));
}

/* Operation 0..3: clean, invalidate, clean and invalidate, unify. */
static seL4_Error flush(seL4_CPtr cap, unsigned operation, seL4_Word start, seL4_Word end)
{
    return sel4_invoke(cap, ARMPageClean_Data + operation, 0, 2, start, end, 0, 0);
}
static seL4_Error flush_range(seL4_CPtr cap, unsigned operation, seL4_Word start, seL4_Word end)
{
    return sel4_invoke(cap, ARMVSpaceClean_Data + operation, 0, 2, start, end, 0, 0);
}

static void case_page_all(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        CHECK_OK(flush(frame, i, 0, 4096));
        CHECK_OK(flush(frame, i, 4095, 4096));
        CHECK_OK(flush(frame, i, 3, 5));
        CHECK_OK(flush(large, i, 4096, 3 * 4096));
    }
    CHECK_OK(flush(large, 2, 0, LARGE));
}

static void case_page_truncated(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        CHECK_ERROR(sel4_invoke(frame, ARMPageClean_Data + i, 0, 0, 0, 64, 0, 0),
                    seL4_TruncatedMessage);
        CHECK_ERROR(sel4_invoke(frame, ARMPageClean_Data + i, 0, 1, 0, 64, 0, 0),
                    seL4_TruncatedMessage);
    }
}

static void case_page_not_mapped(void)
{
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    for (unsigned i = 0; i < OPERATIONS; i++) {
        CHECK_ERROR(flush(frame, i, 0, 4096), seL4_IllegalOperation);
        CHECK_ERROR(flush(frame, i, 9, 9), seL4_IllegalOperation); /* before the range */
    }
}

static void case_page_range(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        CHECK_FAILS(flush(frame, i, 0, 0), bad_argument(1));
        CHECK_FAILS(flush(frame, i, 9, 8), bad_argument(1));
        CHECK_FAILS(flush(frame, i, 5000, 4999), bad_argument(1)); /* the order comes first */
        CHECK_FAILS(flush(frame, i, 4096, 4097), bad_argument(0));
        CHECK_FAILS(flush(frame, i, 0, 4097), bad_argument(0));
        CHECK_FAILS(flush(frame, i, 0, ~0ul), bad_argument(0));
        CHECK_FAILS(flush(large, i, LARGE - 1, LARGE + 1), bad_argument(0));
        CHECK_OK(flush(large, i, LARGE - 1, LARGE));
    }
}

static void case_page_replaced(void)
{
    CHECK_OK(map(object_new(seL4_ARM_SmallPageObject, 0), page, seL4_ReadWrite));
    for (unsigned i = 0; i < OPERATIONS; i++) {
        CHECK_FAILS(flush(frame, i, 0, 4096), bad_cap(0));
        CHECK_FAILS(flush(frame, i, 0, 4097), bad_argument(0)); /* the range comes first */
    }
}

/* Invalidating may lose what was written: only for whom may write. */
static void case_page_read_only(void)
{
    CHECK_OK(map(frame, page, seL4_CanRead));
    for (unsigned i = 0; i < OPERATIONS; i++)
        CHECK_ERROR(flush(frame, i, 0, 64), i == 1 ? seL4_IllegalOperation : seL4_NoError);
    CHECK_OK(map(frame, page, seL4_NoRights));
    for (unsigned i = 0; i < OPERATIONS; i++)
        CHECK_ERROR(flush(frame, i, 0, 64), i == 1 ? seL4_IllegalOperation : seL4_NoError);
}

/* Maintenance loses nothing that was cleaned. */
static void case_page_contents(void)
{
    volatile seL4_Word *word = (volatile seL4_Word *)page;

    for (seL4_Word i = 0; i < 512; i++)
        word[i] = i * 3;
    CHECK_OK(flush(frame, 2, 0, 4096));
    CHECK_OK(flush(frame, 1, 0, 4096));
    CHECK_OK(flush(frame, 3, 0, 4096));
    for (seL4_Word i = 0; i < 512; i++)
        CHECK_EQUAL(word[i], i * 3);
}

static void case_page_device(void)
{
    seL4_CPtr device = slot_new();

    CHECK_OK(seL4_Untyped_Retype(device_untyped(21), seL4_ARM_SmallPageObject, 0, ROOT, 0, 0,
                                 device, 1));
    CHECK_OK(map(device, page + 4096, seL4_ReadWrite));
    for (unsigned i = 0; i < OPERATIONS; i++)
        CHECK_OK(flush(device, i, 0, 4096));
}

static void case_range_all(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        CHECK_OK(flush_range(VSPACE, i, page, page + 4096));
        CHECK_OK(flush_range(VSPACE, i, page + 1, page + 2));
        CHECK_OK(flush_range(VSPACE, i, block + 4096, block + 4 * 4096));
    }
}

static void case_range_other_label(void)
{
    static const seL4_Word labels[] = { InvalidInvocation, ARMVSpaceClean_Data - 1, ARMSMCCall,
                                        ARMPageClean_Data, ARMASIDPoolAssign };

    for (unsigned i = 0; i < API_COUNT(labels); i++)
        CHECK_ERROR(sel4_invoke(VSPACE, labels[i], 0, 2, page, page + 64, 0, 0),
                    seL4_IllegalOperation);
}

static void case_range_truncated(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        for (seL4_Word length = 0; length < 2; length++)
            CHECK_ERROR(sel4_invoke(VSPACE, ARMVSpaceClean_Data + i, 0, length, 9, 8, 0, 0),
                        seL4_TruncatedMessage);
    }
}

/* Order, then the end of the user's addresses, then the address space. */
static void case_range_precedence(void)
{
    seL4_CPtr fresh = object_new(seL4_ARM_VSpaceObject, 0);

    for (unsigned i = 0; i < OPERATIONS; i++) {
        CHECK_FAILS(flush_range(fresh, i, page, page), bad_argument(1));
        CHECK_FAILS(flush_range(fresh, i, ~0ul, USER_TOP + 1), bad_argument(1));
        CHECK_ERROR(flush_range(fresh, i, page, USER_TOP + 1), seL4_IllegalOperation);
        CHECK_ERROR(flush_range(fresh, i, ~0ul - 1, ~0ul), seL4_IllegalOperation);
        CHECK_FAILS(flush_range(fresh, i, page, page + 1), bad_cap(0));
        CHECK_OK(flush_range(VSPACE, i, USER_TOP - 1, USER_TOP)); /* nothing is there */
    }
}

/* Where no page is there is nothing to do, however long the range. */
static void case_range_not_mapped(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        CHECK_OK(flush_range(VSPACE, i, page + 4096, page + 8192));
        CHECK_OK(flush_range(VSPACE, i, page + 4096, USER_TOP));
        CHECK_OK(flush_range(VSPACE, i, 1ul << 45, 1ul << 46));
    }
}

static void case_range_leaves_page(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        CHECK_FAILS(flush_range(VSPACE, i, page + 64, page + 4097), range(page + 64, page + 4095));
        CHECK_FAILS(flush_range(VSPACE, i, page, USER_TOP), range(page, page + 4095));
        CHECK_FAILS(flush_range(VSPACE, i, block + 5, block + LARGE + 1),
                    range(block + 5, block + LARGE - 1));
        CHECK_OK(flush_range(VSPACE, i, block + LARGE - 64, block + LARGE));
    }
}

static void case_range_read_only(void)
{
    CHECK_OK(map(frame, page, seL4_CanRead));
    for (unsigned i = 0; i < OPERATIONS; i++)
        CHECK_ERROR(flush_range(VSPACE, i, page, page + 64),
                    i == 1 ? seL4_IllegalOperation : seL4_NoError);
}

/* An address space without an ASID of its own any more. */
static void case_range_asid_gone(void)
{
    seL4_CPtr pool = slot_new(), vspace = object_new(seL4_ARM_VSpaceObject, 0);
    seL4_CPtr other = object_new(seL4_ARM_VSpaceObject, 0);

    CHECK_OK(seL4_ARM_ASIDControl_MakePool(
        seL4_CapASIDControl, object_new(seL4_UntypedObject, seL4_ASIDPoolBits), ROOT, pool, DEPTH));
    CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, vspace));
    CHECK_OK(flush_range(vspace, 0, 0, 64));
    CHECK_OK(cap_delete(pool));
    CHECK_FAILS(flush_range(vspace, 0, 0, 64), invalid_root(0));
    CHECK_OK(seL4_ARM_ASIDControl_MakePool(
        seL4_CapASIDControl, object_new(seL4_UntypedObject, seL4_ASIDPoolBits), ROOT, pool, DEPTH));
    CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, other));
    CHECK_FAILS(flush_range(vspace, 0, 0, 64), bad_cap(0));
}

static const struct api_case cases[] = {
    { "page all", case_page_all },
    { "page truncated", case_page_truncated },
    { "page not mapped", case_page_not_mapped },
    { "page range", case_page_range },
    { "page replaced", case_page_replaced },
    { "page read only", case_page_read_only },
    { "page contents", case_page_contents },
    { "page device", case_page_device },
    { "range all", case_range_all },
    { "range other label", case_range_other_label },
    { "range truncated", case_range_truncated },
    { "range precedence", case_range_precedence },
    { "range not mapped", case_range_not_mapped },
    { "range leaves page", case_range_leaves_page },
    { "range read only", case_range_read_only },
    { "range asid gone", case_range_asid_gone },
};
const struct api_group page_flush_group = {
    .name = "page flush",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
