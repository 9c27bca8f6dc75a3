/* SPDX-License-Identifier: BSD-2-Clause */
/* How the kernel answers an invocation: label, length, words, and what it leaves (abi 1.6, 2). */
#include "apitest.h"

#define KEPT 0xfeed0000ul /* what unused message registers hold before */

struct answer {
    seL4_Word badge, label, length, caps; /* caps: extra and unwrapped together */
    seL4_Word mr[4];
};

/* Words beyond `length` are filled with marks, as in KEPT + number. */
static struct answer invoke(seL4_Syscall_ID number, seL4_CPtr cap, seL4_Word label, seL4_Word caps,
                            seL4_Word length, const seL4_Word words[4])
{
    struct sel4_syscall_registers r = {
        .x0 = cap,
        .info = seL4_MessageInfo_new(label, 0, caps, length).words[0],
    };

    for (unsigned i = 0; i < 4; i++)
        r.mr[i] = i < length ? words[i] : KEPT + i;
    sel4_trap(number, &r, 0, 0);
    return (struct answer){ r.x0,
                            r.info >> 12,
                            r.info & 0x7f,
                            r.info >> 7 & 0x1f,
                            { r.mr[0], r.mr[1], r.mr[2], r.mr[3] } };
}

static struct answer call(seL4_CPtr cap, seL4_Word label, seL4_Word caps, seL4_Word length,
                          seL4_Word mr0, seL4_Word mr1)
{
    return invoke(seL4_SysCall, cap, label, caps, length,
                  (seL4_Word[4]){ mr0, mr1, KEPT + 2, KEPT + 3 });
}

/* Label and length; the registers after the answer's words are as they were. */
static void check_answer(const struct answer *a, seL4_Word label, seL4_Word length,
                         seL4_Word arguments, seL4_Word mr0, seL4_Word mr1)
{
    const seL4_Word before[4] = { mr0, mr1, KEPT + 2, KEPT + 3 };

    CHECK_EQUAL(a->badge, 0);
    CHECK_EQUAL(a->label, label);
    CHECK_EQUAL(a->length, length);
    CHECK_EQUAL(a->caps, 0);
    for (seL4_Word i = length; i < 4; i++)
        CHECK_EQUAL(a->mr[i], i < arguments ? before[i] : KEPT + i);
}

static void case_no_error(void)
{
    struct answer a = call(ROOT, CNodeDelete, 0, 2, slot_new(), DEPTH);

    check_answer(&a, seL4_NoError, 0, 2, a.mr[0], DEPTH);
}

static void case_argument_number(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 4);
    struct answer a;

    seL4_SetCap(0, ROOT);
    seL4_SetMR(5, 1);
    a = invoke(seL4_SysCall, untyped, UntypedRetype, 1, 6,
               (seL4_Word[4]){ 99, 0x10, KEPT + 2, KEPT + 3 });
    CHECK_EQUAL(a.mr[0], 0);
    check_answer(&a, seL4_InvalidArgument, 1, 2, 0, 0x10);
}

static void case_capability_number(void)
{
    struct answer a = call(slot_new(), 3, 0, 1, 0x77, 0);

    CHECK_EQUAL(a.mr[0], 0);
    check_answer(&a, seL4_InvalidCapability, 1, 1, 0, 0);
    seL4_SetCap(0, ROOT);
    a = call(object_new(seL4_TCBObject, 0), TCBSetPriority, 1, 1, 0x77, 0);
    CHECK_EQUAL(a.mr[0], 1);
    check_answer(&a, seL4_InvalidCapability, 1, 1, 0, 0);
}

/* Those that say nothing but their name. */
static void case_without_words(void)
{
    seL4_CPtr tcb = object_new(seL4_TCBObject, 0), untyped = object_new(seL4_UntypedObject, 12);
    seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0);
    struct answer a;

    a = call(ROOT, 0, 0, 2, 1, 2);
    check_answer(&a, seL4_IllegalOperation, 0, 2, 1, 2);
    a = call(ROOT, CNodeDelete, 0, 1, 1, 2);
    check_answer(&a, seL4_TruncatedMessage, 0, 1, 1, 2);
    seL4_SetCap(0, frame);
    a = call(tcb, TCBSetIPCBuffer, 1, 1, 8, 0);
    check_answer(&a, seL4_AlignmentError, 0, 1, 8, 0);
    seL4_SetCap(0, ROOT);
    a = invoke(seL4_SysCall, ROOT, CNodeCopy, 1, 5,
               (seL4_Word[4]){ SELF, DEPTH, KEPT + 2, KEPT + 3 });
    check_answer(&a, seL4_DeleteFirst, 0, 2, SELF, DEPTH);
    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, slot_new(), 1));
    seL4_SetCap(0, untyped);
    a = call(tcb, TCBSetIPCBuffer, 1, 1, 1024, 0);
    check_answer(&a, seL4_RevokeFirst, 0, 1, 1024, 0);
}

static void case_range(void)
{
    struct answer a = call(ROOT, CNodeDelete, 0, 2, 1, 65);

    CHECK_EQUAL(a.mr[0], 1);
    CHECK_EQUAL(a.mr[1], 64);
    check_answer(&a, seL4_RangeError, 2, 2, 0, 0);
}

static void case_memory_left(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 4);
    struct answer a;

    seL4_SetCap(0, ROOT);
    seL4_SetMR(4, slot_new());
    seL4_SetMR(5, 1);
    a = invoke(seL4_SysCall, untyped, UntypedRetype, 1, 6,
               (seL4_Word[4]){ seL4_TCBObject, 0, 0, 0 });
    CHECK_EQUAL(a.mr[0], 16);
    CHECK_EQUAL(a.label, seL4_NotEnoughMemory);
    CHECK_EQUAL(a.length, 1);
    CHECK_EQUAL(a.badge, 0);
}

/* Two words for each failed lookup, and up to three for what kind it is. */
static void case_failed_lookup(void)
{
    seL4_CPtr node = object_new(seL4_CapTableObject, 4), guarded = slot_new();
    struct answer a;

    seL4_SetCap(0, SELF);
    a = invoke(seL4_SysCall, ROOT, CNodeMove, 1, 4, (seL4_Word[4]){ slot_new(), DEPTH, 0, DEPTH });
    CHECK_EQUAL(a.label, seL4_FailedLookup);
    CHECK_EQUAL(a.length, 2);
    CHECK(a.mr[0] == 1 && a.mr[1] == seL4_InvalidRoot && a.mr[2] == 0 && a.mr[3] == DEPTH);
    seL4_SetCap(0, ROOT);
    a = invoke(seL4_SysCall, ROOT, CNodeMove, 1, 4,
               (seL4_Word[4]){ slot_new(), DEPTH, slot_new(), DEPTH });
    CHECK_EQUAL(a.length, 3);
    CHECK(a.mr[0] == 1 && a.mr[1] == seL4_MissingCapability && a.mr[2] == DEPTH &&
          a.mr[3] == DEPTH);
    a = call(node, CNodeDelete, 0, 2, 0, 3);
    CHECK_EQUAL(a.length, 4);
    CHECK(a.mr[0] == 0 && a.mr[1] == seL4_DepthMismatch && a.mr[2] == 3 && a.mr[3] == 4);
    CHECK_OK(cap_mint(guarded, node, seL4_CNode_CapData_new(6, 3).words[0]));
    seL4_SetMR(4, 0);
    a = call(guarded, CNodeDelete, 0, 2, 0, 7);
    CHECK_EQUAL(a.length, 5);
    CHECK(a.mr[0] == 0 && a.mr[1] == seL4_GuardMismatch && a.mr[2] == 7 && a.mr[3] == 6);
    CHECK_EQUAL(seL4_GetMR(4), 3); /* the fifth is in the buffer */
}

static void case_results(void)
{
    struct answer a = call(object_new(seL4_ARM_SmallPageObject, 0), ARMPageGetAddress, 0, 0, 0, 0);

    check_answer(&a, seL4_NoError, 1, 0, 0, 0);
    CHECK(a.mr[0] >= 0x40000000);
    a = call(object_new(seL4_TCBObject, 0), TCBSetFlags, 0, 2, 0, 1);
    CHECK_EQUAL(a.mr[0], 1);
    check_answer(&a, seL4_NoError, 1, 2, 0, 1);
    a = call(object_new(seL4_SchedContextObject, 7), SchedContextConsumed, 0, 0, 0, 0);
    CHECK_EQUAL(a.mr[0], 0);
    check_answer(&a, seL4_NoError, 1, 0, 0, 0);
}

/* Send and NBSend invoke too, but are not answered, with or without an error. */
static void case_send(void)
{
    static const seL4_Syscall_ID calls[] = { seL4_SysSend, seL4_SysNBSend };

    for (unsigned i = 0; i < API_COUNT(calls); i++) {
        seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
        const seL4_Word words[4] = { endpoint, DEPTH, KEPT + 2, KEPT + 3 };
        struct answer a = invoke(calls[i], ROOT, CNodeDelete, 0, 2, words);

        CHECK(!cap_exists(endpoint));
        CHECK_EQUAL(a.badge, ROOT);
        CHECK_EQUAL(a.label, CNodeDelete);
        CHECK_EQUAL(a.length, 2);
        CHECK(a.mr[0] == endpoint && a.mr[1] == DEPTH && a.mr[3] == KEPT + 3);
        a = invoke(calls[i], ROOT, CNodeDelete, 0, 1, words);
        CHECK_EQUAL(a.badge, ROOT);
        CHECK_EQUAL(a.label, CNodeDelete);
        a = invoke(calls[i], object_new(seL4_ARM_SmallPageObject, 0), ARMPageGetAddress, 0, 0,
                   words);
        CHECK_EQUAL(a.mr[0], KEPT);
        CHECK_EQUAL(a.length, 0);
    }
}

/* The label is the whole upper part of the tag: no bit of it is dropped. */
static void case_wide_labels(void)
{
    for (unsigned bit = 6; bit < 52; bit++) {
        struct answer a = call(ROOT, CNodeDelete | 1ul << bit, 0, 2, slot_new(), DEPTH);

        CHECK_EQUAL(a.label, seL4_IllegalOperation);
    }
}

/* A length above 120 means 120. */
static void case_length_clamped(void)
{
    seL4_CPtr tcb = object_new(seL4_TCBObject, 0);

    for (seL4_Word length = 120; length < 128; length++) {
        struct answer a = call(tcb, TCBWriteRegisters, 0, length, 0, 118);

        CHECK_EQUAL(a.label, seL4_NoError);
        a = call(tcb, TCBWriteRegisters, 0, length, 0, 119);
        CHECK_EQUAL(a.label, seL4_TruncatedMessage);
    }
}

static const struct api_case cases[] = {
    { "no error", case_no_error },
    { "argument number", case_argument_number },
    { "capability number", case_capability_number },
    { "without words", case_without_words },
    { "range", case_range },
    { "memory left", case_memory_left },
    { "failed lookup", case_failed_lookup },
    { "results", case_results },
    { "send", case_send },
    { "wide labels", case_wide_labels },
    { "length clamped", case_length_clamped },
};
const struct api_group reply_format_group = {
    .name = "reply format",
    .cases = cases,
    .count = API_COUNT(cases),
};
