/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rooms of the kernel ask of each other. Contracts here; the file of each is named. */
#pragma once

#include <kernel/object.h>

/* ---- object/lookup.c ------------------------------------------------------------------------- */

/* Walk of a capability address (abi 5.1). `bits` unresolved bits may remain after a non-CNode. */
struct lookup {            /* two registers */
    struct cte *slot;      /* NULL unless status is NONE */
    enum exception status; /* NONE or LOOKUP_FAULT */
    uint32_t bits_left;
};
/*
 * One level that decodes `depth` bits is the rule; NULL: not so, or the guard differs. The guard
 * has at least one bit, since a radix is below 64.
 */
static ALWAYS_INLINE struct cte *lookup_one_level(struct cap node, cptr_t cptr, word_t depth)
{
    word_t radix = cnode_radix(node);
    word_t guard_size = cnode_guard_size(node);
    bool one_level = cap_type(node) == CAP_CNODE && radix + guard_size == depth && guard_size > 0 &&
                     (cptr >> radix & MASK(guard_size)) == cnode_guard(node);

    return one_level ? (struct cte *)cap_object(node) + (cptr & MASK(radix)) : NULL;
}
struct lookup lookup_address(struct cap root, cptr_t cptr, word_t depth) MUST_USE;
/* In the thread's CSpace at depth 64; leftover bits are ignored (invocations, extra caps). */
struct lookup lookup_slot(struct tcb *thread, cptr_t cptr) MUST_USE;
/* For CNode operations and destinations: depth 1..64 else a range error, all bits must resolve;
 * on failure state.error is set (EXCEPTION_SYSCALL_ERROR). */
struct lookup lookup_target(struct cap root, cptr_t index, word_t depth, bool is_source) MUST_USE;
/* Receive slot named in a receiver's IPC buffer; NULL when there is none or it is occupied. */
struct cte *lookup_receive_slot(struct tcb *receiver, const word_t *buffer);

/* ---- object/cap.c: pure rules (abi 5.2, 5.3) ------------------------------------------------- */

struct derived {
    enum exception status; /* NONE, or SYSCALL_ERROR with state.error set */
    struct cap cap;        /* may be null: not derivable */
};
struct derived cap_derive(struct cte *slot, struct cap cap) MUST_USE;
struct cap cap_mask_rights(struct cap cap, word_t rights);
/* preserve: Mutate and Rotate (a badge may not be set); otherwise Mint. Null: not allowed. */
struct cap cap_update_data(struct cap cap, word_t data, bool preserve);
bool cap_same_region(struct cap a, struct cap b);
bool cap_same_object(struct cap a, struct cap b);
bool cap_is_physical(struct cap cap);

/* ---- object/derivation.c: the tree ----------------------------------------------------------- */

void cte_insert(struct cap cap, struct cte *source, struct cte *destination); /* as child/sibling */
void cte_insert_child(struct cap cap, struct cte *parent, struct cte *slot);  /* fresh, revocable */
void cte_insert_root(struct cap cap, struct cte *slot);                       /* boot: no parent */
void cte_move(struct cap cap, struct cte *source, struct cte *destination);
void cte_swap(struct cap cap1, struct cte *slot1, struct cap cap2, struct cte *slot2);
void cte_remove(struct cte *slot);                 /* unlinks and empties; finalises nothing */
void cte_update(struct cte *slot, struct cap cap); /* the same object, new state: mapping, ... */
bool cte_is_parent_of(const struct cte *a, const struct cte *b); /* b follows a in the list */
bool cte_is_final(const struct cte *slot);
bool cte_has_children(const struct cte *slot); /* ensureNoChildren is error_revoke_first() of it */

/* ---- object/delete.c ------------------------------------------------------------------------- */

/* NONE: the slot is empty and what was in it is gone, to any depth; or PREEMPTED. */
enum exception cte_delete(struct cte *slot) MUST_USE;
enum exception cte_revoke(struct cte *slot) MUST_USE; /* NONE or PREEMPTED */
/* True: the cap is the final one of a CNode or thread, or a zombie: deletion may be long. */
bool cte_is_long_running_delete(const struct cte *slot);
/* A unit of work; PREEMPTED every WORK_UNITS_PER_PREEMPTION-th time in a system call. */
enum exception preemption_point(void) MUST_USE;

/* ---- finalisation: called by object/delete.c when the last cap goes -------------------------- */

/* One thread that waits there goes on; true: nobody does any more. In the files of ipc/. */
bool endpoint_finalise(struct endpoint *ep) MUST_USE;
bool notification_finalise(struct notification *ntfn) MUST_USE;
/* Senders with the badge that came before the stamp repeat their call. ipc/endpoint.c */
enum exception endpoint_cancel_badged(struct endpoint *ep, word_t badge, word_t stamp) MUST_USE;
void reply_finalise(struct reply *reply);              /* ipc/reply.c */
void tcb_finalise(struct tcb *tcb);                    /* object/tcb.c: unbind all, suspend; the
                                                          cap slots are emptied by the zombie */
void sched_context_finalise(struct sched_context *sc); /* sched/sched_context.c */
void frame_finalise(struct cap cap);      /* vspace/frame.c: unmap this cap's mapping */
void page_table_finalise(struct cap cap); /* vspace/page_table.c */
void vspace_finalise(struct cap cap);     /* vspace/asid.c */
void asid_pool_finalise(struct cap cap);  /* vspace/asid.c */
struct cte *irq_finalise(word_t irq);     /* object/irq.c: masked; where its notification is */

/* ---- objects being created ------------------------------------------------------------------- */

void tcb_init(struct tcb *tcb, word_t domain); /* object/tcb.c: fresh, memory is zero */
void sched_context_init(struct sched_context *sc, word_t size_bits); /* sched/sched_context.c */

/* ---- ipc and scheduling, for others ---------------------------------------------------------- */

void notification_signal(struct notification *ntfn, word_t badge); /* ipc/notification.c */
/* The thread's IPC buffer in the kernel window, or NULL (abi 1.2). object/tcb.c */
word_t *tcb_ipc_buffer(struct tcb *thread, bool writable);

/* ---- irq ------------------------------------------------------------------------------------- */

void irq_deliver(word_t irq); /* object/irq.c: signal the handler's notification */

/* ---- vspace ---------------------------------------------------------------------------------- */

/* Loads the thread's address space (the kernel-only one when it has none). vspace/vspace.c */
void vspace_switch(struct tcb *thread);
/* Checks of Configure/SetSpace: an assigned VSpace cap. vspace/vspace.c */
bool vspace_is_valid_root(struct cap cap);
/* Checks of SetIPCBuffer: a frame, not device, aligned address. vspace/frame.c */
enum exception frame_check_ipc_buffer(vaddr_t vaddr, struct cap cap) MUST_USE;

/* ---- boot, for boot/ ------------------------------------------------------------------------- */

struct tcb *boot_create_root_thread(struct tcb *tcb, struct sched_context *sc, vaddr_t entry,
                                    vaddr_t boot_info); /* sched/boot_thread.c: registers, prio
                                    255, SC 5 ms round robin, made current */
void boot_create_idle_thread(void);                     /* sched/boot_thread.c */
/* Ends boot: schedules, votes on the boot event and enters the root task. trap/trap.c */
_Noreturn void trap_leave_boot(void);

/* ---- kernel bugs ----------------------------------------------------------------------------- */

enum panic_code { PANIC_ASSERT = 0x1000, PANIC_KERNEL_TRAP, PANIC_BOOT, PANIC_INVARIANT };
_Noreturn void panic(enum panic_code code, word_t detail); /* trap/panic.c */
#define kernel_assert(condition) ((condition) ? (void)0 : panic(PANIC_ASSERT, __LINE__))
