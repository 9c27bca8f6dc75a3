/* SPDX-License-Identifier: BSD-2-Clause */
/* TCB_ReadRegisters, WriteRegisters, CopyRegisters (abi sections 1.3 and 3.3). */
#include "apitest.h"

#define FRAME_WORDS 17u
#define SPSR 2u

static seL4_CPtr tcb;

static void prepare(void)
{
    tcb = object_new(seL4_TCBObject, 0);
}

/* EL0, FIQ masked; SError masked too unless the kernel is a debug build. */
static seL4_Word pstate(void)
{
    return kernel_debug ? 0x40 : 0x140;
}

static void fill(seL4_UserContext *context, seL4_Word seed)
{
    for (seL4_Word i = 0; i < seL4_UserContextWords; i++)
        ((seL4_Word *)context)[i] = seed + i * 0x0101010101;
}
static seL4_Word word_of(const seL4_UserContext *context, seL4_Word i)
{
    return ((const seL4_Word *)context)[i];
}
static seL4_UserContext read_all(seL4_CPtr from)
{
    seL4_UserContext context = { 0 };

    CHECK_OK(seL4_TCB_ReadRegisters(from, seL4_False, 0, seL4_UserContextWords, &context));
    return context;
}

static void case_fresh(void)
{
    seL4_UserContext context = read_all(tcb);

    for (seL4_Word i = 0; i < seL4_UserContextWords; i++)
        CHECK_EQUAL(word_of(&context, i), i == SPSR ? pstate() : 0);
}

static void case_write_and_read(void)
{
    seL4_UserContext in, out;

    fill(&in, 0x1122334455667788);
    CHECK_OK(seL4_TCB_WriteRegisters(tcb, seL4_False, 0, seL4_UserContextWords, &in));
    out = read_all(tcb);
    for (seL4_Word i = 0; i < seL4_UserContextWords; i++) {
        if (i != SPSR)
            CHECK_EQUAL(word_of(&out, i), word_of(&in, i));
    }
}

/* Of the SPSR only the flags N, Z, C, V are the user's. */
static void case_spsr(void)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        seL4_UserContext context = { .spsr = 1ul << bit };

        CHECK_OK(seL4_TCB_WriteRegisters(tcb, seL4_False, 0, 3, &context));
        context = read_all(tcb);
        CHECK_EQUAL(context.spsr, ((1ul << bit) & 0xf0000000) | pstate());
    }
}

static void case_read_truncated(void)
{
    CHECK_ERROR(sel4_invoke(tcb, TCBReadRegisters, 0, 0, 0, 99, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(SELF, TCBReadRegisters, 0, 1, 0, 99, 0, 0), seL4_TruncatedMessage);
}

static void case_read_count(void)
{
    static const seL4_Word wrong[] = { 0, 37, 120, 1ul << 32, ~0ul };

    for (unsigned i = 0; i < API_COUNT(wrong); i++) {
        CHECK_FAILS(sel4_invoke(tcb, TCBReadRegisters, 0, 2, 0, wrong[i], 0, 0), range(1, 36));
        CHECK_FAILS(sel4_invoke(SELF, TCBReadRegisters, 0, 2, 0, wrong[i], 0, 0), range(1, 36));
    }
}

static void case_read_length(void)
{
    for (seL4_Word count = 1; count <= seL4_UserContextWords; count++) {
        seL4_Word mr0 = 0, mr1 = count, mr2 = 0, mr3 = 0;
        seL4_MessageInfo_t info = seL4_CallWithMRs(
            tcb, seL4_MessageInfo_new(TCBReadRegisters, 0, 0, 2), &mr0, &mr1, &mr2, &mr3);

        CHECK_EQUAL(seL4_MessageInfo_get_length(info), count);
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_NoError);
    }
}

static void case_own_registers(void)
{
    seL4_UserContext context;

    fill(&context, 0);
    CHECK_ERROR(seL4_TCB_ReadRegisters(SELF, seL4_False, 0, 1, &context), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_ReadRegisters(SELF, seL4_True, 0, 36, &context), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_WriteRegisters(SELF, seL4_False, 0, 1, &context), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_WriteRegisters(SELF, seL4_True, 0, 36, &context), seL4_IllegalOperation);
}

static void case_write_truncated(void)
{
    CHECK_ERROR(sel4_invoke(tcb, TCBWriteRegisters, 0, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(tcb, TCBWriteRegisters, 0, 1, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(tcb, TCBWriteRegisters, 0, 2, 0, 1, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(tcb, TCBWriteRegisters, 0, 37, 0, 36, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(SELF, TCBWriteRegisters, 0, 37, 0, 36, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(tcb, TCBWriteRegisters, 0, 120, 0, ~0ul, 0, 0), seL4_TruncatedMessage);
}

static void case_write_part(void)
{
    seL4_UserContext before, in, out;

    fill(&before, 0x5000);
    fill(&in, 0x9000);
    for (seL4_Word count = 0; count <= seL4_UserContextWords; count += 6) {
        CHECK_OK(seL4_TCB_WriteRegisters(tcb, seL4_False, 0, seL4_UserContextWords, &before));
        CHECK_OK(seL4_TCB_WriteRegisters(tcb, seL4_False, 0, count, &in));
        out = read_all(tcb);
        for (seL4_Word i = 0; i < seL4_UserContextWords; i++) {
            if (i != SPSR)
                CHECK_EQUAL(word_of(&out, i), word_of(i < count ? &in : &before, i));
        }
    }
}

/* More than there are: the rest of the message is not looked at. */
static void case_write_too_many(void)
{
    seL4_UserContext out;

    for (int i = 4; i < 120; i++)
        seL4_SetMR(i, (seL4_Word)i);
    CHECK_OK(sel4_invoke(tcb, TCBWriteRegisters, 0, 120, 0, 118, 2, 3));
    out = read_all(tcb);
    CHECK_EQUAL(out.pc, 2);
    CHECK_EQUAL(out.sp, 3);
    CHECK_EQUAL(out.tpidrro_el0, 37);
}

static volatile seL4_Word mark;

static void marker(seL4_Word value)
{
    mark = value;
    thread_wait_for_ever();
}

/* What a thread of priority 250 has marked once it has run; 0: it did not. */
static seL4_Word marked(void)
{
    mark = 0;
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 249));
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 255));
    return mark;
}

static struct thread marker_new(seL4_Word value)
{
    return thread_start(marker, value, (struct thread_options){ .priority = 250 });
}

static void case_read_suspends(void)
{
    struct thread t = marker_new(3);
    seL4_UserContext context;

    CHECK_OK(seL4_TCB_ReadRegisters(t.tcb, seL4_True, 0, 4, &context));
    CHECK_EQUAL(marked(), 0);
    CHECK_OK(seL4_TCB_Resume(t.tcb));
    CHECK_EQUAL(marked(), 3);
    t = marker_new(4);
    CHECK_OK(seL4_TCB_ReadRegisters(t.tcb, seL4_False, 0, 4, &context));
    CHECK_EQUAL(marked(), 4);
}

static void case_write_resumes(void)
{
    struct thread t = marker_new(3);
    seL4_UserContext context;

    CHECK_OK(seL4_TCB_ReadRegisters(t.tcb, seL4_True, 0, 4, &context));
    context.x0 = 5;
    CHECK_OK(seL4_TCB_WriteRegisters(t.tcb, seL4_False, 0, 4, &context));
    CHECK_EQUAL(marked(), 0);
    CHECK_OK(seL4_TCB_WriteRegisters(t.tcb, seL4_True, 0, 0, &context));
    CHECK_EQUAL(marked(), 5);
}

/* Both kinds of flags on: the other architecture bits mean nothing. */
static void case_architecture_flags(void)
{
    struct thread t = marker_new(3);
    seL4_UserContext context;

    CHECK_OK(seL4_TCB_ReadRegisters(t.tcb, seL4_False, 0xff, 4, &context));
    CHECK_OK(seL4_TCB_WriteRegisters(t.tcb, seL4_False, 0xff, 4, &context));
    CHECK_OK(seL4_TCB_CopyRegisters(t.tcb, tcb, 0, 0, 0, 0, 0xff));
    CHECK_EQUAL(marked(), 3);
}

/* A thread that waits is read at its system call: there it would go on when resumed. */
static void blocked_receiver(seL4_Word cap)
{
    struct sel4_syscall_registers r = { .x0 = cap };

    sel4_trap(seL4_SysWait, &r, 0, 0);
    marker(9);
}
static void case_read_blocked(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);
    struct thread t =
        thread_start(blocked_receiver, notification, (struct thread_options){ .priority = 250 });
    seL4_UserContext context;

    CHECK_EQUAL(marked(), 0);
    context = read_all(t.tcb);
    CHECK_EQUAL(*(const unsigned *)context.pc, 0xd4000001); /* svc #0 */
    CHECK_EQUAL(context.x0, notification);
    CHECK_EQUAL(context.x7, (seL4_Word)seL4_SysWait);
    CHECK_OK(seL4_TCB_ReadRegisters(t.tcb, seL4_True, 0, 1, &context));
    context.pc += 4; /* beyond the system call, as if it had returned */
    CHECK_OK(seL4_TCB_WriteRegisters(t.tcb, seL4_True, 0, 1, &context));
    CHECK_EQUAL(marked(), 9);
}

static void case_copy_truncated(void)
{
    seL4_SetCap(0, tcb);
    CHECK_ERROR(sel4_invoke(tcb, TCBCopyRegisters, 1, 0, 0, 0, 0, 0), seL4_TruncatedMessage);
    CHECK_ERROR(sel4_invoke(tcb, TCBCopyRegisters, 0, 1, 0, 0, 0, 0), seL4_TruncatedMessage);
}

static void case_copy_source(void)
{
    const seL4_CPtr wrong[] = { slot_new(), ROOT, VSPACE };

    for (unsigned i = 0; i < API_COUNT(wrong); i++)
        CHECK_FAILS(seL4_TCB_CopyRegisters(tcb, wrong[i], 0, 0, 1, 1, 0), bad_cap(1));
    CHECK_OK(seL4_TCB_CopyRegisters(tcb, tcb, 0, 0, 1, 1, 0));
    CHECK_OK(seL4_TCB_CopyRegisters(tcb, SELF, 0, 0, 0, 0, 0xff));
}

/* 17 frame registers and 19 integer registers, each half for itself. */
static void case_copy_halves(void)
{
    seL4_CPtr source = object_new(seL4_TCBObject, 0);
    seL4_UserContext from, before, out;

    fill(&from, 0x7000);
    fill(&before, 0x3000);
    CHECK_OK(seL4_TCB_WriteRegisters(source, seL4_False, 0, seL4_UserContextWords, &from));
    for (unsigned which = 0; which < 4; which++) {
        CHECK_OK(seL4_TCB_WriteRegisters(tcb, seL4_False, 0, seL4_UserContextWords, &before));
        CHECK_OK(seL4_TCB_CopyRegisters(tcb, source, 0, 0, (which & 1) != 0, which > 1, 0));
        out = read_all(tcb);
        for (seL4_Word i = 0; i < seL4_UserContextWords; i++) {
            bool copied = (which & (i < FRAME_WORDS ? 1 : 2)) != 0;

            if (i != SPSR)
                CHECK_EQUAL(word_of(&out, i), word_of(copied ? &from : &before, i));
        }
    }
}

static void case_copy_suspends_and_resumes(void)
{
    struct thread t = marker_new(3), other = marker_new(4);

    thread_stop(&other);
    CHECK_OK(seL4_TCB_CopyRegisters(other.tcb, t.tcb, 1, 0, 0, 0, 0));
    CHECK_EQUAL(marked(), 0);
    CHECK_OK(seL4_TCB_CopyRegisters(t.tcb, other.tcb, 0, 1, 0, 0, 0));
    CHECK_EQUAL(marked(), 3);
    CHECK_OK(seL4_TCB_CopyRegisters(other.tcb, t.tcb, 1, 1, 0, 0, 0));
    CHECK_EQUAL(marked(), 4);
}

/* The copied program counter is where the target goes on. */
static void case_copy_program_counter(void)
{
    struct thread t = thread_start(blocked_receiver, 0, (struct thread_options){ .priority = 250 });
    struct thread source = marker_new(6);

    thread_stop(&t);
    thread_stop(&source);
    CHECK_OK(seL4_TCB_CopyRegisters(t.tcb, source.tcb, 0, 1, 1, 0, 0));
    CHECK_EQUAL(marked(), 6);
}

static const struct api_case cases[] = {
    { "fresh", case_fresh },
    { "write and read", case_write_and_read },
    { "spsr", case_spsr },
    { "read truncated", case_read_truncated },
    { "read count", case_read_count },
    { "read length", case_read_length },
    { "own registers", case_own_registers },
    { "write truncated", case_write_truncated },
    { "write part", case_write_part },
    { "write too many", case_write_too_many },
    { "read suspends", case_read_suspends },
    { "write resumes", case_write_resumes },
    { "architecture flags", case_architecture_flags },
    { "read blocked", case_read_blocked },
    { "copy truncated", case_copy_truncated },
    { "copy source", case_copy_source },
    { "copy halves", case_copy_halves },
    { "copy suspends and resumes", case_copy_suspends_and_resumes },
    { "copy program counter", case_copy_program_counter },
};
const struct api_group tcb_registers_group = {
    .name = "tcb registers",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
