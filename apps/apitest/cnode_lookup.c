/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding slots: guards, radix, depth, and the words of what was not found (abi section 5.1). */
#include "apitest.h"

#define LEVELS 64u

static seL4_CPtr data_mint(seL4_CPtr node, seL4_Word guard, seL4_Word bits)
{
    seL4_CPtr slot = slot_new();

    CHECK_OK(cap_mint(slot, node, seL4_CNode_CapData_new(guard, bits).words[0]));
    return slot;
}

/* Each place where an index and a depth are given, with that depth; everything else is right. */
static void check_depth(seL4_Word depth, struct failure expected)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), to = slot_new(), other = slot_new();

    seL4_SetCap(0, ROOT);
    seL4_SetCap(1, ROOT);
    for (seL4_Word label = CNodeRevoke; label <= CNodeMutate; label++)
        CHECK_FAILS(sel4_invoke(ROOT, label, 2, 6, to, depth, endpoint, DEPTH), expected);
    for (seL4_Word label = CNodeCopy; label <= CNodeMutate; label++)
        CHECK_FAILS(sel4_invoke(ROOT, label, 2, 6, to, DEPTH, endpoint, depth), expected);
    for (unsigned i = 0; i < 3; i++) {
        seL4_SetMR(4, i == 1 ? depth : DEPTH); /* the pivot's */
        seL4_SetMR(5, 0);
        seL4_SetMR(6, endpoint);
        seL4_SetMR(7, i == 2 ? depth : DEPTH); /* the source's */
        CHECK_FAILS(sel4_invoke(ROOT, CNodeRotate, 2, 8, to, i == 0 ? depth : DEPTH, 0, other),
                    expected);
    }
}

static void case_depth_range(void)
{
    check_depth(0, range(1, 64));
    check_depth(65, range(1, 64));
    check_depth(256 + 64, range(1, 64)); /* the whole word counts */
    check_depth(~0ul, range(1, 64));
}

/* The kind of the root is looked at before the depth. */
static void case_invalid_root(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), to = slot_new();
    const seL4_CPtr roots[] = { endpoint, SELF, slot_new(), VSPACE };

    for (unsigned i = 0; i < API_COUNT(roots); i++) {
        CHECK_FAILS(seL4_CNode_Copy(ROOT, to, DEPTH, roots[i], endpoint, DEPTH, seL4_AllRights),
                    invalid_root(1));
        CHECK_FAILS(seL4_CNode_Move(ROOT, to, DEPTH, roots[i], endpoint, 0), invalid_root(1));
        CHECK_FAILS(seL4_CNode_Mutate(ROOT, to, DEPTH, roots[i], endpoint, 65, 0), invalid_root(1));
    }
}

static void case_shorter_than_radix(void)
{
    seL4_CPtr node = object_new(seL4_CapTableObject, 6);

    for (seL4_Uint8 depth = 1; depth < 6; depth++)
        CHECK_FAILS(seL4_CNode_Delete(node, 0, depth), depth_mismatch(0, depth, 6));
    CHECK_OK(seL4_CNode_Delete(node, 0, 6));
}

/* Bits that are left behind an empty slot or something else. */
static void case_bits_left(void)
{
    seL4_CPtr node = object_new(seL4_CapTableObject, 6);

    for (seL4_Uint8 depth = 7; depth <= 64; depth++)
        CHECK_FAILS(seL4_CNode_Delete(node, 0, depth), depth_mismatch(0, depth - 6u, 0));
    CHECK_OK(seL4_CNode_Copy(node, 0, 6, ROOT, SELF, DEPTH, seL4_AllRights));
    CHECK_FAILS(seL4_CNode_Delete(node, 0, 64), depth_mismatch(0, 58, 0));
    CHECK_FAILS(seL4_CNode_Copy(ROOT, slot_new(), DEPTH, node, 0, 7, seL4_AllRights),
                depth_mismatch(1, 1, 0));
}

static void case_guard(void)
{
    seL4_CPtr guarded = data_mint(object_new(seL4_CapTableObject, 4), 0x2a, 6);

    CHECK_OK(seL4_CNode_Delete(guarded, 0x2a7, 10));
    CHECK_FAILS(seL4_CNode_Delete(guarded, 0x2b7, 10), guard_mismatch(0, 10, 0x2a, 6));
    CHECK_FAILS(seL4_CNode_Delete(guarded, 0x0a7, 10), guard_mismatch(0, 10, 0x2a, 6));
    CHECK_FAILS(seL4_CNode_Copy(ROOT, slot_new(), DEPTH, guarded, 7, 10, seL4_AllRights),
                guard_mismatch(1, 10, 0x2a, 6));
}

/* Too few bits for the guard are a wrong guard; too few for the radix behind it a wrong depth. */
static void case_guard_and_depth(void)
{
    seL4_CPtr guarded = data_mint(object_new(seL4_CapTableObject, 4), 0x2a, 6);

    for (seL4_Uint8 depth = 1; depth < 6; depth++)
        CHECK_FAILS(seL4_CNode_Delete(guarded, 0x2a, depth), guard_mismatch(0, depth, 0x2a, 6));
    CHECK_FAILS(seL4_CNode_Delete(guarded, 0x2a, 6), depth_mismatch(0, 6, 10));
    CHECK_FAILS(seL4_CNode_Delete(guarded, 0x2a << 3, 9), depth_mismatch(0, 9, 10));
    CHECK_FAILS(seL4_CNode_Delete(guarded, 0x2b << 3, 9), guard_mismatch(0, 9, 0x2a, 6));
}

/* A zero guard is one too. */
static void case_zero_guard(void)
{
    seL4_CPtr guarded = data_mint(object_new(seL4_CapTableObject, 4), 0, 8);

    CHECK_OK(seL4_CNode_Delete(guarded, 0x003, 12));
    CHECK_FAILS(seL4_CNode_Delete(guarded, 0x013, 12), guard_mismatch(0, 12, 0, 8));
}

static void case_wide_guard(void)
{
    seL4_CPtr guarded = data_mint(object_new(seL4_CapTableObject, 6), 0x2abcdef01234567, 58);

    CHECK_OK(seL4_CNode_Copy(guarded, 0x2abcdef01234567ul << 6 | 63, 64, ROOT, SELF, DEPTH,
                             seL4_AllRights));
    CHECK_FAILS(seL4_CNode_Delete(guarded, 63, 64), guard_mismatch(0, 64, 0x2abcdef01234567, 58));
    CHECK_OK(seL4_CNode_Delete(guarded, 0x2abcdef01234567ul << 6 | 63, 64));
}

/* Bits of the index above the depth do not matter. */
static void case_high_bits_ignored(void)
{
    seL4_CPtr node = object_new(seL4_CapTableObject, 4);

    CHECK_OK(seL4_CNode_Copy(node, ~0ul << 4 | 9, 4, ROOT, SELF, DEPTH, seL4_AllRights));
    CHECK_ERROR(seL4_CNode_Copy(node, 9, 4, ROOT, SELF, DEPTH, seL4_AllRights), seL4_DeleteFirst);
    CHECK_OK(seL4_CNode_Move(ROOT, slot_new(), DEPTH, node, 1ul << 63 | 9, 4));
}

/* Guard 1 of 2 bits and radix 3, behind it guard 6 of 3 bits and radix 4, behind it a TCB. */
static seL4_CPtr two_levels(void)
{
    seL4_CPtr inner = data_mint(object_new(seL4_CapTableObject, 4), 6, 3);
    seL4_CPtr outer = data_mint(object_new(seL4_CapTableObject, 3), 1, 2);

    CHECK_OK(seL4_CNode_Move(outer, 1 << 3 | 5, 5, ROOT, inner, DEPTH));
    CHECK_OK(seL4_CNode_Copy(outer, (1 << 3 | 5) << 7 | 6 << 4 | 11, 12, ROOT, SELF, DEPTH,
                             seL4_AllRights));
    return outer;
}

static void case_two_levels(void)
{
    seL4_CPtr outer = two_levels();
    seL4_Word path = (1 << 3 | 5) << 7 | 6 << 4 | 11;

    CHECK_FAILS(seL4_CNode_Delete(outer, path ^ 1ul << 10, 12), guard_mismatch(0, 12, 1, 2));
    CHECK_FAILS(seL4_CNode_Delete(outer, path ^ 1ul << 4, 12), guard_mismatch(0, 7, 6, 3));
    CHECK_FAILS(seL4_CNode_Delete(outer, path ^ 1ul << 7, 12), depth_mismatch(0, 7, 0));
    CHECK_FAILS(seL4_CNode_Delete(outer, path >> 1, 11), depth_mismatch(0, 6, 7));
    CHECK_FAILS(seL4_CNode_Delete(outer, path >> 5, 7), guard_mismatch(0, 2, 6, 3));
    CHECK_FAILS(seL4_CNode_Delete(outer, path << 1, 13), depth_mismatch(0, 1, 0));
    CHECK_FAILS(seL4_CNode_Move(ROOT, slot_new(), DEPTH, outer, path ^ 1, 12), missing(1, 12));
    CHECK_OK(seL4_CNode_Move(ROOT, slot_new(), DEPTH, outer, path, 12));
    CHECK_OK(seL4_CNode_Delete(outer, path >> 7, 5)); /* the inner node's own slot */
}

static seL4_CPtr chain[LEVELS];

/* 64 nodes of two slots, each in slot 1 of the one before; the last one holds a notification. */
static seL4_CPtr chain_new(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);

    for (unsigned i = 0; i < LEVELS; i++)
        chain[i] = object_new(seL4_CapTableObject, 1);
    for (unsigned i = 1; i < LEVELS; i++)
        CHECK_OK(seL4_CNode_Copy(chain[i - 1], 1, 1, ROOT, chain[i], DEPTH, seL4_AllRights));
    CHECK_OK(seL4_CNode_Copy(chain[LEVELS - 1], 1, 1, ROOT, notification, DEPTH, seL4_AllRights));
    return notification;
}

/* Every depth from 1 to 64 is found, and no other address. */
static void case_chain(void)
{
    (void)chain_new();
    for (seL4_Uint8 depth = 1; depth <= LEVELS; depth++) {
        CHECK_ERROR(seL4_CNode_Copy(chain[0], ~0ul, depth, ROOT, SELF, DEPTH, seL4_AllRights),
                    seL4_DeleteFirst);
        CHECK_OK(seL4_CNode_Delete(chain[0], ~0ul << 1, depth)); /* slot 0 of the same node */
        if (depth > 1)
            CHECK_FAILS(seL4_CNode_Delete(chain[0], ~0ul >> (65 - depth), depth),
                        depth_mismatch(0, depth - 1u, 0));
    }
}

static seL4_Word call_results[LEVELS + 1];

/* Calls the address with each bit cleared in turn, and last the right one. */
static void call_all(seL4_Word argument)
{
    (void)argument;
    for (unsigned bit = 0; bit <= LEVELS; bit++) {
        seL4_Word address = bit < LEVELS ? ~(1ul << bit) : ~0ul;
        struct sel4_syscall_registers r = { .x0 = address };

        sel4_trap(seL4_SysCall, &r, 0, 0);
        call_results[bit] = r.info >> 12;
    }
    thread_wait_for_ever();
}

/* A thread finds the 64 levels too; an empty slot on the way is an invalid capability. */
static void case_chain_invoked(void)
{
    seL4_CPtr notification = chain_new();
    seL4_Word badge = 0;
    struct thread t = thread_start(call_all, 0, (struct thread_options){ .priority = 100 });
    seL4_CPtr badged = slot_new();

    CHECK_OK(seL4_CNode_Delete(chain[LEVELS - 1], 1, 1));
    CHECK_OK(cap_mint(badged, notification, 77));
    CHECK_OK(seL4_CNode_Move(chain[LEVELS - 1], 1, 1, ROOT, badged, DEPTH));
    CHECK_OK(seL4_TCB_SetSpace(t.tcb, 0, chain[0], 0, VSPACE, 0));
    (void)seL4_Wait(notification, &badge);
    CHECK_EQUAL(badge, 77);
    for (unsigned bit = 0; bit < LEVELS; bit++)
        CHECK_EQUAL(call_results[bit], seL4_InvalidCapability);
}

static void case_root_node_depth(void)
{
    seL4_Word bits = boot->initThreadCNodeSizeBits;
    seL4_CPtr slot = slot_new();

    /* The root CNode's guard takes what the radix leaves of 64 bits: no other depth is right. */
    CHECK_FAILS(seL4_CNode_Delete(ROOT, slot, (seL4_Uint8)bits),
                guard_mismatch(0, bits, 0, 64 - bits));
    CHECK_FAILS(seL4_CNode_Delete(ROOT, slot >> 1, 63), depth_mismatch(0, 63, 64));
    CHECK_FAILS(seL4_CNode_Delete(ROOT, slot | 1ul << 63, 64), guard_mismatch(0, 64, 0, 64 - bits));
    CHECK_OK(seL4_CNode_Delete(ROOT, slot, 64));
}

static const struct api_case cases[] = {
    { "depth range", case_depth_range },
    { "invalid root", case_invalid_root },
    { "shorter than radix", case_shorter_than_radix },
    { "bits left", case_bits_left },
    { "guard", case_guard },
    { "guard and depth", case_guard_and_depth },
    { "zero guard", case_zero_guard },
    { "wide guard", case_wide_guard },
    { "high bits ignored", case_high_bits_ignored },
    { "two levels", case_two_levels },
    { "chain of 64", case_chain },
    { "chain of 64 invoked", case_chain_invoked },
    { "root node depth", case_root_node_depth },
};
const struct api_group cnode_lookup_group = {
    .name = "cnode lookup",
    .cases = cases,
    .count = API_COUNT(cases),
};
