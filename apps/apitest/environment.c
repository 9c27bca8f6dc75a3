/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects, pages and threads for the cases. All memory of a case comes from one untyped, the arena;
 * revoking it and emptying the slots that were handed out undoes the case.
 */
#include "apitest.h"

#define THREADS_MAX 32u
#define STACK_BYTES 4096u
#define ARENA_BITS 23u
#define FIRST_ADDRESS 0x10000000000ul

seL4_BootInfo *boot;

static seL4_CPtr arena, slots_used;
static seL4_CPtr quiet_notification; /* nobody signals it */
static seL4_Word next_address;
static unsigned threads_started;
static unsigned char stack[THREADS_MAX][STACK_BYTES] __attribute__((aligned(16)));

static void must(seL4_Word error, const char *what)
{
    if (error != seL4_NoError)
        give_up(what, error);
}

seL4_CPtr slots_new(unsigned count)
{
    seL4_CPtr slot = boot->empty.start + slots_used;

    slots_used += count;
    if (slot + count > boot->empty.end)
        give_up("no empty slot", seL4_NotEnoughMemory);
    return slot;
}

seL4_CPtr slot_new(void)
{
    return slots_new(1);
}

/* Out of the smallest untyped of ordinary memory that is large enough. */
static seL4_CPtr arena_new(void)
{
    seL4_CPtr slot = slot_new(), source = 0;
    seL4_Word bits = seL4_MaxUntypedBits + 1;

    for (seL4_Word i = 0; i < boot->untyped.end - boot->untyped.start; i++) {
        const seL4_UntypedDesc *desc = &boot->untypedList[i];

        if (!desc->isDevice && desc->sizeBits >= ARENA_BITS && desc->sizeBits < bits) {
            bits = desc->sizeBits;
            source = boot->untyped.start + i;
        }
    }
    must(seL4_Untyped_Retype(source, seL4_UntypedObject, ARENA_BITS, ROOT, 0, 0, slot, 1),
         "make the arena");
    return slot;
}

void environment_open(void)
{
    slots_used = arena ? 1 : 0;
    if (!arena)
        arena = arena_new();
    quiet_notification = 0;
    next_address = FIRST_ADDRESS;
    threads_started = 0;
    seL4_SetCapReceivePath(0, 0, 0);
}

void environment_close(void)
{
    must(seL4_CNode_Revoke(ROOT, arena, DEPTH), "revoke the arena");
    for (seL4_CPtr slot = arena + 1; slot < boot->empty.start + slots_used; slot++)
        must(cap_delete(slot), "empty a slot");
}

seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits)
{
    seL4_CPtr slot = slot_new();

    must(seL4_Untyped_Retype(arena, type, size_bits, ROOT, 0, 0, slot, 1), "retype");
    return slot;
}

seL4_CPtr device_untyped(seL4_Word size_bits)
{
    for (seL4_Word i = 0; i < boot->untyped.end - boot->untyped.start; i++) {
        if (boot->untypedList[i].isDevice && boot->untypedList[i].sizeBits >= size_bits)
            return boot->untyped.start + i;
    }
    return 0;
}

bool cap_exists(seL4_CPtr slot)
{
    /* The destination is looked at before the source, an empty slot. */
    return cap_copy(slot, boot->empty.end - 1) == seL4_DeleteFirst;
}

seL4_Word address_new(bool tables)
{
    seL4_Word address = next_address;
    seL4_Error error = seL4_NoError;

    next_address += 1ul << seL4_LargePageBits;
    while (error == seL4_NoError && tables)
        error = seL4_ARM_PageTable_Map(object_new(seL4_ARM_PageTableObject, 0), VSPACE, address,
                                       seL4_ARM_Default_VMAttributes);
    if (tables && error != seL4_DeleteFirst)
        give_up("map page table", error);
    return address;
}

void *page_new(seL4_CPtr *frame)
{
    seL4_Word address = address_new(true);
    seL4_CPtr cap = object_new(seL4_ARM_SmallPageObject, 0);

    must(seL4_ARM_Page_Map(cap, VSPACE, address, seL4_ReadWrite,
                           seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever),
         "map page");
    if (frame)
        *frame = cap;
    return (void *)address;
}

struct thread thread_start(thread_entry entry, seL4_Word argument, struct thread_options options)
{
    struct thread t = { .tcb = object_new(seL4_TCBObject, 0),
                        .sched_context = object_new(seL4_SchedContextObject, 8) };
    seL4_Word budget = options.budget_us ? options.budget_us : 5000;
    seL4_Word period = options.period_us ? options.period_us : budget;
    seL4_UserContext context = { .pc = (seL4_Word)entry, .x0 = argument };
    seL4_CPtr frame;

    if (threads_started == THREADS_MAX)
        give_up("too many threads", seL4_RangeError);
    if (!quiet_notification)
        quiet_notification = object_new(seL4_NotificationObject, 0);
    context.sp = (seL4_Word)stack[threads_started++] + STACK_BYTES;
    t.buffer = page_new(&frame);
    must(seL4_TCB_Configure(t.tcb, ROOT, 0, VSPACE, 0, (seL4_Word)t.buffer, frame),
         "configure thread");
    must(seL4_SchedControl_Configure(boot->schedcontrol.start, t.sched_context, budget, period, 0,
                                     options.timeout_endpoint ? 0x5c : 0),
         "configure scheduling context");
    must(seL4_TCB_SetSchedParams(t.tcb, SELF, options.priority, options.priority, t.sched_context,
                                 options.fault_endpoint),
         "set scheduling parameters");
    if (options.timeout_endpoint)
        must(seL4_TCB_SetTimeoutEndpoint(t.tcb, options.timeout_endpoint), "timeout endpoint");
    must(seL4_TCB_WriteRegisters(t.tcb, seL4_True, 0, seL4_UserContextWords, &context),
         "write registers");
    return t;
}

void thread_stop(struct thread *t)
{
    must(seL4_TCB_Suspend(t->tcb), "suspend thread");
}

_Noreturn void thread_wait_for_ever(void)
{
    for (;;) {
        struct sel4_syscall_registers r = { .x0 = quiet_notification };

        sel4_trap(seL4_SysWait, &r, 0, 0);
    }
}
