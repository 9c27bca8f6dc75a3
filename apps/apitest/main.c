/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs all groups, prints the counts and switches the machine off. */
#include "apitest.h"

#define PSCI_SYSTEM_OFF 0x84000008u

extern const struct api_group bootinfo_group, cnode_group, cnode_lookup_group, cnode_rotate_group,
    rights_group, revoke_group, deletion_group, zombie_group, untyped_group, retype_group,
    page_table_group, page_map_group, page_access_group, page_flush_group, asid_control_group,
    asid_group, memory_group, tcb_group, tcb_space_group, tcb_registers_group, tcb_priority_group,
    irq_group, smc_group, reply_format_group, notification_group, ipc_group, fault_group,
    sched_group, registers_group, maintenance_group, crowd_group, sgi_group, hardware_debug_group;

static const struct api_group *const groups[] = {
    &bootinfo_group,       &cnode_group,       &cnode_lookup_group, &cnode_rotate_group,
    &rights_group,         &revoke_group,      &deletion_group,     &zombie_group,
    &untyped_group,        &retype_group,      &page_table_group,   &page_map_group,
    &page_access_group,    &page_flush_group,  &asid_control_group, &asid_group,
    &memory_group,         &tcb_group,         &tcb_space_group,    &tcb_registers_group,
    &tcb_priority_group,   &irq_group,         &smc_group,          &reply_format_group,
    &notification_group,   &ipc_group,         &fault_group,        &sched_group,
    &registers_group,      &maintenance_group, &crowd_group,        &sgi_group,
    &hardware_debug_group,
};

/* puppet_groups.c */
extern const struct api_group *const puppet_groups[];
extern const unsigned puppet_groups_count;

static void print_counts(const struct api_counts *counts)
{
    print_text("apitest: ");
    print_decimal(counts->cases);
    print_text(" cases (");
    print_decimal(counts->checks);
    print_text(" checks): ");
    print_decimal(counts->passed);
    print_text(" passed, ");
    print_decimal(counts->failed);
    print_text(" failed, ");
    print_decimal(counts->skipped);
    print_text(" skipped\n");
}

_Noreturn void root_main(seL4_BootInfo *info)
{
    seL4_ARM_SMCContext off = { .x0 = PSCI_SYSTEM_OFF };
    struct api_counts counts = { 0 };

    boot = info;
    for (unsigned i = 0; i < API_COUNT(groups); i++)
        group_run(groups[i], &counts);
    for (unsigned i = 0; i < puppet_groups_count; i++)
        group_run(puppet_groups[i], &counts);
    print_counts(&counts);
    (void)seL4_ARM_SMC_Call(seL4_CapSMC, &off, &off);
    root_stop();
}
