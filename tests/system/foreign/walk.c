/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot information: all of it printed, and what can be checked of it. */
#include "foreign.h"

const char *boot_info;

extern const char __ehdr_start[];

word info(word offset)
{
    return *(const word *)(const void *)(boot_info + offset);
}

static const char *untyped(unsigned index)
{
    return boot_info + BI_untypedList + index * (word)UT_size;
}

unsigned untyped_count(void)
{
    return (unsigned)(info(BI_untyped + 8) - info(BI_untyped));
}

word untyped_paddr(unsigned index)
{
    return *(const word *)(const void *)(untyped(index) + UT_paddr);
}

unsigned untyped_bits(unsigned index)
{
    return (unsigned char)untyped(index)[UT_sizeBits];
}

bool untyped_is_device(unsigned index)
{
    return untyped(index)[UT_isDevice] != 0;
}

word image_start(void)
{
    return (word)__ehdr_start & ~(PAGE - 1);
}

static void print_region(const char *name, word offset)
{
    print(name);
    print(" ");
    print_decimal(info(offset));
    print("..");
    print_decimal(info(offset + 8));
    print("\n");
}

static void print_fields(void)
{
    print_line("boot information at", (word)boot_info);
    print_line("extraLen", info(BI_extraLen));
    print_line("nodeID", info(BI_nodeID));
    print_line("numNodes", info(BI_numNodes));
    print_line("numIOPTLevels", info(BI_numIOPTLevels));
    print_line("ipcBuffer", info(BI_ipcBuffer));
    print_region("empty", BI_empty);
    print_region("sharedFrames", BI_sharedFrames);
    print_region("userImageFrames", BI_userImageFrames);
    print_region("userImagePaging", BI_userImagePaging);
    print_region("ioSpaceCaps", BI_ioSpaceCaps);
    print_region("extraBIPages", BI_extraBIPages);
    print_line("initThreadCNodeSizeBits", info(BI_initThreadCNodeSizeBits));
    print_line("initThreadDomain", info(BI_initThreadDomain));
    print_region("schedcontrol", BI_schedcontrol);
    print_region("untyped", BI_untyped);
}

static void print_untypeds(void)
{
    for (unsigned i = 0; i < untyped_count(); i++) {
        print(untyped_is_device(i) ? "  device " : "  memory ");
        print_number(untyped_paddr(i));
        print(" bits ");
        print_decimal(untyped_bits(i));
        print("\n");
    }
}

static void check_fields(void)
{
    word buffer = info(BI_ipcBuffer), extra_pages = (info(BI_extraLen) + PAGE - 1) / PAGE;
    word frames = info(BI_userImageFrames + 8) - info(BI_userImageFrames);
    word cnode_slots = (word)1 << info(BI_initThreadCNodeSizeBits);

    check_equal((word)boot_info, buffer + PAGE, "boot information behind the IPC buffer");
    check_equal(frames, (buffer - image_start()) / PAGE, "a frame for each page of the image");
    check_equal(info(BI_numNodes), 1, "one node");
    check_equal(info(BI_initThreadCNodeSizeBits), 13, "size of the root CNode");
    check_equal(info(BI_userImagePaging), SLOT_NumInitialCaps, "paging comes first");
    check_equal(info(BI_extraBIPages), info(BI_userImagePaging + 8), "then extra pages");
    check_equal(info(BI_extraBIPages + 8) - info(BI_extraBIPages), extra_pages, "their number");
    check_equal(info(BI_schedcontrol), info(BI_extraBIPages + 8), "then schedcontrol");
    check_equal(info(BI_schedcontrol + 8), info(BI_schedcontrol) + 1, "for one core");
    check_equal(info(BI_userImageFrames), info(BI_schedcontrol + 8), "then frames");
    check_equal(info(BI_untyped), info(BI_userImageFrames + 8), "then untyped memory");
    check_equal(info(BI_empty), info(BI_untyped + 8), "then nothing");
    check_equal(info(BI_empty + 8), cnode_slots, "to the end of the CNode");
    check_equal(info(BI_sharedFrames) | info(BI_sharedFrames + 8) | info(BI_ioSpaceCaps) |
                    info(BI_ioSpaceCaps + 8),
                0, "no shared frames, no I/O spaces");
}

/* Ascending, device memory first, each naturally aligned, none overlapping. */
static void check_untypeds(void)
{
    unsigned turns = 0;

    for (unsigned i = 0; i < untyped_count(); i++) {
        word size = (word)1 << untyped_bits(i);

        check(untyped_paddr(i) % size == 0, "an untyped is aligned to its size");
        if (i > 0 && untyped_is_device(i) != untyped_is_device(i - 1))
            turns++;
        else if (i > 0)
            check(untyped_paddr(i) >= untyped_paddr(i - 1) + ((word)1 << untyped_bits(i - 1)),
                  "untypeds ascend");
    }
    check_equal(turns, 1, "device memory comes first");
    check(untyped_is_device(0), "the first untyped is device memory");
}

/* Which of the initial slots hold a cap: copying an empty one fails its lookup. */
static void check_initial_caps(void)
{
    word target = info(BI_empty + 8) - 1;
    const word is_empty = 1u << SLOT_CapNull | 1u << SLOT_CapIOPortControl | 1u << SLOT_CapIOSpace |
                          1u << SLOT_CapSMMUSIDControl | 1u << SLOT_CapSMMUCBControl;

    for (word slot = 0; slot < SLOT_NumInitialCaps; slot++) {
        const word words[5] = { target, 64, slot, 64, RIGHTS_ALL };
        const word root = OWN_CNODE;
        word error = invoke(OWN_CNODE, LABEL_CNodeCopy, 1, &root, 5, words, NULL);

        if (slot == SLOT_CapIRQControl)
            check_equal(error, ERROR_IllegalOperation, "IRQControl cannot be copied");
        else if (slot != SLOT_CapSMC) /* depends on the kernel's configuration */
            check_equal(error, is_empty >> slot & 1 ? ERROR_FailedLookup : 0, "an initial slot");
        if (error == 0)
            check_equal(invoke(OWN_CNODE, LABEL_CNodeDelete, 0, NULL, 2, words, NULL), 0,
                        "delete a copy");
    }
}

/* What the initial thread may do: priorities up to 255, its own scheduling context, domain 0. */
static void check_authority(void)
{
    const word own = OWN_TCB, highest = 255, too_high = 256, domain = 0;
    struct message answer;

    check_equal(invoke(OWN_TCB, LABEL_TCBSetMCPriority, 1, &own, 1, &highest, NULL), 0,
                "the maximum controlled priority is 255");
    check_equal(invoke(OWN_TCB, LABEL_TCBSetPriority, 1, &own, 1, &too_high, &answer),
                ERROR_RangeError, "and no more");
    check_equal(answer.mr[0], seL4_MinPrio, "the least priority");
    check_equal(answer.mr[1], seL4_MaxPrio, "the highest priority");
    check_equal(
        invoke(ROOT_SLOT(CapInitThreadSC), LABEL_SchedContextConsumed, 0, NULL, 0, NULL, &answer),
        0, "SchedContext_Consumed of its own");
    check_equal(answer.length, 1, "which answers with a time");
    check_equal(invoke(ROOT_SLOT(CapDomain), LABEL_DomainSetSet, 1, &own, 1, &domain, NULL), 0,
                "DomainSet_Set");
    check_equal(invoke(ROOT_SLOT(CapInitThreadSC), LABEL_SchedContextBind, 1, &own, 0, NULL, NULL),
                ERROR_IllegalOperation, "its scheduling context is bound");
}

/* A pool of the root task's own: ASIDControl, from a page of untyped memory. */
static void check_asid_control(void)
{
    word pool = slot_new(), vspace = allocate(TYPE_ARM_VSpaceObject, 0, BITS_VSpaceBits);
    const word caps[2] = { allocate(TYPE_UntypedObject, BITS_ASIDPoolBits, BITS_ASIDPoolBits),
                           OWN_CNODE };
    const word words[2] = { pool, 64 };

    check_equal(
        invoke(ROOT_SLOT(CapASIDControl), LABEL_ARMASIDControlMakePool, 2, caps, 2, words, NULL), 0,
        "ASIDControl_MakePool");
    check_equal(invoke(pool, LABEL_ARMASIDPoolAssign, 1, &vspace, 0, NULL, NULL), 0,
                "ASIDPool_Assign of the new pool");
}

/* The frames are those of the image, in its order: contiguous, as it was loaded. */
static void check_frames(void)
{
    word first = info(BI_userImageFrames), base = 0;
    struct message answer;

    for (word slot = first; slot < info(BI_userImageFrames + 8); slot++) {
        check_equal(invoke(slot, LABEL_ARMPageGetAddress, 0, NULL, 0, NULL, &answer), 0,
                    "an image frame");
        if (slot == first)
            base = answer.mr[0];
        check_equal(answer.mr[0], base + (slot - first) * PAGE, "image frames are contiguous");
    }
    print_line("image at physical", base);
    for (word slot = info(BI_userImagePaging); slot < info(BI_userImagePaging + 8); slot++) {
        const word words[2] = { image_start(), 0 };
        const word vspace = OWN_VSPACE;

        check_equal(invoke(slot, LABEL_ARMPageTableMap, 1, &vspace, 2, words, NULL),
                    ERROR_InvalidCapability, "a paging cap is a mapped page table");
    }
}

static word big_endian(const unsigned char *at)
{
    return (word)at[0] << 24 | (word)at[1] << 16 | (word)at[2] << 8 | at[3];
}

/* Names of all nodes of a flattened device tree, indented. */
static void print_tree(const unsigned char *tree)
{
    const unsigned char *at = tree + big_endian(tree + 8);
    unsigned depth = 0;

    for (word token = big_endian(at); token != 9; token = big_endian(at)) {
        at += 4;
        if (token == 1) {
            const char *name = (const char *)at;
            word length = 0;

            for (unsigned i = 0; i <= depth; i++)
                print("  ");
            print(name[0] != '\0' ? name : "/");
            print("\n");
            while (name[length] != '\0')
                length++;
            at += (length + 4) & ~(word)3;
            depth++;
        } else if (token == 2) {
            depth--;
        } else if (token == 3) {
            at += 8 + ((big_endian(at) + 3) & ~(word)3);
        }
    }
    check_equal(depth, 0, "the device tree's nodes end");
}

static void walk_extra(void)
{
    const char *extra = boot_info + PAGE;
    word length = info(BI_extraLen);

    for (word at = 0; at < length;) {
        word id = *(const word *)(const void *)(extra + at + HDR_id);
        word size = *(const word *)(const void *)(extra + at + HDR_len);
        const unsigned char *tree = (const unsigned char *)extra + at + HDR_size;

        print("extra boot information: id ");
        print_decimal(id);
        print_line(" length", size);
        if (id == SEL4_BOOTINFO_HEADER_FDT) {
            check_equal(big_endian(tree), 0xd00dfeed, "magic number of the device tree");
            check_equal(big_endian(tree + 4), size - HDR_size, "its size");
            print_tree(tree);
        }
        check(size >= HDR_size && at + size <= length, "a chunk's length");
        if (size < HDR_size)
            return;
        at += size;
    }
}

void walk(void)
{
    print_fields();
    print_untypeds();
    walk_extra();
    check_fields();
    check_untypeds();
    check_initial_caps();
    check_authority();
    check_asid_control();
    check_frames();
}
