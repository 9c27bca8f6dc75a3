/* SPDX-License-Identifier: BSD-2-Clause */
/* Breakpoints, watchpoints, single steps (abi sections 3.1, 3.3, 6), in builds that have them. */
#include "apitest.h"

#define BADGE 0xdb

const bool hardware_debug = true;

static seL4_CPtr handler, handler_reply, finished;
static struct thread_options options;

/*
 * The code that is watched, one instruction after the other: it stores x0 and reads it back, calls
 * the kernel (Yield), has a breakpoint instruction of its own, and ends by a signal.
 */
extern const char code_start[], code_store[], code_load[], code_svc[], code_behind_svc[],
    code_brk[], code_end[], code_loop[];
asm(".pushsection .text\n"
    ".balign 4\n"
    "code_start: mov x1, x0\n"
    "code_store: str w1, [x1]\n"
    "code_load: ldr w2, [x1]\n"
    "    mov x7, #-11\n"
    "code_svc: svc #0\n"
    "code_behind_svc: nop\n"
    "code_brk: brk #7\n"
    "code_end: b hardware_debug_finish\n"
    "code_loop: add x0, x0, #1\n"
    "    b code_loop\n"
    ".popsection");

void hardware_debug_finish(void);
void hardware_debug_finish(void)
{
    thread_signal(finished);
    thread_wait_for_ever();
}

static seL4_Word at(const char *label)
{
    return (seL4_Word)label;
}

static struct thread start(seL4_Word argument)
{
    return thread_start((thread_entry)at(code_start), argument, options);
}

static void expect_fault(seL4_Word ip, seL4_Word reason, seL4_Word length)
{
    seL4_Word badge = 0;
    seL4_MessageInfo_t info = seL4_Recv(handler, &badge, handler_reply);

    CHECK_EQUAL(badge, BADGE);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_DebugException);
    CHECK_EQUAL(seL4_MessageInfo_get_length(info), length);
    CHECK_EQUAL(seL4_GetMR(seL4_DebugException_FaultIP), ip);
    CHECK_EQUAL(seL4_GetMR(seL4_DebugException_ExceptionReason), reason);
}

/* The processor may name the watched byte, or where the access begins. */
static void expect_watchpoint(seL4_Word ip, seL4_Word address, seL4_Word number)
{
    expect_fault(ip, seL4_DataBreakpoint, seL4_DebugException_Length);
    CHECK(seL4_GetMR(seL4_DebugException_TriggerAddress) - address < 4);
    CHECK_EQUAL(seL4_GetMR(seL4_DebugException_BreakpointNumber), number);
}

static void expect_breakpoint(seL4_Word ip, seL4_Word reason, seL4_Word address, seL4_Word number)
{
    expect_fault(ip, reason, seL4_DebugException_Length);
    CHECK_EQUAL(seL4_GetMR(seL4_DebugException_TriggerAddress), address);
    CHECK_EQUAL(seL4_GetMR(seL4_DebugException_BreakpointNumber), number);
}

static void answer(seL4_Word label, seL4_Word length, seL4_Word count)
{
    seL4_SetMR(0, count);
    seL4_Send(handler_reply, seL4_MessageInfo_new(label, 0, 0, length));
}

static void move_to(const struct thread *t, const char *label)
{
    seL4_UserContext context = { .pc = at(label) };

    CHECK_OK(seL4_TCB_WriteRegisters(t->tcb, seL4_False, 0, 1, &context));
}

/* The thread meets its BRK; it is sent behind it, and ends. */
static void finish(struct thread *t)
{
    seL4_Word badge = 0;

    expect_fault(at(code_brk), seL4_SoftwareBreakRequest, 2);
    move_to(t, code_end);
    answer(0, 0, 0);
    (void)seL4_Wait(finished, &badge);
    CHECK_EQUAL(badge, 1);
    thread_stop(t);
}

static void case_refused_arguments(void)
{
    static const struct {
        seL4_Word number, vaddr, type, size, access;
        struct failure failure;
    } table[] = {
        { 0, 0x1000, 2, 0, 0, { seL4_InvalidArgument, 1, { 2 } } },
        { 0, 1ul << 47, 1, 0, 0, { seL4_InvalidArgument, 1, { 1 } } },
        { 0, 0x1000, 1, 4, 0, { seL4_InvalidArgument, 1, { 3 } } },
        { 0, 0x1000, 1, 0, 1, { seL4_InvalidArgument, 1, { 4 } } },
        { 6, 0x1000, 1, 0, 0, { seL4_InvalidArgument, 1, { 2 } } },
        { 10, 0x1000, 0, 4, 0, { seL4_RangeError, 2, { 0, 9 } } },
        { 5, 0x1000, 0, 4, 0, { seL4_InvalidArgument, 1, { 2 } } },
        { 6, 0x1000, 0, 0, 0, { seL4_InvalidArgument, 1, { 3 } } },
        { 6, 0x1000, 0, 3, 0, { seL4_InvalidArgument, 1, { 3 } } },
        { 6, 0x1000, 0, 16, 0, { seL4_InvalidArgument, 1, { 3 } } },
        { 6, 0x1000, 0, 4, 3, { seL4_InvalidArgument, 1, { 3 } } },
        { 6, 0x1002, 0, 4, 1, { seL4_AlignmentError, 0, { 0 } } },
    };
    seL4_CPtr tcb = object_new(seL4_TCBObject, 0);

    for (unsigned i = 0; i < API_COUNT(table); i++)
        CHECK_FAILS(seL4_TCB_SetBreakpoint(tcb, (seL4_Uint16)table[i].number, table[i].vaddr,
                                           table[i].type, table[i].size, table[i].access),
                    table[i].failure);
    CHECK_FAILS((seL4_Word)seL4_TCB_GetBreakpoint(tcb, 10).error, range(0, 9));
    CHECK_FAILS(seL4_TCB_UnsetBreakpoint(tcb, 10), range(0, 9));
    CHECK_FAILS((seL4_Word)seL4_TCB_ConfigureSingleStepping(tcb, 10, 1).error, range(0, 9));
    CHECK_EQUAL((seL4_Word)seL4_TCB_ConfigureSingleStepping(tcb, 9, 1).error, seL4_NoError);
    CHECK_ERROR(sel4_invoke(tcb, TCBSetBreakpoint, 0, 4, 0, 0x1000, 1, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(tcb, TCBGetBreakpoint, 0, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(tcb, TCBUnsetBreakpoint, 0, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(tcb, TCBConfigureSingleStepping, 0, 1, 0, 0, 0, 0),
                seL4_TruncatedMessage);
}

static void check_breakpoint(seL4_CPtr tcb, seL4_Uint16 number, seL4_TCB_GetBreakpoint_t expected)
{
    seL4_TCB_GetBreakpoint_t got = seL4_TCB_GetBreakpoint(tcb, number);

    CHECK_EQUAL((seL4_Word)got.error, seL4_NoError);
    CHECK_EQUAL(got.vaddr, expected.vaddr);
    CHECK_EQUAL(got.type, expected.type);
    CHECK_EQUAL(got.size, expected.size);
    CHECK_EQUAL(got.rw, expected.rw);
    CHECK(got.is_enabled == expected.is_enabled);
}

static void case_get_what_was_set(void)
{
    seL4_CPtr tcb = object_new(seL4_TCBObject, 0);

    for (seL4_Uint16 i = 0; i < seL4_NumHWBreakpoints; i++)
        check_breakpoint(tcb, i,
                         (seL4_TCB_GetBreakpoint_t){ .type = i < seL4_FirstWatchpoint
                                                                 ? seL4_InstructionBreakpoint
                                                                 : seL4_DataBreakpoint });
    CHECK_OK(seL4_TCB_SetBreakpoint(tcb, 5, 0x8000, seL4_InstructionBreakpoint, 0, 0));
    CHECK_OK(seL4_TCB_SetBreakpoint(tcb, 9, 0x9008, seL4_DataBreakpoint, 8, seL4_BreakOnReadWrite));
    check_breakpoint(tcb, 5, (seL4_TCB_GetBreakpoint_t){ 0, 0x8000, 1, 0, 0, 1 });
    check_breakpoint(tcb, 9, (seL4_TCB_GetBreakpoint_t){ 0, 0x9008, 0, 8, 2, 1 });
    CHECK_OK(seL4_TCB_UnsetBreakpoint(tcb, 9));
    check_breakpoint(tcb, 9, (seL4_TCB_GetBreakpoint_t){ 0, 0, 0, 8, 2, 0 });
}

static void case_breakpoint(void)
{
    for (seL4_Uint16 i = 0; i < seL4_FirstWatchpoint; i++) {
        seL4_Word word = 0;
        struct thread t = start((seL4_Word)&word);

        CHECK_OK(seL4_TCB_SetBreakpoint(t.tcb, i, at(code_load), seL4_InstructionBreakpoint, 0, 0));
        expect_breakpoint(at(code_load), seL4_InstructionBreakpoint, at(code_load), i);
        CHECK_EQUAL(word, (seL4_Uint32)(seL4_Word)&word); /* what is before it was executed */
        answer(0, 0, 0);
        expect_breakpoint(at(code_load), seL4_InstructionBreakpoint, at(code_load), i);
        CHECK_OK(seL4_TCB_UnsetBreakpoint(t.tcb, i));
        answer(0, 0, 0);
        finish(&t);
    }
}

static void case_watchpoint(void)
{
    static const struct {
        seL4_Word offset, size, access;
        bool store, load;
    } table[] = {
        { 0, 4, seL4_BreakOnWrite, true, false },      { 0, 4, seL4_BreakOnRead, false, true },
        { 0, 4, seL4_BreakOnReadWrite, true, true },   { 2, 1, seL4_BreakOnReadWrite, true, true },
        { 4, 4, seL4_BreakOnReadWrite, false, false }, { 0, 8, seL4_BreakOnRead, false, true },
        { 8, 8, seL4_BreakOnReadWrite, false, false },
    };

    for (unsigned i = 0; i < API_COUNT(table); i++) {
        _Alignas(8) seL4_Word words[2] = { 0, 0 };
        seL4_Word address = (seL4_Word)words;
        struct thread t = start(address);
        seL4_Uint16 number = (seL4_Uint16)(seL4_FirstWatchpoint + i % 4);

        CHECK_OK(seL4_TCB_SetBreakpoint(t.tcb, number, address + table[i].offset,
                                        seL4_DataBreakpoint, table[i].size, table[i].access));
        if (table[i].store) {
            expect_watchpoint(at(code_store), address, number);
            CHECK_EQUAL(*(volatile seL4_Word *)words, 0); /* before the access */
            move_to(&t, code_load);
            answer(0, 0, 0);
        }
        if (table[i].load) {
            expect_watchpoint(at(code_load), address, number);
            CHECK_OK(seL4_TCB_UnsetBreakpoint(t.tcb, number));
            answer(0, 0, 0);
        }
        finish(&t);
    }
}

/* One after the other, a system call in between, and the BRK at the end. */
static void case_single_steps(void)
{
    seL4_Word word = 0;
    struct thread t = start((seL4_Word)&word);
    seL4_TCB_ConfigureSingleStepping_t configured = seL4_TCB_ConfigureSingleStepping(t.tcb, 0, 1);

    CHECK_EQUAL((seL4_Word)configured.error, seL4_NoError);
    CHECK(configured.bp_was_consumed == 1);
    for (const char *ip = code_start + 4; ip <= code_brk; ip += 4) {
        expect_fault(at(ip), seL4_SingleStep, 2);
        answer(0, ip == code_load ? 0 : 1, 1); /* without a word it is one more step */
    }
    expect_fault(at(code_brk), seL4_SoftwareBreakRequest, 2);
    move_to(&t, code_end);
    answer(0, 0, 0);
    expect_fault((seL4_Word)hardware_debug_finish, seL4_SingleStep, 2);
    answer(0, 1, 0); /* no more of them */
    (void)seL4_Wait(finished, &word);
    CHECK_EQUAL(word, 1);
    thread_stop(&t);
}

static void case_several_steps(void)
{
    seL4_Word word = 0;
    struct thread t = start((seL4_Word)&word);

    CHECK_EQUAL((seL4_Word)seL4_TCB_ConfigureSingleStepping(t.tcb, 3, 3).error, seL4_NoError);
    expect_fault(at(code_start) + 12, seL4_SingleStep, 2);
    answer(0, 1, 2);
    expect_fault(at(code_behind_svc), seL4_SingleStep, 2);
    CHECK_EQUAL((seL4_Word)seL4_TCB_ConfigureSingleStepping(t.tcb, 3, 0).error, seL4_NoError);
    answer(0, 1, 1); /* stepping was ended meanwhile: the thread stays where it is */
    CHECK_OK(seL4_TCB_Resume(t.tcb));
    finish(&t);
}

static void case_label_stops(void)
{
    seL4_Word word = 0;
    struct thread t = start((seL4_Word)&word);

    CHECK_OK(seL4_TCB_SetBreakpoint(t.tcb, 1, at(code_store), seL4_InstructionBreakpoint, 0, 0));
    expect_breakpoint(at(code_store), seL4_InstructionBreakpoint, at(code_store), 1);
    answer(1, 0, 0);
    CHECK_OK(seL4_TCB_UnsetBreakpoint(t.tcb, 1));
    CHECK_EQUAL(word, 0);
    CHECK_OK(seL4_TCB_Resume(t.tcb));
    finish(&t);
}

/* Breakpoints and steps are of one thread, although both run the same code. */
static void case_other_threads(void)
{
    seL4_Word words[2] = { 0, 0 };
    struct thread watched = start((seL4_Word)&words[0]);
    struct thread other;

    CHECK_OK(
        seL4_TCB_SetBreakpoint(watched.tcb, 0, at(code_load), seL4_InstructionBreakpoint, 0, 0));
    CHECK_EQUAL((seL4_Word)seL4_TCB_ConfigureSingleStepping(watched.tcb, 1, 1).error, 0);
    expect_fault(at(code_start) + 4, seL4_SingleStep, 2);
    other = start((seL4_Word)&words[1]);
    answer(0, 1, 0);
    expect_breakpoint(at(code_load), seL4_InstructionBreakpoint, at(code_load), 0);
    CHECK_OK(seL4_TCB_Suspend(watched.tcb));
    finish(&other);
    CHECK_OK(seL4_TCB_UnsetBreakpoint(watched.tcb, 0));
    CHECK_OK(seL4_TCB_Resume(watched.tcb));
    finish(&watched);
}

/* Its budget ends between steps again and again: none is lost, and none made twice. */
static void case_steps_without_budget(void)
{
    struct thread_options short_of_time = options;
    seL4_Word steps = 400;
    seL4_UserContext context;
    struct thread t;

    short_of_time.budget_us = 30;
    short_of_time.period_us = 500;
    t = thread_start((thread_entry)at(code_loop), 0, short_of_time);
    CHECK_EQUAL((seL4_Word)seL4_TCB_ConfigureSingleStepping(t.tcb, 0, 1).error, seL4_NoError);
    for (seL4_Word i = 1; i <= steps; i++) {
        expect_fault(at(code_loop) + 4 * (i & 1), seL4_SingleStep, 2);
        answer(0, 1, 1);
    }
    CHECK_OK(seL4_TCB_ReadRegisters(t.tcb, seL4_True, 0, seL4_UserContextWords, &context));
    CHECK_EQUAL(context.x0, steps / 2);
    CHECK_EQUAL(context.spsr & 1ul << 21, 0); /* the step bit is the kernel's */
}

static void case_object_is_a_page(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 12);

    CHECK_EQUAL(seL4_TCBBits, 12);
    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_TCBObject, 0, ROOT, 0, 0, slot_new(), 1));
    CHECK_FAILS(seL4_Untyped_Retype(untyped, seL4_TCBObject, 0, ROOT, 0, 0, slot_new(), 1),
                memory_left(0));
}

static void prepare(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);

    handler = object_new(seL4_EndpointObject, 0);
    handler_reply = object_new(seL4_ReplyObject, 0);
    options = (struct thread_options){ .priority = 100, .fault_endpoint = slot_new() };
    finished = slot_new();
    CHECK_OK(cap_mint(options.fault_endpoint, handler, BADGE));
    CHECK_OK(cap_mint(finished, notification, 1));
}

static const struct api_case cases[] = {
    { "refused arguments", case_refused_arguments },
    { "get what was set", case_get_what_was_set },
    { "breakpoint", case_breakpoint },
    { "watchpoint", case_watchpoint },
    { "single steps", case_single_steps },
    { "several steps", case_several_steps },
    { "a label stops the thread", case_label_stops },
    { "other threads", case_other_threads },
    { "steps without budget", case_steps_without_budget },
    { "a TCB object is a page", case_object_is_a_page },
};
const struct api_group hardware_debug_group = {
    .name = "hardware debug",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
