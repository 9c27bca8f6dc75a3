/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped memory (abi section 3.2). */
#include "apitest.h"

static seL4_Error retype(seL4_CPtr untyped, seL4_Word type, seL4_Word bits, seL4_CPtr slot,
                         seL4_Word count)
{
    return seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, slot, count);
}

static void case_retype(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 13);
    seL4_CPtr a = slot_new(), b = slot_new(), c = slot_new();

    CHECK_ERROR(retype(untyped, seL4_ObjectTypeCount, 0, a, 1), seL4_InvalidArgument);
    CHECK(seL4_GetMR(0) == 0);
    CHECK_ERROR(retype(untyped, seL4_UntypedObject, 64, a, 1), seL4_RangeError);
    CHECK(seL4_GetMR(0) == 0 && seL4_GetMR(1) == seL4_MaxUntypedBits);
    CHECK_ERROR(retype(untyped, seL4_CapTableObject, 0, a, 1), seL4_InvalidArgument);
    CHECK_ERROR(retype(untyped, seL4_SchedContextObject, 6, a, 1), seL4_InvalidArgument);
    CHECK(seL4_GetMR(0) == 1);
    CHECK_ERROR(retype(untyped, seL4_EndpointObject, 0, a, 0), seL4_RangeError);
    CHECK_ERROR(retype(untyped, seL4_EndpointObject, 0, a, 257), seL4_RangeError);
    CHECK(seL4_GetMR(0) == 1 && seL4_GetMR(1) == 256);
    CHECK_ERROR(retype(untyped, seL4_EndpointObject, 0, seL4_CapInitThreadTCB, 1),
                seL4_DeleteFirst);

    CHECK_OK(retype(untyped, seL4_EndpointObject, 0, a, 1));
    CHECK_OK(retype(untyped, seL4_ARM_SmallPageObject, 0, b, 1));
    CHECK_ERROR(retype(untyped, seL4_ARM_SmallPageObject, 0, c, 1), seL4_NotEnoughMemory);
    CHECK(seL4_GetMR(0) == 0);
    CHECK_ERROR(cap_copy(c, untyped), seL4_RevokeFirst);
    CHECK_OK(cap_delete(b));
    CHECK_ERROR(retype(untyped, seL4_ARM_SmallPageObject, 0, c, 1), seL4_NotEnoughMemory);
    CHECK_OK(cap_delete(a));
    CHECK_OK(retype(untyped, seL4_ARM_SmallPageObject, 0, b, 2));
    CHECK_OK(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    CHECK(!cap_exists(b) && !cap_exists(c));
    CHECK_OK(retype(untyped, seL4_UntypedObject, 12, b, 2));
}

static const struct api_case cases[] = {
    { "retype", case_retype },
};
const struct api_group untyped_group = {
    .name = "untyped",
    .cases = cases,
    .count = API_COUNT(cases),
};
