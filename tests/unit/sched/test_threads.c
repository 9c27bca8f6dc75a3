/* SPDX-License-Identifier: BSD-2-Clause */
/* Invocations of threads, contexts and domains: refusals in order, and effects (abi 3.3, 3.5). */
#include "host_system.h"

static void start(void)
{
    host_start();
    host_run(0, 20, 5 * US, 5 * US);
    host_prepare(1, 10, 5 * US, 5 * US);
}

enum { A = SLOT_TCB, B = SLOT_TCB + 1, SC = SLOT_SC, N = SLOT_FREE + 5 /* empty */ };
static const struct refusal {
    const char *name;
    struct host_call call;
    enum error_code error;
    word_t detail[2];
} refusals[] = {
    { "read registers: short",
      { .cptr = B, .label = LABEL_TCB_READ_REGISTERS, .length = 1 },
      ERROR_TRUNCATED_MESSAGE,
      { 0 } },
    { "read registers: none",
      { .cptr = B, .label = LABEL_TCB_READ_REGISTERS, .length = 2, .mr = { 0, 0 } },
      ERROR_RANGE,
      { 1, 36 } },
    { "read registers: too many",
      { .cptr = B, .label = LABEL_TCB_READ_REGISTERS, .length = 2, .mr = { 0, 37 } },
      ERROR_RANGE,
      { 1, 36 } },
    { "read registers: one's own",
      { .cptr = A, .label = LABEL_TCB_READ_REGISTERS, .length = 2, .mr = { 0, 1 } },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "write registers: fewer than announced",
      { .cptr = B, .label = LABEL_TCB_WRITE_REGISTERS, .length = 3, .mr = { 0, 2 } },
      ERROR_TRUNCATED_MESSAGE,
      { 0 } },
    { "copy registers: no source",
      { .cptr = B, .label = LABEL_TCB_COPY_REGISTERS, .length = 1 },
      ERROR_TRUNCATED_MESSAGE,
      { 0 } },
    { "copy registers: source is no thread",
      { .cptr = B, .label = LABEL_TCB_COPY_REGISTERS, .length = 1, .caps = 1, .cap = { SC } },
      ERROR_INVALID_CAPABILITY,
      { 1 } },
    { "priority: authority is no thread",
      { .cptr = B,
        .label = LABEL_TCB_SET_PRIORITY,
        .length = 1,
        .caps = 1,
        .mr = { 1 },
        .cap = { SC } },
      ERROR_INVALID_CAPABILITY,
      { 1 } },
    { "priority: above the authority's",
      { .cptr = B,
        .label = LABEL_TCB_SET_PRIORITY,
        .length = 1,
        .caps = 1,
        .mr = { 256 },
        .cap = { A } },
      ERROR_RANGE,
      { 0, 255 } },
    { "scheduling parameters: two caps",
      { .cptr = B, .label = LABEL_TCB_SET_SCHED_PARAMS, .length = 2, .caps = 2, .cap = { A, N } },
      ERROR_TRUNCATED_MESSAGE,
      { 0 } },
    { "scheduling parameters: MCP first",
      { .cptr = B,
        .label = LABEL_TCB_SET_SCHED_PARAMS,
        .length = 2,
        .caps = 3,
        .mr = { 300, 400 },
        .cap = { A, N, N } },
      ERROR_RANGE,
      { 0, 255 } },
    { "scheduling parameters: another context",
      { .cptr = B,
        .label = LABEL_TCB_SET_SCHED_PARAMS,
        .length = 2,
        .caps = 3,
        .cap = { A, SC + 2, N } },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "scheduling parameters: another's context",
      { .cptr = B + 1,
        .label = LABEL_TCB_SET_SCHED_PARAMS,
        .length = 2,
        .caps = 3,
        .cap = { A, SC + 1, N } },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "scheduling parameters: no context for the caller",
      { .cptr = A,
        .label = LABEL_TCB_SET_SCHED_PARAMS,
        .length = 2,
        .caps = 3,
        .cap = { A, N, N } },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "scheduling parameters: not a context",
      { .cptr = B,
        .label = LABEL_TCB_SET_SCHED_PARAMS,
        .length = 2,
        .caps = 3,
        .cap = { A, A, N } },
      ERROR_INVALID_CAPABILITY,
      { 2 } },
    { "scheduling parameters: not a handler",
      { .cptr = B,
        .label = LABEL_TCB_SET_SCHED_PARAMS,
        .length = 2,
        .caps = 3,
        .cap = { A, N, A } },
      ERROR_INVALID_CAPABILITY,
      { 3 } },
    { "timeout endpoint: not one",
      { .cptr = B, .label = LABEL_TCB_SET_TIMEOUT_ENDPOINT, .caps = 1, .cap = { A } },
      ERROR_INVALID_CAPABILITY,
      { 1 } },
    { "bind notification: not one",
      { .cptr = B, .label = LABEL_TCB_BIND_NOTIFICATION, .caps = 1, .cap = { A } },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "unbind notification: none",
      { .cptr = B, .label = LABEL_TCB_UNBIND_NOTIFICATION },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "TLS base: short",
      { .cptr = B, .label = LABEL_TCB_SET_TLS_BASE },
      ERROR_TRUNCATED_MESSAGE,
      { 0 } },
    { "configure: short",
      { .cptr = B, .label = LABEL_TCB_CONFIGURE, .length = 2, .caps = 3 },
      ERROR_TRUNCATED_MESSAGE,
      { 0 } },
    { "configure: CSpace is none",
      { .cptr = B, .label = LABEL_TCB_CONFIGURE, .length = 3, .caps = 3, .cap = { A, A, N } },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "configure: VSpace is none",
      { .cptr = B,
        .label = LABEL_TCB_CONFIGURE,
        .length = 3,
        .caps = 3,
        .cap = { SLOT_ROOT, A, N } },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "bind: the context has a thread",
      { .cptr = SC + 1, .label = LABEL_SCHED_CONTEXT_BIND, .caps = 1, .cap = { B + 1 } },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "bind: the thread has a context",
      { .cptr = SC + 2, .label = LABEL_SCHED_CONTEXT_BIND, .caps = 1, .cap = { B } },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "bind: neither",
      { .cptr = SC + 2, .label = LABEL_SCHED_CONTEXT_BIND, .caps = 1, .cap = { SC } },
      ERROR_INVALID_CAPABILITY,
      { 1 } },
    { "unbind: the caller's",
      { .cptr = SC, .label = LABEL_SCHED_CONTEXT_UNBIND },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "unbind object: not bound",
      { .cptr = SC + 2, .label = LABEL_SCHED_CONTEXT_UNBIND_OBJECT, .caps = 1, .cap = { B } },
      ERROR_ILLEGAL_OPERATION,
      { 0 } },
    { "domain: nothing said",
      { .cptr = SLOT_DOMAINS, .label = LABEL_DOMAIN_SET },
      ERROR_TRUNCATED_MESSAGE,
      { 0 } },
    { "domain: no such",
      { .cptr = SLOT_DOMAINS, .label = LABEL_DOMAIN_SET, .length = 1, .mr = { 16 } },
      ERROR_INVALID_ARGUMENT,
      { 0 } },
    { "domain: not a thread",
      { .cptr = SLOT_DOMAINS, .label = LABEL_DOMAIN_SET, .length = 1, .caps = 1, .cap = { SC } },
      ERROR_INVALID_ARGUMENT,
      { 1 } },
    { "domain schedule: last entry",
      { .cptr = SLOT_DOMAINS,
        .label = LABEL_DOMAIN_SCHEDULE_CONFIGURE,
        .length = 3,
        .mr = { 99, 0, 1 } },
      ERROR_RANGE,
      { 0, 98 } },
    { "domain schedule: ends at its start",
      { .cptr = SLOT_DOMAINS,
        .label = LABEL_DOMAIN_SCHEDULE_CONFIGURE,
        .length = 3,
        .mr = { 0, 0, 0 } },
      ERROR_INVALID_ARGUMENT,
      { 2 } },
    { "domain schedule: start at an end",
      { .cptr = SLOT_DOMAINS, .label = LABEL_DOMAIN_SCHEDULE_SET_START, .length = 1, .mr = { 5 } },
      ERROR_INVALID_ARGUMENT,
      { 0 } },
};

static void test_refusals(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < COUNT(refusals); i++) {
        start();
        CHECK(refusals[i].name, host_invoke(refusals[i].call) == refusals[i].error);
        if (refusals[i].error == ERROR_RANGE) {
            CHECK(refusals[i].name, host_mr(0, 1) == refusals[i].detail[1]);
        }
        if (info_length(thread[0]->context.x[1]) > 0) {
            CHECK(refusals[i].name, host_mr(0, 0) == refusals[i].detail[0]);
        }
    }
}

static void test_blocked_needs_released_context(void **unused)
{
    (void)unused;
    start();
    thread[2]->priority = 10;
    host_run(2, 30, 5 * US, 5 * US);
    host_syscall((struct host_call){ .number = SYS_WAIT, .cptr = SLOT_NOTIFICATION });
    sched_context_unbind_tcb(context[2]);
    assert_int_equal(
        host_invoke((struct host_call){
            .cptr = SC + 3, .caps = 1, .label = LABEL_SCHED_CONTEXT_BIND, .cap = { B + 1 } }),
        ERROR_ILLEGAL_OPERATION); /* not configured */
    assert_int_equal(
        host_invoke((struct host_call){
            .cptr = SC + 2, .caps = 1, .label = LABEL_SCHED_CONTEXT_BIND, .cap = { B + 1 } }),
        ERROR_NONE);
}

static void test_registers(void **unused)
{
    word_t *buffer = host_buffer[0];

    (void)unused;
    start();
    for (unsigned i = 0; i < 36; i++) {
        buffer[1 + 2 + i] = 1000 + i;
    }
    assert_int_equal(host_invoke((struct host_call){ .cptr = B,
                                                     .length = 38,
                                                     .label = LABEL_TCB_WRITE_REGISTERS,
                                                     .mr = { 0, 36, 1000, 1001, 0xf00003c5 } }),
                     ERROR_NONE);
    assert_int_equal(thread[1]->context.pc, 1000);
    assert_int_equal(thread[1]->fault_pc, 1000);
    assert_int_equal(thread[1]->context.spsr, 0xf0000140);
    assert_int_equal(thread[1]->context.tpidrro_el0, 1035);
    assert_int_equal(thread[1]->context.x[29], 1015);
    assert_int_equal(thread[1]->context.x[9], 1017);
    assert_int_equal(thread[1]->context.x[28], 1033);
    assert_int_equal(thread[1]->status, THREAD_INACTIVE);
    thread[1]->context.spsr |= UINT64_C(1) << 63; /* interrupted: nobody sees the mark */
    assert_int_equal(
        host_invoke((struct host_call){
            .cptr = B, .length = 2, .label = LABEL_TCB_READ_REGISTERS, .mr = { 0, 36 } }),
        ERROR_NONE);
    assert_int_equal(info_length(thread[0]->context.x[1]), 36);
    assert_int_equal(host_mr(0, 0), 1000);
    assert_int_equal(host_mr(0, 2), 0xf0000140);
    for (unsigned i = 4; i < 36; i++) {
        assert_int_equal(buffer[1 + i], 1000 + i);
    }
    assert_int_equal(host_invoke((struct host_call){ .cptr = B + 1,
                                                     .length = 1,
                                                     .caps = 1,
                                                     .label = LABEL_TCB_COPY_REGISTERS,
                                                     .mr = { 4 },
                                                     .cap = { B } }),
                     ERROR_NONE);
    assert_int_equal(thread[2]->context.x[8], 1011);
    assert_int_equal(thread[2]->context.x[9], 0); /* integer registers were not asked for */
    assert_int_equal(thread[2]->context.pc, 1000);
}

static void test_suspend_running(void **unused)
{
    (void)unused;
    start();
    host_run(1, 30, 0, 0);
    thread[1]->context.pc = 0x5550; /* ran on since its last trap */
    host_syscall((struct host_call){ .number = SYS_YIELD });
    assert_int_equal(host_current(), 1);
    assert_int_equal(host_invoke((struct host_call){ .cptr = A, .label = LABEL_TCB_SUSPEND }),
                     ERROR_NONE);
    assert_int_equal(thread[0]->fault_pc, thread[0]->context.pc);
    host_syscall((struct host_call){ .number = SYS_CALL, .cptr = B, .label = LABEL_TCB_SUSPEND });
    assert_int_equal(thread[1]->status, THREAD_INACTIVE); /* oneself: no reply */
    assert_int_equal(info_label(thread[1]->context.x[1]), LABEL_TCB_SUSPEND);
    assert_int_equal(thread[1]->fault_pc + 4, thread[1]->context.pc);
}

static word_t set_priority(unsigned i, word_t priority)
{
    return host_invoke((struct host_call){ .cptr = A + i,
                                           .label = LABEL_TCB_SET_PRIORITY,
                                           .length = 1,
                                           .caps = 1,
                                           .mr = { priority },
                                           .cap = { A } });
}

static void test_priority(void **unused)
{
    (void)unused;
    start();
    host_run(1, 10, 0, 0);
    assert_int_equal(host_current(), 0);
    assert_int_equal(set_priority(1, 20), ERROR_NONE); /* equal: next in line */
    assert_int_equal(host_current(), 0);
    host_syscall((struct host_call){ .number = SYS_CALL,
                                     .cptr = A + 1,
                                     .length = 1,
                                     .caps = 1,
                                     .label = LABEL_TCB_SET_PRIORITY,
                                     .mr = { 21 },
                                     .cap = { A } });
    assert_int_equal(host_current(), 1); /* above: at once */
    host_syscall((struct host_call){ .number = SYS_CALL,
                                     .cptr = A + 1,
                                     .length = 1,
                                     .caps = 1,
                                     .label = LABEL_TCB_SET_PRIORITY,
                                     .mr = { 1 },
                                     .cap = { A } });
    assert_int_equal(host_current(), 0); /* lowering oneself */
}

static void test_flags(void **unused)
{
    (void)unused;
    start();
    assert_int_equal(host_invoke((struct host_call){
                         .cptr = B, .label = LABEL_TCB_SET_FLAGS, .length = 2, .mr = { 0, 7 } }),
                     ERROR_NONE);
    assert_int_equal(host_mr(0, 0), 1); /* only defined ones */
    assert_int_equal(thread[0]->context.x[1], info_make(0, 0, 0, 1));
}

static void test_send_has_no_result(void **unused)
{
    (void)unused;
    start();
    host_syscall((struct host_call){
        .number = SYS_SEND, .cptr = SC + 1, .label = LABEL_SCHED_CONTEXT_CONSUMED, .mr = { 5 } });
    assert_int_equal(host_mr(0, 0), 5);
    assert_int_equal(thread[0]->context.x[0], SC + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_blocked_needs_released_context),
        cmocka_unit_test(test_registers),
        cmocka_unit_test(test_suspend_running),
        cmocka_unit_test(test_priority),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_send_has_no_result),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
