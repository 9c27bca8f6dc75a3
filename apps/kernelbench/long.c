/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root task longcalls: calls that the kernel works on for long, because what they need grows
 * with what a user has made. `ternion bench interrupts-off` looks for the longest entry in it.
 */
#include "kernelbench.h"

#define MANY 256u /* as many objects as one Retype makes */
#define THREADS 200u
#define MEMORY_BITS 20
#define CALL_PRIORITY 250u

extern void loop_call(void);

static seL4_CPtr node; /* 512 slots, empty between cases */

/* The same memory in every case: each revokes what it made. */
static seL4_CPtr memory_new(void)
{
    static seL4_CPtr memory;

    if (!memory)
        memory = object_new(seL4_UntypedObject, MEMORY_BITS);
    return memory;
}

static void fill(seL4_CPtr untyped, seL4_Word type, seL4_Word bits, seL4_Word number)
{
    must(seL4_Untyped_Retype(untyped, type, bits, node, 0, 0, 0, number), "retype many");
}

static void revoke(seL4_CPtr slot)
{
    must(seL4_CNode_Revoke(ROOT, slot, DEPTH), "revoke");
}

/* Many objects of one type, from one Retype; revoked; their memory reset by the next Retype. */
static void objects_of(seL4_Word type, seL4_Word bits)
{
    seL4_CPtr untyped = memory_new();

    for (int round = 0; round < 2; round++) {
        fill(untyped, type, bits, MANY);
        revoke(untyped);
    }
}

/* Copies of one capability in full slots; then a CNode full of them ends. */
static void copies(void)
{
    seL4_CPtr origin = object_new(seL4_EndpointObject, 0);
    seL4_CPtr full = object_new(seL4_CapTableObject, 8);

    for (seL4_Word i = 0; i < MANY; i++) {
        must(seL4_CNode_Mint(node, i, 9, ROOT, origin, DEPTH, seL4_AllRights, i + 1), "mint");
        must(seL4_CNode_Copy(full, i, 8, ROOT, origin, DEPTH, seL4_AllRights), "copy");
    }
    must(seL4_CNode_Delete(ROOT, full, DEPTH), "delete CNode");
    revoke(origin);
}

/* Frames that are mapped, and the table that they are mapped in. */
static void mappings(void)
{
    seL4_CPtr untyped = memory_new(), slot = slot_new();
    seL4_Word address = address_new();

    fill(untyped, seL4_ARM_SmallPageObject, 0, MANY);
    for (seL4_Word i = 0; i < MANY; i++) {
        must(seL4_CNode_Move(ROOT, slot, DEPTH, node, i, 9), "move frame");
        must(seL4_ARM_Page_Map(slot, seL4_CapInitThreadVSpace, address + i * 4096, seL4_ReadWrite,
                               seL4_ARM_Default_VMAttributes),
             "map page");
        must(seL4_CNode_Move(node, i, 9, ROOT, slot, DEPTH), "move frame");
    }
    revoke(untyped);
}

/* Address spaces with an ASID each. */
static void address_spaces(void)
{
    seL4_CPtr untyped = memory_new(), slot = slot_new();

    fill(untyped, seL4_ARM_VSpaceObject, 0, MANY);
    for (seL4_Word i = 0; i < MANY; i++) {
        must(seL4_CNode_Move(ROOT, slot, DEPTH, node, i, 9), "move address space");
        must(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, slot), "assign ASID");
        must(seL4_CNode_Move(node, i, 9, ROOT, slot, DEPTH), "move address space");
    }
    revoke(untyped);
}

static void cache_maintenance(void)
{
    seL4_CPtr frame = object_new(seL4_ARM_LargePageObject, 0);
    seL4_Word address = large_address_new(), end = 1ul << seL4_LargePageBits;

    must(seL4_ARM_Page_Map(frame, seL4_CapInitThreadVSpace, address, seL4_ReadWrite,
                           seL4_ARM_Default_VMAttributes),
         "map large page");
    must(seL4_ARM_Page_CleanInvalidate_Data(frame, 0, end), "clean and invalidate");
    must(seL4_ARM_Page_Unify_Instruction(frame, 0, end), "unify");
}

/* A thread that calls the endpoint, at once or when nothing of higher priority is ready. */
static void caller_new(seL4_CPtr untyped, seL4_CPtr endpoint, bool at_once)
{
    static struct step call; /* the same for all threads of a case */
    seL4_CPtr tcb = slot_new(), context = slot_new(), notification = slot_new();
    seL4_UserContext registers = { .pc = (seL4_Word)loop_call, .x19 = (seL4_Word)&call };
    seL4_Word priority = at_once ? CALL_PRIORITY : 1;

    call = (struct step){ .x0 = endpoint, .x7 = (seL4_Word)(seL4_Int64)seL4_SysCall };
    must(seL4_Untyped_Retype(untyped, seL4_TCBObject, 0, ROOT, 0, 0, tcb, 1), "thread");
    must(seL4_Untyped_Retype(untyped, seL4_SchedContextObject, 8, ROOT, 0, 0, context, 1),
         "scheduling context");
    must(seL4_Untyped_Retype(untyped, seL4_NotificationObject, 0, ROOT, 0, 0, notification, 1),
         "notification");
    must(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0), "configure");
    must(seL4_SchedControl_Configure(boot->schedcontrol.start, context, 5000, 5000, 0, 0),
         "configure scheduling context");
    must(seL4_TCB_BindNotification(tcb, notification), "bind notification");
    must(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, priority, priority, context, 0),
         "set scheduling parameters");
    must(seL4_TCB_WriteRegisters(tcb, seL4_True, 0, seL4_UserContextWords, &registers), "start");
}

enum ending { REVOKE_THREADS, DELETE_ENDPOINT, CANCEL_SENDS };

/* Many threads, ready or waiting at an endpoint, which end or whose endpoint ends. */
static void threads(bool waiting, enum ending ending)
{
    seL4_CPtr untyped = memory_new(), endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr badged = slot_new();

    must(seL4_CNode_Mint(ROOT, badged, DEPTH, ROOT, endpoint, DEPTH, seL4_AllRights, 9), "mint");
    for (unsigned i = 0; i < THREADS; i++)
        caller_new(untyped, badged, waiting);
    if (waiting) /* they run to their call while this thread is below them */
        must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 2), "lower");
    must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255), "raise");
    if (ending == DELETE_ENDPOINT) {
        must(seL4_CNode_Delete(ROOT, badged, DEPTH), "delete badged");
        must(seL4_CNode_Delete(ROOT, endpoint, DEPTH), "delete endpoint");
    } else if (ending == CANCEL_SENDS) {
        must(seL4_CNode_CancelBadgedSends(ROOT, badged, DEPTH), "cancel badged sends");
    }
    revoke(untyped);
}

_Noreturn void root_main(seL4_BootInfo *info)
{
    boot = info;
    node = object_new(seL4_CapTableObject, 9);
    objects_of(seL4_EndpointObject, 0);
    objects_of(seL4_TCBObject, 0);
    objects_of(seL4_CapTableObject, 6);
    objects_of(seL4_ARM_SmallPageObject, 0);
    copies();
    mappings();
    address_spaces();
    cache_maintenance();
    threads(false, REVOKE_THREADS);
    threads(true, REVOKE_THREADS);
    threads(true, DELETE_ENDPOINT);
    threads(true, CANCEL_SENDS);
    print_text("longcalls: done\n");
    power_off();
}
