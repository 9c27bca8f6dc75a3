/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Untyped memory: objects anywhere come from the smallest untyped with room; frames at a fixed
 * address come from halving the untyped around them until it has their size.
 */
#include "init.h"

#define NODES_MAX 1024u

struct memory_node {
    seL4_Word paddr;
    seL4_CPtr cap;
    seL4_Word used; /* bytes from the start, as the kernel's watermark; size when halved */
    seL4_Uint8 bits;
    bool device;
};

static struct memory_node node[NODES_MAX];
static unsigned node_count;

void memory_init(const seL4_BootInfo *info)
{
    seL4_Word count = info->untyped.end - info->untyped.start;

    for (seL4_Word i = 0; i < count && i < CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS; i++) {
        const seL4_UntypedDesc *untyped = &info->untypedList[i];

        node[node_count++] = (struct memory_node){ .paddr = untyped->paddr,
                                                   .cap = info->untyped.start + i,
                                                   .bits = untyped->sizeBits,
                                                   .device = untyped->isDevice != 0 };
    }
}

/* Size of an object of 2^n bytes; n, or 0 for a type that Retype does not know. */
static seL4_Word object_bits(seL4_Word type, seL4_Word size_bits)
{
    switch (type) {
    case seL4_UntypedObject:
    case seL4_SchedContextObject:
        return size_bits;
    case seL4_CapTableObject:
        return size_bits + seL4_SlotBits;
    case seL4_TCBObject:
        return seL4_TCBBits;
    case seL4_EndpointObject:
        return seL4_EndpointBits;
    case seL4_NotificationObject:
        return seL4_NotificationBits;
    case seL4_ReplyObject:
        return seL4_ReplyBits;
    case seL4_ARM_VSpaceObject:
    case seL4_ARM_SmallPageObject:
    case seL4_ARM_PageTableObject:
        return seL4_PageBits;
    case seL4_ARM_LargePageObject:
        return seL4_LargePageBits;
    case seL4_ARM_HugePageObject:
        return seL4_HugePageBits;
    default:
        return 0;
    }
}

/* Where in the node an object would start; the kernel aligns to the object's size. */
static seL4_Word object_start(const struct memory_node *n, seL4_Word bits)
{
    seL4_Word size = 1ul << bits;

    return (n->used + size - 1) & ~(size - 1);
}

static seL4_Word retype_from(struct memory_node *n, seL4_Word type, seL4_Word size_bits,
                             seL4_CPtr slot, seL4_Word count)
{
    seL4_Word bits = object_bits(type, size_bits);
    seL4_Error error =
        seL4_Untyped_Retype(n->cap, type, size_bits, seL4_CapInitThreadCNode, 0, 0, slot, count);

    if (error == seL4_NoError)
        n->used = object_start(n, bits) + (count << bits);
    return error;
}

seL4_Word memory_retype(seL4_Word type, seL4_Word size_bits, seL4_CPtr slot)
{
    seL4_Word bits = object_bits(type, size_bits);
    struct memory_node *best = NULL;

    if (!bits || bits > seL4_MaxUntypedBits)
        return seL4_InvalidArgument;
    for (unsigned i = 0; i < node_count; i++) {
        struct memory_node *n = &node[i];

        if (!n->device && (!best || n->bits < best->bits) && n->bits >= bits &&
            object_start(n, bits) + (1ul << bits) <= 1ul << n->bits)
            best = n;
    }
    return best ? retype_from(best, type, size_bits, slot, 1) : seL4_NotEnoughMemory;
}

static struct memory_node *node_around(seL4_Word paddr, seL4_Word bits, bool device)
{
    for (unsigned i = 0; i < node_count; i++) {
        struct memory_node *n = &node[i];

        if (n->device == device && !n->used && n->bits >= bits && paddr >= n->paddr &&
            paddr - n->paddr < 1ul << n->bits)
            return n;
    }
    return NULL;
}

/* Replaces the node by its two halves. */
static seL4_Word node_halve(struct memory_node *n)
{
    seL4_CPtr slot = slots_take(2);
    seL4_Uint8 bits = (seL4_Uint8)(n->bits - 1);
    seL4_Word error;

    if (!slot || node_count + 2 > NODES_MAX)
        return seL4_NotEnoughMemory;
    error = retype_from(n, seL4_UntypedObject, bits, slot, 2);
    if (error)
        return error;
    for (seL4_Word half = 0; half < 2; half++)
        node[node_count++] = (struct memory_node){ .paddr = n->paddr + (half << bits),
                                                   .cap = slot + half,
                                                   .bits = bits,
                                                   .device = n->device };
    return seL4_NoError;
}

seL4_Word memory_frame_at(seL4_Word paddr, seL4_Word bits, bool device, seL4_CPtr slot)
{
    seL4_Word type = bits == seL4_PageBits        ? seL4_ARM_SmallPageObject
                     : bits == seL4_LargePageBits ? seL4_ARM_LargePageObject
                                                  : seL4_ObjectTypeCount;

    if (type == seL4_ObjectTypeCount || paddr & ((1ul << bits) - 1))
        return seL4_AlignmentError;
    for (;;) {
        struct memory_node *n = node_around(paddr, bits, device);
        seL4_Word error;

        if (!n)
            return seL4_RangeError;
        if (n->bits == bits)
            return retype_from(n, type, 0, slot, 1);
        error = node_halve(n);
        if (error)
            return error;
    }
}
