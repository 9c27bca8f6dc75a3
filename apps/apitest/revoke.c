/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is whose child: Revoke and the derivation tree (abi section 5.3). */
#include "apitest.h"

static seL4_Error revoke(seL4_CPtr slot)
{
    return seL4_CNode_Revoke(ROOT, slot, DEPTH);
}
static seL4_CPtr copied(seL4_CPtr from)
{
    seL4_CPtr slot = slot_new();

    CHECK_OK(cap_copy(slot, from));
    return slot;
}
static seL4_CPtr badged(seL4_CPtr from, seL4_Word badge)
{
    seL4_CPtr slot = slot_new();

    CHECK_OK(cap_mint(slot, from, badge));
    return slot;
}

/* An original takes all copies along, and stays itself. */
static void case_original(void)
{
    static const struct {
        seL4_Word type, bits;
    } table[] = { { seL4_TCBObject, 0 },          { seL4_EndpointObject, 0 },
                  { seL4_NotificationObject, 0 }, { seL4_CapTableObject, 2 },
                  { seL4_SchedContextObject, 7 }, { seL4_ReplyObject, 0 },
                  { seL4_ARM_SmallPageObject, 0 } };

    for (unsigned i = 0; i < API_COUNT(table); i++) {
        seL4_CPtr original = object_new(table[i].type, table[i].bits);
        seL4_CPtr a = copied(original), b = copied(a), c = badged(b, 0);

        CHECK_OK(revoke(original));
        CHECK(cap_exists(original));
        CHECK(!cap_exists(a) && !cap_exists(b) && !cap_exists(c));
    }
}

static void case_plain_copy(void)
{
    seL4_CPtr original = object_new(seL4_EndpointObject, 0);
    seL4_CPtr a = copied(original), b = copied(a), c = badged(a, 3);

    CHECK_OK(revoke(a));
    CHECK(cap_exists(original) && cap_exists(a) && cap_exists(b) && cap_exists(c));
}

/* Fewer rights make no child: a masked copy is a sibling. */
static void case_masked_copy(void)
{
    seL4_CPtr original = object_new(seL4_EndpointObject, 0), a = slot_new();
    seL4_CPtr b;

    CHECK_OK(seL4_CNode_Mint(ROOT, a, DEPTH, ROOT, original, DEPTH, seL4_CanRead, 0));
    b = copied(a);
    CHECK_OK(revoke(a));
    CHECK(cap_exists(b));
    CHECK_OK(revoke(original));
    CHECK(!cap_exists(a) && !cap_exists(b));
}

static void case_badges(void)
{
    seL4_CPtr original = object_new(seL4_EndpointObject, 0);
    seL4_CPtr one = badged(original, 1), two = badged(original, 2);
    seL4_CPtr of_one = copied(one), of_two = copied(two), plain = copied(original);

    CHECK_OK(revoke(one));
    CHECK(cap_exists(one) && !cap_exists(of_one));
    CHECK(cap_exists(two) && cap_exists(of_two) && cap_exists(plain));
    CHECK_OK(revoke(original));
    CHECK(!cap_exists(one) && !cap_exists(two) && !cap_exists(of_two) && !cap_exists(plain));
    CHECK(cap_exists(original));
}

/* The first with a badge is the parent of its copies; a copy is nobody's. */
static void case_copy_of_badged(void)
{
    seL4_CPtr original = object_new(seL4_NotificationObject, 0);
    seL4_CPtr first = badged(original, 9), a = copied(first), b = copied(a);

    CHECK_OK(revoke(a));
    CHECK(cap_exists(b) && cap_exists(first));
    CHECK_OK(revoke(first));
    CHECK(!cap_exists(a) && !cap_exists(b) && cap_exists(first));
}

/* The same badge given twice: two families. */
static void case_equal_badges(void)
{
    seL4_CPtr original = object_new(seL4_EndpointObject, 0);
    seL4_CPtr one = badged(original, 5), other = badged(original, 5);
    seL4_CPtr of_other = copied(other);

    CHECK_OK(revoke(other));
    CHECK(!cap_exists(of_other) && cap_exists(one) && cap_exists(other));
    (void)copied(one);
    CHECK_OK(cap_delete(original));
    CHECK(cap_exists(one) && cap_exists(other));
}

static void case_deleted_parent(void)
{
    seL4_CPtr original = object_new(seL4_EndpointObject, 0);
    seL4_CPtr a = copied(original), b = copied(a), c = badged(b, 4), d = copied(c);

    CHECK_OK(cap_delete(original));
    CHECK_OK(revoke(a));
    CHECK_OK(revoke(b));
    CHECK(cap_exists(a) && cap_exists(b) && cap_exists(c) && cap_exists(d));
    CHECK_OK(revoke(c));
    CHECK(!cap_exists(d) && cap_exists(c));
}

static void case_moved_parent(void)
{
    seL4_CPtr original = object_new(seL4_TCBObject, 0), moved = slot_new();
    seL4_CPtr node = object_new(seL4_CapTableObject, 2), a = copied(original);

    CHECK_OK(seL4_CNode_Move(ROOT, moved, DEPTH, ROOT, original, DEPTH));
    (void)copied(moved);
    CHECK_OK(seL4_CNode_Move(node, 2, 2, ROOT, moved, DEPTH));
    CHECK_OK(seL4_CNode_Revoke(node, 2, 2));
    CHECK(!cap_exists(a));
    CHECK_OK(seL4_CNode_Move(ROOT, moved, DEPTH, node, 2, 2));
}

static void case_moved_child(void)
{
    seL4_CPtr original = object_new(seL4_TCBObject, 0), a = copied(original);
    seL4_CPtr node = object_new(seL4_CapTableObject, 2);

    CHECK_OK(seL4_CNode_Mutate(node, 1, 2, ROOT, a, DEPTH, 0));
    CHECK_OK(revoke(original));
    CHECK_FAILS(seL4_CNode_Move(ROOT, a, DEPTH, node, 1, 2), missing(1, 2));
}

static void case_untyped_tree(void)
{
    seL4_CPtr top = object_new(seL4_UntypedObject, 16), level[9] = { top }, leaf[9];

    for (unsigned i = 1; i < API_COUNT(level); i++) {
        level[i] = slot_new();
        leaf[i] = slot_new();
        CHECK_OK(
            seL4_Untyped_Retype(level[i - 1], seL4_UntypedObject, 16 - i, ROOT, 0, 0, level[i], 1));
        CHECK_OK(seL4_Untyped_Retype(level[i - 1], seL4_EndpointObject, 0, ROOT, 0, 0, leaf[i], 1));
    }
    CHECK_OK(revoke(level[4]));
    for (unsigned i = 1; i < API_COUNT(level); i++) {
        CHECK(cap_exists(level[i]) == (i <= 4));
        CHECK(cap_exists(leaf[i]) == (i <= 4));
    }
    CHECK_OK(revoke(top));
    CHECK(cap_exists(top) && !cap_exists(level[1]) && !cap_exists(leaf[1]) && !cap_exists(leaf[4]));
}

/* What was made in an untyped goes, wherever its caps are and whatever they became. */
static void case_untyped_reaches_everywhere(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), endpoint = slot_new();
    seL4_CPtr node = object_new(seL4_CapTableObject, 3);

    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, endpoint, 1));
    CHECK_OK(seL4_CNode_Mint(node, 1, 3, ROOT, endpoint, DEPTH, seL4_CanWrite, 8));
    CHECK_OK(seL4_CNode_Copy(node, 2, 3, node, 1, 3, seL4_AllRights));
    CHECK_OK(seL4_CNode_Move(node, 3, 3, ROOT, endpoint, DEPTH));
    CHECK_OK(revoke(untyped));
    for (seL4_Word i = 1; i < 4; i++)
        CHECK_FAILS(seL4_CNode_Move(ROOT, slot_new(), DEPTH, node, i, 3), missing(1, 3));
}

static void case_untyped_copies(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), copy = copied(untyped);
    seL4_CPtr endpoint = slot_new();

    CHECK_OK(seL4_Untyped_Retype(copy, seL4_EndpointObject, 0, ROOT, 0, 0, endpoint, 1));
    CHECK_OK(revoke(copy));
    CHECK(cap_exists(copy) && !cap_exists(endpoint));
    CHECK_OK(seL4_Untyped_Retype(copy, seL4_EndpointObject, 0, ROOT, 0, 0, endpoint, 1));
    CHECK_OK(revoke(untyped));
    CHECK(cap_exists(untyped) && !cap_exists(copy) && !cap_exists(endpoint));
}

/* Neighbours in memory are strangers: an untyped's family ends at its last byte. */
static void case_untyped_neighbours(void)
{
    seL4_CPtr both = object_new(seL4_UntypedObject, 6), half = slots_new(2), made = slots_new(4);

    CHECK_OK(seL4_Untyped_Retype(both, seL4_UntypedObject, 5, ROOT, 0, 0, half, 2));
    CHECK_OK(seL4_Untyped_Retype(half, seL4_EndpointObject, 0, ROOT, 0, 0, made, 2));
    CHECK_OK(seL4_Untyped_Retype(half + 1, seL4_EndpointObject, 0, ROOT, 0, 0, made + 2, 2));
    CHECK_OK(revoke(half + 1));
    CHECK(cap_exists(made) && cap_exists(made + 1) && !cap_exists(made + 2) &&
          !cap_exists(made + 3));
    CHECK_OK(seL4_Untyped_Retype(half + 1, seL4_EndpointObject, 0, ROOT, 0, 0, made + 2, 2));
    CHECK_OK(revoke(half));
    CHECK(!cap_exists(made) && !cap_exists(made + 1) && cap_exists(made + 2) &&
          cap_exists(made + 3));
}

static void case_partly_deleted(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), made = slots_new(8);

    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, made, 8));
    CHECK_OK(cap_delete(made));
    CHECK_OK(cap_delete(made + 3));
    CHECK_OK(cap_delete(made + 7));
    CHECK_OK(revoke(untyped));
    for (unsigned i = 0; i < 8; i++)
        CHECK(!cap_exists(made + i));
    CHECK_OK(cap_copy(made, untyped)); /* no children are left */
}

/* The untyped's own cap lies in a CNode that it made: revoking it takes that away too. */
static void case_own_slot(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), node = slot_new();

    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_CapTableObject, 2, ROOT, 0, 0, node, 1));
    CHECK_OK(seL4_CNode_Move(node, 1, 2, ROOT, untyped, DEPTH));
    CHECK_OK(seL4_CNode_Revoke(node, 1, 2));
    CHECK(!cap_exists(node));
}

static void case_many(void)
{
    seL4_CPtr original = object_new(seL4_EndpointObject, 0);
    seL4_CPtr node = object_new(seL4_CapTableObject, 9);

    for (seL4_Word i = 0; i < 300; i++)
        CHECK_OK(seL4_CNode_Mint(node, i, 9, ROOT, original, DEPTH, seL4_AllRights, i));
    CHECK_OK(revoke(original));
    CHECK_FAILS(seL4_CNode_Move(node, 511, 9, node, 0, 9), missing(1, 9));
    CHECK_FAILS(seL4_CNode_Move(node, 511, 9, node, 299, 9), missing(1, 9));
    CHECK(cap_exists(original));
}

static void case_irq_control(void)
{
    seL4_CPtr handler = slots_new(3), copy, sgi = slot_new();

    for (unsigned i = 0; i < 3; i++)
        CHECK_OK(seL4_IRQControl_Get(seL4_CapIRQControl, 64 + i, ROOT, handler + i, DEPTH));
    CHECK_OK(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 3, 0, ROOT, sgi, DEPTH));
    copy = copied(handler);
    CHECK_OK(revoke(handler));
    CHECK(cap_exists(handler) && !cap_exists(copy) && cap_exists(handler + 1));
    (void)copied(handler + 2);
    CHECK_OK(revoke(seL4_CapIRQControl));
    for (unsigned i = 0; i < 3; i++)
        CHECK(!cap_exists(handler + i));
    CHECK(!cap_exists(sgi));
    CHECK_OK(seL4_IRQControl_Get(seL4_CapIRQControl, 64, ROOT, handler, DEPTH));
}

/* Caps that a TCB holds are copies like others: its address space can be taken from it. */
static void case_installed_copies(void)
{
    seL4_CPtr node = object_new(seL4_CapTableObject, 4), tcb = object_new(seL4_TCBObject, 0);
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), small = slot_new(), again = slot_new();

    CHECK_OK(seL4_TCB_SetSpace(tcb, 0, node, 0, VSPACE, 0));
    CHECK_OK(cap_delete(node));
    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_CapTableObject, 4, ROOT, 0, 0, small, 1));
    CHECK_ERROR(seL4_TCB_SetSpace(tcb, 0, small, 0, VSPACE, 0), seL4_IllegalOperation);
    CHECK_OK(cap_delete(tcb)); /* the node's last capability was in it */
    tcb = object_new(seL4_TCBObject, 0);
    CHECK_OK(seL4_TCB_SetSpace(tcb, 0, small, 0, VSPACE, 0));
    CHECK_OK(revoke(untyped));
    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_UntypedObject, 12, ROOT, 0, 0, again, 1));
}

static const struct api_case cases[] = {
    { "original", case_original },
    { "plain copy", case_plain_copy },
    { "masked copy", case_masked_copy },
    { "badges", case_badges },
    { "copy of badged", case_copy_of_badged },
    { "equal badges", case_equal_badges },
    { "deleted parent", case_deleted_parent },
    { "moved parent", case_moved_parent },
    { "moved child", case_moved_child },
    { "untyped tree", case_untyped_tree },
    { "untyped reaches everywhere", case_untyped_reaches_everywhere },
    { "untyped copies", case_untyped_copies },
    { "untyped neighbours", case_untyped_neighbours },
    { "partly deleted", case_partly_deleted },
    { "own slot", case_own_slot },
    { "many", case_many },
    { "IRQ control", case_irq_control },
    { "installed copies", case_installed_copies },
};
const struct api_group revoke_group = {
    .name = "revoke",
    .cases = cases,
    .count = API_COUNT(cases),
};
