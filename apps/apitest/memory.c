/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that comes back: resets of untypeds and deletions of containers that are longer than one
 * pass of the kernel (abi 3.2, 5.4), and the memory that the kernel itself gives back after boot.
 */
#include "apitest.h"

#define ENDPOINTS 256u /* as many as one Retype makes */

static seL4_Error retype(seL4_CPtr untyped, seL4_Word type, seL4_Word bits, seL4_CPtr slot)
{
    return seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, slot, 1);
}

static bool is_zero(const seL4_Word *words, seL4_Word bytes)
{
    for (seL4_Word i = 0; i < bytes / sizeof(*words); i++) {
        if (words[i] != 0)
            return false;
    }
    return true;
}

/* Maps the frame, looks whether it is zero, fills it, and unmaps it again. */
static bool fill_frame(seL4_CPtr frame, seL4_Word address, seL4_Word bytes)
{
    volatile seL4_Word *words = (volatile seL4_Word *)address;
    bool zero;

    CHECK_OK(seL4_ARM_Page_Map(frame, VSPACE, address, seL4_ReadWrite,
                               seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever));
    zero = is_zero((const seL4_Word *)address, bytes);
    for (seL4_Word i = 0; i < bytes / sizeof(seL4_Word); i++)
        words[i] = ~i;
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    return zero;
}

/* A reset of 256 KiB takes many passes. */
static void case_reset(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 18);
    seL4_CPtr node = object_new(seL4_CapTableObject, 6);
    seL4_CPtr frame = slot_new();
    seL4_Word address = address_new(true), first = 0, last = 0;

    for (unsigned round = 0; round < 3; round++) {
        seL4_Word paddr;

        CHECK_OK(seL4_Untyped_Retype(untyped, seL4_ARM_SmallPageObject, 0, node, 0, 0, 0, 64));
        CHECK_ERROR(retype(untyped, seL4_EndpointObject, 0, frame), seL4_NotEnoughMemory);
        CHECK(seL4_GetMR(0) == 0);
        for (seL4_Word i = 0; i < 64; i += 63) {
            CHECK_OK(seL4_CNode_Move(ROOT, frame, DEPTH, node, i, 6));
            CHECK(fill_frame(frame, address, 4096));
            paddr = seL4_ARM_Page_GetAddress(frame).paddr;
            CHECK(round == 0 || paddr == (i == 0 ? first : last));
            *(i == 0 ? &first : &last) = paddr;
            CHECK_OK(seL4_CNode_Move(node, i, 6, ROOT, frame, DEPTH));
        }
        CHECK(last == first + 63 * 4096);
        CHECK_OK(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    }
}

/* CNodes in CNodes, the inner ones full: their deletion takes many passes, and reaches all. */
static void case_deep_deletion(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 16);
    seL4_CPtr outer = slot_new(), inner = slot_new(), lone = slot_new();
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);
    seL4_CPtr copy = slot_new();

    CHECK_OK(retype(untyped, seL4_CapTableObject, 2, outer));
    CHECK_OK(retype(untyped, seL4_CapTableObject, 9, inner));
    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, inner, 0, 0, 0, ENDPOINTS));
    CHECK_OK(
        seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, inner, 0, 0, ENDPOINTS, ENDPOINTS));
    CHECK_ERROR(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, inner, 0, 0, ENDPOINTS, 1),
                seL4_DeleteFirst);
    CHECK_OK(seL4_CNode_Move(outer, 1, 2, ROOT, inner, DEPTH));
    CHECK_OK(seL4_CNode_Copy(ROOT, copy, DEPTH, ROOT, notification, DEPTH, seL4_AllRights));
    CHECK_OK(seL4_CNode_Move(outer, 3, 2, ROOT, copy, DEPTH));
    CHECK_OK(seL4_CNode_Delete(ROOT, outer, DEPTH));
    /* Nothing is left of it: the untyped starts at its first byte again. */
    CHECK_OK(retype(untyped, seL4_UntypedObject, 16, lone));
    CHECK_OK(seL4_CNode_Delete(ROOT, lone, DEPTH));
    CHECK_OK(seL4_CNode_Revoke(ROOT, notification, DEPTH));
    seL4_Signal(notification);
}

/* A CNode that holds its own only cap dies with its memory. */
static void case_self_reference(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 12);
    seL4_CPtr node = slot_new(), frame = slot_new();

    CHECK_OK(retype(untyped, seL4_CapTableObject, 4, node));
    CHECK_OK(seL4_CNode_Copy(node, 5, 4, ROOT, node, DEPTH, seL4_AllRights));
    CHECK_OK(seL4_CNode_Delete(ROOT, node, DEPTH));
    CHECK_ERROR(retype(untyped, seL4_ARM_SmallPageObject, 0, frame), seL4_NotEnoughMemory);
    CHECK_OK(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    CHECK_OK(retype(untyped, seL4_ARM_SmallPageObject, 0, frame));
}

/* The first ordinary memory is what the kernel needed only for its start; it is zeroed for us. */
static void case_boot_memory(void)
{
    seL4_Word i = 0;
    seL4_CPtr frame = slot_new();

    while (boot->untypedList[i].isDevice)
        i++;
    CHECK(boot->untypedList[i].paddr == 0x40000000);
    CHECK_OK(retype(boot->untyped.start + i, seL4_ARM_SmallPageObject, 0, frame));
    CHECK(seL4_ARM_Page_GetAddress(frame).paddr == boot->untypedList[i].paddr);
    CHECK(fill_frame(frame, address_new(true), 4096));
    CHECK_OK(seL4_CNode_Delete(ROOT, frame, DEPTH));
}

static const struct api_case cases[] = {
    { "reset", case_reset },
    { "deep deletion", case_deep_deletion },
    { "self reference", case_self_reference },
    { "boot memory", case_boot_memory },
};
const struct api_group memory_group = {
    .name = "memory",
    .cases = cases,
    .count = API_COUNT(cases),
};
