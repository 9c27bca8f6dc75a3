/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory faults: their words for every cause and level, and their answers (abi section 6). */
#include "puppet.h"

#define WRITE (1ul << 6)  /* WnR of a data abort */
#define CLASS_DATA 0x24ul /* exception classes: from EL0 */
#define CLASS_INSTRUCTION 0x20ul
#define TRANSLATION(level) (0x04ul + (level)) /* fault status codes */
#define PERMISSION(level) (0x0cul + (level))
#define ALIGNMENT 0x21ul
#define NEVER_MAPPED 0x700000000000ul /* in no table at all */

static seL4_CPtr faults, reply;
static struct puppet *p;

static void prepare(void)
{
    puppets_prepare();
    faults = endpoint_new();
    reply = reply_new();
    p = puppet_new(20);
    puppet_handler(p, badged(faults, 0xfa));
}

static void run(const char *code, seL4_Word x0)
{
    seL4_UserContext registers = { .x0 = x0, .x1 = 0x1111 };

    puppet_run(p, code, &registers);
    settle();
}

struct expected {
    const char *ip;
    seL4_Word address, fetch, class, status, write;
};

static void check_fault(struct expected e, int line)
{
    struct message m = take(faults, reply);
    seL4_Word fsr = seL4_GetMR(seL4_VMFault_FSR);

    check_equal(m.label, seL4_Fault_VMFault, __FILE_NAME__, line, "label");
    check_equal(m.length, seL4_VMFault_Length, __FILE_NAME__, line, "length");
    check_equal(m.badge, 0xfa, __FILE_NAME__, line, "badge");
    check_equal(seL4_GetMR(seL4_VMFault_IP), (seL4_Word)e.ip, __FILE_NAME__, line, "IP");
    check_equal(seL4_GetMR(seL4_VMFault_Addr), e.address, __FILE_NAME__, line, "address");
    check_equal(seL4_GetMR(seL4_VMFault_PrefetchFault), e.fetch, __FILE_NAME__, line, "fetch");
    check_equal(fsr >> 26, e.class, __FILE_NAME__, line, "class");
    check_equal(fsr & 0x3f, e.status, __FILE_NAME__, line, "status");
    check_equal(fsr & WRITE, e.write, __FILE_NAME__, line, "write");
}
static void check_read(seL4_Word address, seL4_Word status, int line)
{
    run(puppet_load, address);
    check_fault((struct expected){ puppet_load, address, 0, CLASS_DATA, status, 0 }, line);
}
static void check_write(seL4_Word address, seL4_Word status, int line)
{
    run(puppet_store, address);
    check_fault((struct expected){ puppet_store, address, 0, CLASS_DATA, status, WRITE }, line);
}
static void check_fetch(seL4_Word address, seL4_Word status, int line)
{
    const char *code = (const char *)address;

    run(code, 0);
    check_fault((struct expected){ code, address, 1, CLASS_INSTRUCTION, status, 0 }, line);
}
static void check_all(seL4_Word address, seL4_Word status, int line)
{
    check_read(address, status, line);
    check_write(address, status, line);
    check_fetch(address, status, line);
}

/* Each missing table is a level of its own; the page next to a mapped one misses the last. */
static void case_translation(void)
{
    seL4_CPtr frame;
    seL4_Word page = (seL4_Word)page_new(&frame);

    check_all(NEVER_MAPPED, TRANSLATION(0), __LINE__);
    check_all(page ^ 1ul << 38, TRANSLATION(1), __LINE__);
    check_all(page ^ 1ul << 29, TRANSLATION(2), __LINE__);
    check_all(page + 4096, TRANSLATION(3), __LINE__);
}

static seL4_Error map(seL4_CPtr frame, seL4_Word address, seL4_CapRights_t rights,
                      seL4_Word attributes)
{
    return seL4_ARM_Page_Map(frame, VSPACE, address, rights,
                             (seL4_ARM_VMAttributes)(seL4_ARM_Default_VMAttributes | attributes));
}

static void case_read_only(void)
{
    seL4_CPtr frame;
    seL4_Word page = (seL4_Word)page_new(&frame);

    CHECK_OK(map(frame, page, seL4_CanRead, 0));
    run(puppet_load, page);
    CHECK(puppet_parked(p));
    check_write(page, PERMISSION(3), __LINE__);
    check_write(page + 4088, PERMISSION(3), __LINE__);
}

/* Neither write-only nor no rights give any access. */
static void case_no_access(void)
{
    seL4_CPtr frame;
    seL4_Word page = (seL4_Word)page_new(&frame);

    CHECK_OK(map(frame, page, seL4_CanWrite, 0));
    check_read(page, PERMISSION(3), __LINE__);
    check_write(page, PERMISSION(3), __LINE__);
    CHECK_OK(map(frame, page, seL4_NoRights, 0));
    check_read(page, PERMISSION(3), __LINE__);
    check_write(page, PERMISSION(3), __LINE__);
}

static void case_execute_never(void)
{
    seL4_CPtr frame;
    seL4_Word page = (seL4_Word)page_new(&frame);

    check_fetch(page, PERMISSION(3), __LINE__); /* page_new() maps it so */
    CHECK_OK(map(frame, page, seL4_ReadWrite, 0));
    *(volatile unsigned *)page = 0x00000001; /* udf #1 */
    CHECK_OK(seL4_ARM_Page_Unify_Instruction(frame, 0, 4096));
    run((const char *)page, 0);
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_UserException);
    CHECK_EQUAL(seL4_GetMR(seL4_UserException_FaultIP), page);
}

static void case_large_page(void)
{
    seL4_CPtr frame = object_new(seL4_ARM_LargePageObject, 0);
    seL4_Word address = address_new(false);

    (void)page_new(NULL); /* the tables above */
    CHECK_OK(map(frame, address, seL4_CanRead, seL4_ARM_ExecuteNever));
    check_write(address + 0x100000, PERMISSION(2), __LINE__);
    check_fetch(address + 0x1ff000, PERMISSION(2), __LINE__);
    run(puppet_load, address + 0x100000);
    CHECK(puppet_parked(p));
}

/* The kernel's addresses look like any that are not mapped for a program: no word of them. */
static void case_kernel_address(void)
{
    static const seL4_Word addresses[] = { 0xffffff8000000000, 0xffffffffc0000000,
                                           0xfffffffffffffff8 };

    for (unsigned i = 0; i < API_COUNT(addresses); i++) {
        run(puppet_load, addresses[i]);
        CHECK_EQUAL(take(faults, reply).label, seL4_Fault_VMFault);
        CHECK_EQUAL(seL4_GetMR(seL4_VMFault_Addr), addresses[i]);
        CHECK_EQUAL(seL4_GetMR(seL4_VMFault_FSR) >> 26, CLASS_DATA);
        CHECK_EQUAL(puppet_registers(p).x1, 0x1111);
    }
}

/* Between the two halves there is nothing. */
static void case_hole(void)
{
    check_read(1ul << 48, TRANSLATION(0), __LINE__);
    check_read(0x7fffffffffff8ul << 12, TRANSLATION(0), __LINE__);
}

/* An exclusive access has to be aligned, whatever the memory. */
static void case_alignment(void)
{
    static seL4_Word words[2];
    seL4_Word address = (seL4_Word)words + 4;

    run(puppet_exclusive, address);
    check_fault((struct expected){ puppet_exclusive, address, 0, CLASS_DATA, ALIGNMENT, 0 },
                __LINE__);
    run(puppet_load, address);
    CHECK(puppet_parked(p));
}

/* Whatever label and words the answer has, the instruction is repeated with its registers. */
static void case_answers(void)
{
    seL4_CPtr frame;
    seL4_Word page = (seL4_Word)page_new(&frame);

    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    for (seL4_Word label = 0; label < 3; label++) {
        check_write(page, TRANSLATION(3), __LINE__);
        for (int i = 0; i < 36; i++)
            seL4_SetMR(i, 0x5555);
        answer(reply, label, 36);
        take_fault(faults, reply, seL4_Fault_VMFault, seL4_VMFault_Length);
    }
    CHECK_OK(map(frame, page, seL4_ReadWrite, 0));
    answer(reply, 1, 0);
    CHECK(puppet_parked(p));
    CHECK_EQUAL(*(volatile seL4_Word *)page, 0x1111);
}

/* A passive handler mends the cause on the time of who faults, and answers by ReplyRecv. */
static void case_passive_handler(void)
{
    struct puppet *handler = puppet_new(30);
    seL4_CPtr frame;
    seL4_Word page = (seL4_Word)page_new(&frame);
    struct step *fault, *step;

    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    fault = then(handler, seL4_SysRecv, faults, 0, reply);
    step = then_invoke(handler, frame, ARMPageMap, VSPACE, 3, page);
    step->r.mr[1] = seL4_ReadWrite.words[0];
    step->r.mr[2] = seL4_ARM_Default_VMAttributes;
    step = then(handler, seL4_SysReplyRecv, faults, INFO(1, 0, 3), reply);
    then(handler, seL4_SysWait, notification_new(), 0, 0);
    puppet_make_passive(handler);
    run(puppet_store, page);
    CHECK_EQUAL(fault->r.info, INFO(seL4_Fault_VMFault, 0, 4));
    CHECK_EQUAL(fault->r.x0, 0xfa);
    CHECK_EQUAL(fault->r.mr[0], (seL4_Word)puppet_store);
    CHECK_EQUAL(fault->r.mr[1], page);
    CHECK_EQUAL(fault->r.mr[2], 0);
    CHECK_EQUAL(fault->r.mr[3] & 0x3f, TRANSLATION(3));
    CHECK_EQUAL(handler->done, 3); /* the puppet has parked: that is the next fault */
    CHECK_EQUAL(step->r.info, INFO(seL4_Fault_UserException, 0, 5));
    CHECK_EQUAL(step->r.mr[0], (seL4_Word)puppet_park);
    CHECK_EQUAL(*(volatile seL4_Word *)page, 0x1111);
    CHECK(holds(handler, p->sched_context));
}

/* The handler moves the thread elsewhere before it answers. */
static void case_registers_written(void)
{
    seL4_UserContext registers;

    check_read(NEVER_MAPPED, TRANSLATION(0), __LINE__);
    registers = puppet_registers(p);
    CHECK_EQUAL(registers.pc, (seL4_Word)puppet_load);
    registers.pc = (seL4_Word)puppet_park;
    registers.x1 = 0x2222;
    CHECK_OK(seL4_TCB_WriteRegisters(p->tcb, seL4_False, 0, seL4_UserContextWords, &registers));
    answer(reply, 0, 0);
    CHECK(puppet_parked(p));
    CHECK_EQUAL(puppet_registers(p).x1, 0x2222);
    CHECK_EQUAL(take(faults, reply).label, seL4_Fault_UserException);
}

/* Without address space of its own: a thread whose VSpace goes cannot even fetch. */
static void case_vspace_deleted(void)
{
    seL4_CPtr vspace = object_new(seL4_ARM_VSpaceObject, 0);

    CHECK_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace));
    CHECK_OK(seL4_TCB_SetSpace(p->tcb, badged(faults, 0xfa), ROOT, 0, vspace, 0));
    check_fetch((seL4_Word)puppet_load, TRANSLATION(0), __LINE__);
    CHECK_OK(cap_delete(vspace));
    check_fetch((seL4_Word)puppet_store, TRANSLATION(0), __LINE__);
}

static const struct api_case cases[] = {
    { "no table, at each level", case_translation },
    { "writing to what can be read", case_read_only },
    { "pages without access", case_no_access },
    { "execute never", case_execute_never },
    { "a page of 2 MiB", case_large_page },
    { "addresses of the kernel", case_kernel_address },
    { "addresses between the halves", case_hole },
    { "alignment", case_alignment },
    { "any answer repeats the instruction", case_answers },
    { "a passive handler", case_passive_handler },
    { "the handler writes registers first", case_registers_written },
    { "an empty and a deleted address space", case_vspace_deleted },
};
const struct api_group memory_fault_group = { "memory fault", cases, API_COUNT(cases), prepare };

static void prepare_detour(void)
{
    prepare();
    detour = true;
}
const struct api_group memory_fault_detour_group = { "memory fault by detour", cases,
                                                     API_COUNT(cases), prepare_detour };
