/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure rules of single capabilities: rights, data, derivation, identity (abi 5.2, 5.3). */
#include <kernel/invocation.h>
#include <kernel/object_ops.h>

static word_t zombie_bits(struct cap cap)
{
    switch (zombie_queue(cap)) {
    case ZOMBIE_ENDPOINT:
        return ENDPOINT_BITS;
    case ZOMBIE_NOTIFICATION:
        return NOTIFICATION_BITS;
    default:
        return zombie_is_thread(cap) ? (word_t)TCB_BITS : zombie_radix(cap) + SLOT_BITS;
    }
}

/* log2 of the bytes the object occupies; only for physical caps. */
static word_t object_bits(struct cap cap)
{
    switch (cap_type(cap)) {
    case CAP_UNTYPED:
        return untyped_size_bits(cap);
    case CAP_FRAME:
        return frame_size_bits(cap);
    case CAP_CNODE:
        return cnode_radix(cap) + SLOT_BITS;
    case CAP_ZOMBIE:
        return zombie_bits(cap);
    case CAP_SCHED_CONTEXT:
        return cap_field(cap) & MASK(6);
    case CAP_PAGE_TABLE:
    case CAP_VSPACE:
    case CAP_ASID_POOL:
        return TABLE_BITS;
    case CAP_ENDPOINT:
        return ENDPOINT_BITS;
    case CAP_NOTIFICATION:
        return NOTIFICATION_BITS;
    case CAP_REPLY:
        return REPLY_BITS;
    case CAP_THREAD:
        return TCB_BITS;
    default:
        return 0;
    }
}

bool cap_is_physical(struct cap cap)
{
    switch (cap_type(cap)) {
    case CAP_UNTYPED:
    case CAP_FRAME:
    case CAP_PAGE_TABLE:
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_REPLY:
    case CAP_VSPACE:
    case CAP_CNODE:
    case CAP_THREAD:
    case CAP_ASID_POOL:
    case CAP_ZOMBIE:
    case CAP_SCHED_CONTEXT:
        return true;
    default:
        return false;
    }
}

/* Device memory may lie where address + size wraps: compare first and last byte. */
static bool region_contains(struct cap a, struct cap b)
{
    word_t first_a = (word_t)cap_object(a), last_a = first_a + MASK(object_bits(a));
    word_t first_b = (word_t)cap_object(b), last_b = first_b + MASK(object_bits(b));

    return first_a <= first_b && last_b <= last_a && first_b <= last_b;
}

bool cap_same_region(struct cap a, struct cap b)
{
    switch (cap_type(a)) {
    case CAP_UNTYPED:
        return cap_is_physical(b) && region_contains(a, b);
    case CAP_FRAME:
        return cap_type(b) == CAP_FRAME && region_contains(a, b);
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_REPLY:
    case CAP_THREAD:
    case CAP_PAGE_TABLE:
    case CAP_VSPACE:
    case CAP_ASID_POOL:
        return cap_type(b) == cap_type(a) && cap_object(a) == cap_object(b);
    case CAP_CNODE:
    case CAP_SCHED_CONTEXT:
        return cap_type(b) == cap_type(a) && cap_object(a) == cap_object(b) &&
               object_bits(a) == object_bits(b);
    case CAP_IRQ_CONTROL:
        return cap_type(b) == CAP_IRQ_CONTROL || cap_type(b) == CAP_IRQ_HANDLER ||
               cap_type(b) == CAP_SGI_SIGNAL;
    case CAP_IRQ_HANDLER:
    case CAP_SGI_SIGNAL:
        return cap_type(b) == cap_type(a) && cap_field(a) == cap_field(b);
    case CAP_DOMAIN:
    case CAP_ASID_CONTROL:
    case CAP_SCHED_CONTROL:
    case CAP_SMC:
        return cap_type(b) == cap_type(a);
    default:
        return false; /* null; a zombie is always the last cap of its object */
    }
}

bool cap_same_object(struct cap a, struct cap b)
{
    switch (cap_type(a)) {
    case CAP_UNTYPED:
        return false;
    case CAP_IRQ_CONTROL:
        return cap_type(b) == CAP_IRQ_CONTROL;
    case CAP_FRAME:
        return cap_type(b) == CAP_FRAME && cap_object(a) == cap_object(b) &&
               frame_size(a) == frame_size(b) && frame_is_device(a) == frame_is_device(b);
    default:
        return cap_same_region(a, b);
    }
}

struct derived cap_derive(struct cte *slot, struct cap cap)
{
    struct derived derived = { .status = EXCEPTION_NONE, .cap = cap };

    switch (cap_type(cap)) {
    case CAP_UNTYPED:
        if (cte_has_children(slot))
            derived.status = error_revoke_first();
        break;
    case CAP_FRAME:
        derived.cap = cap_with_mapping(cap, 0, 0);
        break;
    case CAP_PAGE_TABLE:
    case CAP_VSPACE:
        if (cap_asid(cap) == 0)
            derived.status = error_illegal();
        break;
    case CAP_IRQ_CONTROL:
    case CAP_ZOMBIE:
        derived.cap = cap_null();
        break;
    default:
        break;
    }
    return derived;
}

struct cap cap_mask_rights(struct cap cap, word_t rights)
{
    switch (cap_type(cap)) {
    case CAP_ENDPOINT:
        return cap_with_field(cap, cap_field(cap) & rights & RIGHTS_ALL);
    case CAP_NOTIFICATION:
        return cap_with_field(cap, cap_field(cap) & rights & (RIGHT_READ | RIGHT_WRITE));
    case CAP_REPLY:
        return (rights & RIGHT_GRANT) != 0 ? cap : cap_with_field(cap, 0);
    case CAP_FRAME:
        return frame_with_rights(cap, vm_rights_mask(frame_rights(cap), rights));
    default:
        return cap;
    }
}

/* A badge can be given once, and only to a copy. */
static struct cap set_badge(struct cap cap, word_t badge, bool preserve)
{
    if (preserve || cap_badge(cap) != 0)
        return cap_null();
    cap.w1 = badge;
    return cap;
}

struct cap cap_update_data(struct cap cap, word_t data, bool preserve)
{
    word_t guard_size = data & MASK(6);

    switch (cap_type(cap)) {
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_SMC:
        return set_badge(cap, data, preserve);
    case CAP_CNODE:
        if (guard_size + cnode_radix(cap) > WORD_BITS)
            return cap_null();
        cap.w1 = ((data >> 6) & MASK(guard_size)) << 6 | guard_size;
        return cap;
    default:
        return cap;
    }
}
