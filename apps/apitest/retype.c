/* SPDX-License-Identifier: BSD-2-Clause */
/* What Retype makes, where, and when memory comes back (abi sections 3.2 and 4). */
#include "apitest.h"

static seL4_CPtr untyped; /* 64 KiB */

static void prepare(void)
{
    untyped = object_new(seL4_UntypedObject, 16);
}

static seL4_Error retype(seL4_Word type, seL4_Word bits, seL4_CPtr slot, seL4_Word count)
{
    return seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, slot, count);
}

/* Bytes that are left: what a Retype complains about that wants too much. */
static seL4_Word bytes_left(void)
{
    CHECK_ERROR(retype(seL4_UntypedObject, 17, slot_new(), 1), seL4_NotEnoughMemory);
    return seL4_GetMR(0);
}

static seL4_Word paddr(seL4_CPtr frame)
{
    seL4_ARM_Page_GetAddress_t address = seL4_ARM_Page_GetAddress(frame);

    CHECK_EQUAL((seL4_Word)address.error, seL4_NoError);
    return address.paddr;
}

static void case_object_sizes(void)
{
    static const struct {
        seL4_Word type, argument, bytes;
    } table[] = {
        { seL4_UntypedObject, 5, 32 },
        { seL4_TCBObject, 0, 1ul << seL4_TCBBits },
        { seL4_EndpointObject, 0, 16 },
        { seL4_NotificationObject, 0, 64 },
        { seL4_CapTableObject, 1, 64 },
        { seL4_CapTableObject, 7, 4096 },
        { seL4_SchedContextObject, 7, 128 },
        { seL4_SchedContextObject, 10, 1024 },
        { seL4_ReplyObject, 0, 32 },
        { seL4_ARM_VSpaceObject, 0, 4096 },
        { seL4_ARM_SmallPageObject, 0, 4096 },
        { seL4_ARM_PageTableObject, 0, 4096 },
        { seL4_ARM_SmallPageObject, 20, 4096 },
    };

    for (unsigned i = 0; i < API_COUNT(table); i++) {
        seL4_CPtr slot = slots_new(3);

        CHECK_OK(retype(table[i].type, table[i].argument, slot, 3));
        CHECK_EQUAL(bytes_left(), 65536 - 3 * table[i].bytes);
        CHECK_OK(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    }
}

static void case_large_frame_size(void)
{
    CHECK_FAILS(retype(seL4_ARM_LargePageObject, 0, slot_new(), 1), memory_left(65536));
    CHECK_FAILS(retype(seL4_ARM_HugePageObject, 0, slot_new(), 1), memory_left(65536));
    untyped = object_new(seL4_UntypedObject, seL4_LargePageBits);
    CHECK_OK(retype(seL4_ARM_LargePageObject, 0, slot_new(), 1));
    CHECK_FAILS(retype(seL4_EndpointObject, 0, slot_new(), 1), memory_left(0));
}

static void case_addresses_in_order(void)
{
    seL4_CPtr frame = slots_new(16);

    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, frame, 16));
    for (seL4_Word i = 1; i < 16; i++)
        CHECK_EQUAL(paddr(frame + i), paddr(frame) + i * 4096);
    CHECK_EQUAL(paddr(frame) & 0xffff, 0);
}

/* The watermark is aligned up to the object; what was skipped stays lost. */
static void case_alignment_gap(void)
{
    seL4_CPtr first = slots_new(3), second = slot_new();

    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, first, 1));
    CHECK_OK(retype(seL4_EndpointObject, 0, first + 1, 1));
    CHECK_EQUAL(bytes_left(), 65536 - 4096 - 16);
    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, second, 1));
    CHECK_EQUAL(paddr(second), paddr(first) + 8192);
    CHECK_EQUAL(bytes_left(), 65536 - 3 * 4096);
}

/* Free bytes are counted before alignment: 15 frames and an endpoint less than all do not fit. */
static void case_batch_after_alignment(void)
{
    seL4_CPtr frame = slots_new(16);

    CHECK_OK(retype(seL4_EndpointObject, 0, slot_new(), 1));
    CHECK_FAILS(retype(seL4_ARM_SmallPageObject, 0, frame, 16), memory_left(65536 - 16));
    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, frame, 15));
    CHECK_EQUAL(paddr(frame) & 0xffff, 4096);
    CHECK_EQUAL(bytes_left(), 0);
}

static void case_watermark_stays(void)
{
    seL4_CPtr a = slots_new(2);

    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, a, 2));
    CHECK_OK(cap_delete(a + 1));
    CHECK_EQUAL(bytes_left(), 65536 - 2 * 4096);
    CHECK_OK(cap_delete(a));
    CHECK_EQUAL(bytes_left(), 65536); /* the last child is gone */
}

/* A copy of a child is a child too: the reset waits for it. */
static void case_reset_waits_for_copies(void)
{
    seL4_CPtr endpoint = slot_new(), copy = slot_new(), badged = slot_new();

    CHECK_OK(retype(seL4_EndpointObject, 0, endpoint, 1));
    CHECK_OK(cap_copy(copy, endpoint));
    CHECK_OK(cap_mint(badged, copy, 5));
    CHECK_OK(cap_delete(endpoint));
    CHECK_EQUAL(bytes_left(), 65536 - 16);
    CHECK_OK(cap_delete(copy));
    CHECK_EQUAL(bytes_left(), 65536 - 16);
    CHECK_OK(cap_delete(badged));
    CHECK_EQUAL(bytes_left(), 65536);
}

static void case_same_address_after_reset(void)
{
    seL4_CPtr a = slots_new(2), b = slot_new();
    seL4_Word first;

    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, a, 2));
    first = paddr(a);
    CHECK_OK(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, b, 1));
    CHECK_EQUAL(paddr(b), first);
}

static bool frame_is_zero_then_fill(seL4_CPtr frame, seL4_Word bytes)
{
    seL4_Word address = address_new(true) + (bytes > 4096 ? 1ul << seL4_LargePageBits : 0);
    volatile seL4_Word *word = (volatile seL4_Word *)address;
    bool zero = true;

    CHECK_OK(
        seL4_ARM_Page_Map(frame, VSPACE, address, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    for (seL4_Word i = 0; i < bytes / sizeof(*word); i += 8) {
        zero = zero && word[i] == 0;
        word[i] = ~i;
    }
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    return zero;
}

/* Memory that was a frame with contents is zero when it comes back, whatever it becomes. */
static void case_zero_when_reused(void)
{
    seL4_CPtr frame = slot_new(), again = slot_new(), tcb = slot_new();
    seL4_UserContext context;

    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, frame, 1));
    CHECK(frame_is_zero_then_fill(frame, 4096));
    CHECK_OK(cap_delete(frame));
    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, again, 1));
    CHECK(frame_is_zero_then_fill(again, 4096));
    CHECK_OK(cap_delete(again));
    CHECK_OK(retype(seL4_TCBObject, 0, tcb, 1));
    CHECK_OK(seL4_TCB_ReadRegisters(tcb, seL4_False, 0, seL4_UserContextWords, &context));
    CHECK_EQUAL(context.x0 | context.x28 | context.pc | context.sp | context.tpidr_el0, 0);
}

/* Memory beside the watermark of a child keeps its contents: only the parent's reset zeroes. */
static void case_neighbour_keeps_contents(void)
{
    seL4_CPtr frames = slots_new(3);
    seL4_Word address = address_new(true);

    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, frames, 2));
    CHECK_OK(
        seL4_ARM_Page_Map(frames, VSPACE, address, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    *(volatile seL4_Word *)address = 0x1122;
    CHECK_OK(cap_delete(frames + 1));
    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, frames + 2, 1));
    CHECK_EQUAL(*(volatile seL4_Word *)address, 0x1122);
}

static void case_copy_with_children(void)
{
    seL4_CPtr copy = slot_new(), endpoint = slot_new();

    CHECK_OK(retype(seL4_EndpointObject, 0, endpoint, 1));
    CHECK_ERROR(cap_copy(copy, untyped), seL4_RevokeFirst);
    CHECK_ERROR(cap_mint(copy, untyped, 0), seL4_RevokeFirst);
    CHECK_OK(seL4_CNode_Move(ROOT, copy, DEPTH, ROOT, untyped, DEPTH));
    CHECK_OK(seL4_CNode_Move(ROOT, untyped, DEPTH, ROOT, copy, DEPTH));
    CHECK_OK(cap_delete(endpoint));
    CHECK_OK(cap_copy(copy, untyped));
}

/* The copy has the memory; the source is full until the copy and all that it made is gone. */
static void case_copy_takes_memory(void)
{
    seL4_CPtr copy = slot_new(), source = untyped, a = slot_new();

    CHECK_OK(cap_copy(copy, source));
    CHECK_EQUAL(bytes_left(), 0);
    untyped = copy;
    CHECK_EQUAL(bytes_left(), 65536);
    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, a, 1));
    CHECK_OK(cap_delete(copy));
    CHECK(cap_exists(a));
    untyped = source;
    CHECK_EQUAL(bytes_left(), 0); /* the frame is the source's child now */
    CHECK_OK(cap_delete(a));
    CHECK_EQUAL(bytes_left(), 65536);
}

static void case_untyped_in_untyped(void)
{
    seL4_CPtr chain[5] = { untyped };
    seL4_CPtr endpoint = slot_new();

    for (unsigned i = 1; i < API_COUNT(chain); i++) {
        chain[i] = slot_new();
        untyped = chain[i - 1];
        CHECK_OK(retype(seL4_UntypedObject, 16 - i, chain[i], 1));
        CHECK_ERROR(cap_copy(slot_new(), untyped), seL4_RevokeFirst);
    }
    untyped = chain[4];
    CHECK_OK(retype(seL4_EndpointObject, 0, endpoint, 1));
    CHECK_OK(cap_delete(chain[2])); /* the middle may go: its children stay */
    CHECK(cap_exists(chain[3]) && cap_exists(endpoint));
    untyped = chain[1];
    CHECK_EQUAL(bytes_left(), 32768 - 16384);
    CHECK_OK(seL4_CNode_Revoke(ROOT, chain[0], DEPTH));
    CHECK(!cap_exists(chain[1]) && !cap_exists(chain[4]) && !cap_exists(endpoint));
    untyped = chain[0];
    CHECK_EQUAL(bytes_left(), 65536);
}

static void case_children_of_two_halves(void)
{
    seL4_CPtr half = slots_new(2), endpoint = slots_new(2), source = untyped;

    CHECK_OK(retype(seL4_UntypedObject, 15, half, 2));
    for (unsigned i = 0; i < 2; i++) {
        untyped = half + i;
        CHECK_OK(retype(seL4_EndpointObject, 0, endpoint + i, 1));
    }
    CHECK_OK(seL4_CNode_Revoke(ROOT, half, DEPTH));
    CHECK(!cap_exists(endpoint) && cap_exists(endpoint + 1));
    untyped = source;
    CHECK_EQUAL(bytes_left(), 0);
}

static void case_smallest_untyped(void)
{
    seL4_CPtr small = slot_new(), endpoint = slot_new();

    CHECK_OK(retype(seL4_UntypedObject, seL4_MinUntypedBits, small, 1));
    untyped = small;
    CHECK_FAILS(retype(seL4_NotificationObject, 0, endpoint, 1), memory_left(16));
    for (unsigned i = 0; i < 3; i++) {
        CHECK_OK(retype(seL4_EndpointObject, 0, endpoint, 1));
        CHECK_FAILS(retype(seL4_EndpointObject, 0, slot_new(), 1), memory_left(0));
        CHECK_OK(cap_delete(endpoint));
    }
}

static void case_device_is_inherited(void)
{
    seL4_CPtr part = slot_new(), frame = slot_new(), small = slot_new();

    untyped = device_untyped(21);
    CHECK_OK(retype(seL4_UntypedObject, 14, part, 1));
    untyped = part;
    CHECK_FAILS(retype(seL4_EndpointObject, 0, frame, 1), bad_argument(1));
    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, frame, 1));
    CHECK_OK(retype(seL4_UntypedObject, 12, small, 1));
    untyped = small;
    CHECK_FAILS(retype(seL4_NotificationObject, 0, slot_new(), 1), bad_argument(1));
    CHECK_OK(cap_delete(frame));
    CHECK_OK(cap_delete(small));
}

static void case_device_addresses(void)
{
    seL4_Word i = 0;
    seL4_CPtr frame = slots_new(3);

    while (!boot->untypedList[i].isDevice)
        i++;
    untyped = boot->untyped.start + i;
    CHECK(boot->untypedList[i].sizeBits >= 14);
    CHECK_OK(retype(seL4_ARM_SmallPageObject, 0, frame, 3));
    CHECK_EQUAL(paddr(frame), boot->untypedList[i].paddr);
    CHECK_EQUAL(paddr(frame + 2), boot->untypedList[i].paddr + 8192);
}

/* A gigabyte of RAM there is not: devices have the room. */
static void case_huge_device_frame(void)
{
    seL4_CPtr frame = slot_new();

    untyped = device_untyped(30);
    CHECK_OK(retype(seL4_ARM_HugePageObject, 0, frame, 1));
    CHECK_EQUAL(paddr(frame) & ((1ul << 30) - 1), 0);
}

static const struct api_case cases[] = {
    { "object sizes", case_object_sizes },
    { "large frame size", case_large_frame_size },
    { "addresses in order", case_addresses_in_order },
    { "alignment gap", case_alignment_gap },
    { "batch after alignment", case_batch_after_alignment },
    { "watermark stays", case_watermark_stays },
    { "reset waits for copies", case_reset_waits_for_copies },
    { "same address after reset", case_same_address_after_reset },
    { "zero when reused", case_zero_when_reused },
    { "neighbour keeps contents", case_neighbour_keeps_contents },
    { "copy with children", case_copy_with_children },
    { "copy takes memory", case_copy_takes_memory },
    { "untyped in untyped", case_untyped_in_untyped },
    { "children of two halves", case_children_of_two_halves },
    { "smallest untyped", case_smallest_untyped },
    { "device is inherited", case_device_is_inherited },
    { "device addresses", case_device_addresses },
    { "huge device frame", case_huge_device_frame },
};
const struct api_group retype_group = {
    .name = "retype",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
