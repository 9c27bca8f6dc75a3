/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped_Retype: what it refuses, with which words, and in which order (abi section 3.2). */
#include "apitest.h"

#define UNTYPED_BITS 16

/* A Retype in all its parts; request_new() gives one that succeeds. */
struct request {
    seL4_CPtr untyped;
    seL4_Word label, caps, length;
    seL4_Word type, size_bits;
    seL4_CPtr root;
    seL4_Word index, depth, offset, count;
};

static struct request request_new(void)
{
    return (struct request){ .untyped = object_new(seL4_UntypedObject, UNTYPED_BITS),
                             .label = UntypedRetype,
                             .caps = 1,
                             .length = 6,
                             .type = seL4_EndpointObject,
                             .root = ROOT,
                             .offset = slot_new(),
                             .count = 1 };
}

static seL4_Error ask(const struct request *r)
{
    seL4_SetCap(0, r->root);
    seL4_SetMR(4, r->offset);
    seL4_SetMR(5, r->count);
    return sel4_invoke(r->untyped, r->label, r->caps, r->length, r->type, r->size_bits, r->index,
                       r->depth);
}

static void case_other_label(void)
{
    static const seL4_Word labels[] = { InvalidInvocation, TCBReadRegisters,      CNodeCopy,
                                        ARMPageMap,        nArchInvocationLabels, ~0ul >> 12 };
    struct request r = request_new();

    for (unsigned i = 0; i < API_COUNT(labels); i++) {
        r.label = labels[i];
        CHECK_ERROR(ask(&r), seL4_IllegalOperation);
    }
}

static void case_truncated(void)
{
    struct request r = request_new();

    for (r.length = 0; r.length < 6; r.length++)
        CHECK_ERROR(ask(&r), seL4_TruncatedMessage);
    r.caps = 0;
    CHECK_ERROR(ask(&r), seL4_TruncatedMessage);
    r.caps = 1;
    r.length = seL4_MsgMaxLength;
    CHECK_OK(ask(&r));
}

static void case_type(void)
{
    static const seL4_Word types[] = { seL4_ObjectTypeCount, 13, 64, 1ul << 32, ~0ul };
    struct request r = request_new();

    for (unsigned i = 0; i < API_COUNT(types); i++) {
        r.type = types[i];
        CHECK_FAILS(ask(&r), bad_argument(0));
    }
}

/* 64 bits and more are refused for every type, even where the size is not looked at. */
static void case_size_range(void)
{
    struct request r = request_new();

    for (r.type = 0; r.type < seL4_ObjectTypeCount; r.type++) {
        r.size_bits = 64;
        CHECK_FAILS(ask(&r), range(0, seL4_MaxUntypedBits));
        r.size_bits = ~0ul;
        CHECK_FAILS(ask(&r), range(0, seL4_MaxUntypedBits));
    }
}

static void case_size_maximum(void)
{
    static const struct {
        seL4_Word type, largest;
    } table[] = { { seL4_UntypedObject, 47 },
                  { seL4_CapTableObject, 42 },
                  { seL4_SchedContextObject, 47 } };
    struct request r = request_new();

    for (unsigned i = 0; i < API_COUNT(table); i++) {
        r.type = table[i].type;
        r.size_bits = table[i].largest + 1;
        CHECK_FAILS(ask(&r), range(0, seL4_MaxUntypedBits));
        r.size_bits = table[i].largest;
        CHECK_FAILS(ask(&r), memory_left(1ul << UNTYPED_BITS));
    }
}

static void case_size_minimum(void)
{
    static const struct {
        seL4_Word type, smallest;
    } table[] = { { seL4_UntypedObject, 4 },
                  { seL4_CapTableObject, 1 },
                  { seL4_SchedContextObject, 7 } };
    struct request r = request_new();

    for (unsigned i = 0; i < API_COUNT(table); i++) {
        r.type = table[i].type;
        for (r.size_bits = 0; r.size_bits < table[i].smallest; r.size_bits++)
            CHECK_FAILS(ask(&r), bad_argument(1));
        r.offset = slot_new();
        CHECK_OK(ask(&r));
    }
}

static void case_size_ignored(void)
{
    static const seL4_Word types[] = { seL4_TCBObject,           seL4_EndpointObject,
                                       seL4_NotificationObject,  seL4_ReplyObject,
                                       seL4_ARM_SmallPageObject, seL4_ARM_VSpaceObject,
                                       seL4_ARM_PageTableObject };
    struct request r = request_new();

    for (unsigned i = 0; i < API_COUNT(types); i++) {
        r.type = types[i];
        r.size_bits = 63;
        r.offset = slot_new();
        CHECK_OK(ask(&r));
    }
}

static void case_root_is_destination(void)
{
    struct request r = request_new();

    r.root = object_new(seL4_CapTableObject, 2);
    r.index = 0xdead; /* not looked at */
    r.offset = 3;
    CHECK_OK(ask(&r));
    CHECK_OK(seL4_CNode_Move(ROOT, slot_new(), DEPTH, r.root, 3, 2));
    r.root = object_new(seL4_EndpointObject, 0);
    CHECK_FAILS(ask(&r), missing(0, 0));
    r.root = slot_new();
    CHECK_FAILS(ask(&r), missing(0, 0));
}

static void case_node_by_index(void)
{
    struct request r = request_new();
    seL4_CPtr node = object_new(seL4_CapTableObject, 2);

    r.index = node;
    r.depth = DEPTH;
    r.offset = 1;
    r.count = 3;
    CHECK_OK(ask(&r));
    CHECK_OK(seL4_CNode_Delete(node, 1, 2));
    CHECK_OK(seL4_CNode_Move(ROOT, slot_new(), DEPTH, node, 3, 2));
    r.index = r.untyped; /* there, but not a CNode */
    CHECK_FAILS(ask(&r), missing(0, DEPTH));
    r.index = slot_new(); /* empty */
    CHECK_FAILS(ask(&r), missing(0, DEPTH));
}

static void case_node_lookup(void)
{
    struct request r = request_new();
    seL4_CPtr node = object_new(seL4_CapTableObject, 4);

    r.depth = DEPTH;
    r.root = r.untyped;
    CHECK_FAILS(ask(&r), invalid_root(0));
    r.root = node;
    r.index = 3;
    r.depth = 3; /* shorter than the radix */
    CHECK_FAILS(ask(&r), depth_mismatch(0, 3, 4));
    r.depth = 6; /* goes through an empty slot */
    CHECK_FAILS(ask(&r), depth_mismatch(0, 2, 0));
    CHECK_OK(cap_mint(r.offset, node, seL4_CNode_CapData_new(0x6, 3).words[0]));
    r.root = r.offset;
    r.depth = 7;
    r.index = 0x53;
    CHECK_FAILS(ask(&r), guard_mismatch(0, 7, 6, 3));
}

static void case_node_depth(void)
{
    struct request r = request_new();
    static const seL4_Word depths[] = { 65, 128, 256, ~0ul };

    for (unsigned i = 0; i < API_COUNT(depths); i++) {
        r.depth = depths[i];
        CHECK_FAILS(ask(&r), range(1, 64));
    }
}

static void case_offset(void)
{
    struct request r = request_new();

    r.root = object_new(seL4_CapTableObject, 3);
    for (r.offset = 8; r.offset < 10; r.offset++)
        CHECK_FAILS(ask(&r), range(0, 7));
    r.offset = ~0ul;
    CHECK_FAILS(ask(&r), range(0, 7));
    r.offset = 7;
    CHECK_OK(ask(&r));
}

static void case_count(void)
{
    struct request r = request_new();
    static const seL4_Word counts[] = { 0, 257, 1ul << 32, ~0ul };

    for (unsigned i = 0; i < API_COUNT(counts); i++) {
        r.count = counts[i];
        CHECK_FAILS(ask(&r), range(1, 256));
    }
}

static void case_fan_out(void)
{
    struct request r = request_new();
    seL4_CPtr node = object_new(seL4_CapTableObject, 9), spare = slot_new();

    r.root = node;
    r.offset = 100;
    r.count = 256;
    CHECK_OK(ask(&r));
    CHECK_FAILS(seL4_CNode_Move(ROOT, spare, DEPTH, node, 99, 9), missing(1, 9));
    CHECK_OK(seL4_CNode_Move(ROOT, spare, DEPTH, node, 100, 9));
    CHECK_OK(seL4_CNode_Move(ROOT, slot_new(), DEPTH, node, 355, 9));
    CHECK_FAILS(seL4_CNode_Move(ROOT, slot_new(), DEPTH, node, 356, 9), missing(1, 9));
}

static void case_too_many_for_node(void)
{
    struct request r = request_new();

    r.root = object_new(seL4_CapTableObject, 3);
    r.offset = 5;
    r.count = 4;
    CHECK_FAILS(ask(&r), range(1, 3));
    r.offset = 0;
    r.count = 256;
    CHECK_FAILS(ask(&r), range(1, 8));
    r.count = 8;
    CHECK_OK(ask(&r));
}

/* Any occupied slot refuses the whole batch: nothing is made. */
static void case_occupied(void)
{
    struct request r = request_new();
    seL4_CPtr node = object_new(seL4_CapTableObject, 2);

    r.root = node;
    r.offset = 0;
    r.count = 4;
    for (seL4_Word i = 0; i < 4; i++) {
        CHECK_OK(seL4_CNode_Copy(node, i, 2, ROOT, SELF, DEPTH, seL4_AllRights));
        CHECK_ERROR(ask(&r), seL4_DeleteFirst);
        CHECK_OK(seL4_CNode_Delete(node, i, 2));
    }
    CHECK_OK(ask(&r));
}

/* Bytes left are those before alignment; many objects need their sum. */
static void case_not_enough(void)
{
    struct request r = request_new();

    r.type = seL4_UntypedObject;
    r.size_bits = UNTYPED_BITS + 1;
    CHECK_FAILS(ask(&r), memory_left(1ul << UNTYPED_BITS));
    r.size_bits = UNTYPED_BITS - 1;
    r.offset = slots_new(4);
    r.count = 3;
    CHECK_FAILS(ask(&r), memory_left(1ul << UNTYPED_BITS));
    r.type = seL4_EndpointObject;
    r.count = 1;
    CHECK_OK(ask(&r));
    r.type = seL4_UntypedObject;
    r.size_bits = UNTYPED_BITS;
    r.offset++;
    CHECK_FAILS(ask(&r), memory_left((1ul << UNTYPED_BITS) - 16));
}

static void case_device_types(void)
{
    struct request r = request_new();

    r.untyped = device_untyped(21);
    for (r.type = 0; r.type < seL4_ObjectTypeCount; r.type++) {
        if (r.type == seL4_UntypedObject || r.type == seL4_ARM_HugePageObject ||
            r.type == seL4_ARM_SmallPageObject || r.type == seL4_ARM_LargePageObject)
            continue;
        r.size_bits = r.type == seL4_SchedContextObject ? 8 : 4;
        CHECK_FAILS(ask(&r), bad_argument(1));
    }
    r.size_bits = 12;
    for (unsigned i = 0; i < 3; i++) {
        static const seL4_Word types[] = { seL4_UntypedObject, seL4_ARM_SmallPageObject,
                                           seL4_ARM_LargePageObject };

        r.type = types[i];
        CHECK_OK(ask(&r));
        CHECK_OK(cap_delete(r.offset));
    }
}

/* Everything is wrong at once; each step repairs what was complained about. */
static void case_precedence(void)
{
    struct request r = request_new();
    seL4_CPtr node = object_new(seL4_CapTableObject, 3), good = r.offset;

    r = (struct request){ r.untyped, 99, 0, 5, seL4_ObjectTypeCount, 64, r.untyped, 0, 65, 8, 0 };
    CHECK_ERROR(ask(&r), seL4_IllegalOperation);
    r.label = UntypedRetype;
    CHECK_ERROR(ask(&r), seL4_TruncatedMessage);
    r.length = 6;
    r.caps = 1;
    CHECK_FAILS(ask(&r), bad_argument(0));
    r.type = seL4_CapTableObject;
    CHECK_FAILS(ask(&r), range(0, seL4_MaxUntypedBits));
    r.size_bits = 0;
    CHECK_FAILS(ask(&r), bad_argument(1));
    r.size_bits = 42;
    CHECK_FAILS(ask(&r), invalid_root(0));
    r.root = ROOT;
    CHECK_FAILS(ask(&r), range(1, 64));
    r.depth = DEPTH;
    r.index = good;
    CHECK_FAILS(ask(&r), missing(0, DEPTH));
    r.index = node;
    CHECK_FAILS(ask(&r), range(0, 7));
    r.offset = 7;
    CHECK_FAILS(ask(&r), range(1, 256));
    r.count = 2;
    CHECK_OK(seL4_CNode_Copy(node, 7, 3, ROOT, SELF, DEPTH, seL4_AllRights));
    CHECK_FAILS(ask(&r), range(1, 1));
    r.count = 1;
    CHECK_ERROR(ask(&r), seL4_DeleteFirst);
    r.offset = 6;
    CHECK_FAILS(ask(&r), memory_left(1ul << UNTYPED_BITS));
    r.size_bits = 2;
    CHECK_OK(ask(&r));
}

/* Memory is asked for before it matters that it is a device's. */
static void case_device_precedence(void)
{
    struct request r = request_new();
    seL4_CPtr page = slot_new();

    CHECK_OK(seL4_Untyped_Retype(device_untyped(21), seL4_UntypedObject, 12, ROOT, 0, 0, page, 1));
    r.untyped = page;
    r.offset = slots_new(3);
    r.type = seL4_TCBObject;
    r.count = 3;
    CHECK_FAILS(ask(&r), memory_left(4096));
    r.count = 1;
    CHECK_FAILS(ask(&r), bad_argument(1));
}

/* A refused Retype has no effect, whatever it was refused for. */
static void case_refused_without_effect(void)
{
    struct request r = request_new();
    seL4_CPtr copy = slot_new();

    r.type = seL4_TCBObject;
    r.count = 257;
    CHECK_FAILS(ask(&r), range(1, 256));
    r.count = 256;
    r.offset = slots_new(256);
    CHECK_FAILS(ask(&r), memory_left(1ul << UNTYPED_BITS));
    CHECK(!cap_exists(r.offset) && !cap_exists(r.offset + 255));
    CHECK_OK(cap_copy(copy, r.untyped)); /* it has no children */
}

static const struct api_case cases[] = {
    { "other label", case_other_label },
    { "truncated", case_truncated },
    { "type", case_type },
    { "size range", case_size_range },
    { "size maximum", case_size_maximum },
    { "size minimum", case_size_minimum },
    { "size ignored", case_size_ignored },
    { "root is destination", case_root_is_destination },
    { "node by index", case_node_by_index },
    { "node lookup", case_node_lookup },
    { "node depth", case_node_depth },
    { "offset", case_offset },
    { "count", case_count },
    { "fan-out", case_fan_out },
    { "too many for node", case_too_many_for_node },
    { "occupied", case_occupied },
    { "not enough", case_not_enough },
    { "device types", case_device_types },
    { "precedence", case_precedence },
    { "device precedence", case_device_precedence },
    { "refused without effect", case_refused_without_effect },
};
const struct api_group untyped_group = {
    .name = "untyped",
    .cases = cases,
    .count = API_COUNT(cases),
};
