/* SPDX-License-Identifier: BSD-2-Clause */
/* The root task being made: shared by the files of boot/. */
#pragma once

#include <arch/mmu.h>
#include <kernel/object_ops.h>

#include "boot_info.h"
#include "regions.h"

#define ROOT_ASID 1u

struct boot_arguments {
    struct region image; /* user image, physical */
    word_t pv_offset;    /* physical minus virtual address of the user image */
    vaddr_t entry;
    struct region device_tree;
    word_t ram_size;
};

struct root_server {
    struct cte *cnode;
    pte_t *vspace;
    struct asid_pool *asid_pool;
    char *ipc_buffer;
    struct boot_info *boot_info;
    char *extra;  /* extra boot information, NULL none */
    char *tables; /* paging structures, one after the other */
    struct tcb *tcb;
    struct sched_context *sched_context;

    word_t extra_bytes;
    vaddr_t image_start, image_end; /* virtual */
    vaddr_t ipc_buffer_vaddr, boot_info_vaddr, extra_vaddr, end_vaddr;
    word_t next_slot;
};

/* boot/layout.c: takes the memory of all root server objects from `free`. */
void root_layout(struct root_server *root, const struct boot_arguments *arguments,
                 struct region_list *free);
/* boot/root_server.c: the objects, their caps (abi 8.4), the mappings, boot info but untypeds. */
void root_create(struct root_server *root, const struct boot_arguments *arguments);
/* boot/untypeds.c: device memory, boot part of the image, then free memory (abi 8.5). */
void root_give_untypeds(struct root_server *root, const struct boot_arguments *arguments,
                        struct region_list *free);

/* Puts a cap without parent into the next dynamic slot. */
void root_provide(struct root_server *root, struct cap cap);
