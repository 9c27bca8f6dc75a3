/* SPDX-License-Identifier: BSD-2-Clause */
/* Debug system calls (abi 9): what they print, return and leave alone. */
#include "host_system.h"

#include <string.h>

#include <kernel/syscall.h>
#include <kernel/tcb.h>

static void call(int64_t number, word_t x0)
{
    host_syscall((struct host_call){ .number = number, .cptr = x0 });
}

static void name_thread(unsigned i, const char *name)
{
    struct tcb *tcb = state.current;

    /* From byte 8 of the buffer: written behind host_syscall(), which clears message registers. */
    strcpy((char *)&tcb_ipc_buffer(tcb, true)[1], name);
    tcb->context.x[0] = SLOT_TCB + i;
    assert_true(debug_syscall(SYS_DEBUG_NAME_THREAD));
}

static void start_one(void)
{
    host_start();
    host_run(1, 10, 5 * US, 5 * US);
}

static void test_put_char(void **unused)
{
    (void)unused;
    start_one();
    call(SYS_DEBUG_PUT_CHAR, 'x');
    assert_string_equal(host_console, "x");
    assert_int_equal(thread[1]->context.x[0], 'x');
}

static void test_cap_identify(void **unused)
{
    static const struct {
        word_t slot, type;
    } table[] = { { SLOT_ROOT, 10 },        { SLOT_TCB, 12 },     { SLOT_SC, 22 },
                  { SLOT_REPLY_OBJECT, 8 }, { SLOT_ENDPOINT, 4 }, { SLOT_NOTIFICATION, 6 },
                  { SLOT_CONTROL, 24 },     { SLOT_DOMAINS, 20 }, { SLOT_FREE, 0 },
                  { UINT64_C(1) << 40, 0 } };

    (void)unused;
    start_one();
    for (unsigned i = 0; i < COUNT(table); i++) {
        call(SYS_DEBUG_CAP_IDENTIFY, table[i].slot);
        assert_int_equal(thread[1]->context.x[0], table[i].type);
    }
}

static void test_name(void **unused)
{
    (void)unused;
    start_one();
    name_thread(2, "worker");
    assert_string_equal(thread[2]->name, "worker");
    name_thread(2, "a name of more than thirty-one characters");
    assert_string_equal(thread[2]->name, "a name of more than thirty-one ");
    thread[1]->context.x[0] = SLOT_ENDPOINT; /* no thread: nothing happens */
    assert_true(debug_syscall(SYS_DEBUG_NAME_THREAD));
}

static void test_dump_scheduler(void **unused)
{
    const char *line;

    (void)unused;
    start_one();
    name_thread(1, "first");
    call(SYS_DEBUG_DUMP_SCHEDULER, 0);
    assert_ptr_equal(strstr(host_console, "Name   "), host_console);
    line = strstr(host_console, "\nfirst ");
    assert_non_null(line);
    line++;
    assert_int_equal(strncmp(line + 41, "running ", 8), 0);
    assert_int_equal(strncmp(line + 58, "0x10100 ", 8), 0);
    assert_int_equal(strncmp(line + 78, "0xa   0x0  0\n", 13), 0);
}

static unsigned lines(void)
{
    unsigned count = 0;

    for (const char *c = host_console; *c != '\0'; c++) {
        count += *c == '\n';
    }
    return count;
}

/* A thread that ends is no longer listed, wherever it was in the list. */
static void test_list_of_threads(void **unused)
{
    (void)unused;
    for (unsigned gone = 0; gone < THREADS; gone += 3) {
        start_one();
        tcb_finalise(thread[gone]); /* not the caller, thread 1 */
        call(SYS_DEBUG_DUMP_SCHEDULER, 0);
        assert_int_equal(lines(), 1 + THREADS - 1);
    }
}

static void test_snapshot(void **unused)
{
    (void)unused;
    start_one();
    call(SYS_DEBUG_SNAPSHOT, 0);
    assert_ptr_equal(strstr(host_console, "snapshot\nthread 0x"), host_console);
    assert_non_null(strstr(host_console, " running ip 0x10100 prio 0xa mcp 0xff dom 0x0 sc 0x"));
    assert_non_null(strstr(host_console, " radix 0x6\n"));
    assert_non_null(strstr(host_console, "  slot 0x20 type 0x4 field 0xf object 0x"));
    assert_null(strstr(host_console, "  slot 0x28 ")); /* SLOT_FREE */
    assert_int_equal(lines(), 1 + THREADS + 1 + 3 + 3 * THREADS + 2 * OBJECTS);
}

static void test_halt(void **unused)
{
    (void)unused;
    start_one();
    name_thread(1, "tired");
    call(SYS_DEBUG_HALT, 0);
    assert_string_equal(host_console, "ternion: halted by thread 'tired'\n");
    assert_int_equal(host_firmware_call, 0x84000008);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_char),
        cmocka_unit_test(test_cap_identify),
        cmocka_unit_test(test_name),
        cmocka_unit_test(test_dump_scheduler),
        cmocka_unit_test(test_list_of_threads),
        cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_halt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
