/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules of single capabilities: rights, data, identity (abi 5.2, 5.3). */
#include "host_kernel.h"

#define OBJECT ((void *)0x10000)
#define NONE                                                                                       \
    {                                                                                              \
        0, 0                                                                                       \
    }

enum { W = RIGHT_WRITE, R = RIGHT_READ, G = RIGHT_GRANT, P = RIGHT_GRANT_REPLY };

static const struct {
    const char *name;
    enum cap_type type;
    word_t field, rights, expected_field;
} masks[] = {
    { "endpoint, all by all", CAP_ENDPOINT, W | R | G | P, RIGHTS_ALL, W | R | G | P },
    { "endpoint, read only", CAP_ENDPOINT, W | R | G | P, R, R },
    { "endpoint, no new rights", CAP_ENDPOINT, R, W | R | G | P, R },
    { "endpoint, bits above the rights", CAP_ENDPOINT, W | G, ~UINT64_C(0), W | G },
    { "notification keeps write", CAP_NOTIFICATION, W | R, W | G, W },
    { "reply keeps grant", CAP_REPLY, 1, G, 1 },
    { "reply loses grant", CAP_REPLY, 1, W | R | P, 0 },
    { "frame read-write", CAP_FRAME, VM_READ_WRITE << 1, W | R, VM_READ_WRITE << 1 },
    { "frame to read only", CAP_FRAME, VM_READ_WRITE << 1, R, VM_READ_ONLY << 1 },
    { "frame write only is none", CAP_FRAME, VM_READ_WRITE << 1, W, VM_KERNEL_ONLY << 1 },
    { "frame read only stays so", CAP_FRAME, VM_READ_ONLY << 1, W | R, VM_READ_ONLY << 1 },
    { "device frame keeps device and size", CAP_FRAME, 1 | VM_READ_WRITE << 1 | FRAME_LARGE << 3, R,
      1 | VM_READ_ONLY << 1 | FRAME_LARGE << 3 },
    { "thread has no rights", CAP_THREAD, 0, 0, 0 },
    { "untyped has no rights", CAP_UNTYPED, 12 << 1, 0, 12 << 1 },
};

static void test_mask_rights(void **context)
{
    (void)context;
    for (size_t i = 0; i < COUNT(masks); i++) {
        struct cap before = cap_make(masks[i].type, masks[i].field, OBJECT, 7);
        struct cap after = cap_mask_rights(before, masks[i].rights);

        CHECK(masks[i].name, cap_field(after) == masks[i].expected_field);
        CHECK(masks[i].name, cap_type(after) == masks[i].type && after.w1 == 7);
        CHECK(masks[i].name, cap_object(after) == OBJECT);
    }
}

static const struct {
    const char *name;
    enum cap_type type;
    word_t field, w1, data;
    bool preserve, allowed;
    word_t expected_w1;
} updates[] = {
    { "mint badges an endpoint", CAP_ENDPOINT, 15, 0, 5, false, true, 5 },
    { "mint with badge 0", CAP_ENDPOINT, 15, 0, 0, false, true, 0 },
    { "mint of a badged endpoint", CAP_ENDPOINT, 15, 3, 5, false, false, 0 },
    { "mint of a badged endpoint, data 0", CAP_ENDPOINT, 15, 3, 0, false, false, 0 },
    { "mutate of an endpoint", CAP_ENDPOINT, 15, 0, 5, true, false, 0 },
    { "mint badges a notification", CAP_NOTIFICATION, 3, 0, ~UINT64_C(0), false, true,
      ~UINT64_C(0) },
    { "mutate of a notification", CAP_NOTIFICATION, 3, 0, 0, true, false, 0 },
    { "smc badge once", CAP_SMC, 0, 0, 0x84000000, false, true, 0x84000000 },
    { "smc badge twice", CAP_SMC, 0, 1, 2, false, false, 0 },
    { "cnode guard", CAP_CNODE, 4, 0, 0x2a << 6 | 8, false, true, 0x2a << 6 | 8 },
    { "cnode guard is masked to its size", CAP_CNODE, 4, 0, 0xff << 6 | 4, true, true,
      0xf << 6 | 4 },
    { "cnode guard fills the word", CAP_CNODE, 4, 0, 60, true, true, 60 },
    { "cnode guard too long", CAP_CNODE, 4, 0, 61, true, false, 0 },
    { "cnode data 0 clears the guard", CAP_CNODE, 4, 60, 0, false, true, 0 },
    { "untyped unchanged", CAP_UNTYPED, 12 << 1, 9, 77, false, true, 9 },
    { "irq handler unchanged", CAP_IRQ_HANDLER, 33, 0, 77, true, true, 0 },
};

static void test_update_data(void **context)
{
    (void)context;
    for (size_t i = 0; i < COUNT(updates); i++) {
        struct cap before = cap_make(updates[i].type, updates[i].field, OBJECT, updates[i].w1);
        struct cap after = cap_update_data(before, updates[i].data, updates[i].preserve);

        CHECK(updates[i].name, (cap_type(after) != CAP_NULL) == updates[i].allowed);
        if (updates[i].allowed)
            CHECK(updates[i].name, after.w0 == before.w0 && after.w1 == updates[i].expected_w1);
    }
}

/* region: b is a's, or in it. object: the same; deleting one does not end the object. */
static const struct {
    const char *name;
    enum cap_type type_a;
    word_t field_a;
    uintptr_t object_a;
    enum cap_type type_b;
    word_t field_b;
    uintptr_t object_b;
    bool region, object;
} pairs[] = {
    { "endpoint itself", CAP_ENDPOINT, 15, 64, CAP_ENDPOINT, 1, 64, true, true },
    { "another endpoint", CAP_ENDPOINT, 15, 64, CAP_ENDPOINT, 15, 80, false, false },
    { "type differs", CAP_ENDPOINT, 15, 64, CAP_NOTIFICATION, 3, 64, false, false },
    { "untyped and its copy", CAP_UNTYPED, 24, 4096, CAP_UNTYPED, 24, 4096, true, false },
    { "untyped contains frame", CAP_UNTYPED, 26, 8192, CAP_FRAME, 4, 12288, true, false },
    { "frame behind untyped", CAP_UNTYPED, 26, 8192, CAP_FRAME, 4, 16384, false, false },
    { "frame larger than untyped", CAP_UNTYPED, 26, 0, CAP_FRAME, FRAME_LARGE << 3, 0, false,
      false },
    { "untyped and zombie cnode", CAP_UNTYPED, 24, 4096, CAP_ZOMBIE, 4 << 1, 4096, true, false },
    { "untyped and irq handler", CAP_UNTYPED, 24, 0, CAP_IRQ_HANDLER, 0, 0, false, false },
    { "zombie is alone", CAP_ZOMBIE, 4 << 1, 4096, CAP_ZOMBIE, 4 << 1, 4096, false, false },
    { "irq control and handler", CAP_IRQ_CONTROL, 0, 0, CAP_IRQ_HANDLER, 33, 0, true, false },
    { "irq control and itself", CAP_IRQ_CONTROL, 0, 0, CAP_IRQ_CONTROL, 0, 0, true, true },
    { "irq handlers", CAP_IRQ_HANDLER, 33, 0, CAP_IRQ_HANDLER, 34, 0, false, false },
    { "irq handler copy", CAP_IRQ_HANDLER, 33, 0, CAP_IRQ_HANDLER, 33, 0, true, true },
    { "sgi of control", CAP_IRQ_CONTROL, 0, 0, CAP_SGI_SIGNAL, 3, 0, true, false },
    { "frames of two sizes", CAP_FRAME, FRAME_LARGE << 3, 0, CAP_FRAME, 0, 4096, true, false },
    { "frame copy, fewer rights", CAP_FRAME, 4, 4096, CAP_FRAME, 2, 4096, true, true },
    { "cnodes of two sizes", CAP_CNODE, 4, 4096, CAP_CNODE, 5, 4096, false, false },
    { "smc caps", CAP_SMC, 0, 0, CAP_SMC, 0, 0, true, true },
    { "null", CAP_NULL, 0, 0, CAP_NULL, 0, 0, false, false },
};

static void test_identity(void **context)
{
    (void)context;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct cap a = cap_make(pairs[i].type_a, pairs[i].field_a, (void *)pairs[i].object_a, 0);
        struct cap b = cap_make(pairs[i].type_b, pairs[i].field_b, (void *)pairs[i].object_b, 0);

        CHECK(pairs[i].name, cap_same_region(a, b) == pairs[i].region);
        CHECK(pairs[i].name, cap_same_object(a, b) == pairs[i].object);
    }
}

static const struct {
    const char *name;
    enum cap_type type;
    word_t w1;
    enum error_code error;
    bool null;
    word_t expected_w1;
} derivations[] = {
    { "endpoint", CAP_ENDPOINT, 5, ERROR_NONE, false, 5 },
    { "frame loses its mapping", CAP_FRAME, UINT64_C(3) << 48 | 0x1000, ERROR_NONE, false, 0 },
    { "mapped table", CAP_PAGE_TABLE, UINT64_C(3) << 48, ERROR_NONE, false, UINT64_C(3) << 48 },
    { "unmapped table", CAP_PAGE_TABLE, 0, ERROR_ILLEGAL_OPERATION, false, 0 },
    { "assigned address space", CAP_VSPACE, UINT64_C(3) << 48, ERROR_NONE, false,
      UINT64_C(3) << 48 },
    { "unassigned address space", CAP_VSPACE, 0, ERROR_ILLEGAL_OPERATION, false, 0 },
    { "irq control", CAP_IRQ_CONTROL, 0, ERROR_NONE, true, 0 },
    { "zombie", CAP_ZOMBIE, 5, ERROR_NONE, true, 0 },
    { "childless untyped", CAP_UNTYPED, 5, ERROR_NONE, false, 5 },
    { "null", CAP_NULL, 0, ERROR_NONE, true, 0 },
};

static void test_derive(void **context)
{
    (void)context;
    for (size_t i = 0; i < COUNT(derivations); i++) {
        struct cte slot = { .cap = cap_make(derivations[i].type, 0, OBJECT, derivations[i].w1) };
        struct derived derived;

        if (derivations[i].type == CAP_NULL)
            slot.cap = cap_null();
        host_reset();
        derived = cap_derive(&slot, slot.cap);
        CHECK(derivations[i].name, state.error.code == derivations[i].error);
        CHECK(derivations[i].name,
              (derived.status == EXCEPTION_NONE) == (derivations[i].error == ERROR_NONE));
        if (derived.status == EXCEPTION_NONE) {
            CHECK(derivations[i].name, (cap_type(derived.cap) == CAP_NULL) == derivations[i].null);
            CHECK(derivations[i].name, derived.cap.w1 == derivations[i].expected_w1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mask_rights),
        cmocka_unit_test(test_update_data),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_derive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
