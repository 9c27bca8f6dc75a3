/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers that are not in messages: counter, FP access, thread pointers (abi 1.3, 1.4, 3.3). */
#include "apitest.h"

static seL4_CPtr finished;
static volatile seL4_Word seen;

#define READ(name)                                                                                 \
    ({                                                                                             \
        seL4_Word value_;                                                                          \
        asm volatile("mrs %0, " #name : "=r"(value_));                                             \
        value_;                                                                                    \
    })

/* Reads of the counter trap: they give the agreed time of their kernel entry. */
static void case_counter(void)
{
    seL4_Word first = READ(cntvct_el0);
    seL4_Word second = READ(cntpct_el0);
    seL4_Word third = READ(cntvct_el0);

    CHECK(READ(cntfrq_el0) == 62500000);
    CHECK(first < second && second < third);
    CHECK(third - first < READ(cntfrq_el0)); /* less than a second has passed */
    asm volatile("mrs xzr, cntvct_el0");
}

static void finish(void)
{
    thread_signal(finished);
    thread_wait_for_ever();
}

static void use_fp(seL4_Word argument)
{
    asm volatile("fmov d0, %0" : : "r"(argument) : "v0");
    finish();
}

static void case_fp_disabled(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr reply = object_new(seL4_ReplyObject, 0);
    struct thread_options options = { .priority = 100, .fault_endpoint = endpoint };
    seL4_Word badge = 0;
    seL4_MessageInfo_t info;
    /* Made at a lower priority than ours: it does not run before its flag is set. */
    struct thread t = thread_start(use_fp, 1, options);

    CHECK(seL4_TCB_SetFlags(t.tcb, 0, seL4_TCBFlag_fpuDisabled).flags == 1);
    info = seL4_Recv(endpoint, &badge, reply);
    CHECK(seL4_MessageInfo_get_label(info) == seL4_Fault_UserException);
    CHECK(seL4_GetMR(seL4_UserException_Number) >> 26 == 0x07);
    CHECK(seL4_TCB_SetFlags(t.tcb, seL4_TCBFlag_fpuDisabled, 0).flags == 0);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0)); /* repeats the instruction */
    (void)seL4_Wait(finished, &badge);
    CHECK(badge == 1);
    thread_stop(&t);
}

/* Both thread pointers are the thread's own; the read-only one is set from outside. */
static void read_pointers(seL4_Word argument)
{
    seL4_Word own = READ(tpidr_el0);

    asm volatile("msr tpidr_el0, %0" : : "r"(argument));
    thread_signal(finished);
    seen = own + READ(tpidr_el0) + READ(tpidrro_el0);
    finish();
}

static void case_thread_pointers(void)
{
    seL4_Word before = READ(tpidr_el0), badge = 0;
    seL4_UserContext context;
    struct thread t = thread_start(read_pointers, 0x1000, (struct thread_options){ .priority = 9 });

    CHECK_OK(seL4_TCB_SetTLSBase(t.tcb, 0x200000));
    CHECK_OK(seL4_TCB_ReadRegisters(t.tcb, seL4_False, 0, seL4_UserContextWords, &context));
    context.tpidrro_el0 = 0x30000000;
    CHECK_OK(seL4_TCB_WriteRegisters(t.tcb, seL4_False, 0, seL4_UserContextWords, &context));
    (void)seL4_Wait(finished, &badge);
    CHECK(READ(tpidr_el0) == before);
    (void)seL4_Wait(finished, &badge);
    CHECK(seen == 0x30201000);
    thread_stop(&t);
    CHECK_OK(seL4_TCB_ReadRegisters(t.tcb, seL4_False, 0, seL4_UserContextWords, &context));
    CHECK(context.tpidr_el0 == 0x1000);
}

/* A load-exclusive before a switch must not let a store-exclusive succeed after it. */
static void case_exclusive_monitor(void)
{
    static seL4_Word word;
    struct sel4_syscall_registers r = { .x0 = 0 };
    seL4_Word failed;
    seL4_Word value;

    asm volatile("ldxr %0, [%1]" : "=r"(value) : "r"(&word) : "memory");
    sel4_trap(seL4_SysYield, &r, 0, 0);
    asm volatile("stxr %w0, %1, [%2]" : "=&r"(failed) : "r"(value), "r"(&word) : "memory");
    CHECK(failed == 1);
}

static void prepare(void)
{
    finished = slot_new();
    CHECK_OK(cap_mint(finished, object_new(seL4_NotificationObject, 0), 1));
}

static const struct api_case cases[] = {
    { "counter", case_counter },
    { "fp disabled", case_fp_disabled },
    { "thread pointers", case_thread_pointers },
    { "exclusive monitor", case_exclusive_monitor },
};
const struct api_group registers_group = {
    .name = "registers",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
