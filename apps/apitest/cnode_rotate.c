/* SPDX-License-Identifier: BSD-2-Clause */
/* CNode_Rotate: pivot to destination, source to pivot (abi section 3.4). */
#include "apitest.h"

static seL4_Error rotate(seL4_CPtr to, seL4_Word to_badge, seL4_CPtr pivot, seL4_Word pivot_badge,
                         seL4_CPtr from)
{
    return seL4_CNode_Rotate(ROOT, to, DEPTH, to_badge, ROOT, pivot, DEPTH, pivot_badge, ROOT, from,
                             DEPTH);
}

/* What is where: CNodes of different radix answer to different depths. */
static seL4_CPtr node_new(seL4_Word radix)
{
    return object_new(seL4_CapTableObject, radix);
}
static bool is_node(seL4_CPtr slot, seL4_Uint8 radix)
{
    return seL4_CNode_Delete(slot, 0, radix) == seL4_NoError;
}

static void case_three_slots(void)
{
    seL4_CPtr to = slot_new(), pivot = node_new(3), from = node_new(4);

    CHECK_OK(rotate(to, 0, pivot, 0, from));
    CHECK(is_node(to, 3) && is_node(pivot, 4) && !cap_exists(from));
}

static void case_swap(void)
{
    seL4_CPtr pivot = node_new(3), from = node_new(4);

    CHECK_OK(rotate(from, 0, pivot, 0, from));
    CHECK(is_node(from, 3) && is_node(pivot, 4));
}

static void case_guards(void)
{
    seL4_CPtr to = slot_new(), pivot = node_new(3), from = node_new(4);

    CHECK_OK(rotate(to, seL4_CNode_CapData_new(5, 3).words[0], pivot,
                    seL4_CNode_CapData_new(9, 4).words[0], from));
    CHECK_OK(seL4_CNode_Delete(to, 5 << 3, 6));
    CHECK_OK(seL4_CNode_Delete(pivot, 9 << 4, 8));
    CHECK_FAILS(seL4_CNode_Delete(to, 0, 6), guard_mismatch(0, 6, 5, 3));
}

static void case_truncated(void)
{
    seL4_CPtr to = slot_new(), pivot = node_new(3), from = node_new(4);

    seL4_SetCap(0, ROOT);
    seL4_SetCap(1, ROOT);
    seL4_SetMR(4, DEPTH);
    seL4_SetMR(5, 0);
    seL4_SetMR(6, from);
    seL4_SetMR(7, DEPTH);
    for (seL4_Word length = 2; length < 8; length++)
        CHECK_ERROR(sel4_invoke(ROOT, CNodeRotate, 2, length, to, DEPTH, 0, pivot),
                    seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(ROOT, CNodeRotate, 1, 8, to, DEPTH, 0, pivot), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(ROOT, CNodeRotate, 0, 8, to, DEPTH, 0, pivot), seL4_TruncatedMessage);
    CHECK_OK(sel4_invoke(ROOT, CNodeRotate, 2, 8, to, DEPTH, 0, pivot));
}

/* Source and pivot both say "source"; the source is looked up first. */
static void case_lookups(void)
{
    seL4_CPtr to = slot_new(), pivot = node_new(3), from = node_new(4);

    CHECK_FAILS(seL4_CNode_Rotate(ROOT, to, DEPTH, 0, pivot, 0, 2, 0, from, 0, 3),
                depth_mismatch(1, 3, 4));
    CHECK_FAILS(seL4_CNode_Rotate(ROOT, to, DEPTH, 0, pivot, 0, 2, 0, ROOT, from, DEPTH),
                depth_mismatch(1, 2, 3));
    CHECK_FAILS(seL4_CNode_Rotate(ROOT, to, DEPTH, 0, SELF, 0, 0, 0, ROOT, from, DEPTH),
                invalid_root(1));
    CHECK_FAILS(seL4_CNode_Rotate(ROOT, to, DEPTH, 0, ROOT, pivot, DEPTH, 0, SELF, 0, 0),
                invalid_root(1));
    CHECK_FAILS(seL4_CNode_Rotate(ROOT, to, 65, 0, SELF, 0, 0, 0, SELF, 0, 0), range(1, 64));
}

static void case_pivot_is_other(void)
{
    seL4_CPtr to = slot_new(), from = node_new(4);

    CHECK_ERROR(rotate(to, 0, from, 0, from), seL4_IllegalOperation);
    CHECK_ERROR(rotate(to, 0, to, 0, from), seL4_IllegalOperation);
    CHECK_ERROR(rotate(from, 0, from, 0, from), seL4_IllegalOperation);
    CHECK_ERROR(rotate(to, 0, to, 0, slot_new()), seL4_IllegalOperation);
}

static void case_empty(void)
{
    seL4_CPtr to = slot_new(), pivot = node_new(3), from = node_new(4), empty = slot_new();

    CHECK_FAILS(rotate(to, 0, pivot, 0, empty), missing(1, DEPTH));
    CHECK_FAILS(rotate(to, 0, empty, 0, from), missing(0, DEPTH));
    CHECK_FAILS(rotate(to, 0, slot_new(), 0, empty), missing(1, DEPTH)); /* the source first */
    CHECK_FAILS(rotate(empty, 0, pivot, 0, empty), missing(1, DEPTH));
    CHECK_FAILS(seL4_CNode_Rotate(ROOT, to, DEPTH, 0, pivot, 0, 3, 0, ROOT, from, DEPTH),
                missing(0, 3));
}

static void case_occupied(void)
{
    seL4_CPtr pivot = node_new(3), from = node_new(4);

    CHECK_ERROR(rotate(SELF, 0, pivot, 0, from), seL4_DeleteFirst);
    CHECK_ERROR(rotate(SELF, 0, slot_new(), 0, slot_new()), seL4_DeleteFirst);
}

/* Endpoints and notifications refuse a badge, and 0 is one. */
static void case_badged(void)
{
    seL4_CPtr to = slot_new(), node = node_new(3);
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);

    CHECK_ERROR(rotate(to, 0, node, 0, endpoint), seL4_IllegalOperation);
    CHECK_ERROR(rotate(to, 0, endpoint, 0, node), seL4_IllegalOperation);
    CHECK_ERROR(rotate(to, 1, notification, 0, node), seL4_IllegalOperation);
    CHECK_ERROR(rotate(notification, 0, node, 0, notification), seL4_IllegalOperation);
    CHECK(cap_exists(endpoint) && cap_exists(notification) && is_node(node, 3));
    CHECK(!cap_exists(to));
}

static void case_guard_too_wide(void)
{
    seL4_CPtr to = slot_new(), pivot = node_new(3), from = node_new(4);

    CHECK_ERROR(rotate(to, seL4_CNode_CapData_new(0, 62).words[0], pivot, 0, from),
                seL4_IllegalOperation);
    CHECK_ERROR(rotate(to, 0, pivot, seL4_CNode_CapData_new(0, 61).words[0], from),
                seL4_IllegalOperation);
    CHECK(is_node(pivot, 3) && is_node(from, 4) && !cap_exists(to));
    CHECK_OK(rotate(to, seL4_CNode_CapData_new(0, 61).words[0], pivot,
                    seL4_CNode_CapData_new(0, 60).words[0], from));
}

/* Places in the derivation tree go along: an original still revokes its copies. */
static void case_derivation(void)
{
    seL4_CPtr to = slot_new(), pivot = node_new(3), from = node_new(4);
    seL4_CPtr of_pivot = slot_new(), of_from = slot_new();

    CHECK_OK(cap_copy(of_pivot, pivot));
    CHECK_OK(cap_copy(of_from, from));
    CHECK_OK(rotate(to, 0, pivot, 0, from));
    CHECK_OK(seL4_CNode_Revoke(ROOT, to, DEPTH));
    CHECK(!cap_exists(of_pivot) && cap_exists(of_from));
    CHECK_OK(seL4_CNode_Revoke(ROOT, pivot, DEPTH));
    CHECK(!cap_exists(of_from) && is_node(pivot, 4) && is_node(to, 3));
}

/* Neighbours in the derivation tree trade places without losing each other. */
static void case_swap_parent_and_child(void)
{
    seL4_CPtr parent = node_new(3), child = slot_new(), other = slot_new();

    CHECK_OK(cap_copy(child, parent));
    CHECK_OK(cap_copy(other, parent));
    CHECK_OK(rotate(child, 0, parent, 0, child));
    CHECK_OK(seL4_CNode_Revoke(ROOT, parent, DEPTH)); /* now a copy: nothing happens */
    CHECK(cap_exists(child) && cap_exists(other));
    CHECK_OK(seL4_CNode_Revoke(ROOT, child, DEPTH));
    CHECK(cap_exists(child) && !cap_exists(parent) && !cap_exists(other));
}

static void case_across_nodes(void)
{
    seL4_CPtr one = node_new(2), two = node_new(3), moved = node_new(5);

    CHECK_OK(seL4_CNode_Move(one, 1, 2, ROOT, moved, DEPTH));
    CHECK_OK(seL4_CNode_Copy(two, 6, 3, ROOT, SELF, DEPTH, seL4_AllRights));
    CHECK_OK(seL4_CNode_Rotate(ROOT, moved, DEPTH, 0, one, 1, 2, 0, two, 6, 3));
    CHECK(is_node(moved, 5));
    CHECK_FAILS(seL4_CNode_Move(ROOT, slot_new(), DEPTH, two, 6, 3), missing(1, 3));
    CHECK_OK(seL4_CNode_Move(ROOT, slot_new(), DEPTH, one, 1, 2));
}

static const struct api_case cases[] = {
    { "three slots", case_three_slots },
    { "swap", case_swap },
    { "guards", case_guards },
    { "truncated", case_truncated },
    { "lookups", case_lookups },
    { "pivot is another", case_pivot_is_other },
    { "empty", case_empty },
    { "occupied", case_occupied },
    { "badged", case_badged },
    { "guard too wide", case_guard_too_wide },
    { "derivation", case_derivation },
    { "swap parent and child", case_swap_parent_and_child },
    { "across nodes", case_across_nodes },
};
const struct api_group cnode_rotate_group = {
    .name = "cnode rotate",
    .cases = cases,
    .count = API_COUNT(cases),
};
