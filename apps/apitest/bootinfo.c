/* SPDX-License-Identifier: BSD-2-Clause */
/* What the root task is told and given at its start (abi section 8). */
#include "apitest.h"

static seL4_Word untypeds(void)
{
    return boot->untyped.end - boot->untyped.start;
}

static void case_header(void)
{
    CHECK_EQUAL(boot->numNodes, 1);
    CHECK_EQUAL(boot->nodeID, 0);
    CHECK_EQUAL(boot->numIOPTLevels, 0);
    CHECK_EQUAL(boot->initThreadDomain, 0);
    CHECK((seL4_Word)boot->ipcBuffer + 4096 == (seL4_Word)boot);
    CHECK(boot->sharedFrames.start == 0 && boot->sharedFrames.end == 0);
    CHECK(boot->ioSpaceCaps.start == 0 && boot->ioSpaceCaps.end == 0);
}

/* Paging, extra pages, scheduling control, frames, untypeds, empty slots: without a gap. */
static void case_slot_regions(void)
{
    CHECK_EQUAL(boot->userImagePaging.start, seL4_NumInitialCaps);
    CHECK_EQUAL(boot->extraBIPages.start, boot->userImagePaging.end);
    CHECK_EQUAL(boot->schedcontrol.start, boot->extraBIPages.end);
    CHECK_EQUAL(boot->schedcontrol.end, boot->schedcontrol.start + 1);
    CHECK_EQUAL(boot->userImageFrames.start, boot->schedcontrol.end);
    CHECK_EQUAL(boot->untyped.start, boot->userImageFrames.end);
    CHECK_EQUAL(boot->empty.start, boot->untyped.end);
    CHECK_EQUAL(boot->empty.end, 1ul << boot->initThreadCNodeSizeBits);
}

/* Slots with fixed numbers: which are full and which are not. */
static void case_initial_slots(void)
{
    for (seL4_CPtr slot = 0; slot < seL4_NumInitialCaps; slot++)
        CHECK(cap_exists(slot) ==
              (slot != seL4_CapNull && slot != seL4_CapIOPortControl && slot != seL4_CapIOSpace &&
               slot != seL4_CapSMMUSIDControl && slot != seL4_CapSMMUCBControl));
    CHECK(cap_exists(boot->schedcontrol.start));
    CHECK(cap_exists(boot->untyped.end - 1));
    CHECK(!cap_exists(boot->empty.end - 1));
}

/* Each is what its number says: it takes an invocation of that kind. */
static void case_initial_caps(void)
{
    CHECK_OK(seL4_TCB_Resume(seL4_CapInitThreadTCB));
    CHECK_OK(seL4_CNode_Delete(seL4_CapInitThreadCNode, slot_new(), DEPTH));
    CHECK_OK(seL4_ARM_VSpace_Clean_Data(seL4_CapInitThreadVSpace, 1ul << 46, (1ul << 46) + 1));
    CHECK_FAILS(seL4_IRQControl_Get(seL4_CapIRQControl, 999, ROOT, 0, DEPTH), range(0, 159));
    CHECK_FAILS(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, ROOT, ROOT, 0, 0), bad_cap(1));
    CHECK_FAILS(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, ROOT), bad_cap(1));
    CHECK((seL4_ARM_Page_GetAddress(seL4_CapBootInfoFrame).paddr & 0xfff) == 0);
    CHECK_EQUAL((seL4_Word)seL4_ARM_Page_GetAddress(seL4_CapInitThreadIPCBuffer).error, 0);
    CHECK_FAILS(seL4_DomainSet_Set(seL4_CapDomain, 0, ROOT), bad_argument(1));
    CHECK_EQUAL((seL4_Word)seL4_SchedContext_Consumed(seL4_CapInitThreadSC).error, 0);
    CHECK_ERROR(sel4_invoke(seL4_CapSMC, ARMSMCCall, 0, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(boot->schedcontrol.start, SchedControlConfigureFlags, 0, 0, 0, 0, 0, 0),
                seL4_TruncatedMessage);
}

/* The root CNode answers to its slots' numbers at depth 64, and is the CSpace's root. */
static void case_root_cnode(void)
{
    seL4_CPtr copy = slot_new();

    CHECK_OK(cap_mint(copy, ROOT, 0)); /* without the guard: the radix is what it says */
    CHECK_FAILS(
        seL4_CNode_Delete(copy, 0, (seL4_Uint8)(boot->initThreadCNodeSizeBits - 1)),
        depth_mismatch(0, boot->initThreadCNodeSizeBits - 1, boot->initThreadCNodeSizeBits));
    CHECK_OK(
        seL4_CNode_Delete(copy, boot->empty.end - 1, (seL4_Uint8)boot->initThreadCNodeSizeBits));
}

/* Devices first, then memory; each list ascending but for what boot gave back. */
static void case_untyped_order(void)
{
    seL4_Word i = 0, first_memory;

    CHECK(untypeds() <= CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS);
    for (; i < untypeds() && boot->untypedList[i].isDevice; i++) {
        if (i > 0)
            CHECK(boot->untypedList[i].paddr > boot->untypedList[i - 1].paddr);
    }
    CHECK(i > 0 && i < untypeds());
    first_memory = i;
    CHECK_EQUAL(boot->untypedList[first_memory].paddr, 0x40000000);
    for (i++; i < untypeds(); i++) {
        CHECK(!boot->untypedList[i].isDevice);
        CHECK(boot->untypedList[i].paddr > boot->untypedList[i - 1].paddr);
    }
}

/* Sizes are possible, addresses aligned to them, and no two overlap. */
static void case_untyped_shape(void)
{
    for (seL4_Word i = 0; i < untypeds(); i++) {
        const seL4_UntypedDesc *a = &boot->untypedList[i];

        CHECK(a->sizeBits >= seL4_MinUntypedBits && a->sizeBits <= seL4_MaxUntypedBits);
        CHECK((a->paddr & ((1ul << a->sizeBits) - 1)) == 0);
        CHECK(a->paddr + (1ul << a->sizeBits) <= 1ul << 40);
        for (seL4_Word j = 0; j < i; j++) {
            const seL4_UntypedDesc *b = &boot->untypedList[j];

            CHECK(a->paddr >= b->paddr + (1ul << b->sizeBits) ||
                  b->paddr >= a->paddr + (1ul << a->sizeBits));
        }
    }
}

/* The list tells the truth: size, kind and address of every untyped. */
static void case_untyped_caps(void)
{
    for (seL4_Word i = 0; i < untypeds(); i++) {
        const seL4_UntypedDesc *desc = &boot->untypedList[i];
        seL4_CPtr cap = boot->untyped.start + i, frame = slot_new();

        seL4_Error error =
            seL4_Untyped_Retype(cap, seL4_ARM_SmallPageObject, 0, ROOT, 0, 0, frame, 1);

        if (error == seL4_NoError) {
            seL4_Word paddr = seL4_ARM_Page_GetAddress(frame).paddr;

            CHECK(paddr >= desc->paddr && paddr < desc->paddr + (1ul << desc->sizeBits));
            CHECK_ERROR(seL4_Untyped_Retype(cap, seL4_EndpointObject, 0, ROOT, 0, 0, frame, 1),
                        seL4_DeleteFirst);
            CHECK_OK(cap_delete(frame));
        } else {
            CHECK_ERROR(error, seL4_NotEnoughMemory); /* small, or the arena's */
            CHECK(seL4_GetMR(0) < 4096);
        }
        if (desc->isDevice && desc->sizeBits >= 12)
            CHECK_FAILS(seL4_Untyped_Retype(cap, seL4_EndpointObject, 0, ROOT, 0, 0, frame, 1),
                        bad_argument(1));
    }
}

/* The frames of the image are its pages, in order. */
static void case_image_frames(void)
{
    seL4_Word first = seL4_ARM_Page_GetAddress(boot->userImageFrames.start).paddr;

    CHECK(boot->userImageFrames.end > boot->userImageFrames.start);
    for (seL4_CPtr cap = boot->userImageFrames.start; cap < boot->userImageFrames.end; cap++)
        CHECK_EQUAL(seL4_ARM_Page_GetAddress(cap).paddr,
                    first + (cap - boot->userImageFrames.start) * 4096);
    CHECK_EQUAL((seL4_Word)boot->ipcBuffer,
                0x400000 + (boot->userImageFrames.end - boot->userImageFrames.start) * 4096);
}

/* Each page of the image, the buffer and this information are mapped where their caps say. */
static void case_image_mapped(void)
{
    CHECK_OK(seL4_ARM_Page_Clean_Data(boot->userImageFrames.start, 0, 4096));
    CHECK_OK(seL4_ARM_Page_Clean_Data(boot->userImageFrames.end - 1, 0, 4096));
    CHECK_OK(seL4_ARM_Page_Clean_Data(seL4_CapInitThreadIPCBuffer, 0, 4096));
    CHECK_OK(seL4_ARM_Page_Clean_Data(seL4_CapBootInfoFrame, 0, 4096));
    CHECK_FAILS(seL4_ARM_Page_Map(seL4_CapBootInfoFrame, VSPACE, 0x1000, seL4_ReadWrite,
                                  seL4_ARM_Default_VMAttributes),
                bad_argument(0));
    for (seL4_CPtr cap = boot->userImagePaging.start; cap < boot->userImagePaging.end; cap++)
        CHECK_FAILS(seL4_ARM_PageTable_Map(cap, VSPACE, 0, seL4_ARM_Default_VMAttributes),
                    bad_cap(0));
}

/* Its priority and limit are the highest; its scheduling context is bound. */
static void case_initial_thread(void)
{
    CHECK_OK(seL4_TCB_SetMCPriority(object_new(seL4_TCBObject, 0), SELF, 255));
    CHECK_ERROR(seL4_SchedContext_Bind(seL4_CapInitThreadSC, object_new(seL4_TCBObject, 0)),
                seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_UnbindNotification(SELF), seL4_IllegalOperation);
    CHECK_EQUAL(seL4_TCB_SetFlags(SELF, 0, 0).flags, 0);
}

/* A sequence of headers: each length includes its own 16 bytes, all together extraLen. */
static void case_extra(void)
{
    seL4_Word at = 0;

    if (boot->extraLen == 0) {
        CHECK_EQUAL(boot->extraBIPages.start, boot->extraBIPages.end);
        return;
    }
    CHECK_EQUAL(boot->extraBIPages.end - boot->extraBIPages.start, (boot->extraLen + 4095) / 4096);
    while (at < boot->extraLen) {
        const seL4_BootInfoHeader *header =
            (const seL4_BootInfoHeader *)((seL4_Word)boot + 4096 + at);

        CHECK(header->len >= sizeof(*header) && at + header->len <= boot->extraLen);
        if (header->id == SEL4_BOOTINFO_HEADER_FDT)
            CHECK_EQUAL(*(const unsigned *)(header + 1), 0xedfe0dd0); /* big endian d00dfeed */
        else
            CHECK_EQUAL(header->id, SEL4_BOOTINFO_HEADER_PADDING);
        at += header->len >= sizeof(*header) ? header->len : boot->extraLen;
    }
    CHECK_EQUAL(at, boot->extraLen);
}

static const struct api_case cases[] = {
    { "header", case_header },
    { "slot regions", case_slot_regions },
    { "initial slots", case_initial_slots },
    { "initial caps", case_initial_caps },
    { "root cnode", case_root_cnode },
    { "untyped order", case_untyped_order },
    { "untyped shape", case_untyped_shape },
    { "untyped caps", case_untyped_caps },
    { "image frames", case_image_frames },
    { "image mapped", case_image_mapped },
    { "initial thread", case_initial_thread },
    { "extra", case_extra },
};
const struct api_group bootinfo_group = {
    .name = "bootinfo",
    .cases = cases,
    .count = API_COUNT(cases),
};
