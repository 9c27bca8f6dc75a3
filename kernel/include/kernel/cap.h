/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities: two words. Word 0: type 63:59, per-type field 58:48, object address 47:0 (sign
 * extended). Word 1: per type. A slot adds the links of the derivation tree (a list in preorder).
 *
 *   type            field (11 bits)                       object        word 1
 *   untyped         0 device, 6:1 size bits               memory (*)    free index, 16-byte units
 *   endpoint        3:0 rights                            endpoint      badge
 *   notification    1:0 rights                            notification  badge
 *   reply           0 grant                               reply         -
 *   cnode           5:0 radix                             slots         guard 63:6, guard size 5:0
 *   thread          -                                     tcb           -
 *   sched context   5:0 size bits                         sc            -
 *   frame           0 device, 2:1 VM rights, 4:3 size     memory (*)    asid 63:48, vaddr 47:0
 *   page table      0 mapped                              table         asid 63:48, vaddr 47:0
 *   vspace          0 assigned                            root table    asid 63:48
 *   asid pool       6:0 pool number                       pool          -
 *   irq handler     7:0 irq                               -             -
 *   sgi signal      3:0 irq, 6:4 target                   -             -
 *   smc             -                                     -             badge
 *   zombie          0 thread, 6:1 radix, 8:7 queue        its object    slots not yet empty; 1
 *   controls        -                                     -             -
 * (*) Device memory is not mapped in the kernel window: address is paddr + PPTR_BASE all the same.
 */
#pragma once

#include <kernel/types.h>

enum cap_type { /* values: DebugCapIdentify of seL4 */
                CAP_NULL = 0,
                CAP_FRAME = 1,
                CAP_UNTYPED = 2,
                CAP_PAGE_TABLE = 3,
                CAP_ENDPOINT = 4,
                CAP_NOTIFICATION = 6,
                CAP_REPLY = 8,
                CAP_VSPACE = 9,
                CAP_CNODE = 10,
                CAP_ASID_CONTROL = 11,
                CAP_THREAD = 12,
                CAP_ASID_POOL = 13,
                CAP_IRQ_CONTROL = 14,
                CAP_IRQ_HANDLER = 16,
                CAP_ZOMBIE = 18,
                CAP_DOMAIN = 20,
                CAP_SCHED_CONTEXT = 22,
                CAP_SCHED_CONTROL = 24,
                CAP_SMC = 25,
                CAP_SGI_SIGNAL = 27,
};

struct cap {
    word_t w0;
    word_t w1;
};
struct cte {
    struct cap cap;
    word_t prev; /* struct cte *, low bits: CTE_REVOCABLE, CTE_FIRST_BADGED */
    word_t next; /* struct cte * */
};
#define CTE_REVOCABLE 1u
#define CTE_FIRST_BADGED 2u
#define CTE_FLAGS 3u
_Static_assert(sizeof(struct cte) == 32, "a slot is 32 bytes (seL4_SlotBits)");

enum vm_rights { VM_KERNEL_ONLY, VM_READ_ONLY, VM_READ_WRITE };
enum frame_size { FRAME_SMALL, FRAME_LARGE, FRAME_HUGE };

static inline struct cap cap_make(enum cap_type type, word_t field, const void *object, word_t w1)
{
    word_t address = (word_t)object & MASK(48);

    return (struct cap){ ((word_t)type << 59) | ((field & MASK(11)) << 48) | address, w1 };
}
static inline struct cap cap_null(void)
{
    return (struct cap){ 0, 0 };
}
static inline enum cap_type cap_type(struct cap cap)
{
    return (enum cap_type)(cap.w0 >> 59);
}
static inline word_t cap_field(struct cap cap)
{
    return (cap.w0 >> 48) & MASK(11);
}
static inline struct cap cap_with_field(struct cap cap, word_t field)
{
    cap.w0 = (cap.w0 & ~(MASK(11) << 48)) | ((field & MASK(11)) << 48);
    return cap;
}
static inline void *cap_object(struct cap cap)
{
    return (void *)((int64_t)(cap.w0 << 16) >> 16);
}

/* Rights of endpoint and notification caps; grant of reply caps is bit 0 of the field. */
static inline word_t cap_rights(struct cap cap)
{
    return cap_field(cap) & MASK(4);
}
static inline word_t cap_badge(struct cap cap)
{
    return cap.w1;
}

static inline bool untyped_is_device(struct cap cap)
{
    return (cap_field(cap) & 1) != 0;
}
static inline word_t untyped_size_bits(struct cap cap)
{
    return (cap_field(cap) >> 1) & MASK(6);
}
static inline word_t untyped_free_bytes_used(struct cap cap)
{
    return cap.w1 << 4;
}

static inline struct cap untyped_with_used(struct cap cap, word_t bytes)
{
    cap.w1 = bytes >> 4;
    return cap;
}

static inline word_t cnode_radix(struct cap cap)
{
    return cap_field(cap) & MASK(6);
}
static inline word_t cnode_guard(struct cap cap)
{
    return cap.w1 >> 6;
}
static inline word_t cnode_guard_size(struct cap cap)
{
    return cap.w1 & MASK(6);
}

static inline bool frame_is_device(struct cap cap)
{
    return (cap_field(cap) & 1) != 0;
}
static inline enum vm_rights frame_rights(struct cap cap)
{
    return (enum vm_rights)((cap_field(cap) >> 1) & MASK(2));
}
static inline enum frame_size frame_size(struct cap cap)
{
    return (enum frame_size)((cap_field(cap) >> 3) & MASK(2));
}
static inline word_t frame_size_bits(struct cap cap)
{
    return 12u + 9u * (word_t)frame_size(cap);
}
static inline struct cap frame_with_rights(struct cap cap, enum vm_rights rights)
{
    return cap_with_field(cap, (cap_field(cap) & ~UINT64_C(6)) | (word_t)rights << 1);
}
/* What `have` leaves of the wish `rights` (abi 3.10): anything but read, or read-write, is none. */
static inline enum vm_rights vm_rights_mask(enum vm_rights have, word_t rights)
{
    if (have == VM_KERNEL_ONLY || (rights & 2u) == 0)
        return VM_KERNEL_ONLY;
    return (rights & 1u) != 0 ? have : VM_READ_ONLY;
}
/* asid 0: not mapped (frames) or not assigned (tables, address spaces). */
static inline word_t cap_asid(struct cap cap)
{
    return cap.w1 >> 48;
}
static inline vaddr_t cap_vaddr(struct cap cap)
{
    return cap.w1 & MASK(48);
}
static inline struct cap cap_with_mapping(struct cap cap, word_t asid, vaddr_t vaddr)
{
    cap.w1 = (asid << 48) | (vaddr & MASK(48));
    return cap;
}

static inline word_t zombie_radix(struct cap cap)
{
    return (cap_field(cap) >> 1) & MASK(6);
}
static inline bool zombie_is_thread(struct cap cap)
{
    return (cap_field(cap) & 1) != 0;
}
/* Of an object that threads wait at, and not of one that holds caps. */
enum zombie_queue { ZOMBIE_NO_QUEUE, ZOMBIE_ENDPOINT, ZOMBIE_NOTIFICATION };
static inline enum zombie_queue zombie_queue(struct cap cap)
{
    return (enum zombie_queue)(cap_field(cap) >> 7 & MASK(2));
}
static inline struct cap zombie_of_queue(enum zombie_queue queue, const void *object)
{
    return cap_make(CAP_ZOMBIE, (word_t)queue << 7, object, 1);
}

static inline struct cte *cte_next(const struct cte *slot)
{
    return (struct cte *)slot->next;
}
static inline struct cte *cte_prev(const struct cte *slot)
{
    return (struct cte *)(slot->prev & ~(word_t)CTE_FLAGS);
}
