/* SPDX-License-Identifier: BSD-2-Clause */
/* FP registers: one set for each thread, and a flag to do without (abi sections 3.3, 11). */
#include "puppet.h"

#define THREADS 8u
#define TRAPPED 0x07ul /* exception class */

static struct fp_state given[THREADS], seen[THREADS];
static seL4_CPtr faults, reply;
static double sums[THREADS];

static void prepare(void)
{
    puppets_prepare();
    faults = endpoint_new();
    reply = reply_new();
}

static void fill(struct fp_state *state, seL4_Word seed)
{
    for (unsigned i = 0; i < API_COUNT(state->v); i++)
        state->v[i] = seed * 0x0101010101010101 ^ i;
    state->fpcr = (seed & 3) << 22; /* rounding mode */
    state->fpsr = seed & 0x1f;
}

static void load(struct puppet *p, struct fp_state *state)
{
    puppet_run(p, puppet_fp_load, &(seL4_UserContext){ .x0 = (seL4_Word)state });
}
static void store(struct puppet *p, struct fp_state *state)
{
    puppet_run(p, puppet_fp_store, &(seL4_UserContext){ .x0 = (seL4_Word)state });
}

static bool same(const struct fp_state *a, const struct fp_state *b)
{
    bool equal = a->fpcr == b->fpcr && a->fpsr == b->fpsr;

    for (unsigned i = 0; i < API_COUNT(a->v); i++)
        equal = equal && a->v[i] == b->v[i];
    return equal;
}

static void case_many_threads(void)
{
    struct puppet *p[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        p[i] = puppet_new(20 + i);
        fill(&given[i], i + 1);
        load(p[i], &given[i]);
    }
    settle();
    for (unsigned i = 0; i < THREADS; i++)
        store(p[i], &seen[i]);
    settle();
    for (unsigned i = 0; i < THREADS; i++)
        CHECK(same(&given[i], &seen[i]));
}

/* They compute in turns: each step of one lies between steps of the others. */
static void compute(seL4_Word argument)
{
    double sum = (double)argument;
    unsigned i;

    for (i = 0; i < 100; i++) {
        struct sel4_syscall_registers r = { 0 };

        sum = sum * 1.5 + (double)argument;
        sel4_trap(seL4_SysYield, &r, 0, 0);
        if (sum > 1e6)
            sum /= 1e6;
    }
    sums[argument] = sum;
}

static double alone(seL4_Word argument)
{
    double sum = (double)argument;

    for (unsigned i = 0; i < 100; i++) {
        sum = sum * 1.5 + (double)argument;
        if (sum > 1e6)
            sum /= 1e6;
    }
    return sum;
}

static void case_computing(void)
{
    for (unsigned i = 0; i < THREADS; i++)
        puppet_call(puppet_new(20), compute, i);
    settle();
    for (unsigned i = 0; i < THREADS; i++)
        CHECK(sums[i] == alone(i));
}

static void case_enabled_at_first(void)
{
    struct puppet *p = puppet_new(20);

    CHECK_EQUAL(seL4_TCB_SetFlags(p->tcb, 0, 0).flags, 0);
    CHECK_EQUAL(seL4_TCB_SetFlags(object_new(seL4_TCBObject, 0), 0, 0).flags, 0);
    puppet_run(p, puppet_fp_touch, &(seL4_UserContext){ .x0 = 1 });
    settle();
    CHECK(puppet_parked(p));
}

/* Only one flag exists; clear comes before set. */
static void case_flags(void)
{
    struct puppet *p = puppet_new(20);

    CHECK_EQUAL(seL4_TCB_SetFlags(p->tcb, 0, ~0ul).flags, seL4_TCBFlag_fpuDisabled);
    CHECK_EQUAL(seL4_TCB_SetFlags(p->tcb, 0, 0).flags, seL4_TCBFlag_fpuDisabled);
    CHECK_EQUAL(seL4_TCB_SetFlags(p->tcb, 1, 1).flags, seL4_TCBFlag_fpuDisabled);
    CHECK_EQUAL(seL4_TCB_SetFlags(p->tcb, ~0ul, 0).flags, 0);
    CHECK_EQUAL(seL4_TCB_SetFlags(p->tcb, 0, 2).flags, 0);
}

static void check_trapped(struct puppet *p, const char *code, seL4_Word x0)
{
    puppet_run(p, code, &(seL4_UserContext){ .x0 = x0 });
    take_fault(faults, reply, seL4_Fault_UserException, seL4_UserException_Length);
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_FaultIP), (seL4_Word)code);
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_Number) >> 26, TRAPPED);
}

static void case_disabled(void)
{
    struct puppet *p = puppet_new(20), *other = puppet_new(19);

    puppet_handler(p, faults);
    CHECK_EQUAL(seL4_TCB_SetFlags(p->tcb, 0, 1).flags, 1);
    check_trapped(p, puppet_fp_touch, 1);
    answer(reply, 0, 0); /* as before: it is repeated, and traps */
    take_fault(faults, reply, seL4_Fault_UserException, seL4_UserException_Length);
    check_trapped(p, puppet_fp_load, (seL4_Word)&given[0]);
    check_trapped(p, puppet_fp_store, (seL4_Word)&seen[0]);
    /* Others, the root among them, go on using them. */
    fill(&given[1], 9);
    load(other, &given[1]);
    settle();
    store(other, &seen[1]);
    settle();
    CHECK(same(&given[1], &seen[1]));
}

static void case_enabled_again(void)
{
    struct puppet *p = puppet_new(20), *other = puppet_new(19);

    puppet_handler(p, faults);
    fill(&given[0], 5);
    fill(&given[1], 6);
    load(p, &given[0]);
    settle();
    (void)take(faults, reply);
    CHECK_EQUAL(seL4_TCB_SetFlags(p->tcb, 0, 1).flags, 1);
    check_trapped(p, puppet_fp_store, (seL4_Word)&seen[0]);
    load(other, &given[1]);
    settle();
    /* The answer repeats the instruction, now with the values from before. */
    CHECK_EQUAL(seL4_TCB_SetFlags(p->tcb, 1, 0).flags, 0);
    answer(reply, 0, 0);
    CHECK(puppet_parked(p));
    CHECK(same(&given[0], &seen[0]));
}

/* The flag of the caller itself counts from its next instruction. */
static void case_own_flag(void)
{
    struct puppet *p = puppet_new(20);
    struct step *step = then(p, seL4_SysCall, p->tcb, INFO(TCBSetFlags, 0, 2), 0);

    step->r.mr[0] = 0;
    step->r.mr[1] = 1;
    puppet_handler(p, faults);
    puppet_play(p);
    settle();
    (void)take(faults, reply);
    CHECK_EQUAL(step->r.info, INFO(0, 0, 1));
    CHECK_EQUAL(step->r.mr[0], 1);
    check_trapped(p, puppet_fp_touch, 1);
}

/* A fault, its message and its answer leave all as it was, whatever the handler does. */
static void case_fault(void)
{
    struct puppet *p = puppet_new(20), *handler = puppet_new(30);

    puppet_handler(p, faults);
    fill(&given[0], 3);
    fill(&given[1], 4);
    load(p, &given[0]);
    settle();
    (void)take(faults, reply);
    puppet_run(p, puppet_undefined, &(seL4_UserContext){ 0 });
    settle();
    load(handler, &given[1]);
    take_fault(faults, reply, seL4_Fault_UserException, seL4_UserException_Length);
    seL4_SetMR(0, (seL4_Word)puppet_park);
    answer(reply, 0, 1);
    (void)take(faults, reply);
    store(p, &seen[0]);
    settle();
    CHECK(same(&given[0], &seen[0]));
}

/* Written integer registers leave the others alone. */
static void case_write_registers(void)
{
    struct puppet *p = puppet_new(20), *q = puppet_new(20);

    fill(&given[0], 7);
    load(p, &given[0]);
    settle();
    CHECK_OK(
        seL4_TCB_CopyRegisters(p->tcb, q->tcb, seL4_False, seL4_False, seL4_True, seL4_True, 0));
    store(p, &seen[0]);
    settle();
    CHECK(same(&given[0], &seen[0]));
}

static const struct api_case cases[] = {
    { "eight threads with their own registers", case_many_threads },
    { "eight threads compute in turns", case_computing },
    { "new threads have it enabled", case_enabled_at_first },
    { "SetFlags: clear, set, the one flag", case_flags },
    { "disabled: every use is an exception", case_disabled },
    { "enabled again: with the values from before", case_enabled_again },
    { "a thread disables its own", case_own_flag },
    { "faults keep it", case_fault },
    { "CopyRegisters keeps it", case_write_registers },
};
const struct api_group fpu_group = { "fpu", cases, API_COUNT(cases), prepare };
