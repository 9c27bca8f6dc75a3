/* SPDX-License-Identifier: BSD-2-Clause */
/* Cache maintenance of frames and address ranges, short and in many passes (abi section 3.10). */
#include "apitest.h"

#define PAGE 4096ul
#define LARGE (1ul << seL4_LargePageBits)
#define USER_TOP 0x00007ffffffffffful

enum operation { CLEAN, INVALIDATE, CLEAN_INVALIDATE, UNIFY, OPERATIONS };

static seL4_CPtr frame;
static seL4_Word *page;

static seL4_Error on_frame(seL4_CPtr cap, unsigned operation, seL4_Word start, seL4_Word end)
{
    return sel4_invoke(cap, ARMPageClean_Data + operation, 0, 2, start, end, 0, 0);
}
static seL4_Error on_range(seL4_CPtr cap, unsigned operation, seL4_Word start, seL4_Word end)
{
    return sel4_invoke(cap, ARMVSpaceClean_Data + operation, 0, 2, start, end, 0, 0);
}
static seL4_Error map(seL4_CapRights_t rights)
{
    return seL4_ARM_Page_Map(frame, VSPACE, (seL4_Word)page, rights, seL4_ARM_Default_VMAttributes);
}

static void case_frame_refusals(void)
{
    seL4_CPtr unmapped = object_new(seL4_ARM_SmallPageObject, 0);

    for (unsigned op = 0; op < OPERATIONS; op++) {
        CHECK_ERROR(sel4_invoke(unmapped, ARMPageClean_Data + op, 0, 1, 0, 0, 0, 0),
                    seL4_TruncatedMessage);
        CHECK_ERROR(on_frame(unmapped, op, 8, 8), seL4_IllegalOperation);
        CHECK_FAILS(on_frame(frame, op, 8, 8), bad_argument(1));
        CHECK_FAILS(on_frame(frame, op, PAGE + 8, PAGE), bad_argument(1));
        CHECK_FAILS(on_frame(frame, op, PAGE, PAGE + 1), bad_argument(0));
        CHECK_FAILS(on_frame(frame, op, 0, PAGE + 1), bad_argument(0));
        CHECK_OK(on_frame(frame, op, PAGE - 1, PAGE));
    }
}

static void case_range_refusals(void)
{
    seL4_CPtr unassigned = object_new(seL4_ARM_VSpaceObject, 0);
    seL4_Word start = (seL4_Word)page;

    for (unsigned op = 0; op < OPERATIONS; op++) {
        CHECK_ERROR(sel4_invoke(VSPACE, ARMVSpaceClean_Data + op, 0, 1, start, 0, 0, 0),
                    seL4_TruncatedMessage);
        CHECK_FAILS(on_range(unassigned, op, 8, 8), bad_argument(1));
        CHECK_ERROR(on_range(unassigned, op, 8, USER_TOP + 1), seL4_IllegalOperation);
        CHECK_FAILS(on_range(unassigned, op, 8, USER_TOP), bad_cap(0));
        CHECK_FAILS(on_range(VSPACE, op, start + 8, start + PAGE + 1),
                    range(start + 8, start + PAGE - 1));
        CHECK_OK(on_range(VSPACE, op, start + 8, start + PAGE));
        CHECK_OK(on_range(VSPACE, op, start + PAGE, start + 8 * PAGE)); /* nothing is mapped */
    }
    CHECK_ERROR(sel4_invoke(VSPACE, ARMSMCCall, 0, 2, start, start + 8, 0, 0),
                seL4_IllegalOperation);
}

/* To throw away what is in the cache is a write. */
static void case_read_only(void)
{
    seL4_Word start = (seL4_Word)page;

    CHECK_OK(map(seL4_CanRead));
    CHECK_ERROR(on_frame(frame, INVALIDATE, 0, PAGE), seL4_IllegalOperation);
    CHECK_ERROR(on_range(VSPACE, INVALIDATE, start, start + 8), seL4_IllegalOperation);
    CHECK_OK(on_frame(frame, CLEAN, 0, PAGE));
    CHECK_OK(on_frame(frame, CLEAN_INVALIDATE, 0, PAGE));
    CHECK_OK(on_range(VSPACE, UNIFY, start, start + 8));
}

static void case_replaced(void)
{
    seL4_CPtr other = object_new(seL4_ARM_SmallPageObject, 0);

    CHECK_OK(seL4_ARM_Page_Map(other, VSPACE, (seL4_Word)page, seL4_ReadWrite,
                               seL4_ARM_Default_VMAttributes));
    CHECK_FAILS(on_frame(frame, CLEAN, 0, 8), bad_cap(0));
    CHECK_OK(on_frame(other, CLEAN, 0, 8));
}

/* A frame seen through the caches and past them: what was cleaned is in memory. */
static void case_seen_past_the_caches(void)
{
    volatile seL4_Word *past = (volatile seL4_Word *)address_new(true);
    seL4_CPtr uncached = slot_new();

    CHECK_OK(cap_copy(uncached, frame));
    CHECK_OK(seL4_ARM_Page_Map(uncached, VSPACE, (seL4_Word)past, seL4_ReadWrite, 0));
    for (seL4_Word i = 0; i < PAGE / 8; i++)
        page[i] = ~i;
    CHECK_OK(on_frame(frame, CLEAN, 0, PAGE));
    for (seL4_Word i = 0; i < PAGE / 8; i += 64)
        CHECK_EQUAL(past[i], ~i);
    past[3] = 0x333;
    CHECK_OK(on_frame(frame, INVALIDATE, 0, PAGE));
    CHECK_EQUAL(*(volatile seL4_Word *)&page[3], 0x333);
    CHECK_EQUAL(*(volatile seL4_Word *)&page[100], ~100ul);
}

/* Two thousand units of work: the call is repeated many times, and answered once. */
static void case_many_passes(void)
{
    seL4_CPtr large = object_new(seL4_ARM_LargePageObject, 0);
    seL4_Word start;
    volatile seL4_Word *words;

    start = (address_new(false) + 2 * LARGE) & ~(LARGE - 1);
    words = (volatile seL4_Word *)start;
    (void)address_new(true);
    CHECK_OK(
        seL4_ARM_Page_Map(large, VSPACE, start, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    for (unsigned op = 0; op < OPERATIONS; op++) {
        struct sel4_syscall_registers r = {
            .x0 = large,
            .info = seL4_MessageInfo_new(ARMPageClean_Data + op, 0, 0, 4).words[0],
            .mr = { 8, LARGE - 8, 0x1111, 0x2222 },
        };

        words[LARGE / 16] = op + 1;
        if (op == INVALIDATE)
            CHECK_OK(on_frame(large, CLEAN, 0, LARGE));
        sel4_trap(seL4_SysCall, &r, 0x6666, 0x8888);
        CHECK_EQUAL(r.x0, 0);
        CHECK_EQUAL(r.info, 0);
        CHECK_EQUAL(r.mr[0], 8); /* nothing came back: they are as they were */
        CHECK_EQUAL(r.mr[1], LARGE - 8);
        CHECK_EQUAL(r.mr[2], 0x1111);
        CHECK_EQUAL(r.mr[3], 0x2222);
        CHECK_EQUAL(words[LARGE / 16], op + 1);
        CHECK_OK(on_range(VSPACE, op == INVALIDATE ? CLEAN : op, start, start + LARGE));
    }
}

static void prepare(void)
{
    page = page_new(&frame);
}

static const struct api_case cases[] = {
    { "frame refusals", case_frame_refusals },
    { "range refusals", case_range_refusals },
    { "read only", case_read_only },
    { "replaced", case_replaced },
    { "seen past the caches", case_seen_past_the_caches },
    { "many passes", case_many_passes },
};
const struct api_group maintenance_group = {
    .name = "maintenance",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
