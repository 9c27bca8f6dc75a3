/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Untyped memory for the root task, in the order of abi 8.5: device memory (all that is neither RAM
 * nor board), the boot part of the kernel image, free memory.
 */
#include <kernel/image.h>
#include <shim/board.h>

#include "root_server.h"

#define PADDR_TOP BIT(40)

struct offer {
    bool is_device;
    bool is_zero; /* the loader hands over zeroed memory; the boot part was used since */
};

BOOT_CODE static void give(struct root_server *root, struct region region, struct offer offer)
{
    struct boot_info *info = root->boot_info;
    paddr_t start = region.start;
    word_t bits;

    while ((bits = region_cut(&region)) != 0) {
        word_t index = root->next_slot - info->untyped.start;
        struct cap cap;

        if (index >= BOOT_INFO_UNTYPEDS)
            return; /* the rest is lost, as in seL4; device chunks come first and are few */
        start = region.start - BIT(bits);
        cap =
            cap_make(CAP_UNTYPED, (offer.is_device ? 1u : 0u) | bits << 1, paddr_to_ptr(start), 0);
        if (!offer.is_zero)
            cap = untyped_with_used(cap, BIT(bits));
        root_provide(root, cap);
        info->untyped_list[index] = (struct untyped_info){
            .paddr = start,
            .size_bits = (uint8_t)bits,
            .is_device = offer.is_device ? 1 : 0,
        };
    }
}

BOOT_CODE static void give_devices(struct root_server *root, word_t ram_size)
{
    struct region_list devices = { .region = { { 0, PADDR_TOP } }, .count = 1 };
    struct region ram = { KERNEL_PHYS_BASE, KERNEL_PHYS_BASE + ram_size };
    struct region board = { BOARD_IPA, BOARD_IPA + BOARD_IPA_SIZE };
    const struct offer offer = { .is_device = true, .is_zero = true };

    if (!regions_take(&devices, ram) || !regions_take(&devices, board))
        panic(PANIC_BOOT, devices.count);
    for (word_t i = 0; i < devices.count; i++)
        give(root, devices.region[i], offer);
}

BOOT_CODE void root_give_untypeds(struct root_server *root, const struct boot_arguments *arguments,
                                  struct region_list *free)
{
    const struct region boot_part = { KERNEL_PHYS_BASE, kernel_image_to_paddr(ki_boot_end) };
    struct boot_info *info = root->boot_info;

    info->untyped.start = root->next_slot;
    give_devices(root, arguments->ram_size);
    give(root, boot_part, (struct offer){ .is_device = false, .is_zero = false });
    for (word_t i = 0; i < free->count; i++)
        give(root, free->region[i], (struct offer){ .is_device = false, .is_zero = true });
    info->untyped.end = root->next_slot;
    info->empty = (struct slot_region){ root->next_slot, BIT(ROOT_CNODE_BITS) };
}
