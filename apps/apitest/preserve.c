/* SPDX-License-Identifier: BSD-2-Clause */
/* All registers survive every kind of kernel entry, however other threads use them (abi 2.2). */
#include "puppet.h"

#define FLAGS 0x50000000ul
#define WORD_X0 3
#define SPIN_ROUNDS 2000000ul
#define TURNS_MAX 20u /* a timer may be late, but not for ever */

static seL4_CPtr endpoint, reply, signals, faults;
static struct puppet *victim, *stranger;
static seL4_UserContext before, after;
static struct fp_state fp_before, fp_after;
static bool at_end;

/* Other values in all registers, again and again, and a system call between them. */
static void disturb(seL4_Word number)
{
    for (;;) {
        struct sel4_syscall_registers r = { .x0 = signals };

        tally_add();
        asm volatile("movi v0.16b, #0x55\n\tmovi v1.16b, #0x55\n\tmovi v8.16b, #0x55\n\t"
                     "movi v9.16b, #0x55\n\tmovi v16.16b, #0x55\n\tmovi v31.16b, #0x55\n\t"
                     "msr fpcr, xzr\n\tmsr fpsr, xzr\n\tmsr tpidr_el0, xzr\n\tcmp xzr, xzr"
                     :
                     :
                     : "v0", "v1", "v8", "v9", "v16", "v31", "cc");
        asm volatile("mov x9, #9\n\tmov x15, #9\n\tmov x18, #9\n\tmov x19, #9\n\tmov x28, #9"
                     :
                     :
                     : "x9", "x15", "x18", "x19", "x28");
        sel4_trap((seL4_Syscall_ID)(seL4_Int64)number, &r, 0, 0);
    }
}

static void prepare(void)
{
    puppets_prepare();
    endpoint = endpoint_new();
    reply = reply_new();
    signals = notification_new();
    faults = endpoint_new();
    tally_open();
    victim = puppet_new(20);
    stranger = puppet_new(19);
    puppet_handler(victim, faults);
}

/* The victim gets FP registers and then all others; it runs `code` when the case settles. */
static void set_up(const char *code, const seL4_UserContext *given)
{
    seL4_Word *word = (seL4_Word *)&before;
    seL4_UserContext load = { .x0 = (seL4_Word)&fp_before };

    for (seL4_Word i = 0; i < API_COUNT(fp_before.v); i++)
        fp_before.v[i] = 0x0101010101010101 * (i + 1);
    fp_before.fpcr = 0x01c00000;
    fp_before.fpsr = 0x0800001f;
    puppet_run(victim, puppet_fp_load, &load);
    settle();
    (void)take(faults, reply);
    for (seL4_Word i = 0; i < seL4_UserContextWords; i++)
        word[i] = 0x2222222200000000 + i;
    before.spsr = FLAGS;
    before.x0 = given->x0;
    before.x1 = given->x1;
    before.x6 = given->x6;
    before.x7 = given->x7;
    before.x8 = given->x8;
    at_end = false;
    puppet_run(victim, code, &before);
}

/* It has come to its end. Before, its registers may not be read: replicas are not equally far. */
static bool ended(void)
{
    at_end = at_end || take(faults, reply).label == seL4_Fault_UserException;
    return at_end;
}

/* It has come to its end; only x0..x5 of the mask have changed, and no FP register. */
static void check_kept(unsigned changed, int line)
{
    const seL4_Word *old = (const seL4_Word *)&before, *new = (const seL4_Word *)&after;
    seL4_UserContext store = { .x0 = (seL4_Word)&fp_after };
    const seL4_Word *fp_old = (const seL4_Word *)&fp_before;
    const seL4_Word *fp_new = (const seL4_Word *)&fp_after;

    check(ended(), __FILE_NAME__, line, "it came to its end");
    if (!at_end)
        return;
    after = puppet_registers(victim);
    check_equal(after.pc, (seL4_Word)puppet_park, __FILE_NAME__, line, "at its end");
    check_equal(after.spsr & 0xf000000f, FLAGS, __FILE_NAME__, line, "flags");
    for (unsigned i = 1; i < seL4_UserContextWords; i++) {
        bool may = i >= WORD_X0 && i < WORD_X0 + 6 && (changed & 1u << (i - WORD_X0));

        if (i != 2 && !may && old[i] != new[i])
            check_equal(new[i], old[i], __FILE_NAME__, line, "a register");
    }
    puppet_run(victim, puppet_fp_store, &store);
    settle();
    for (unsigned i = 0; i < sizeof(fp_before) / sizeof(seL4_Word); i++) {
        if (fp_old[i] != fp_new[i])
            check_equal(fp_new[i], fp_old[i], __FILE_NAME__, line, "an FP register");
    }
    (void)take(faults, reply);
}
#define CHECK_KEPT(changed) check_kept(changed, __LINE__)

struct entry {
    seL4_Syscall_ID number;
    unsigned changed;
};

/* Each system call, returning at once; others run in between. */
static void case_system_calls(void)
{
    static const struct entry entries[] = {
        { seL4_SysCall, 7 },   { seL4_SysReplyRecv, 1 },  { seL4_SysNBSendRecv, 1 },
        { seL4_SysSend, 0 },   { seL4_SysNBSend, 0 },     { seL4_SysRecv, 1 },
        { seL4_SysNBRecv, 1 }, { seL4_SysWait, 1 },       { seL4_SysNBWait, 1 },
        { seL4_SysYield, 0 },  { seL4_SysNBSendWait, 1 },
    };
    seL4_UserContext given = { .x6 = reply };

    CHECK_OK(seL4_TCB_BindNotification(victim->tcb, signals));
    for (unsigned i = 0; i < API_COUNT(entries); i++) {
        bool receives = entries[i].changed == 1;

        if (receives)
            seL4_Signal(signals);
        given.x0 = receives ? endpoint : slot_new();
        given.x7 = (seL4_Word)(seL4_Int64)entries[i].number;
        set_up(puppet_svc, &given);
        settle();
        CHECK_KEPT(entries[i].changed);
    }
}

/* The same while it waits and a stranger uses all registers. */
static void case_blocking_calls(void)
{
    static const struct entry entries[] = {
        { seL4_SysRecv, 1 },       { seL4_SysWait, 1 },       { seL4_SysReplyRecv, 1 },
        { seL4_SysNBSendRecv, 1 }, { seL4_SysNBSendWait, 1 },
    };
    seL4_UserContext given = { .x0 = endpoint, .x6 = reply };
    seL4_CPtr bound = notification_new();

    CHECK_OK(seL4_TCB_BindNotification(victim->tcb, bound));
    puppet_call(stranger, disturb, (seL4_Word)(seL4_Int64)seL4_SysWait);
    for (unsigned i = 0; i < API_COUNT(entries); i++) {
        unsigned seen = tally_count();

        given.x7 = (seL4_Word)(seL4_Int64)entries[i].number;
        set_up(puppet_svc, &given);
        settle();
        seL4_Signal(signals);
        settle();
        CHECK(tally_count() > seen);
        seL4_Signal(bound);
        settle();
        CHECK_KEPT(1);
    }
}

static void case_call_and_reply(void)
{
    puppet_call(stranger, disturb, (seL4_Word)(seL4_Int64)seL4_SysWait);
    set_up(puppet_svc,
           &(seL4_UserContext){ .x0 = endpoint, .x7 = (seL4_Word)(seL4_Int64)seL4_SysCall });
    settle();
    (void)take(endpoint, reply);
    seL4_Signal(signals);
    answer(reply, 0, 0);
    CHECK_KEPT(3);
    CHECK(tally_count() >= 2);
}

/* A stranger of a higher priority runs ever so often in the middle of it. */
static void case_preemption(void)
{
    stranger = puppet_new(30);
    puppet_set_time(stranger, 50, 250);
    for (unsigned turn = 0; turn < TURNS_MAX && tally_count() < 8; turn++) {
        set_up(puppet_spin, &(seL4_UserContext){ .x0 = SPIN_ROUNDS });
        puppet_call(stranger, disturb, (seL4_Word)(seL4_Int64)seL4_SysYield);
        settle();
        CHECK_KEPT(1);
        CHECK_EQUAL(after.x0, 0);
        CHECK_OK(seL4_TCB_Suspend(stranger->tcb));
    }
    CHECK(tally_count() >= 8);
}

/* Two take turns of 100 us. */
static void case_round_robin(void)
{
    stranger = puppet_new(20);
    puppet_set_time(stranger, 1000, 1000);
    puppet_set_time(victim, 100, 100);
    for (unsigned turn = 0; turn < TURNS_MAX && tally_count() < 4; turn++) {
        set_up(puppet_spin, &(seL4_UserContext){ .x0 = SPIN_ROUNDS / 4 });
        puppet_call(stranger, disturb, (seL4_Word)(seL4_Int64)seL4_SysYield);
        for (unsigned i = 0; i < 100 && !ended(); i++)
            rest_us(500);
        CHECK_OK(seL4_TCB_Suspend(stranger->tcb));
        CHECK_KEPT(1);
    }
    CHECK(tally_count() >= 4);
}

/* Interrupts that change nothing for it: others of a lower priority are released. */
static void case_interrupts(void)
{
    puppet_set_time(stranger, 50, 250);
    puppet_call(stranger, disturb, (seL4_Word)(seL4_Int64)seL4_SysYield);
    settle();
    set_up(puppet_spin, &(seL4_UserContext){ .x0 = SPIN_ROUNDS });
    settle();
    CHECK_KEPT(1);
}

/* Its own budget ends again and again; others run until the next refill. */
static void case_budget(void)
{
    puppet_call(stranger, disturb, (seL4_Word)(seL4_Int64)seL4_SysWait);
    set_up(puppet_spin, &(seL4_UserContext){ .x0 = SPIN_ROUNDS / 4 });
    puppet_set_time(victim, 200, 400);
    for (unsigned i = 0; i < 100 && !ended(); i++) {
        seL4_Signal(signals);
        rest_us(400);
    }
    CHECK_KEPT(1);
    CHECK(tally_count() >= 2);
}

static void case_timeout_fault(void)
{
    seL4_CPtr timeouts = endpoint_new();
    unsigned count = 0;

    CHECK_OK(seL4_TCB_SetTimeoutEndpoint(victim->tcb, timeouts));
    for (unsigned turn = 0; turn < TURNS_MAX && count < 2; turn++) {
        set_up(puppet_spin, &(seL4_UserContext){ .x0 = SPIN_ROUNDS });
        puppet_set_time(victim, 250, 500);
        for (unsigned i = 0; i < 200 && !ended(); i++) {
            rest_us(500);
            if (take(timeouts, reply).label == seL4_Fault_Timeout) {
                count++;
                answer(reply, 0, 0);
            }
        }
        CHECK_KEPT(1);
        puppet_set_time(victim, 10000000, 10000000);
    }
    CHECK(count >= 2);
}

/* Stopped while it ran, and resumed: it goes on where it was. */
static void case_suspend_resume(void)
{
    set_up(puppet_spin, &(seL4_UserContext){ .x0 = SPIN_ROUNDS / 4 });
    puppet_set_time(victim, 100, 1000);
    for (unsigned i = 0; i < 10; i++) {
        CHECK_OK(seL4_TCB_Suspend(victim->tcb));
        puppet_call(stranger, disturb, (seL4_Word)(seL4_Int64)seL4_SysWait);
        settle();
        CHECK_OK(seL4_TCB_Resume(victim->tcb));
        settle();
    }
    puppet_set_time(victim, 10000000, 10000000);
    for (unsigned i = 0; i < 100 && !ended(); i++)
        rest_us(1000); /* what it had used comes back first */
    CHECK_KEPT(1);
}

static void case_memory_fault(void)
{
    seL4_CPtr frame;
    seL4_Word *page = page_new(&frame);

    page[0] = 0xda7a;
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    puppet_call(stranger, disturb, (seL4_Word)(seL4_Int64)seL4_SysWait);
    set_up(puppet_load, &(seL4_UserContext){ .x0 = (seL4_Word)page });
    take_fault(faults, reply, seL4_Fault_VMFault, seL4_VMFault_Length);
    CHECK_OK(seL4_ARM_Page_Map(frame, VSPACE, (seL4_Word)page, seL4_ReadWrite,
                               seL4_ARM_Default_VMAttributes));
    answer(reply, 0, 0);
    CHECK_KEPT(2);
    CHECK_EQUAL(after.x1, 0xda7a);
}

static void check_skipped(const char *code, seL4_Word label, seL4_Word length, seL4_Word at)
{
    puppet_call(stranger, disturb, (seL4_Word)(seL4_Int64)seL4_SysWait);
    set_up(code, &(seL4_UserContext){ .x0 = 1, .x7 = ~100ul });
    take_fault(faults, reply, label, length);
    seL4_SetMR((int)at, seL4_GetMR((int)at) + 4);
    answer(reply, 0, at + 1);
    CHECK_KEPT(0);
}

static void case_exceptions(void)
{
    check_skipped(puppet_undefined, seL4_Fault_UserException, seL4_UserException_Length,
                  seL4_UserException_FaultIP);
    if (!hardware_debug)
        check_skipped(puppet_break, seL4_Fault_UserException, seL4_UserException_Length,
                      seL4_UserException_FaultIP);
    check_skipped(puppet_system_write, seL4_Fault_UserException, seL4_UserException_Length,
                  seL4_UserException_FaultIP);
    check_skipped(puppet_svc, seL4_Fault_UnknownSyscall, seL4_UnknownSyscall_Length,
                  seL4_UnknownSyscall_FaultIP);
}

static void case_cap_fault(void)
{
    seL4_CPtr slot = slot_new();

    puppet_call(stranger, disturb, (seL4_Word)(seL4_Int64)seL4_SysWait);
    set_up(puppet_svc,
           &(seL4_UserContext){ .x0 = slot, .x7 = (seL4_Word)(seL4_Int64)seL4_SysWait });
    take_fault(faults, reply, seL4_Fault_CapFault, 5);
    CHECK_OK(cap_copy(slot, signals));
    CHECK_OK(seL4_TCB_Suspend(stranger->tcb));
    seL4_Signal(signals);
    answer(reply, 0, 0);
    CHECK_KEPT(1);
}

static void case_counter_read(void)
{
    set_up(puppet_counter, &(seL4_UserContext){ .x0 = 1 });
    settle();
    after = puppet_registers(victim);
    CHECK(after.x9 != before.x9 && after.x9 != 0);
    before.x9 = after.x9;
    CHECK_KEPT(0);
}

static void case_cache_maintenance(void)
{
    static seL4_Word line = 0x11;

    set_up(puppet_cache, &(seL4_UserContext){ .x0 = (seL4_Word)&line });
    settle();
    CHECK_KEPT(2);
    CHECK(after.x1 != before.x1 && after.x1 != 0);
    CHECK_EQUAL(line, 0x11);
}

static const struct api_case cases[] = {
    { "every system call", case_system_calls },
    { "every system call that waits", case_blocking_calls },
    { "Call and its reply", case_call_and_reply },
    { "preempted by a higher priority", case_preemption },
    { "turns with an equal priority", case_round_robin },
    { "interrupted for others", case_interrupts },
    { "out of budget, and refilled", case_budget },
    { "timeout faults", case_timeout_fault },
    { "suspended and resumed", case_suspend_resume },
    { "memory fault", case_memory_fault },
    { "user exceptions and an unknown system call", case_exceptions },
    { "capability fault", case_cap_fault },
    { "the counter is read", case_counter_read },
    { "cache maintenance by the program", case_cache_maintenance },
};
const struct api_group preserve_group = { "preserve", cases, API_COUNT(cases), prepare };
