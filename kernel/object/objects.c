/* SPDX-License-Identifier: BSD-2-Clause */
/* Birth of the objects that Retype makes. */
#include <kernel/object_ops.h>
#include <kernel/retype.h>
#include <kernel/state.h>
#include <rcoe/pages.h>

static struct cap frame_cap(void *memory, bool is_device, enum frame_size size)
{
    word_t field = (is_device ? 1u : 0u) | (word_t)VM_READ_WRITE << 1 | (word_t)size << 3;

    if (!is_device) {
        rcoe_pages_give(ptr_to_paddr(memory), BIT(12u + 9u * (word_t)size));
    }
    return cap_make(CAP_FRAME, field, memory, 0);
}

struct cap object_create(enum object_type type, word_t size_bits, void *memory, bool is_device)
{
    switch (type) {
    case OBJECT_UNTYPED:
        return cap_make(CAP_UNTYPED, (is_device ? 1u : 0u) | size_bits << 1, memory, 0);
    case OBJECT_TCB:
        tcb_init(memory, state.domain);
        return cap_make(CAP_THREAD, 0, memory, 0);
    case OBJECT_ENDPOINT:
        return cap_make(CAP_ENDPOINT, RIGHTS_ALL, memory, 0);
    case OBJECT_NOTIFICATION:
        return cap_make(CAP_NOTIFICATION, RIGHT_READ | RIGHT_WRITE, memory, 0);
    case OBJECT_CAP_TABLE:
        return cap_make(CAP_CNODE, size_bits, memory, 0);
    case OBJECT_SCHED_CONTEXT:
        sched_context_init(memory, size_bits);
        return cap_make(CAP_SCHED_CONTEXT, size_bits, memory, 0);
    case OBJECT_REPLY:
        return cap_make(CAP_REPLY, 1, memory, 0);
    case OBJECT_SMALL_PAGE:
        return frame_cap(memory, is_device, FRAME_SMALL);
    case OBJECT_LARGE_PAGE:
        return frame_cap(memory, is_device, FRAME_LARGE);
    case OBJECT_HUGE_PAGE:
        return frame_cap(memory, is_device, FRAME_HUGE);
    case OBJECT_PAGE_TABLE:
        return cap_make(CAP_PAGE_TABLE, 0, memory, 0);
    case OBJECT_VSPACE:
        return cap_make(CAP_VSPACE, 0, memory, 0);
    default:
        panic(PANIC_ASSERT, type);
    }
}
