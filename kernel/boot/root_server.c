/* SPDX-License-Identifier: BSD-2-Clause */
/* The root task's objects, capabilities and address space (abi 8.4). */
#include "root_server.h"

#include <kernel/changed.h>
#include <kernel/image.h>
#include <kernel/memory.h>
#include <kernel/state.h>
#include <kernel/vspace.h>
#include <rcoe/pages.h>

#define PAGE BIT(PAGE_BITS)

BOOT_CODE void root_provide(struct root_server *root, struct cap cap)
{
    if (root->next_slot >= BIT(ROOT_CNODE_BITS))
        panic(PANIC_BOOT, root->next_slot);
    cte_insert_root(cap, &root->cnode[root->next_slot]);
    root->next_slot++;
}

/* Maps a page and makes the cap that holds the mapping. */
BOOT_CODE static struct cap map_page(struct root_server *root, char *page, vaddr_t vaddr,
                                     bool executable)
{
    struct walk walk = vspace_walk(root->vspace, vaddr);
    word_t attributes = VM_ATTRIBUTE_CACHEABLE;

    if (walk.bits != PAGE_BITS)
        panic(PANIC_BOOT, vaddr);
    if (!executable)
        attributes |= VM_ATTRIBUTE_EXECUTE_NEVER;
    vspace_write_entry(walk.entry,
                       pte_leaf(ptr_to_paddr(page), PAGE_BITS, VM_READ_WRITE, attributes));
    rcoe_pages_give(ptr_to_paddr(page), PAGE);
    return cap_with_mapping(cap_make(CAP_FRAME, (word_t)VM_READ_WRITE << 1, page, 0), ROOT_ASID,
                            vaddr);
}

/* All tables of one level, each of whose entries covers 2^bits bytes' worth of one of them. */
BOOT_CODE static void map_tables(struct root_server *root, word_t bits)
{
    vaddr_t first = root->image_start & ~MASK(bits);

    for (vaddr_t vaddr = first; vaddr < root->end_vaddr; vaddr += BIT(bits)) {
        struct walk walk = vspace_walk(root->vspace, vaddr);
        struct cap cap = cap_make(CAP_PAGE_TABLE, 1, root->tables, 0);

        vspace_write_entry(walk.entry, pte_table(ptr_to_paddr(root->tables)));
        root_provide(root, cap_with_mapping(cap, ROOT_ASID, vaddr));
        root->tables += BIT(TABLE_BITS);
    }
}

BOOT_CODE static struct slot_region slots_since(const struct root_server *root, word_t first)
{
    return (struct slot_region){ first, root->next_slot };
}

BOOT_CODE static void create_extra(struct root_server *root, struct region tree)
{
    struct extra_info *head = (struct extra_info *)(void *)root->extra;
    word_t first = root->next_slot;

    if (root->extra_bytes != 0) {
        *head = (struct extra_info){ EXTRA_INFO_DEVICE_TREE, root->extra_bytes };
        memcpy(head + 1, paddr_to_ptr(tree.start), tree.end - tree.start);
    }
    for (word_t at = 0; at < root->extra_bytes; at += PAGE)
        root_provide(root, map_page(root, root->extra + at, root->extra_vaddr + at, false));
    root->boot_info->extra_length = root->extra_bytes;
    root->boot_info->extra_pages = slots_since(root, first);
}

BOOT_CODE static void create_image(struct root_server *root, struct region image)
{
    word_t first = root->next_slot;
    word_t size = image.end - image.start;

    for (word_t at = 0; at < size; at += PAGE) {
        char *page = paddr_to_ptr(image.start + at);

        root_provide(root, map_page(root, page, root->image_start + at, true));
    }
    cache_clean_for_instructions(paddr_to_ptr(image.start), size);
    cache_invalidate_instructions();
    root->boot_info->user_image_frames = slots_since(root, first);
}

BOOT_CODE static void create_vspace(struct root_server *root)
{
    struct cap vspace = cap_with_mapping(cap_make(CAP_VSPACE, 1, root->vspace, 0), ROOT_ASID, 0);
    word_t first = root->next_slot;

    cte_insert_root(vspace, &root->cnode[SLOT_ROOT_VSPACE]);
    root->asid_pool->root[ROOT_ASID] = root->vspace;
    state.asid_pool[0] = root->asid_pool;
    rcoe_changed(&state.asid_pool[0], sizeof(state.asid_pool[0]));
    rcoe_changed(&root->asid_pool->root[ROOT_ASID], sizeof(root->asid_pool->root[0]));
    for (word_t bits = ROOT_ENTRY_BITS; bits > PAGE_BITS; bits -= TABLE_INDEX_BITS)
        map_tables(root, bits);
    root->boot_info->user_image_paging = slots_since(root, first);
}

/* The fixed slots; those of the address space are filled where it is made. */
BOOT_CODE static void create_fixed_caps(struct root_server *root)
{
    struct cte *cnode = root->cnode;
    struct cap node = cap_make(CAP_CNODE, ROOT_CNODE_BITS, cnode, WORD_BITS - ROOT_CNODE_BITS);

    cte_insert_root(cap_make(CAP_THREAD, 0, root->tcb, 0), &cnode[SLOT_ROOT_TCB]);
    cte_insert_root(node, &cnode[SLOT_ROOT_CNODE]);
    cte_insert_root(cap_make(CAP_IRQ_CONTROL, 0, NULL, 0), &cnode[SLOT_IRQ_CONTROL]);
    cte_insert_root(cap_make(CAP_ASID_CONTROL, 0, NULL, 0), &cnode[SLOT_ASID_CONTROL]);
    cte_insert_root(cap_make(CAP_ASID_POOL, 0, root->asid_pool, 0), &cnode[SLOT_ROOT_ASID_POOL]);
    cte_insert_root(cap_make(CAP_DOMAIN, 0, NULL, 0), &cnode[SLOT_DOMAIN]);
    cte_insert_root(cap_make(CAP_SCHED_CONTEXT, SCHED_CONTEXT_MIN_BITS, root->sched_context, 0),
                    &cnode[SLOT_ROOT_SCHED_CONTEXT]);
    cte_insert_root(cap_make(CAP_SMC, 0, NULL, 0), &cnode[SLOT_SMC]);
}

/* Copies of the caps that make the thread: their sources are the root task's own slots. */
BOOT_CODE static void install(struct root_server *root, enum initial_slot from, enum tcb_slot to)
{
    struct cte *source = &root->cnode[from];

    cte_insert(source->cap, source, &root->tcb->slot[to]);
}

BOOT_CODE void root_create(struct root_server *root, const struct boot_arguments *arguments)
{
    struct boot_info *info = root->boot_info;
    struct cap page;

    info->nodes = 1;
    info->cnode_bits = ROOT_CNODE_BITS;
    info->ipc_buffer = root->ipc_buffer_vaddr;
    root->next_slot = SLOT_DYNAMIC;

    create_fixed_caps(root);
    create_vspace(root);
    page = map_page(root, (char *)info, root->boot_info_vaddr, false);
    cte_insert_root(page, &root->cnode[SLOT_BOOT_INFO]);
    create_extra(root, arguments->device_tree);
    page = map_page(root, root->ipc_buffer, root->ipc_buffer_vaddr, false);
    cte_insert_root(page, &root->cnode[SLOT_ROOT_IPC_BUFFER]);
    info->sched_control.start = root->next_slot;
    root_provide(root, cap_make(CAP_SCHED_CONTROL, 0, NULL, 0));
    info->sched_control.end = root->next_slot;
    create_image(root, arguments->image);

    sched_context_init(root->sched_context, SCHED_CONTEXT_MIN_BITS);
    install(root, SLOT_ROOT_CNODE, TCB_CSPACE);
    install(root, SLOT_ROOT_VSPACE, TCB_VSPACE);
    install(root, SLOT_ROOT_IPC_BUFFER, TCB_BUFFER);
    root->tcb->buffer_vaddr = root->ipc_buffer_vaddr;
}
