/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the loader's registers to a root task ready to run. Comes from arch/<isa>/head.S; next in
 * the flow: trap/trap.c, trap_leave_boot(). Every replica does the same here, with the same
 * registers.
 */
#include <kernel/image.h>
#include <kernel/state.h>
#include <rcoe/pages.h>
#include <rcoe/rcoe.h>

#include "root_server.h"

BOOT_CODE static struct region_list free_memory(const struct boot_arguments *arguments)
{
    struct region_list free = { .count = 1 };
    struct region kernel = { KERNEL_PHYS_BASE, kernel_image_to_paddr(ki_end) };

    free.region[0] = (struct region){ KERNEL_PHYS_BASE, KERNEL_PHYS_BASE + arguments->ram_size };
    if (arguments->image.start < kernel.end || arguments->image.end > free.region[0].end ||
        ((arguments->image.start | arguments->image.end) & MASK(PAGE_BITS)) != 0)
        panic(PANIC_BOOT, arguments->image.start);
    if (!regions_take(&free, kernel) || !regions_take(&free, arguments->device_tree) ||
        !regions_take(&free, arguments->image))
        panic(PANIC_BOOT, free.count);
    return free;
}

/* Not part of the boot code: it takes that out of the kernel's address space. */
__attribute__((noinline)) static _Noreturn void leave(void)
{
    mmu_leave_boot();
    trap_leave_boot();
}

_Noreturn void boot_main(paddr_t image_start, paddr_t image_end, word_t pv_offset, vaddr_t entry,
                         paddr_t device_tree, word_t device_tree_size, word_t ram_size);

BOOT_CODE _Noreturn void boot_main(paddr_t image_start, paddr_t image_end, word_t pv_offset,
                                   vaddr_t entry, paddr_t device_tree, word_t device_tree_size,
                                   word_t ram_size)
{
    struct boot_arguments arguments = {
        .image = { image_start, image_end },
        .pv_offset = pv_offset,
        .entry = entry,
        .device_tree = { device_tree, device_tree },
        .ram_size = ram_size,
    };
    struct root_server root = { .next_slot = 0 };
    struct region_list free;

    if (device_tree != 0)
        arguments.device_tree.end += device_tree_size & MASK(32);
    mmu_init(ram_size);
    rcoe_init(BOARD_VADDR);
    rcoe_pages_init(KERNEL_PHYS_BASE, ram_size, paddr_to_ptr(KERNEL_PHYS_BASE));
    state.irq[IRQ_VIRTUAL_TIMER].active = true; /* the kernel's own: Get finds it taken */

    free = free_memory(&arguments);
    root_layout(&root, &arguments, &free);
    root_create(&root, &arguments);
    root_give_untypeds(&root, &arguments, &free);
    boot_create_idle_thread();
    (void)boot_create_root_thread(root.tcb, root.sched_context, arguments.entry,
                                  root.boot_info_vaddr);
    leave();
}
