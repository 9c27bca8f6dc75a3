/* SPDX-License-Identifier: BSD-2-Clause */
/* What is made once: the supervisor's own objects, and the workers' address space and CSpace. */
#include "fuzz.h"

#define DEPTH 64u
#define WORLD_BITS 21u
#define BIG_BITS 22u
#define DEVICE_BITS 31u
#define IMAGE_START 0x400000ul

extern char _end[];

struct place place;
char garbage_page[2][PAGE] __attribute__((aligned(PAGE)));

void expect(seL4_Word error, const char *what)
{
    if (error != seL4_NoError) {
        print_text("fuzz: supervisor: ");
        print_text(what);
        print_text(": ");
        print_text(error_name(error));
        print_text("\n");
        root_stop();
    }
}

static seL4_CPtr new_slot(void)
{
    return place.next++;
}

static seL4_CPtr make(seL4_Word type, seL4_Word size_bits, const char *what)
{
    seL4_CPtr slot = new_slot();

    expect(
        seL4_Untyped_Retype(place.memory, type, size_bits, seL4_CapInitThreadCNode, 0, 0, slot, 1),
        what);
    return slot;
}

static seL4_CPtr copy(seL4_CPtr source, seL4_Word badge, const char *what)
{
    seL4_CPtr slot = new_slot();

    expect(seL4_CNode_Mint(seL4_CapInitThreadCNode, slot, DEPTH, seL4_CapInitThreadCNode, source,
                           DEPTH, seL4_AllRights, badge),
           what);
    return slot;
}

static seL4_CPtr find_untyped(seL4_Bool device, seL4_Word bits)
{
    const seL4_BootInfo *info = place.info;
    seL4_CPtr found = 0;

    for (seL4_Word i = 0; i < info->untyped.end - info->untyped.start; i++) {
        const seL4_UntypedDesc *one = &info->untypedList[i];

        /* Device memory high above all devices: nobody touches it, but it can be mapped. */
        if (one->isDevice == device && one->sizeBits >= bits &&
            (!device || one->paddr >= 1ul << 34)) {
            found = info->untyped.start + i;
        }
    }
    expect(found == 0 ? seL4_NotEnoughMemory : seL4_NoError, "untyped memory");
    return found;
}

/* A copy of the frame under this page of our image. */
static seL4_CPtr frame_of(const void *page, const char *what)
{
    seL4_Word number = ((seL4_Word)page - IMAGE_START) / PAGE;

    return copy(place.info->userImageFrames.start + number, 0, what);
}

/* The workers see our image, but can write only their own pages, and these run nothing. */
static void map_image(void)
{
    seL4_Word first = (seL4_Word)workers, behind = first + sizeof(workers);

    for (seL4_Word page = IMAGE_START; page < (seL4_Word)_end; page += PAGE) {
        seL4_Bool own = page >= first && page < behind;
        seL4_CapRights_t rights = own ? seL4_ReadWrite : seL4_CanRead;
        seL4_CPtr frame = frame_of((const void *)page, "image frame");

        expect(seL4_ARM_Page_Map(frame, place.vspace, page, rights,
                                 own ? seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever
                                     : seL4_ARM_Default_VMAttributes),
               "map image");
        if (own && (page - first) / PAGE % 2 == 1) {
            place.buffer[(page - first) / PAGE / 2] = frame;
        }
    }
}

static void make_vspace(void)
{
    place.vspace = make(seL4_ARM_VSpaceObject, 0, "address space");
    expect(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, place.vspace), "assign");
    for (unsigned level = 0; level < 3; level++) {
        seL4_CPtr table = make(seL4_ARM_PageTableObject, 0, "page table");

        expect(
            seL4_ARM_PageTable_Map(table, place.vspace, IMAGE_START, seL4_ARM_Default_VMAttributes),
            "map table");
    }
    map_image();
}

static void make_safe(void)
{
    seL4_CPtr root = seL4_CapInitThreadCNode;

    place.safe = make(seL4_CapTableObject, SAFE_BITS, "safe CNode");
    expect(seL4_CNode_Copy(place.safe, SAFE_SCHED_CONTROL, SAFE_BITS, root,
                           place.info->schedcontrol.start, DEPTH, seL4_AllRights),
           "sched control");
    expect(seL4_CNode_Copy(place.safe, SAFE_ASID_CONTROL, SAFE_BITS, root, seL4_CapASIDControl,
                           DEPTH, seL4_AllRights),
           "asid control");
    expect(
        seL4_CNode_Move(place.safe, SAFE_IRQ_CONTROL, SAFE_BITS, root, seL4_CapIRQControl, DEPTH),
        "irq control");
    expect(seL4_CNode_Copy(place.safe, SAFE_DOMAIN, SAFE_BITS, root, seL4_CapDomain, DEPTH,
                           seL4_AllRights),
           "domain");
}

/* Two slots: the arena (anew for each world) and the safe ones. The guard makes both 64 bits. */
static void make_cspace(void)
{
    seL4_CPtr node = make(seL4_CapTableObject, 1, "CSpace root");

    make_safe();
    expect(seL4_CNode_Mint(node, 1, 1, seL4_CapInitThreadCNode, place.safe, DEPTH, seL4_AllRights,
                           63 - SAFE_BITS),
           "safe in the CSpace");
    place.cspace = node;
}

void place_make(seL4_BootInfo *info)
{
    place.info = info;
    place.next = info->empty.start + SLOTS_ORIGINAL;
    place.memory = find_untyped(seL4_False, 23);
    place.inbox = make(seL4_EndpointObject, 0, "inbox");
    place.tick = make(seL4_NotificationObject, 0, "tick");
    place.reply = make(seL4_ReplyObject, 0, "reply");
    place.tick_thread = make(seL4_TCBObject, 0, "tick thread");
    place.tick_context = make(seL4_SchedContextObject, 8, "tick context");
    for (unsigned i = 0; i < WORKERS + 2; i++) {
        place.fault[i] = copy(place.inbox, i + 1, "fault handler");
    }
    for (unsigned i = 0; i < 2; i++) {
        place.garbage[i] = frame_of(garbage_page[i], "garbage");
    }
    make_vspace();
    make_cspace();
    place.world = make(seL4_UntypedObject, WORLD_BITS, "world"); /* then the larger: no gap */
    place.big = make(seL4_UntypedObject, BIG_BITS, "large untyped");
    place.device = new_slot();
    expect(seL4_Untyped_Retype(find_untyped(seL4_True, DEVICE_BITS), seL4_UntypedObject,
                               DEVICE_BITS, seL4_CapInitThreadCNode, 0, 0, place.device, 1),
           "device untyped");
}
