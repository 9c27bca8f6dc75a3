/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs all tests, prints the counts and switches the machine off. */
#include "roottest.h"

#define PSCI_SYSTEM_OFF 0x84000008u

static unsigned passed, failed;

void check(bool good, const char *file, int line, const char *what)
{
    if (good) {
        passed++;
        return;
    }
    failed++;
    print_text("roottest: ");
    print_text(file);
    print_text(":");
    print_decimal((seL4_Word)line);
    print_text(": wrong: ");
    print_text(what);
    print_text("\n");
}

void check_error(seL4_Word got, seL4_Word expected, const char *file, int line, const char *what)
{
    check(got == expected, file, line, what);
    if (got == expected)
        return;
    print_text("    got ");
    print_text(error_name(got));
    print_text(", expected ");
    print_text(error_name(expected));
    print_text("\n");
}

static void print_region(const char *name, seL4_SlotRegion region)
{
    print_text("  ");
    print_text(name);
    print_text(" ");
    print_decimal(region.start);
    print_text("..");
    print_decimal(region.end);
    print_text("\n");
}

static void print_bootinfo(void)
{
    print_text("bootinfo:\n");
    print_fact("  nodes", boot->numNodes);
    print_fact("  root CNode size bits", boot->initThreadCNodeSizeBits);
    print_region("user image frames", boot->userImageFrames);
    print_region("user image paging", boot->userImagePaging);
    print_region("schedcontrol", boot->schedcontrol);
    print_region("untyped", boot->untyped);
    print_region("empty", boot->empty);
    for (seL4_Word i = 0; i < boot->untyped.end - boot->untyped.start; i++) {
        print_text(boot->untypedList[i].isDevice ? "    device " : "    memory ");
        print_hex(boot->untypedList[i].paddr);
        print_fact(" bits", boot->untypedList[i].sizeBits);
    }
}

static void test_bootinfo(void)
{
    CHECK(boot->numNodes == 1);
    CHECK(boot->initThreadDomain == 0);
    CHECK((seL4_Word)boot->ipcBuffer + 4096 == (seL4_Word)boot);
    CHECK(boot->empty.end == 1ul << boot->initThreadCNodeSizeBits);
    CHECK(boot->schedcontrol.end == boot->schedcontrol.start + 1);
    CHECK(boot->untyped.end > boot->untyped.start);
    CHECK(boot->empty.start == boot->untyped.end);
}

static void run(const char *name, void (*test)(void))
{
    unsigned failed_before = failed;

    print_text(name);
    print_text(":");
    test();
    print_text(failed == failed_before ? " ok\n" : " FAILED\n");
}

_Noreturn void root_main(seL4_BootInfo *info)
{
    seL4_ARM_SMCContext off = { .x0 = PSCI_SYSTEM_OFF };

    boot = info;
    print_bootinfo();
    run("bootinfo", test_bootinfo);
    run("cspace", test_cspace);
    run("untyped", test_untyped);
    run("vspace", test_vspace);
    run("memory", test_memory);
    run("tcb", test_tcb);
    run("notification", test_notification);
    run("ipc", test_ipc);
    run("fault", test_fault);
    run("sched", test_sched);
    run("irq", test_irq);
    run("registers", test_registers);
    print_text("roottest: ");
    print_decimal(passed);
    print_text(" passed, ");
    print_decimal(failed);
    print_text(" failed\n");
    (void)seL4_ARM_SMC_Call(seL4_CapSMC, &off, &off);
    root_stop();
}
