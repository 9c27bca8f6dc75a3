/* SPDX-License-Identifier: BSD-2-Clause */
/* A build without the hardware debug API: what it does not have (abi sections 0 and 6). */
#include "apitest.h"

const bool hardware_debug = false;

static seL4_CPtr handler;

static void breaks(seL4_Word argument)
{
    (void)argument;
    asm volatile("brk #7");
    thread_wait_for_ever();
}

/* BRK is one of the exceptions that have no meaning of their own. */
static void case_brk(void)
{
    struct thread_options options = { .priority = 100, .fault_endpoint = slot_new() };
    seL4_MessageInfo_t info;
    struct thread t;

    handler = object_new(seL4_EndpointObject, 0);
    CHECK_OK(cap_mint(options.fault_endpoint, handler, 1));
    t = thread_start(breaks, 0, options);
    info = seL4_Wait(handler, NULL);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_UserException);
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_Number), 0xf2000007); /* class 0x3c, immediate 7 */
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_Code), 0);
    thread_stop(&t);
}

static void case_object_is_half_a_page(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 12);

    CHECK_EQUAL(seL4_TCBBits, 11);
    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_TCBObject, 0, ROOT, 0, 0, slots_new(2), 2));
}

static const struct api_case cases[] = {
    { "BRK is a user exception", case_brk },
    { "a TCB object is half a page", case_object_is_half_a_page },
};
const struct api_group hardware_debug_group = {
    .name = "hardware debug",
    .cases = cases,
    .count = API_COUNT(cases),
};
