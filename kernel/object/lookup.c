/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability addresses (abi 5.1). */
#include <kernel/invocation.h>
#include <kernel/object_ops.h>

static struct lookup fault(enum lookup_failure type, word_t w0, word_t w1, word_t w2)
{
    state.lookup_fault = (struct lookup_fault){ type, { w0, w1, w2 } };
    return (struct lookup){ .status = EXCEPTION_LOOKUP_FAULT };
}

/* The `count` address bits below bit `from`; 0 when count is 0. */
static word_t address_bits(cptr_t cptr, word_t from, word_t count)
{
    return count == 0 ? 0
                      : (cptr >> (from - count)) & (count < WORD_BITS ? MASK(count) : ~UINT64_C(0));
}

/* Level by level. */
static __attribute__((noinline)) struct lookup walk(struct cap root, cptr_t cptr, word_t depth)
{
    struct cap node = root;
    word_t left = depth;

    if (cap_type(root) != CAP_CNODE)
        return fault(LOOKUP_INVALID_ROOT, 0, 0, 0);
    for (;;) { /* ends: a CNode has at least two slots, so that `left` falls */
        word_t radix = cnode_radix(node);
        word_t guard_size = cnode_guard_size(node);
        struct cte *slot;

        if (guard_size > left || address_bits(cptr, left, guard_size) != cnode_guard(node))
            return fault(LOOKUP_GUARD, left, cnode_guard(node), guard_size);
        if (guard_size + radix > left)
            return fault(LOOKUP_DEPTH, left, guard_size + radix, 0);
        left -= guard_size;
        slot = (struct cte *)cap_object(node) + address_bits(cptr, left, radix);
        left -= radix;
        if (left == 0 || cap_type(slot->cap) != CAP_CNODE)
            return (struct lookup){ .slot = slot, .bits_left = (uint32_t)left };
        node = slot->cap;
    }
}

struct lookup lookup_address(struct cap root, cptr_t cptr, word_t depth)
{
    struct cte *slot = lookup_one_level(root, cptr, depth);

    if (slot != NULL)
        return (struct lookup){ .slot = slot };
    return walk(root, cptr, depth);
}

struct lookup lookup_slot(struct tcb *thread, cptr_t cptr)
{
    return lookup_address(thread->slot[TCB_CSPACE].cap, cptr, WORD_BITS);
}

struct lookup lookup_target(struct cap root, cptr_t index, word_t depth, bool is_source)
{
    struct lookup found = { .status = EXCEPTION_NONE };

    if (cap_type(root) != CAP_CNODE) {
        (void)fault(LOOKUP_INVALID_ROOT, 0, 0, 0);
        found.status = error_failed_lookup(is_source);
        return found;
    }
    if (depth < 1 || depth > WORD_BITS) {
        found.status = error_range(1, WORD_BITS);
        return found;
    }
    found = lookup_address(root, index, depth);
    if (found.status == EXCEPTION_NONE && found.bits_left != 0)
        found = fault(LOOKUP_DEPTH, found.bits_left, 0, 0);
    if (found.status != EXCEPTION_NONE)
        found.status = error_failed_lookup(is_source);
    return found;
}

struct cte *lookup_receive_slot(struct tcb *receiver, const word_t *buffer)
{
    const word_t *receive = &buffer[IPC_BUFFER_RECEIVE_CNODE];
    struct lookup root = lookup_slot(receiver, receive[0]);
    struct lookup found;

    if (root.status != EXCEPTION_NONE)
        return NULL;
    found = lookup_target(root.slot->cap, receive[1], receive[2], false);
    if (found.status != EXCEPTION_NONE || cap_type(found.slot->cap) != CAP_NULL)
        return NULL;
    return found.slot;
}
