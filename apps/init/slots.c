/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots of the root CNode. */
#include "init.h"

static struct {
    seL4_Word start[4]; /* by enum spec_base */
    seL4_CPtr next;     /* first slot that nobody uses */
    seL4_CPtr end;
} slots;

void slots_init(const seL4_BootInfo *info, const struct spec_header *spec)
{
    slots.start[SPEC_BASE_ABSOLUTE] = 0;
    slots.start[SPEC_BASE_EMPTY] = info->empty.start;
    slots.start[SPEC_BASE_IMAGE_FRAME] = info->userImageFrames.start;
    slots.start[SPEC_BASE_SCHEDCONTROL] = info->schedcontrol.start;
    slots.next = info->empty.start + spec->slot_count;
    slots.end = info->empty.end;
}

seL4_CPtr slot_of(uint64_t spec_cap)
{
    return slots.start[spec_cap >> 56 & 3] + (spec_cap & ((UINT64_C(1) << 56) - 1));
}

seL4_CPtr slots_take(seL4_Word count)
{
    seL4_CPtr first = slots.next;

    if (first >= slots.end || slots.end - first < count)
        return 0;
    slots.next += count;
    return first;
}
