/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects from the untyped list: first fit, blocks split in halves by Retype itself. */
#include "foreign.h"

#define BLOCKS 512u
#define FRAME_BITS 12u
#define READ_WRITE 3u

struct block {
    word cap;
    unsigned bits;
    bool is_free;
};
static struct block blocks[BLOCKS];
static unsigned block_count;
static word next_slot;

word slot_new(void)
{
    if (next_slot == 0)
        next_slot = info(BI_empty);
    return next_slot++;
}

/* `number` objects into new slots; the first one, 0 when refused. */
static word retype(word untyped, word type, word size_bits, word number)
{
    word first = slot_new();
    const word words[6] = { type, size_bits, 0, 0, first, number };
    const word root = OWN_CNODE;

    next_slot += number - 1;
    return invoke(untyped, LABEL_UntypedRetype, 1, &root, 6, words, NULL) == 0 ? first : 0;
}

static void block_add(word cap, unsigned bits)
{
    if (block_count < BLOCKS)
        blocks[block_count++] = (struct block){ cap, bits, true };
    else
        check(false, "room for blocks");
}

static void start(void)
{
    for (unsigned i = 0; i < untyped_count(); i++) {
        if (!untyped_is_device(i))
            block_add(info(BI_untyped) + i, untyped_bits(i));
    }
}

/* A free block of exactly 2^bits bytes, taken. */
static word block_take(unsigned bits)
{
    for (unsigned i = 0; i < block_count; i++) {
        if (!blocks[i].is_free || blocks[i].bits < bits)
            continue;
        while (blocks[i].bits > bits) {
            unsigned half = blocks[i].bits - 1;
            word halves = retype(blocks[i].cap, TYPE_UntypedObject, half, 2);

            check(halves != 0, "an untyped splits in halves");
            blocks[i] = (struct block){ halves, half, true };
            block_add(halves + 1, half);
        }
        blocks[i].is_free = false;
        return blocks[i].cap;
    }
    check(false, "free memory");
    return 0;
}

word allocate(word type, word size_bits, word object_bits)
{
    word object;

    if (block_count == 0)
        start();
    object = retype(block_take((unsigned)object_bits), type, size_bits, 1);
    check(object != 0, "an object is made");
    return object;
}

word allocate_device_frame(word paddr)
{
    for (unsigned i = 0; i < untyped_count(); i++) {
        word base = untyped_paddr(i), cap = info(BI_untyped) + i;
        unsigned bits = untyped_bits(i);

        if (!untyped_is_device(i) || paddr < base || paddr - base >= (word)1 << bits)
            continue;
        while (bits > FRAME_BITS) {
            cap = retype(cap, TYPE_UntypedObject, --bits, 2);
            if (paddr - base >= (word)1 << bits) {
                base += (word)1 << bits;
                cap++;
            }
        }
        return retype(cap, TYPE_ARM_SmallPageObject, 0, 1);
    }
    return 0;
}

word cap_mint(word source, word rights, word badge)
{
    word target = slot_new();
    const word words[6] = { target, 64, source, 64, rights, badge };
    const word root = OWN_CNODE;

    check_equal(invoke(OWN_CNODE, LABEL_CNodeMint, 1, &root, 6, words, NULL), 0, "CNode_Mint");
    return target;
}

word cap_copy(word source, word rights)
{
    word target = slot_new();
    const word words[5] = { target, 64, source, 64, rights };
    const word root = OWN_CNODE;

    check_equal(invoke(OWN_CNODE, LABEL_CNodeCopy, 1, &root, 5, words, NULL), 0, "CNode_Copy");
    return target;
}

/* Makes the page tables that are missing, as their lack is reported. */
void map(word frame, word vspace, word vaddr, word rights, word attributes)
{
    const word page[3] = { vaddr, rights, attributes };
    const word table[2] = { vaddr, seL4_ARM_Default_VMAttributes };
    word error;

    for (;;) {
        error = invoke(frame, LABEL_ARMPageMap, 1, &vspace, 3, page, NULL);
        if (error != ERROR_FailedLookup)
            break;
        check_equal(invoke(allocate(TYPE_ARM_PageTableObject, 0, BITS_PageTableBits),
                           LABEL_ARMPageTableMap, 1, &vspace, 2, table, NULL),
                    0, "PageTable_Map");
    }
    check_equal(error, 0, "Page_Map");
}

word frame_map_new(word vspace, word vaddr)
{
    word frame = allocate(TYPE_ARM_SmallPageObject, 0, BITS_PageBits);

    map(frame, vspace, vaddr, READ_WRITE, seL4_ARM_Default_VMAttributes);
    return frame;
}

void memory_checks(void)
{
    volatile word *here = (volatile word *)UINT64_C(0x500000000);
    volatile word *there = (volatile word *)UINT64_C(0x7ffffffff000);
    volatile word *image = (volatile word *)UINT64_C(0x7fffffffe000);
    word frame = frame_map_new(OWN_VSPACE, (word)here), answer_words = 0;
    struct message answer;
    static volatile word mark = 0x1122334455667788;

    for (unsigned i = 0; i < PAGE / sizeof(word); i++)
        answer_words |= here[i];
    check_equal(answer_words, 0, "a new frame is zero");
    map(cap_copy(frame, RIGHTS_READ), OWN_VSPACE, (word)there, RIGHTS_READ,
        seL4_ARM_Default_VMAttributes);
    here[1] = 77;
    check_equal(there[1], 77, "a frame mapped twice is one");
    /* The image frame that holds a variable, by its place in the list. */
    frame = info(BI_userImageFrames) + ((word)&mark - image_start()) / PAGE;
    map(cap_copy(frame, RIGHTS_READ), OWN_VSPACE, (word)image, RIGHTS_READ,
        seL4_ARM_Default_VMAttributes);
    check_equal(image[((word)&mark % PAGE) / sizeof(word)], mark,
                "image frames ascend with their addresses");
    check_equal(invoke(frame, LABEL_ARMPageGetAddress, 0, NULL, 0, NULL, &answer), 0,
                "Page_GetAddress");
    print("memory: ");
    print_decimal(block_count);
    print(" blocks, ");
    print_decimal(next_slot - info(BI_empty));
    print(" slots\n");
}
