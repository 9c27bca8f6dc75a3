/* SPDX-License-Identifier: BSD-2-Clause */
/* User exceptions and unknown system calls: their words and their answers (abi section 6). */
#include "puppet.h"

#define FLAGS 0xf0000000ul
#define UNDEFINED 0x02000000ul /* ESR: class 0, 32 bit instruction */
#define STRANGE ((seL4_Word)-77)

static seL4_CPtr faults, reply;
static struct puppet *p;
static seL4_UserContext before, after;

static void prepare(void)
{
    puppets_prepare();
    faults = endpoint_new();
    reply = reply_new();
    p = puppet_new(20);
    puppet_handler(p, badged(faults, 0xfa));
}

/* Runs code with a value of its own in each register. */
static void run(const char *code)
{
    seL4_Word *word = (seL4_Word *)&before;

    for (seL4_Word i = 0; i < seL4_UserContextWords; i++)
        word[i] = 0x3333333300000000 + i;
    before.spsr = 0x60000000;
    before.x7 = STRANGE;
    puppet_run(p, code, &before);
    before.spsr = puppet_registers(p).spsr;
    settle();
}

static void take_exception(const char *ip, seL4_Word number)
{
    struct message m = take(faults, reply);

    CHECK_EQUAL(m.label, seL4_Fault_UserException);
    CHECK_EQUAL(m.length, seL4_UserException_Length);
    CHECK_EQUAL(m.badge, 0xfa);
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_FaultIP), (seL4_Word)ip);
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_SP), before.sp);
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_SPSR), before.spsr);
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_Number), number);
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_Code), 0);
}

static void case_undefined(void)
{
    run(puppet_undefined);
    take_exception(puppet_undefined, UNDEFINED);
    run(puppet_park);
    take_exception(puppet_park, UNDEFINED);
}

static void case_break(void)
{
    if (hardware_debug) {
        skip("it is a debug exception in this build: group hardware debug");
        return;
    }
    run(puppet_break);
    take_exception(puppet_break, 0xf2000123);
}

/* System registers that are not the program's. */
static void case_system_register(void)
{
    run(puppet_system_write);
    take_exception(puppet_system_write, UNDEFINED);
}

/* The program counter itself is not aligned: no instruction is read. */
static void case_counter_alignment(void)
{
    run(puppet_undefined + 2);
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_UserException);
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_FaultIP), (seL4_Word)puppet_undefined + 2);
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_Number) >> 26, 0x22);
}

/* Each thread may have its own flags: the message has those of the moment. */
static void case_flags(void)
{
    for (seL4_Word flags = 0; flags < 16; flags++) {
        run(puppet_undefined); /* then again with other flags */
        (void)take(faults, reply);
        before.spsr = flags << 28;
        puppet_run(p, puppet_undefined, &before);
        settle();
        CHECK_EQUAL(take(faults, reply).label, seL4_Fault_UserException);
        CHECK_EQUAL(seL4_GetMR(seL4_UserException_SPSR) & FLAGS, flags << 28);
    }
}

/* Without words in the answer the instruction is repeated. */
static void case_repeated(void)
{
    run(puppet_undefined);
    take_exception(puppet_undefined, UNDEFINED);
    answer(reply, 0, 0);
    take_exception(puppet_undefined, UNDEFINED);
}

/* The first three words of the answer are taken, as many as there are. */
static void case_answer_words(void)
{
    for (seL4_Word length = 1; length <= 5; length++) {
        run(puppet_undefined);
        take_exception(puppet_undefined, UNDEFINED);
        seL4_SetMR(0, (seL4_Word)puppet_park);
        seL4_SetMR(1, 0x4440);
        seL4_SetMR(2, 0x90000000);
        seL4_SetMR(3, 0x5555);
        answer(reply, 0, length);
        after = puppet_registers(p);
        CHECK_EQUAL(after.pc, (seL4_Word)puppet_park);
        CHECK_EQUAL(after.sp, length >= 2 ? 0x4440 : before.sp);
        CHECK_EQUAL(after.spsr & FLAGS, length >= 3 ? 0x90000000 : before.spsr & FLAGS);
        CHECK_EQUAL(after.x0, before.x0);
        (void)take(faults, reply);
    }
}

/* Of SPSR only the flags are taken: no exception level, no mask bit. */
static void case_answer_spsr(void)
{
    run(puppet_undefined);
    take_exception(puppet_undefined, UNDEFINED);
    seL4_SetMR(0, (seL4_Word)puppet_park);
    seL4_SetMR(1, 0);
    seL4_SetMR(2, ~0ul);
    answer(reply, 0, 3);
    after = puppet_registers(p);
    CHECK_EQUAL(after.spsr, FLAGS | (before.spsr & ~FLAGS));
    before.sp = 0;
    before.spsr = after.spsr;
    take_exception(puppet_park, UNDEFINED);
}

/* Another label leaves the thread stopped, with the registers of the answer. */
static void case_answer_label(void)
{
    run(puppet_undefined);
    take_exception(puppet_undefined, UNDEFINED);
    seL4_SetMR(0, (seL4_Word)puppet_park);
    seL4_SetMR(1, 0x4440);
    answer(reply, 1, 2);
    CHECK_EQUAL(take(faults, reply).label, 0);
    CHECK_EQUAL(puppet_registers(p).sp, 0x4440);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    before.sp = 0x4440;
    take_exception(puppet_park, UNDEFINED);
}

/* ---- unknown system calls ------------------------------------------------------------------ */

static void take_syscall(const char *ip)
{
    const seL4_Word *x0 = &before.x0;
    struct message m = take(faults, reply);

    CHECK_EQUAL(m.label, seL4_Fault_UnknownSyscall);
    CHECK_EQUAL(m.length, seL4_UnknownSyscall_Length);
    CHECK_EQUAL(m.badge, 0xfa);
    for (int i = 0; i < 8; i++)
        CHECK_EQUAL(seL4_GetMR(seL4_UnknownSyscall_X0 + i), x0[i]);
    CHECK_EQUAL(seL4_GetMR(seL4_UnknownSyscall_FaultIP), (seL4_Word)ip);
    CHECK_EQUAL(seL4_GetMR(seL4_UnknownSyscall_SP), before.sp);
    CHECK_EQUAL(seL4_GetMR(seL4_UnknownSyscall_LR), (seL4_Word)ip + 4);
    CHECK_EQUAL(seL4_GetMR(seL4_UnknownSyscall_SPSR), before.spsr);
    CHECK_EQUAL(seL4_GetMR(seL4_UnknownSyscall_Syscall), before.x7);
}

static void case_syscall(void)
{
    run(puppet_svc);
    take_syscall(puppet_svc);
}

static void case_syscall_numbers(void)
{
    static const seL4_Int64 numbers[] = { 0,   1,   12,  -21,   -25,       -26,      -29,
                                          -30, -33, -34, -1000, INT64_MAX, INT64_MIN };

    for (unsigned i = 0; i < API_COUNT(numbers); i++) {
        run(puppet_svc); /* sets `before` */
        (void)take(faults, reply);
        before.x7 = (seL4_Word)numbers[i];
        puppet_run(p, puppet_svc, &before);
        before.spsr = puppet_registers(p).spsr;
        settle();
        take_syscall(puppet_svc);
    }
}

/* Debug calls are unknown where they do not exist: some in release builds, some for one core. */
static void case_debug_numbers(void)
{
    static const seL4_Int64 numbers[] = { -18, -19, -20, -14, -15, -16, -17 };
    unsigned count = kernel_debug ? 3 : API_COUNT(numbers);

    for (unsigned i = 0; i < count; i++) {
        run(puppet_svc);
        (void)take(faults, reply);
        before.x7 = (seL4_Word)numbers[i];
        puppet_run(p, puppet_svc, &before);
        before.spsr = puppet_registers(p).spsr;
        settle();
        take_syscall(puppet_svc);
    }
}

/* The call is repeated when the answer does not move the instruction pointer. */
static void case_syscall_repeated(void)
{
    run(puppet_svc);
    take_syscall(puppet_svc);
    answer(reply, 0, 0);
    take_syscall(puppet_svc);
    answer(reply, 0, 8);
    take_syscall(puppet_svc);
}

/* x0..x7, then the instruction pointer, SP and the flags, as many as the answer has. */
static void case_syscall_answer_words(void)
{
    for (seL4_Word length = 9; length <= 14; length++) {
        seL4_Word *x0 = &after.x0;

        run(puppet_svc);
        take_syscall(puppet_svc);
        for (int i = 0; i < 8; i++)
            seL4_SetMR(i, 0x600 + (seL4_Word)i);
        seL4_SetMR(seL4_UnknownSyscall_FaultIP, (seL4_Word)puppet_park);
        seL4_SetMR(seL4_UnknownSyscall_SP, 0x7770);
        seL4_SetMR(seL4_UnknownSyscall_LR, 0);
        seL4_SetMR(seL4_UnknownSyscall_SPSR, ~0ul);
        seL4_SetMR(seL4_UnknownSyscall_Syscall, 0x888);
        answer(reply, 0, length);
        after = puppet_registers(p);
        for (unsigned i = 0; i < 8; i++)
            CHECK_EQUAL(x0[i], 0x600 + i);
        CHECK_EQUAL(after.pc, (seL4_Word)puppet_park);
        CHECK_EQUAL(after.sp, length >= 10 ? 0x7770 : before.sp);
        CHECK_EQUAL(after.spsr, length >= 12 ? FLAGS | (before.spsr & ~FLAGS) : before.spsr);
        CHECK_EQUAL(after.x8, before.x8);
        CHECK_EQUAL(after.x30, before.x30);
        (void)take(faults, reply);
    }
}

/* A short answer changes the first registers, and the call is made again with them. */
static void case_syscall_answer_short(void)
{
    for (seL4_Word length = 1; length <= 7; length++) {
        run(puppet_svc);
        take_syscall(puppet_svc);
        for (seL4_Word i = 0; i < length; i++)
            ((seL4_Word *)&before.x0)[i] = 0x600 + i;
        for (int i = 0; i < 8; i++)
            seL4_SetMR(i, 0x600 + (seL4_Word)i);
        answer(reply, 0, length);
        take_syscall(puppet_svc);
    }
}

static void case_syscall_answer_label(void)
{
    run(puppet_svc);
    take_syscall(puppet_svc);
    seL4_SetMR(0, 0x66);
    answer(reply, 0x1234, 1);
    CHECK_EQUAL(take(faults, reply).label, 0);
    CHECK_EQUAL(puppet_registers(p).x0, 0x66);
    CHECK_EQUAL(puppet_registers(p).pc, (seL4_Word)puppet_svc);
    CHECK_OK(seL4_TCB_Resume(p->tcb));
    settle();
    before.x0 = 0x66;
    take_syscall(puppet_svc);
}

/* A handler without a buffer gets four words, and its answer has no more. */
static void case_handler_without_buffer(void)
{
    struct puppet *handler = puppet_new(30);
    struct step *got, *given;

    puppet_drop_buffer(handler);
    got = then(handler, seL4_SysRecv, faults, 0, reply);
    given = then(handler, seL4_SysReplyRecv, faults, INFO(0, 0, 12), reply);
    puppet_play(handler);
    settle();
    run(puppet_svc);
    CHECK_EQUAL(handler->done, 2);
    CHECK_EQUAL(got->r.info, INFO(seL4_Fault_UnknownSyscall, 0, 4));
    CHECK_EQUAL(got->r.mr[3], before.x3);
    CHECK_EQUAL(given->r.mr[0], STEP_MR(0)); /* the repeated call: what the answer wrote */
    CHECK_EQUAL(given->r.mr[3], STEP_MR(3));
    after = puppet_registers(p);
    CHECK_EQUAL(after.x3, STEP_MR(3));
    CHECK_EQUAL(after.x4, before.x4);
}

static const struct api_case cases[] = {
    { "undefined instructions", case_undefined },
    { "brk", case_break },
    { "a system register", case_system_register },
    { "a program counter that is not aligned", case_counter_alignment },
    { "the flags are in the message", case_flags },
    { "an empty answer repeats the instruction", case_repeated },
    { "three words of the answer", case_answer_words },
    { "of SPSR only the flags", case_answer_spsr },
    { "another label stops the thread", case_answer_label },
    { "unknown system call", case_syscall },
    { "numbers that nobody has", case_syscall_numbers },
    { "debug calls of other builds", case_debug_numbers },
    { "unknown system call: made again", case_syscall_repeated },
    { "unknown system call: twelve words of the answer", case_syscall_answer_words },
    { "unknown system call: a short answer", case_syscall_answer_short },
    { "unknown system call: another label", case_syscall_answer_label },
    { "a handler without a buffer", case_handler_without_buffer },
};
const struct api_group exception_group = { "exception", cases, API_COUNT(cases), prepare };
