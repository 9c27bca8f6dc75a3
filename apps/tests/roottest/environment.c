/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects, pages and threads for the tests. */
#include "roottest.h"

#define THREADS_MAX 32u
#define STACK_BYTES 4096u

seL4_BootInfo *boot;

static seL4_CPtr slots_used, source_untyped;
static seL4_CPtr quiet_notification; /* nobody signals it */
static seL4_Word next_address = 0x10000000000ul;
static unsigned threads_started;
static unsigned char stack[THREADS_MAX][STACK_BYTES] __attribute__((aligned(16)));

static _Noreturn void give_up(const char *what, seL4_Word error)
{
    print_text("roottest: cannot go on: ");
    print_text(what);
    print_text(": ");
    print_text(error_name(error));
    print_text("\n");
    root_stop();
}

static void must(seL4_Word error, const char *what)
{
    if (error != seL4_NoError)
        give_up(what, error);
}

seL4_CPtr slot_new(void)
{
    seL4_CPtr slot = boot->empty.start + slots_used++;

    if (slot >= boot->empty.end)
        give_up("no empty slot", seL4_NotEnoughMemory);
    return slot;
}

/* The largest untyped of ordinary memory. */
static seL4_CPtr find_untyped(void)
{
    seL4_Word best = 0, bits = 0;

    for (seL4_Word i = 0; i < boot->untyped.end - boot->untyped.start; i++) {
        if (!boot->untypedList[i].isDevice && boot->untypedList[i].sizeBits > bits) {
            bits = boot->untypedList[i].sizeBits;
            best = boot->untyped.start + i;
        }
    }
    return best;
}

seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits)
{
    seL4_CPtr slot = slot_new();

    if (!source_untyped)
        source_untyped = find_untyped();
    must(seL4_Untyped_Retype(source_untyped, type, size_bits, ROOT, 0, 0, slot, 1), "retype");
    return slot;
}

seL4_Word address_new(bool tables)
{
    seL4_Word address = next_address;
    seL4_Error error = seL4_NoError;

    next_address += 1ul << seL4_LargePageBits;
    while (error == seL4_NoError && tables)
        error = seL4_ARM_PageTable_Map(object_new(seL4_ARM_PageTableObject, 0),
                                       seL4_CapInitThreadVSpace, address,
                                       seL4_ARM_Default_VMAttributes);
    if (tables && error != seL4_DeleteFirst)
        give_up("map page table", error);
    return address;
}

void *page_new(seL4_CPtr *frame)
{
    seL4_Word address = address_new(true);
    seL4_CPtr cap = object_new(seL4_ARM_SmallPageObject, 0);

    must(seL4_ARM_Page_Map(cap, seL4_CapInitThreadVSpace, address, seL4_ReadWrite,
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
    must(
        seL4_TCB_Configure(t.tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, (seL4_Word)t.buffer, frame),
        "configure thread");
    must(seL4_SchedControl_Configure(boot->schedcontrol.start, t.sched_context, budget, period, 0,
                                     options.timeout_endpoint ? 0x5c : 0),
         "configure scheduling context");
    must(seL4_TCB_SetSchedParams(t.tcb, seL4_CapInitThreadTCB, options.priority, options.priority,
                                 t.sched_context, options.fault_endpoint),
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
