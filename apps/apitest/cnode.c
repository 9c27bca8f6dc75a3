/* SPDX-License-Identifier: BSD-2-Clause */
/* Copy, Mint, Move, Mutate, Delete, Revoke: what they refuse and do (abi sections 3.4 and 5.2). */
#include "apitest.h"

static seL4_Error move(seL4_CPtr to, seL4_CPtr from)
{
    return seL4_CNode_Move(ROOT, to, DEPTH, ROOT, from, DEPTH);
}
static seL4_Error mutate(seL4_CPtr to, seL4_CPtr from, seL4_Word badge)
{
    return seL4_CNode_Mutate(ROOT, to, DEPTH, ROOT, from, DEPTH, badge);
}

/* An invocation of the root CNode by words; extra caps are ROOT. */
static seL4_Error ask(seL4_Word label, seL4_Word caps, seL4_Word length, seL4_CPtr to,
                      seL4_CPtr from)
{
    for (int i = 0; i < seL4_MsgMaxExtraCaps; i++)
        seL4_SetCap(i, ROOT);
    seL4_SetMR(4, 15);
    seL4_SetMR(5, 0);
    return sel4_invoke(ROOT, label, caps, length, to, DEPTH, from, DEPTH);
}

static void case_other_label(void)
{
    static const seL4_Word labels[] = { InvalidInvocation, UntypedRetype, CNodeRevoke - 1,
                                        CNodeRotate + 1,   ARMPageMap,    ~0ul >> 12 };

    for (unsigned i = 0; i < API_COUNT(labels); i++)
        CHECK_ERROR(ask(labels[i], 0, 0, 0, 0), seL4_IllegalOperation);
}

static void case_truncated_two(void)
{
    for (seL4_Word label = CNodeRevoke; label <= CNodeRotate; label++) {
        CHECK_ERROR(ask(label, 3, 0, slot_new(), 0), seL4_TruncatedMessage);
        CHECK_ERROR(ask(label, 3, 1, slot_new(), 0), seL4_TruncatedMessage);
    }
}

static void case_truncated_source(void)
{
    seL4_CPtr to = slot_new(), endpoint = object_new(seL4_EndpointObject, 0);

    for (seL4_Word label = CNodeCopy; label <= CNodeMutate; label++) {
        CHECK_ERROR(ask(label, 0, 6, to, endpoint), seL4_TruncatedMessage);
        CHECK_ERROR(ask(label, 1, 2, to, endpoint), seL4_TruncatedMessage);
        CHECK_ERROR(ask(label, 1, 3, to, endpoint), seL4_TruncatedMessage);
    }
    CHECK(!cap_exists(to));
}

/* The last words are missed only after both slots were looked at. */
static void case_truncated_last(void)
{
    seL4_CPtr to = slot_new(), endpoint = object_new(seL4_EndpointObject, 0);

    for (seL4_Word label = CNodeCopy; label <= CNodeMutate; label++) {
        CHECK_ERROR(ask(label, 1, 4, endpoint, endpoint), seL4_DeleteFirst);
        CHECK_FAILS(ask(label, 1, 4, to, slot_new()), missing(1, DEPTH));
    }
    CHECK_ERROR(ask(CNodeCopy, 1, 4, to, endpoint), seL4_TruncatedMessage);
    CHECK_ERROR(ask(CNodeMint, 1, 5, to, endpoint), seL4_TruncatedMessage);
    CHECK_ERROR(ask(CNodeMutate, 1, 4, to, endpoint), seL4_TruncatedMessage);
    CHECK_OK(ask(CNodeMove, 1, 4, to, endpoint));
}

static void case_copy(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), a = slot_new();

    CHECK_OK(cap_copy(a, endpoint));
    CHECK(cap_exists(a) && cap_exists(endpoint));
    CHECK_OK(cap_delete(endpoint));
    CHECK(cap_exists(a));
}

static void case_copy_occupied(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);

    CHECK_ERROR(cap_copy(SELF, endpoint), seL4_DeleteFirst);
    CHECK_ERROR(cap_copy(endpoint, endpoint), seL4_DeleteFirst);
    CHECK_ERROR(cap_mint(endpoint, endpoint, 1), seL4_DeleteFirst);
    CHECK_ERROR(move(endpoint, endpoint), seL4_DeleteFirst);
    CHECK_ERROR(mutate(endpoint, endpoint, 0), seL4_DeleteFirst);
}

static void case_empty_source(void)
{
    seL4_CPtr to = slot_new(), from = slot_new();

    CHECK_FAILS(cap_copy(to, from), missing(1, DEPTH));
    CHECK_FAILS(cap_mint(to, from, 1), missing(1, DEPTH));
    CHECK_FAILS(move(to, from), missing(1, DEPTH));
    CHECK_FAILS(mutate(to, from, 0), missing(1, DEPTH));
}

/* Everything is wrong at once; each step repairs what was complained about. */
static void case_precedence(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), to = slot_new();

    seL4_SetCap(0, endpoint);
    CHECK_ERROR(sel4_invoke(ROOT, CNodeMint, 0, 1, SELF, 65, 0, 65), seL4_TruncatedMessage);
    CHECK_FAILS(sel4_invoke(ROOT, CNodeMint, 0, 3, SELF, 65, 0, 65), range(1, 64));
    CHECK_ERROR(sel4_invoke(ROOT, CNodeMint, 0, 3, SELF, 64, 0, 65), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(ROOT, CNodeMint, 1, 4, SELF, 64, 0, 65), seL4_DeleteFirst);
    CHECK_FAILS(sel4_invoke(ROOT, CNodeMint, 1, 4, to, 64, 0, 65), invalid_root(1));
    seL4_SetCap(0, ROOT);
    CHECK_FAILS(sel4_invoke(ROOT, CNodeMint, 1, 4, to, 64, 0, 65), range(1, 64));
    CHECK_FAILS(sel4_invoke(ROOT, CNodeMint, 1, 4, to, 64, 0, 64), missing(1, 64));
    CHECK_ERROR(sel4_invoke(ROOT, CNodeMint, 1, 4, to, 64, seL4_CapIRQControl, 64),
                seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(ROOT, CNodeMint, 1, 6, to, 64, seL4_CapIRQControl, 64),
                seL4_IllegalOperation);
    CHECK_OK(sel4_invoke(ROOT, CNodeMint, 1, 6, to, 64, endpoint, 64));
}

static void case_move(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), a = slot_new();

    CHECK_OK(move(a, endpoint));
    CHECK(cap_exists(a) && !cap_exists(endpoint));
    CHECK_OK(move(endpoint, a));
    CHECK(!cap_exists(a) && cap_exists(endpoint));
}

/* What cannot be copied can be moved. */
static void case_move_control(void)
{
    seL4_CPtr a = slot_new(), handler = slot_new();

    CHECK_ERROR(cap_copy(a, seL4_CapIRQControl), seL4_IllegalOperation);
    CHECK_ERROR(cap_mint(a, seL4_CapIRQControl, 0), seL4_IllegalOperation);
    CHECK_OK(move(a, seL4_CapIRQControl));
    CHECK_OK(seL4_IRQControl_Get(a, 60, ROOT, handler, DEPTH));
    CHECK_ERROR(seL4_IRQControl_Get(seL4_CapIRQControl, 61, ROOT, slot_new(), DEPTH),
                seL4_InvalidCapability);
    CHECK_OK(seL4_CNode_Revoke(ROOT, a, DEPTH));
    CHECK(!cap_exists(handler));
    CHECK_OK(move(seL4_CapIRQControl, a));
}

static void case_unmapped_tables(void)
{
    static const seL4_Word types[] = { seL4_ARM_VSpaceObject, seL4_ARM_PageTableObject };

    for (unsigned i = 0; i < API_COUNT(types); i++) {
        seL4_CPtr table = object_new(types[i], 0), a = slot_new();

        CHECK_ERROR(cap_copy(a, table), seL4_IllegalOperation);
        CHECK_ERROR(cap_mint(a, table, 0), seL4_IllegalOperation);
        CHECK_OK(move(a, table));
        CHECK_OK(mutate(table, a, 0));
    }
}

/* Badges are for Mint: Mutate would lose or forge them. */
static void case_mutate_badge(void)
{
    static const seL4_Word types[] = { seL4_EndpointObject, seL4_NotificationObject };

    for (unsigned i = 0; i < API_COUNT(types); i++) {
        seL4_CPtr object = object_new(types[i], 0), badged = slot_new(), a = slot_new();

        CHECK_OK(cap_mint(badged, object, 3));
        CHECK_ERROR(mutate(a, object, 1), seL4_IllegalOperation);
        CHECK_ERROR(mutate(a, object, 0), seL4_IllegalOperation);
        CHECK_ERROR(mutate(a, badged, 3), seL4_IllegalOperation);
        CHECK(cap_exists(object) && cap_exists(badged) && !cap_exists(a));
    }
}

static void case_mutate_others(void)
{
    static const seL4_Word types[] = { seL4_TCBObject, seL4_ReplyObject, seL4_UntypedObject,
                                       seL4_SchedContextObject, seL4_ARM_SmallPageObject };

    for (unsigned i = 0; i < API_COUNT(types); i++) {
        seL4_CPtr object = object_new(types[i], 8), a = slot_new();

        CHECK_OK(mutate(a, object, 0x1234));
        CHECK(cap_exists(a) && !cap_exists(object));
    }
}

static void case_guard_fits(void)
{
    seL4_CPtr node = object_new(seL4_CapTableObject, 4), a = slot_new();

    CHECK_ERROR(cap_mint(a, node, seL4_CNode_CapData_new(0, 61).words[0]), seL4_IllegalOperation);
    CHECK_ERROR(cap_mint(a, node, seL4_CNode_CapData_new(0, 63).words[0]), seL4_IllegalOperation);
    CHECK_ERROR(mutate(a, node, seL4_CNode_CapData_new(0, 61).words[0]), seL4_IllegalOperation);
    CHECK(cap_exists(node));
    CHECK_OK(cap_mint(a, node, seL4_CNode_CapData_new(0, 60).words[0]));
    CHECK_OK(seL4_CNode_Copy(a, 15, 64, ROOT, SELF, DEPTH, seL4_AllRights));
    CHECK_OK(seL4_CNode_Delete(node, 15, 4));
}

/* A guard is cut to its size; Copy keeps it, Mint with 0 removes it. */
static void case_guard_kept(void)
{
    seL4_CPtr node = object_new(seL4_CapTableObject, 4);
    seL4_CPtr guarded = slot_new(), copied = slot_new(), plain = slot_new();

    CHECK_OK(cap_mint(guarded, node, seL4_CNode_CapData_new(0x35, 4).words[0]));
    CHECK_OK(cap_copy(copied, guarded));
    CHECK_OK(cap_mint(plain, guarded, 0));
    CHECK_OK(seL4_CNode_Delete(guarded, 0x52, 8));
    CHECK_OK(seL4_CNode_Delete(copied, 0x52, 8));
    CHECK_FAILS(seL4_CNode_Delete(copied, 0x32, 8), guard_mismatch(0, 8, 5, 4));
    CHECK_OK(seL4_CNode_Delete(plain, 2, 4));
}

static void case_mutate_guard(void)
{
    seL4_CPtr node = object_new(seL4_CapTableObject, 4), a = slot_new();

    CHECK_OK(mutate(a, node, seL4_CNode_CapData_new(0x9, 4).words[0]));
    CHECK(!cap_exists(node));
    CHECK_OK(seL4_CNode_Delete(a, 0x92, 8));
    CHECK_OK(mutate(node, a, 0));
    CHECK_OK(seL4_CNode_Delete(node, 2, 4));
}

static void case_between_nodes(void)
{
    seL4_CPtr one = object_new(seL4_CapTableObject, 3), two = object_new(seL4_CapTableObject, 5);

    CHECK_OK(seL4_CNode_Copy(one, 7, 3, ROOT, SELF, DEPTH, seL4_AllRights));
    CHECK_OK(seL4_CNode_Move(two, 31, 5, one, 7, 3));
    CHECK_FAILS(seL4_CNode_Move(two, 30, 5, one, 7, 3), missing(1, 3));
    CHECK_ERROR(seL4_CNode_Copy(two, 31, 5, ROOT, SELF, DEPTH, seL4_AllRights), seL4_DeleteFirst);
    CHECK_OK(seL4_CNode_Mutate(one, 0, 3, two, 31, 5, 0));
    CHECK_OK(seL4_CNode_Mint(two, 31, 5, one, 0, 3, seL4_NoRights, 0));
}

static void case_delete_and_revoke_empty(void)
{
    seL4_CPtr slot = slot_new(), tcb = object_new(seL4_TCBObject, 0);

    CHECK_OK(cap_delete(slot));
    CHECK_OK(seL4_CNode_Revoke(ROOT, slot, DEPTH));
    CHECK_OK(seL4_CNode_Revoke(ROOT, tcb, DEPTH));
    CHECK(cap_exists(tcb));
    CHECK_OK(cap_delete(tcb));
    CHECK_OK(cap_delete(tcb));
    CHECK(!cap_exists(tcb));
}

static void case_cancel_needs_all_rights(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), a = slot_new();

    for (seL4_Word rights = 0; rights < 16; rights++) {
        CHECK_OK(seL4_CNode_Copy(ROOT, a, DEPTH, ROOT, endpoint, DEPTH,
                                 (seL4_CapRights_t){ { rights } }));
        CHECK_ERROR(seL4_CNode_CancelBadgedSends(ROOT, a, DEPTH),
                    rights == 15 ? seL4_NoError : seL4_IllegalOperation);
        CHECK_OK(cap_delete(a));
    }
}

static void case_cancel_needs_endpoint(void)
{
    seL4_CPtr badged = slot_new();

    CHECK_OK(cap_mint(badged, object_new(seL4_EndpointObject, 0), 9));
    CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT, badged, DEPTH));
    CHECK_ERROR(seL4_CNode_CancelBadgedSends(ROOT, slot_new(), DEPTH), seL4_IllegalOperation);
    CHECK_ERROR(seL4_CNode_CancelBadgedSends(ROOT, SELF, DEPTH), seL4_IllegalOperation);
    CHECK_ERROR(seL4_CNode_CancelBadgedSends(ROOT, object_new(seL4_NotificationObject, 0), DEPTH),
                seL4_IllegalOperation);
}

static void case_empty_slot_invoked(void)
{
    CHECK_FAILS(seL4_TCB_Resume(slot_new()), bad_cap(0));
    CHECK_FAILS(seL4_CNode_Delete(slot_new(), 0, 64), bad_cap(0));
    CHECK_FAILS(sel4_invoke(slot_new(), ~0ul >> 12, 0, 120, 0, 0, 0, 0), bad_cap(0));
}

static const struct api_case cases[] = {
    { "other label", case_other_label },
    { "truncated at two", case_truncated_two },
    { "truncated source", case_truncated_source },
    { "truncated last words", case_truncated_last },
    { "copy", case_copy },
    { "copy to occupied slot", case_copy_occupied },
    { "empty source", case_empty_source },
    { "precedence", case_precedence },
    { "move", case_move },
    { "move IRQ control", case_move_control },
    { "unmapped tables", case_unmapped_tables },
    { "mutate badge", case_mutate_badge },
    { "mutate others", case_mutate_others },
    { "guard fits", case_guard_fits },
    { "guard kept", case_guard_kept },
    { "mutate guard", case_mutate_guard },
    { "between nodes", case_between_nodes },
    { "delete and revoke empty", case_delete_and_revoke_empty },
    { "cancel needs all rights", case_cancel_needs_all_rights },
    { "cancel needs endpoint", case_cancel_needs_endpoint },
    { "empty slot invoked", case_empty_slot_invoked },
};
const struct api_group cnode_group = {
    .name = "cnode",
    .cases = cases,
    .count = API_COUNT(cases),
};
