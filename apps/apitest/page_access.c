/* SPDX-License-Identifier: BSD-2-Clause */
/* What mappings let a program do: rights, execution, and nothing when they are gone (abi 3.10). */
#include "apitest.h"

#define ATTRIBUTES seL4_ARM_Default_VMAttributes
#define LARGE (1ul << seL4_LargePageBits)
#define FAR (64 * LARGE)               /* behind what the threads of a case use */
#define IMAGE 0x400000ul               /* where root.ld puts the program */
#define RETURN_INSTRUCTION 0xd65f03c0u /* ret */

/* Exception classes and fault codes of ESR (Arm ARM D17.2.37). */
enum { FETCH = 0x20, DATA = 0x24 };
enum { TRANSLATION = 0x04, PERMISSION = 0x0c };

static seL4_CPtr frame, handler, reply;
static seL4_Word address;

static void prepare(void)
{
    frame = object_new(seL4_ARM_SmallPageObject, 0);
    handler = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    address = address_new(true);
}

static seL4_Error map(seL4_CPtr cap, seL4_CapRights_t rights, unsigned attributes)
{
    return seL4_ARM_Page_Map(cap, VSPACE, address, rights, (seL4_ARM_VMAttributes)attributes);
}

static volatile seL4_Word passed;

static void reader(seL4_Word at)
{
    (void)*(volatile seL4_Word *)at;
    passed = 1;
    thread_wait_for_ever();
}
static void writer(seL4_Word at)
{
    *(volatile seL4_Word *)at = 0xf00d;
    passed = 1;
    thread_wait_for_ever();
}
static void jumper(seL4_Word at)
{
    ((void (*)(void))at)();
    passed = 1;
    thread_wait_for_ever();
}

/* Runs the entry in a thread; 0 when it got through, else the ESR of its VM fault. */
static seL4_Word syndrome(thread_entry entry, seL4_Word at)
{
    seL4_Word badge = 0;
    seL4_CPtr badged = slot_new();
    seL4_MessageInfo_t info;
    struct thread t;

    passed = 0;
    CHECK_OK(cap_mint(badged, handler, 1));
    t = thread_start(entry, at,
                     (struct thread_options){ .priority = 250, .fault_endpoint = badged });
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 249));
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 255));
    info = seL4_NBRecv(handler, &badge, reply);
    CHECK(passed == (badge == 0));
    if (badge != 0) {
        CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
        CHECK_EQUAL(seL4_GetMR(seL4_VMFault_Addr), at);
        CHECK_EQUAL(seL4_GetMR(seL4_VMFault_PrefetchFault), entry == jumper);
        badge = seL4_GetMR(seL4_VMFault_FSR);
        CHECK_EQUAL(badge >> 26, entry == jumper ? FETCH : DATA);
        CHECK_EQUAL(badge >> 6 & 1, entry == writer); /* WnR */
    }
    thread_stop(&t);
    return badge;
}

/* Kind and level of a fault, as in the low bits of ESR. */
static void check_fault(thread_entry entry, seL4_Word at, seL4_Word kind, seL4_Word level)
{
    CHECK_EQUAL(syndrome(entry, at) & 0x3f, kind | level);
}
static void check_passes(thread_entry entry, seL4_Word at)
{
    CHECK_EQUAL(syndrome(entry, at), 0);
}

static void case_read_write(void)
{
    CHECK_OK(map(frame, seL4_ReadWrite, ATTRIBUTES));
    check_passes(reader, address);
    check_passes(writer, address + 0xff8);
    CHECK_EQUAL(*(volatile seL4_Word *)(address + 0xff8), 0xf00d);
}

static void case_read_only(void)
{
    CHECK_OK(map(frame, seL4_CanRead, ATTRIBUTES));
    check_passes(reader, address);
    check_fault(writer, address + 8, PERMISSION, 3);
}

/* Write without read is no access at all, and no error. */
static void case_write_only(void)
{
    CHECK_OK(map(frame, seL4_CanWrite, ATTRIBUTES));
    check_fault(reader, address, PERMISSION, 3);
    check_fault(writer, address, PERMISSION, 3);
}

static void case_no_rights(void)
{
    CHECK_OK(map(frame, seL4_NoRights, ATTRIBUTES));
    check_fault(reader, address, PERMISSION, 3);
    CHECK_OK(map(frame, (seL4_CapRights_t){ { 12 } }, ATTRIBUTES)); /* grants are not for frames */
    check_fault(reader, address, PERMISSION, 3);
}

/* The rights of the capability limit what is asked for. */
static void case_rights_of_cap(void)
{
    seL4_CPtr narrow = slot_new(), none = slot_new(), write = slot_new();

    CHECK_OK(seL4_CNode_Copy(ROOT, narrow, DEPTH, ROOT, frame, DEPTH, seL4_CanRead));
    CHECK_OK(seL4_CNode_Copy(ROOT, none, DEPTH, ROOT, frame, DEPTH, seL4_NoRights));
    CHECK_OK(seL4_CNode_Copy(ROOT, write, DEPTH, ROOT, frame, DEPTH, seL4_CanWrite));
    CHECK_OK(map(narrow, seL4_ReadWrite, ATTRIBUTES));
    check_passes(reader, address);
    check_fault(writer, address, PERMISSION, 3);
    CHECK_OK(map(none, seL4_ReadWrite, ATTRIBUTES));
    check_fault(reader, address, PERMISSION, 3);
    CHECK_OK(map(write, seL4_ReadWrite, ATTRIBUTES));
    check_fault(writer, address, PERMISSION, 3);
}

/* Masked twice: a read-only copy of a read-write frame stays so in further copies. */
static void case_rights_of_copies(void)
{
    seL4_CPtr narrow = slot_new(), wide = slot_new();

    CHECK_OK(seL4_CNode_Copy(ROOT, narrow, DEPTH, ROOT, frame, DEPTH, seL4_CanRead));
    CHECK_OK(cap_copy(wide, narrow));
    CHECK_OK(map(wide, seL4_AllRights, ATTRIBUTES));
    check_passes(reader, address);
    check_fault(writer, address, PERMISSION, 3);
}

static void case_remapped_rights(void)
{
    CHECK_OK(map(frame, seL4_CanRead, ATTRIBUTES));
    check_fault(writer, address, PERMISSION, 3);
    CHECK_OK(map(frame, seL4_ReadWrite, ATTRIBUTES));
    check_passes(writer, address);
    CHECK_OK(map(frame, seL4_CanRead, ATTRIBUTES));
    check_fault(writer, address, PERMISSION, 3);
}

static void write_code(void)
{
    *(volatile unsigned *)address = RETURN_INSTRUCTION;
    *(volatile unsigned *)(address + 4) = RETURN_INSTRUCTION;
    CHECK_OK(seL4_ARM_Page_Unify_Instruction(frame, 0, 64));
}

/* Code runs where it is not forbidden, from read-only pages too. */
static void case_execute(void)
{
    CHECK_OK(map(frame, seL4_ReadWrite, ATTRIBUTES));
    write_code();
    check_passes(jumper, address);
    CHECK_OK(map(frame, seL4_CanRead, ATTRIBUTES));
    check_passes(jumper, address + 4);
}

static void case_execute_never(void)
{
    CHECK_OK(map(frame, seL4_ReadWrite, ATTRIBUTES));
    write_code();
    CHECK_OK(map(frame, seL4_ReadWrite, ATTRIBUTES | seL4_ARM_ExecuteNever));
    check_fault(jumper, address, PERMISSION, 3);
    check_fault(jumper, address + 4, PERMISSION, 3);
    check_passes(writer, address);
    CHECK_OK(map(frame, seL4_CanRead, ATTRIBUTES | seL4_ARM_ExecuteNever));
    check_fault(jumper, address, PERMISSION, 3);
}

static void case_execute_never_large(void)
{
    seL4_CPtr large = object_new(seL4_ARM_LargePageObject, 0);

    address += FAR;
    CHECK_OK(map(large, seL4_ReadWrite, ATTRIBUTES | seL4_ARM_ExecuteNever));
    check_passes(writer, address + LARGE - 8);
    check_fault(jumper, address + LARGE - 4096, PERMISSION, 2);
}

/* New code at an old address: Unify makes the processor fetch it. */
static void case_new_code(void)
{
    static const unsigned load_7[] = { 0xd28000e0, RETURN_INSTRUCTION }; /* mov x0, #7 */
    seL4_Word got;

    CHECK_OK(map(frame, seL4_ReadWrite, ATTRIBUTES));
    for (unsigned value = 0; value < 3; value++) {
        ((volatile unsigned *)address)[0] = load_7[0] + (value << 5);
        ((volatile unsigned *)address)[1] = load_7[1];
        CHECK_OK(seL4_ARM_VSpace_Unify_Instruction(VSPACE, address, address + 8));
        got = ((seL4_Word(*)(void))address)();
        CHECK_EQUAL(got, 7 + value);
    }
}

static void case_not_mapped(void)
{
    check_fault(reader, address, TRANSLATION, 3);
    check_fault(reader, address + FAR, TRANSLATION, 2);
    check_fault(writer, 1ul << 46, TRANSLATION, 0);
    check_fault(jumper, address, TRANSLATION, 3);
    check_fault(reader, 0, TRANSLATION, 2);
}

/* The kernel's half is there, and not for users. */
static void case_kernel_addresses(void)
{
    CHECK(syndrome(reader, 0xffffff8040000000) != 0);
    CHECK(syndrome(writer, 0xffffffffc0000000) != 0);
    CHECK(syndrome(jumper, 0xffffffffc0000000) != 0);
    CHECK(syndrome(reader, 0x0000800000000000) != 0);
}

static void case_unmapped(void)
{
    CHECK_OK(map(frame, seL4_ReadWrite, ATTRIBUTES));
    check_passes(reader, address);
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    check_fault(reader, address, TRANSLATION, 3);
}

static void case_deleted(void)
{
    seL4_CPtr copy = slot_new();

    CHECK_OK(cap_copy(copy, frame));
    CHECK_OK(map(copy, seL4_ReadWrite, ATTRIBUTES));
    CHECK_OK(cap_delete(frame)); /* not the mapped one */
    check_passes(reader, address);
    CHECK_OK(cap_delete(copy));
    check_fault(reader, address, TRANSLATION, 3);
}

static void case_revoked(void)
{
    seL4_CPtr copy = slot_new();

    CHECK_OK(cap_copy(copy, frame));
    CHECK_OK(map(copy, seL4_ReadWrite, ATTRIBUTES));
    CHECK_OK(seL4_CNode_Revoke(ROOT, frame, DEPTH));
    check_fault(reader, address, TRANSLATION, 3);
}

static void case_table_unmapped(void)
{
    seL4_CPtr table = object_new(seL4_ARM_PageTableObject, 0);

    address += FAR;
    CHECK_OK(seL4_ARM_PageTable_Map(table, VSPACE, address, ATTRIBUTES));
    CHECK_OK(map(frame, seL4_ReadWrite, ATTRIBUTES));
    check_passes(reader, address);
    CHECK_OK(seL4_ARM_PageTable_Unmap(table));
    check_fault(reader, address, TRANSLATION, 2);
}

/* Not cached, and cached again: the same contents. */
static void case_uncached(void)
{
    volatile seL4_Word *word = (volatile seL4_Word *)address;

    CHECK_OK(map(frame, seL4_ReadWrite, ATTRIBUTES));
    *word = 0x1234;
    CHECK_OK(seL4_ARM_Page_CleanInvalidate_Data(frame, 0, 4096));
    CHECK_OK(map(frame, seL4_ReadWrite, 0));
    CHECK_EQUAL(*word, 0x1234);
    *word = 0x5678;
    CHECK_OK(map(frame, seL4_ReadWrite, seL4_ARM_PageCacheable));
    CHECK_EQUAL(*word, 0x5678);
}

/* A thread in an address space of its own, in which only the program itself is. */
static seL4_CPtr vspace_with_program(void)
{
    seL4_CPtr vspace = object_new(seL4_ARM_VSpaceObject, 0);
    seL4_Error error = seL4_NoError;

    CHECK_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace));
    while (error == seL4_NoError)
        error = seL4_ARM_PageTable_Map(object_new(seL4_ARM_PageTableObject, 0), vspace, IMAGE,
                                       ATTRIBUTES);
    CHECK_EQUAL(error, seL4_DeleteFirst);
    for (seL4_CPtr cap = boot->userImageFrames.start; cap < boot->userImageFrames.end; cap++) {
        seL4_CPtr copy = slot_new();
        seL4_Word at = IMAGE + (cap - boot->userImageFrames.start) * 4096;

        CHECK_OK(cap_copy(copy, cap));
        CHECK_OK(seL4_ARM_Page_Map(copy, vspace, at, seL4_ReadWrite, ATTRIBUTES));
    }
    return vspace;
}

/* The same address, other memory: what one space writes is not seen in the other. */
static void case_two_spaces(void)
{
    seL4_CPtr vspace = vspace_with_program();
    seL4_CPtr other = object_new(seL4_ARM_SmallPageObject, 0), window = slot_new();
    struct thread t;

    address = IMAGE + LARGE - 4096; /* in the 2 MiB of the program, behind it */
    CHECK(boot->userImageFrames.end - boot->userImageFrames.start < 511);
    CHECK_OK(seL4_ARM_Page_Map(other, vspace, address, seL4_ReadWrite, ATTRIBUTES));
    CHECK_OK(cap_copy(window, other));
    CHECK_OK(map(frame, seL4_ReadWrite, ATTRIBUTES));
    *(volatile seL4_Word *)address = 1;
    t = thread_start(writer, address, (struct thread_options){ .priority = 250 });
    CHECK_OK(seL4_TCB_SetSpace(t.tcb, 0, ROOT, 0, vspace, 0));
    passed = 0;
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 249));
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 255));
    CHECK_EQUAL(passed, 1);
    CHECK_EQUAL(*(volatile seL4_Word *)address, 1);
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    CHECK_OK(map(window, seL4_ReadWrite, ATTRIBUTES));
    CHECK_EQUAL(*(volatile seL4_Word *)address, 0xf00d);
    thread_stop(&t);
}

/* Without an address space a thread faults at its first instruction. */
static void case_space_deleted(void)
{
    seL4_CPtr vspace = vspace_with_program();
    seL4_Word badge = 0;
    seL4_MessageInfo_t info;
    seL4_CPtr badged = slot_new();
    struct thread t = thread_start(reader, address, (struct thread_options){ .priority = 250 });

    CHECK_OK(cap_mint(badged, handler, 1));
    CHECK_OK(seL4_TCB_SetSpace(t.tcb, badged, ROOT, 0, vspace, 0));
    CHECK_OK(seL4_CNode_Revoke(ROOT, vspace, DEPTH));
    CHECK_OK(cap_delete(vspace));
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 249));
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 255));
    info = seL4_NBRecv(handler, &badge, reply);
    CHECK_EQUAL(badge, 1);
    CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    CHECK_EQUAL(seL4_GetMR(seL4_VMFault_IP), (seL4_Word)reader);
    CHECK_EQUAL(seL4_GetMR(seL4_VMFault_PrefetchFault), 1);
    thread_stop(&t);
}

static const struct api_case cases[] = {
    { "read write", case_read_write },
    { "read only", case_read_only },
    { "write only", case_write_only },
    { "no rights", case_no_rights },
    { "rights of cap", case_rights_of_cap },
    { "rights of copies", case_rights_of_copies },
    { "remapped rights", case_remapped_rights },
    { "execute", case_execute },
    { "execute never", case_execute_never },
    { "execute never large", case_execute_never_large },
    { "new code", case_new_code },
    { "not mapped", case_not_mapped },
    { "kernel addresses", case_kernel_addresses },
    { "unmapped", case_unmapped },
    { "deleted", case_deleted },
    { "revoked", case_revoked },
    { "table unmapped", case_table_unmapped },
    { "uncached", case_uncached },
    { "two spaces", case_two_spaces },
    { "space deleted", case_space_deleted },
};
const struct api_group page_access_group = {
    .name = "page access",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
