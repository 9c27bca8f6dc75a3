/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel tells the root task (abi 8.5); one page in its address space. */
#pragma once

#include <kernel/abi.h>
#include <kernel/types.h>

struct slot_region { /* end exclusive */
    word_t start, end;
};
struct untyped_info {
    paddr_t paddr;
    uint8_t size_bits;
    uint8_t is_device;
    uint8_t padding[6];
};
struct boot_info {
    word_t extra_length;
    word_t node;
    word_t nodes;
    word_t io_page_table_levels;
    vaddr_t ipc_buffer;
    struct slot_region empty;
    struct slot_region shared_frames;
    struct slot_region user_image_frames;
    struct slot_region user_image_paging;
    struct slot_region io_spaces;
    struct slot_region extra_pages;
    word_t cnode_bits;
    word_t domain;
    struct slot_region sched_control;
    struct slot_region untyped;
    struct untyped_info untyped_list[BOOT_INFO_UNTYPEDS];
};
_Static_assert(offsetof(struct boot_info, empty) == 40, "abi 8.5");
_Static_assert(offsetof(struct boot_info, extra_pages) == 120, "abi 8.5");
_Static_assert(offsetof(struct boot_info, sched_control) == 152, "abi 8.5");
_Static_assert(offsetof(struct boot_info, untyped_list) == 184, "abi 8.5");
_Static_assert(sizeof(struct boot_info) == 3864, "abi 8.5");

/* Head of a chunk of the extra boot information. */
struct extra_info {
    word_t id;
    word_t length; /* this head included */
};
#define EXTRA_INFO_DEVICE_TREE 6u
