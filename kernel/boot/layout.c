/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the root server's objects lie, in memory and in its address space (abi 8.3, 8.4). */
#include <kernel/image.h>

#include "root_server.h"

#define PAGE BIT(PAGE_BITS)

BOOT_CODE static word_t tables_of_level(vaddr_t start, vaddr_t end, word_t bits)
{
    return ((end - 1) >> bits) - (start >> bits) + 1;
}

BOOT_CODE static void lay_out_addresses(struct root_server *root,
                                        const struct boot_arguments *arguments)
{
    struct region tree = arguments->device_tree;

    root->image_start = arguments->image.start - arguments->pv_offset;
    root->image_end = arguments->image.end - arguments->pv_offset;
    root->ipc_buffer_vaddr = root->image_end;
    root->boot_info_vaddr = root->ipc_buffer_vaddr + PAGE;
    root->extra_vaddr = root->boot_info_vaddr + PAGE;
    if (tree.end != tree.start)
        root->extra_bytes = sizeof(struct extra_info) + (tree.end - tree.start);
    root->end_vaddr =
        root->extra_vaddr + ((root->extra_bytes + MASK(PAGE_BITS)) & ~MASK(PAGE_BITS));
    if (root->image_start >= root->image_end || root->end_vaddr - 1 > USER_TOP)
        panic(PANIC_BOOT, root->image_start);
}

BOOT_CODE static char *carve(paddr_t *next, word_t size)
{
    char *memory = paddr_to_ptr(*next);

    *next += size;
    return memory;
}

BOOT_CODE void root_layout(struct root_server *root, const struct boot_arguments *arguments,
                           struct region_list *free)
{
    word_t cnode_bits = ROOT_CNODE_BITS + SLOT_BITS, extra_bits = PAGE_BITS,
           align_bits = cnode_bits;
    word_t tables = 0, total;
    paddr_t next;

    lay_out_addresses(root, arguments);
    for (word_t bits = ROOT_ENTRY_BITS; bits > PAGE_BITS; bits -= TABLE_INDEX_BITS)
        tables += tables_of_level(root->image_start, root->end_vaddr, bits);
    while (BIT(extra_bits) < root->extra_bytes)
        extra_bits++;
    if (root->extra_bytes != 0 && extra_bits > align_bits)
        align_bits = extra_bits;

    total = BIT(cnode_bits) + BIT(VSPACE_BITS) + BIT(ASID_POOL_BITS) + (tables + 2) * PAGE +
            BIT(TCB_BITS) + BIT(SCHED_CONTEXT_MIN_BITS);
    if (root->extra_bytes != 0)
        total += BIT(extra_bits);
    next = regions_allocate(free, total, align_bits);
    if (next == 0)
        panic(PANIC_BOOT, total);

    if (root->extra_bytes != 0 && extra_bits >= cnode_bits)
        root->extra = carve(&next, BIT(extra_bits));
    root->cnode = (struct cte *)(void *)carve(&next, BIT(cnode_bits));
    if (root->extra_bytes != 0 && root->extra == NULL)
        root->extra = carve(&next, BIT(extra_bits));
    root->vspace = (pte_t *)(void *)carve(&next, BIT(VSPACE_BITS));
    root->asid_pool = (struct asid_pool *)(void *)carve(&next, BIT(ASID_POOL_BITS));
    root->ipc_buffer = carve(&next, PAGE);
    root->boot_info = (struct boot_info *)(void *)carve(&next, PAGE);
    root->tables = carve(&next, tables * PAGE);
    root->tcb = (struct tcb *)(void *)carve(&next, BIT(TCB_BITS));
    root->sched_context = (struct sched_context *)(void *)carve(&next, BIT(SCHED_CONTEXT_MIN_BITS));
}
