/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads as objects (abi section 3.3). */
#include "apitest.h"

static void never_runs(seL4_Word argument)
{
    (void)argument;
}

static void case_tcb(void)
{
    seL4_CPtr tcb = object_new(seL4_TCBObject, 0);
    seL4_UserContext in = { 0 }, out = { 0 };
    seL4_Word *word = (seL4_Word *)&in;
    bool same = true;

    for (seL4_Word i = 0; i < seL4_UserContextWords; i++)
        word[i] = 0x1000 + i;
    in.pc = (seL4_Word)never_runs;
    in.spsr = 0x60000000;
    CHECK_OK(seL4_TCB_WriteRegisters(tcb, seL4_False, 0, seL4_UserContextWords, &in));
    CHECK_OK(seL4_TCB_ReadRegisters(tcb, seL4_False, 0, seL4_UserContextWords, &out));
    for (seL4_Word i = 0; i < seL4_UserContextWords; i++)
        same = same && (i == 2 || word[i] == ((seL4_Word *)&out)[i]);
    CHECK(same);
    CHECK((out.spsr & 0xf0000000) == 0x60000000 && (out.spsr & 0xf) == 0);
    CHECK_ERROR(seL4_TCB_ReadRegisters(tcb, seL4_False, 0, 37, &out), seL4_RangeError);
    CHECK_ERROR(seL4_TCB_ReadRegisters(SELF, seL4_False, 0, 2, &out), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_SetPriority(tcb, SELF, 256), seL4_RangeError);
    CHECK(seL4_GetMR(0) == 0 && seL4_GetMR(1) == 255);
    CHECK_ERROR(seL4_TCB_SetPriority(tcb, tcb, 1), seL4_RangeError);
    CHECK_ERROR(seL4_TCB_SetPriority(tcb, ROOT, 1), seL4_InvalidCapability);
    CHECK_OK(seL4_TCB_SetMCPriority(tcb, SELF, 20));
    CHECK_OK(seL4_TCB_SetTLSBase(tcb, 0xabc0));
    CHECK_OK(seL4_TCB_ReadRegisters(tcb, seL4_False, 0, seL4_UserContextWords, &out));
    CHECK(out.tpidr_el0 == 0xabc0);
    CHECK(seL4_TCB_SetFlags(tcb, 0, seL4_TCBFlag_fpuDisabled).flags == 1);
    CHECK(seL4_TCB_SetFlags(tcb, 1, 0).flags == 0);
    CHECK_ERROR(seL4_TCB_SetIPCBuffer(tcb, 8, seL4_CapInitThreadIPCBuffer), seL4_AlignmentError);
    CHECK_ERROR(seL4_TCB_Configure(tcb, ROOT, 0, ROOT, 0, 0, 0), seL4_IllegalOperation);
    CHECK_OK(seL4_CNode_Delete(ROOT, tcb, DEPTH));
    CHECK_OK(seL4_TCB_Resume(SELF));
}

static const struct api_case cases[] = {
    { "registers and priorities", case_tcb },
};
const struct api_group tcb_group = {
    .name = "tcb",
    .cases = cases,
    .count = API_COUNT(cases),
};
