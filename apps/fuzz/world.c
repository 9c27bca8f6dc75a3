/* SPDX-License-Identifier: BSD-2-Clause */
/* One world: objects of all types in the arena, in states that have something to lose. */
#include "fuzz.h"

#define DEPTH 64u
#define GARBAGE_CODE 0x10000000ul

extern char garbage_page[2][PAGE];

enum original { /* slots behind empty.start, kept from the workers */
                ORIGINAL_ARENA,
                ORIGINAL_THREAD,
                ORIGINAL_CONTEXT = ORIGINAL_THREAD + WORKERS,
                ORIGINAL_GARBAGE = ORIGINAL_CONTEXT + WORKERS,
                ORIGINAL_GARBAGE_CONTEXT = ORIGINAL_GARBAGE + 2,
                ORIGINAL_GARBAGE_SPACE = ORIGINAL_GARBAGE_CONTEXT + 2,
                ORIGINAL_GARBAGE_TABLE,
                ORIGINAL_GARBAGE_FRAME = ORIGINAL_GARBAGE_TABLE + 3,
                ORIGINALS = ORIGINAL_GARBAGE_FRAME + 2
};
_Static_assert(ORIGINALS < SLOTS_ORIGINAL, "place.c leaves room for them");

seL4_CPtr original_thread[WORKERS], original_context[WORKERS], garbage_thread[2];

static seL4_CPtr original(unsigned which)
{
    return place.info->empty.start + which;
}

static void make_original(unsigned which, seL4_Word type, seL4_Word size_bits, seL4_Word count)
{
    expect(seL4_Untyped_Retype(place.world, type, size_bits, seL4_CapInitThreadCNode, 0, 0,
                               original(which), count),
           "original");
}

/* Objects straight into the arena: their first caps can be revoked by the workers. */
static void make_in_arena(enum kind kind, seL4_Word at, seL4_Word type, seL4_Word size_bits,
                          seL4_Word count)
{
    expect(seL4_Untyped_Retype(place.world, type, size_bits, original(ORIGINAL_ARENA), 0, 0,
                               arena_range[kind].first + at, count),
           "arena");
}

static void copy_into(enum kind kind, seL4_Word at, seL4_CPtr source, seL4_Word badge)
{
    expect(seL4_CNode_Mint(original(ORIGINAL_ARENA), arena_range[kind].first + at, ARENA_BITS,
                           seL4_CapInitThreadCNode, source, DEPTH, seL4_AllRights, badge),
           "copy into the arena");
}

static void copy_inside(seL4_Word to, seL4_Word from, seL4_Word rights, seL4_Word badge)
{
    seL4_CapRights_t mask = { { rights } };

    expect(seL4_CNode_Mint(original(ORIGINAL_ARENA), to, ARENA_BITS, original(ORIGINAL_ARENA), from,
                           ARENA_BITS, mask, badge),
           "copy in the arena");
}

static void make_cspace(void)
{
    make_original(ORIGINAL_ARENA, seL4_CapTableObject, ARENA_BITS, 1);
    expect(seL4_CNode_Mint(place.cspace, 0, 1, seL4_CapInitThreadCNode, original(ORIGINAL_ARENA),
                           DEPTH, seL4_AllRights, 63 - ARENA_BITS),
           "arena in the CSpace");
    copy_into(KIND_CNODE, 0, original(ORIGINAL_ARENA), 64 - ARENA_BITS);
}

static void make_messengers(seL4_Word *random)
{
    make_in_arena(KIND_ENDPOINT, 0, seL4_EndpointObject, 0, 6);
    make_in_arena(KIND_NOTIFICATION, 0, seL4_NotificationObject, 0, 8);
    make_in_arena(KIND_REPLY, 0, seL4_ReplyObject, 0, 8);
    for (seL4_Word i = 0; i < 6; i++) {
        copy_inside(arena_range[KIND_ENDPOINT].first + 6 + i,
                    arena_range[KIND_ENDPOINT].first + random_below(random, 6),
                    random_below(random, 4) == 0 ? random_below(random, 16) : 15,
                    random_below(random, 3));
    }
    for (seL4_Word i = 0; i < 4; i++) {
        copy_inside(arena_range[KIND_NOTIFICATION].first + 8 + i,
                    arena_range[KIND_NOTIFICATION].first + random_below(random, 8), 3,
                    random_next(random));
    }
}

static void make_threads(void)
{
    make_original(ORIGINAL_THREAD, seL4_TCBObject, 0, WORKERS);
    make_original(ORIGINAL_CONTEXT, seL4_SchedContextObject, 8, WORKERS);
    for (seL4_Word i = 0; i < WORKERS; i++) {
        original_thread[i] = original(ORIGINAL_THREAD) + i;
        original_context[i] = original(ORIGINAL_CONTEXT) + i;
        copy_into(KIND_THREAD, i, original_thread[i], 0);
        copy_into(KIND_CONTEXT, i, original_context[i], 0);
    }
    make_in_arena(KIND_THREAD, WORKERS, seL4_TCBObject, 0, 8);
    make_in_arena(KIND_CONTEXT, WORKERS, seL4_SchedContextObject, 8, 8);
}

static void make_memory(seL4_Word *random)
{
    static const seL4_Uint8 sizes[4] = { 12, 13, 15, 17 };

    for (seL4_Word i = 0; i < 4; i++) {
        make_in_arena(KIND_UNTYPED, i, seL4_UntypedObject, sizes[i], 1);
    }
    make_in_arena(KIND_UNTYPED, 6, seL4_UntypedObject, 12, 2); /* for pools */
    copy_into(KIND_UNTYPED, 4, place.device, 0);
    if (random_below(random, 8) == 0) {
        copy_into(KIND_UNTYPED, 5, place.big, 0);
    }
    make_in_arena(KIND_CNODE, 1, seL4_CapTableObject, 2, 2);
    make_in_arena(KIND_CNODE, 3, seL4_CapTableObject, 4, 2);
    make_in_arena(KIND_FRAME, 0, seL4_ARM_SmallPageObject, 0, 8);
    make_in_arena(KIND_TABLE, 0, seL4_ARM_PageTableObject, 0, 8);
    make_in_arena(KIND_VSPACE, 0, seL4_ARM_VSpaceObject, 0, 3);
    copy_into(KIND_POOL, 0, seL4_CapInitThreadASIDPool, 0);
}

/* What the last world made of interrupt control is revoked by now: all lines are free. */
static void make_controls(void)
{
    seL4_CPtr control = original(ORIGINALS);

    copy_into(KIND_CONTROL, 0, place.info->schedcontrol.start, 0);
    copy_into(KIND_CONTROL, 1, seL4_CapASIDControl, 0);
    copy_into(KIND_CONTROL, 2, seL4_CapDomain, 0);
    expect(seL4_CNode_Move(seL4_CapInitThreadCNode, control, DEPTH, place.safe, SAFE_IRQ_CONTROL,
                           SAFE_BITS),
           "take irq control");
    for (seL4_Word i = 0; i < 3; i++) {
        expect(seL4_IRQControl_Get(control, 1 + i, original(ORIGINAL_ARENA),
                                   arena_range[KIND_HANDLER].first + i, ARENA_BITS),
               "irq handler");
        expect(seL4_IRQControl_IssueSGISignal(control, 1 + i, 0, original(ORIGINAL_ARENA),
                                              arena_range[KIND_SIGNAL].first + i, ARENA_BITS),
               "sgi signal");
    }
    expect(seL4_CNode_Move(place.safe, SAFE_IRQ_CONTROL, SAFE_BITS, seL4_CapInitThreadCNode,
                           control, DEPTH),
           "give irq control");
}

/* ---- threads that run what happens to be in a page ------------------------------------------- */

static void fill_garbage(char *page, seL4_Word *random)
{
    static const seL4_Uint32 words[] = {
        0xd4000001,             /* svc 0 */
        0xd4000001, 0xd503201f, /* nop */
        0xf9400020,             /* ldr x0, [x1] */
        0xf9000020,             /* str x0, [x1] */
        0x14000003,             /* b .+12 */
        0x17fffff0,             /* b .-64 */
        0x1e620820,             /* fmul d0, d1, d2 */
        0xd53be040,             /* mrs x0, cntvct_el0 */
        0x8b020020,             /* add x0, x1, x2 */
        0xd2800007,             /* mov x7, 0 */
        0x92800087,             /* mov x7, -5 */
    };
    seL4_Uint32 *word = (seL4_Uint32 *)(void *)page;

    for (seL4_Word i = 0; i < PAGE / sizeof(*word); i++) {
        seL4_Word which = random_below(random, 20);

        word[i] = which < sizeof(words) / sizeof(words[0]) ? words[which]
                                                           : (seL4_Uint32)random_next(random);
    }
}

static void make_garbage_space(void)
{
    seL4_CPtr space = original(ORIGINAL_GARBAGE_SPACE);

    make_original(ORIGINAL_GARBAGE_SPACE, seL4_ARM_VSpaceObject, 0, 1);
    make_original(ORIGINAL_GARBAGE_TABLE, seL4_ARM_PageTableObject, 0, 3);
    expect(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, space), "assign garbage");
    for (unsigned i = 0; i < 3; i++) {
        expect(seL4_ARM_PageTable_Map(original(ORIGINAL_GARBAGE_TABLE + i), space, GARBAGE_CODE,
                                      seL4_ARM_Default_VMAttributes),
               "garbage table");
    }
    for (unsigned i = 0; i < 2; i++) {
        seL4_CPtr frame = original(ORIGINAL_GARBAGE_FRAME + i);

        expect(seL4_CNode_Copy(seL4_CapInitThreadCNode, frame, DEPTH, seL4_CapInitThreadCNode,
                               place.garbage[i], DEPTH, seL4_AllRights),
               "garbage frame");
        expect(seL4_ARM_Page_Map(frame, space, GARBAGE_CODE + i * PAGE, seL4_CanRead,
                                 seL4_ARM_Default_VMAttributes),
               "map garbage");
        expect(seL4_ARM_Page_Unify_Instruction(frame, 0, PAGE), "garbage is code");
    }
    copy_into(KIND_VSPACE, 3, space, 0); /* the workers can map there, and delete this cap */
}

static void make_garbage(seL4_Word *random)
{
    for (unsigned i = 0; i < 2; i++) {
        fill_garbage(garbage_page[i], random);
    }
    make_garbage_space();
    make_original(ORIGINAL_GARBAGE, seL4_TCBObject, 0, 2);
    make_original(ORIGINAL_GARBAGE_CONTEXT, seL4_SchedContextObject, 7, 2);
    for (unsigned i = 0; i < 2; i++) {
        garbage_thread[i] = original(ORIGINAL_GARBAGE + i);
        copy_into(KIND_THREAD, WORKERS + 8 + i, garbage_thread[i], 0);
        expect(seL4_SchedControl_Configure(place.info->schedcontrol.start,
                                           original(ORIGINAL_GARBAGE_CONTEXT + i), 100, 2000, 0, i),
               "garbage context");
        expect(seL4_TCB_Configure(garbage_thread[i], original(ORIGINAL_ARENA), 64 - ARENA_BITS,
                                  original(ORIGINAL_GARBAGE_SPACE), 0, 0, 0),
               "garbage thread");
        expect(seL4_TCB_SetSchedParams(
                   garbage_thread[i], seL4_CapInitThreadTCB, 200, random_below(random, 200),
                   original(ORIGINAL_GARBAGE_CONTEXT + i), place.fault[WORKERS + i]),
               "garbage parameters");
        garbage_start(i, random);
    }
}

/* May be refused: the workers have the thread, too. */
void garbage_start(unsigned which, seL4_Word *random)
{
    seL4_UserContext context = { .pc = GARBAGE_CODE + (random_below(random, 2000) << 2),
                                 .sp = GARBAGE_CODE,
                                 .x0 = random_below(random, ARENA_SLOTS),
                                 .x1 = random_below(random, 2) << 12,
                                 .x7 = 0 - random_below(random, 12) };

    (void)seL4_TCB_WriteRegisters(garbage_thread[which], 1, 0, seL4_UserContextWords, &context);
}

/* ---- from world to world --------------------------------------------------------------------- */

void world_build(seL4_Word *random)
{
    make_cspace();
    make_messengers(random);
    make_threads();
    make_memory(random);
    make_controls();
    make_garbage(random);
}

void world_revoke(void)
{
    seL4_CPtr root = seL4_CapInitThreadCNode;

    expect(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, 0, 0, 1ul << 50), "domain schedule");
    expect(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0), "domain start");
    expect(seL4_CNode_Revoke(root, place.world, DEPTH), "revoke the world");
    expect(seL4_CNode_Revoke(root, place.big, DEPTH), "revoke large memory");
    expect(seL4_CNode_Revoke(root, place.device, DEPTH), "revoke device memory");
    expect(seL4_CNode_Revoke(place.safe, SAFE_IRQ_CONTROL, SAFE_BITS), "revoke interrupts");
    for (unsigned i = 0; i < 2; i++) {
        expect(seL4_CNode_Delete(root, original(ORIGINAL_GARBAGE_FRAME + i), DEPTH),
               "unmap garbage");
    }
}
