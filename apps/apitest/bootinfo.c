/* SPDX-License-Identifier: BSD-2-Clause */
/* What the root task is told and given at its start (abi section 8). */
#include "apitest.h"

static void case_header(void)
{
    CHECK_EQUAL(boot->numNodes, 1);
    CHECK_EQUAL(boot->nodeID, 0);
    CHECK_EQUAL(boot->initThreadDomain, 0);
    CHECK((seL4_Word)boot->ipcBuffer + 4096 == (seL4_Word)boot);
}

static void case_slot_regions(void)
{
    CHECK_EQUAL(boot->empty.end, 1ul << boot->initThreadCNodeSizeBits);
    CHECK_EQUAL(boot->schedcontrol.end, boot->schedcontrol.start + 1);
    CHECK(boot->untyped.end > boot->untyped.start);
    CHECK_EQUAL(boot->empty.start, boot->untyped.end);
}

static const struct api_case cases[] = {
    { "header", case_header },
    { "slot regions", case_slot_regions },
};
const struct api_group bootinfo_group = {
    .name = "bootinfo",
    .cases = cases,
    .count = API_COUNT(cases),
};
