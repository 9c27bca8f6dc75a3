/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects, pages, device frames and threads. */
#include "kernelbench.h"

#define PSCI_SYSTEM_OFF 0x84000008u
#define BUDGET_US 1000000u /* no slice ends within an operation */

seL4_BootInfo *boot;

static seL4_CPtr slots_used, source_untyped;
static seL4_Word next_address = 0x10000000000ul;

void must(seL4_Word error, const char *what)
{
    if (error == seL4_NoError)
        return;
    print_text("cannot go on: ");
    print_text(what);
    print_text(": ");
    print_text(error_name(error));
    print_text("\n");
    power_off();
}

_Noreturn void power_off(void)
{
    seL4_ARM_SMCContext off = { .x0 = PSCI_SYSTEM_OFF };

    (void)seL4_ARM_SMC_Call(seL4_CapSMC, &off, &off);
    root_stop();
}

seL4_CPtr slot_new(void)
{
    seL4_CPtr slot = boot->empty.start + slots_used++;

    must(slot < boot->empty.end ? seL4_NoError : seL4_NotEnoughMemory, "no empty slot");
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

static seL4_CPtr retype(seL4_CPtr untyped, seL4_Word type, seL4_Word size_bits)
{
    seL4_CPtr slot = slot_new();

    must(seL4_Untyped_Retype(untyped, type, size_bits, ROOT, 0, 0, slot, 1), "retype");
    return slot;
}

seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits)
{
    if (!source_untyped)
        source_untyped = find_untyped();
    return retype(source_untyped, type, size_bits);
}

seL4_CPtr device_new(seL4_Word paddr)
{
    seL4_Word i = 0, at;

    while (!boot->untypedList[i].isDevice || boot->untypedList[i].paddr > paddr ||
           (paddr - boot->untypedList[i].paddr) >> boot->untypedList[i].sizeBits != 0)
        i++;
    at = boot->untypedList[i].paddr;
    /* What lies before it in the untyped is used up in the largest pieces that are aligned. */
    while (at != paddr) {
        seL4_Word bits = 12;

        while (at % (2ul << bits) == 0 && at + (2ul << bits) <= paddr)
            bits++;
        (void)retype(boot->untyped.start + i, seL4_UntypedObject, bits);
        at += 1ul << bits;
    }
    return retype(boot->untyped.start + i, seL4_ARM_SmallPageObject, 0);
}

seL4_Word large_address_new(void)
{
    (void)address_new(); /* the tables of its neighbour are those that it needs */
    next_address += 1ul << seL4_LargePageBits;
    return next_address - (1ul << seL4_LargePageBits);
}

seL4_Word address_new(void)
{
    seL4_Word address = next_address;
    seL4_Error error = seL4_NoError;

    next_address += 1ul << seL4_LargePageBits;
    while (error == seL4_NoError)
        error = seL4_ARM_PageTable_Map(object_new(seL4_ARM_PageTableObject, 0),
                                       seL4_CapInitThreadVSpace, address,
                                       seL4_ARM_Default_VMAttributes);
    must(error == seL4_DeleteFirst ? seL4_NoError : error, "map page table");
    return address;
}

void *page_new(seL4_CPtr frame)
{
    seL4_Word address = address_new();

    must(seL4_ARM_Page_Map(frame, seL4_CapInitThreadVSpace, address, seL4_ReadWrite,
                           seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever),
         "map page");
    return (void *)address;
}

struct thread thread_new(void (*entry)(void), const struct loop *loop, struct thread_options o)
{
    struct thread t = { .tcb = object_new(seL4_TCBObject, 0),
                        .sched_context = object_new(seL4_SchedContextObject, 8) };
    seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0);
    seL4_UserContext context = {
        .pc = (seL4_Word)entry,
        .sp = o.stack,
        .x19 = (seL4_Word)loop->first,
        .x20 = (seL4_Word)loop->second,
        .x21 = loop->repetitions,
        .x22 = loop->done,
        .x23 = loop->quiet,
        .x24 = (seL4_Word)loop->labels,
        .x25 = loop->address,
        .x26 = (seL4_Word)loop->last,
    };

    t.buffer = page_new(frame);
    must(
        seL4_TCB_Configure(t.tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, (seL4_Word)t.buffer, frame),
        "configure thread");
    must(seL4_SchedControl_Configure(boot->schedcontrol.start, t.sched_context, BUDGET_US,
                                     BUDGET_US, 0, 0),
         "configure scheduling context");
    must(seL4_TCB_SetSchedParams(t.tcb, seL4_CapInitThreadTCB, o.priority, o.priority,
                                 t.sched_context, o.fault_endpoint),
         "set scheduling parameters");
    must((seL4_Word)seL4_TCB_SetFlags(t.tcb, 0, o.fp ? 0 : seL4_TCBFlag_fpuDisabled).error,
         "set flags");
    must(seL4_TCB_WriteRegisters(t.tcb, !o.suspended, 0, seL4_UserContextWords, &context),
         "write registers");
    return t;
}

void thread_resume(const struct thread *t)
{
    must(seL4_TCB_Resume(t->tcb), "resume thread");
}

void thread_stop(const struct thread *t)
{
    must(seL4_TCB_Suspend(t->tcb), "suspend thread");
}
