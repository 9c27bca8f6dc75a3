/* SPDX-License-Identifier: BSD-2-Clause */
/* TCB_Configure, SetSpace, SetIPCBuffer: CSpace, VSpace, handler and buffer (abi 3.3, 1.2). */
#include "apitest.h"

static seL4_CPtr tcb, frame, node;

static void prepare(void)
{
    tcb = object_new(seL4_TCBObject, 0);
    frame = object_new(seL4_ARM_SmallPageObject, 0);
    node = object_new(seL4_CapTableObject, 4);
}

static seL4_CPtr endpoint_with(seL4_Word rights)
{
    seL4_CPtr slot = slot_new();

    CHECK_OK(seL4_CNode_Copy(ROOT, slot, DEPTH, ROOT, object_new(seL4_EndpointObject, 0), DEPTH,
                             (seL4_CapRights_t){ { rights } }));
    return slot;
}

static seL4_CPtr device_frame(void)
{
    seL4_CPtr slot = slot_new();

    CHECK_OK(
        seL4_Untyped_Retype(device_untyped(21), seL4_ARM_SmallPageObject, 0, ROOT, 0, 0, slot, 1));
    return slot;
}

/* Fewer words or caps than needed: the same for all three. */
static void case_truncated(void)
{
    static const struct {
        seL4_Word label, length, caps;
    } table[] = { { TCBConfigure, 3, 3 }, { TCBSetSpace, 2, 3 }, { TCBSetIPCBuffer, 1, 1 } };

    for (unsigned i = 0; i < API_COUNT(table); i++) {
        for (seL4_Word length = 0; length <= table[i].length; length++) {
            for (seL4_Word caps = 0; caps <= table[i].caps; caps++) {
                if (length == table[i].length && caps == table[i].caps)
                    continue;
                for (int cap = 0; cap < 3; cap++)
                    seL4_SetCap(cap, SELF);
                CHECK_ERROR(sel4_invoke(tcb, table[i].label, caps, length, 0, 0, 1, 0),
                            seL4_TruncatedMessage);
            }
        }
    }
}

static void case_configure(void)
{
    CHECK_OK(seL4_TCB_Configure(tcb, ROOT, 0, VSPACE, 0, 0x10000, frame));
    CHECK_OK(seL4_TCB_Configure(tcb, node, 0, VSPACE, 0, 0, 0));
    CHECK_OK(seL4_TCB_Configure(tcb, ROOT, 0, VSPACE, 0, 0xfc00, frame));
}

static void case_buffer_alignment(void)
{
    for (unsigned bit = 0; bit < seL4_IPCBufferSizeBits; bit++) {
        CHECK_ERROR(seL4_TCB_SetIPCBuffer(tcb, 0x10000 + (1ul << bit), frame), seL4_AlignmentError);
        CHECK_ERROR(seL4_TCB_Configure(tcb, ROOT, 0, VSPACE, 0, 1ul << bit, frame),
                    seL4_AlignmentError);
    }
    CHECK_OK(seL4_TCB_SetIPCBuffer(tcb, 0x10400, frame));
}

static void case_buffer_frame(void)
{
    const seL4_CPtr wrong[] = { tcb, node, VSPACE, slot_new(), device_frame() };

    for (unsigned i = 0; i < API_COUNT(wrong); i++) {
        CHECK_ERROR(seL4_TCB_SetIPCBuffer(tcb, 0x10000, wrong[i]), seL4_IllegalOperation);
        CHECK_ERROR(seL4_TCB_SetIPCBuffer(tcb, 0x10008, wrong[i]), seL4_IllegalOperation);
        CHECK_ERROR(seL4_TCB_Configure(tcb, ROOT, 0, VSPACE, 0, 0x10000, wrong[i]),
                    seL4_IllegalOperation);
    }
    CHECK_OK(seL4_TCB_SetIPCBuffer(tcb, 0x200000, object_new(seL4_ARM_LargePageObject, 0)));
}

/* Deriving comes first: an untyped with children is no frame, but RevokeFirst is said. */
static void case_buffer_derive(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 12);
    seL4_CPtr table = object_new(seL4_ARM_PageTableObject, 0);

    CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, slot_new(), 1));
    CHECK_ERROR(seL4_TCB_SetIPCBuffer(tcb, 0x10008, untyped), seL4_RevokeFirst);
    CHECK_ERROR(seL4_TCB_Configure(tcb, 0, 0, 0, 0, 0x10008, untyped), seL4_RevokeFirst);
    CHECK_ERROR(seL4_TCB_SetIPCBuffer(tcb, 0x10000, table), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_Configure(tcb, untyped, 0, VSPACE, 0, 0, 0), seL4_RevokeFirst);
    CHECK_ERROR(seL4_TCB_SetSpace(tcb, 0, ROOT, 0, untyped, 0), seL4_RevokeFirst);
}

/* Address 0 is no buffer, whatever comes as its frame. */
static void case_buffer_none(void)
{
    CHECK_OK(seL4_TCB_SetIPCBuffer(tcb, 0, tcb));
    CHECK_OK(seL4_TCB_SetIPCBuffer(tcb, 0, slot_new()));
    CHECK_OK(seL4_TCB_Configure(tcb, ROOT, 0, VSPACE, 0, 0, node));
}

static void check_spaces(seL4_CPtr cspace, seL4_Word data, seL4_CPtr vspace, seL4_Error error)
{
    CHECK_ERROR(seL4_TCB_Configure(tcb, cspace, data, vspace, 0, 0, 0), error);
    CHECK_ERROR(seL4_TCB_SetSpace(tcb, 0, cspace, data, vspace, 0), error);
}

static void case_cspace(void)
{
    check_spaces(tcb, 0, VSPACE, seL4_IllegalOperation);
    check_spaces(slot_new(), 0, VSPACE, seL4_IllegalOperation);
    check_spaces(seL4_CapIRQControl, 0, VSPACE, seL4_IllegalOperation);
    check_spaces(node, 0, VSPACE, seL4_NoError);
}

static void case_vspace(void)
{
    seL4_CPtr fresh = object_new(seL4_ARM_VSpaceObject, 0), mapped = slot_new();

    check_spaces(node, 0, fresh, seL4_IllegalOperation);
    check_spaces(node, 0, node, seL4_IllegalOperation);
    check_spaces(node, 0, slot_new(), seL4_IllegalOperation);
    check_spaces(node, 0, frame, seL4_IllegalOperation);
    (void)address_new(true); /* its page tables are mapped */
    CHECK_OK(cap_copy(mapped, VSPACE));
    check_spaces(node, 0, mapped, seL4_NoError);
    CHECK_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, fresh));
    check_spaces(node, 0, fresh, seL4_NoError);
}

static void case_guard_data(void)
{
    check_spaces(node, seL4_CNode_CapData_new(0, 61).words[0], VSPACE, seL4_IllegalOperation);
    check_spaces(node, seL4_CNode_CapData_new(0, 63).words[0], VSPACE, seL4_IllegalOperation);
    check_spaces(node, seL4_CNode_CapData_new(5, 60).words[0], VSPACE, seL4_NoError);
    CHECK_OK(seL4_TCB_SetSpace(tcb, 0, ROOT, 0, VSPACE, ~0ul)); /* data of a VSpace: none */
    CHECK_OK(seL4_TCB_Configure(tcb, ROOT, 0, VSPACE, 0x1234, 0, 0));
}

/* A thread whose CSpace slot is the last to hold a CNode must not wait for its deletion. */
static void case_last_holder(void)
{
    CHECK_OK(seL4_TCB_SetSpace(tcb, 0, node, 0, VSPACE, 0));
    CHECK_OK(cap_delete(node));
    check_spaces(ROOT, 0, VSPACE, seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_SetSpace(tcb, SELF, tcb, 0, tcb, 0), seL4_IllegalOperation);
    CHECK_OK(seL4_TCB_SetIPCBuffer(tcb, 0, 0)); /* that slot is not concerned */
}

static void case_fault_endpoint(void)
{
    for (seL4_Word rights = 0; rights < 16; rights++) {
        seL4_CPtr endpoint = endpoint_with(rights);
        bool valid = (rights & 1) != 0 && (rights & 12) != 0;

        if (valid)
            CHECK_OK(seL4_TCB_SetSpace(tcb, endpoint, node, 0, VSPACE, 0));
        else
            CHECK_FAILS(seL4_TCB_SetSpace(tcb, endpoint, node, 0, VSPACE, 0), bad_cap(1));
    }
    CHECK_FAILS(seL4_TCB_SetSpace(tcb, tcb, node, 0, VSPACE, 0), bad_cap(1));
    CHECK_FAILS(seL4_TCB_SetSpace(tcb, object_new(seL4_NotificationObject, 0), node, 0, VSPACE, 0),
                bad_cap(1));
    CHECK_OK(seL4_TCB_SetSpace(tcb, 0, node, 0, VSPACE, 0));
}

/* Everything is wrong at once; each step repairs what was complained about. */
static void case_precedence(void)
{
    CHECK_ERROR(seL4_TCB_Configure(tcb, tcb, 0, tcb, 0, 0x10008, tcb), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_Configure(tcb, tcb, 0, tcb, 0, 0x10008, frame), seL4_AlignmentError);
    CHECK_ERROR(seL4_TCB_Configure(tcb, tcb, 0, tcb, 0, 0x10000, frame), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_Configure(tcb, node, 0, tcb, 0, 0x10000, frame), seL4_IllegalOperation);
    CHECK_OK(seL4_TCB_Configure(tcb, node, 0, VSPACE, 0, 0x10000, frame));
    CHECK_ERROR(seL4_TCB_SetSpace(tcb, tcb, tcb, 0, tcb, 0), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_SetSpace(tcb, tcb, node, 0, tcb, 0), seL4_IllegalOperation);
    CHECK_FAILS(seL4_TCB_SetSpace(tcb, tcb, node, 0, VSPACE, 0), bad_cap(1));
}

static seL4_CPtr done; /* badge 1 */
static seL4_CPtr done_root;
static volatile seL4_Word got[6];

static void done_new(void)
{
    done_root = object_new(seL4_NotificationObject, 0);
    done = slot_new();
    CHECK_OK(cap_mint(done, done_root, 1));
}
static void wait_done(void)
{
    seL4_Word badge = 0;

    (void)seL4_Wait(done_root, &badge);
    CHECK_EQUAL(badge, 1);
}

/* Reads all registers of another thread; tells how long the answer was and word 3. */
static void register_reader(seL4_Word other)
{
    struct sel4_syscall_registers r = {
        .x0 = other,
        .info = seL4_MessageInfo_new(TCBReadRegisters, 0, 0, 2).words[0],
        .mr = { 0, seL4_UserContextWords },
    };

    sel4_trap(seL4_SysCall, &r, 0, 0);
    got[0] = r.info & 0x7f;
    got[1] = r.info >> 12;
    got[2] = r.mr[3];
    thread_signal(done);
    thread_wait_for_ever();
}

static struct thread reader_new(seL4_CPtr other)
{
    struct thread t =
        thread_start(register_reader, other, (struct thread_options){ .priority = 9 });

    done_new();
    return t;
}

static seL4_CPtr thread_with_registers(void)
{
    seL4_UserContext context = { .x0 = 0xa0, .x1 = 0xa1, .x2 = 0xa2, .x30 = 0xa30 };

    CHECK_OK(seL4_TCB_WriteRegisters(tcb, seL4_False, 0, seL4_UserContextWords, &context));
    return tcb;
}

/* Without a buffer four words are all that there is. */
static void case_no_buffer(void)
{
    struct thread t = reader_new(thread_with_registers());

    CHECK_OK(seL4_TCB_SetIPCBuffer(t.tcb, 0, 0));
    wait_done();
    CHECK_EQUAL(got[0], 4);
    CHECK_EQUAL(got[1], seL4_NoError);
    CHECK_EQUAL(got[2], 0xa0);
    thread_stop(&t);
}

/* The kernel uses the frame and the offset in the address; who maps it where is no matter. */
static void case_buffer_offset(void)
{
    struct thread t = reader_new(thread_with_registers());
    seL4_CPtr shared;
    seL4_Word *page = page_new(&shared);

    CHECK_OK(seL4_TCB_SetIPCBuffer(t.tcb, 0x7ffffffff000 + 0xc00, shared));
    wait_done();
    CHECK_EQUAL(got[0], seL4_UserContextWords);
    CHECK_EQUAL(page[0xc00 / 8 + 1 + 4], 0xa1);
    CHECK_EQUAL(page[0xc00 / 8 + 1 + 5], 0xa2);
    CHECK_EQUAL(page[0xc00 / 8 + 1 + 16], 0xa30);
    CHECK_EQUAL(page[0xc00 / 8 + 1 + 3], 0); /* the first four are in registers only */
    CHECK_EQUAL(page[5], 0);
    thread_stop(&t);
}

static void case_buffer_read_only(void)
{
    struct thread t = reader_new(thread_with_registers());
    seL4_CPtr shared, narrow = slot_new();
    seL4_Word *page = page_new(&shared);

    CHECK_OK(seL4_CNode_Copy(ROOT, narrow, DEPTH, ROOT, shared, DEPTH, seL4_CanRead));
    CHECK_OK(seL4_TCB_SetIPCBuffer(t.tcb, 0x10000, narrow));
    wait_done();
    CHECK_EQUAL(got[0], 4);
    CHECK_EQUAL(page[1 + 4], 0);
    thread_stop(&t);
}

/* The installed buffer is a copy: it is gone when the frame is revoked. */
static void case_buffer_revoked(void)
{
    struct thread t = reader_new(thread_with_registers());

    CHECK_OK(seL4_TCB_SetIPCBuffer(t.tcb, 0x10000, frame));
    CHECK_OK(seL4_CNode_Revoke(ROOT, frame, DEPTH));
    wait_done();
    CHECK_EQUAL(got[0], 4);
    thread_stop(&t);
}

static void signal_slot_3(seL4_Word address)
{
    thread_signal(address);
    thread_wait_for_ever();
}

/* Guard data is applied to the installed CNode; 0 leaves the capability's own guard. */
static void case_guard_applied(void)
{
    seL4_CPtr guarded = slot_new();
    struct thread t;

    done_new();
    CHECK_OK(seL4_CNode_Copy(node, 3, 4, ROOT, done, DEPTH, seL4_AllRights));
    t = thread_start(signal_slot_3, 0x2au << 4 | 3, (struct thread_options){ .priority = 9 });
    CHECK_OK(
        seL4_TCB_SetSpace(t.tcb, 0, node, seL4_CNode_CapData_new(0x2a, 60).words[0], VSPACE, 0));
    wait_done();
    thread_stop(&t);
    CHECK_OK(cap_mint(guarded, node, seL4_CNode_CapData_new(0x2b, 60).words[0]));
    t = thread_start(signal_slot_3, 0x2bu << 4 | 3, (struct thread_options){ .priority = 9 });
    CHECK_OK(seL4_TCB_Configure(t.tcb, guarded, 0, VSPACE, 0, 0, 0));
    wait_done();
    thread_stop(&t);
}

/* What is refused changes nothing: the thread still has its CSpace and finds the capability. */
static void case_refused_without_effect(void)
{
    struct thread t;

    done_new();
    t = thread_start(signal_slot_3, done, (struct thread_options){ .priority = 9 });
    CHECK_ERROR(seL4_TCB_Configure(t.tcb, node, 0, node, 0, 0, 0), seL4_IllegalOperation);
    CHECK_FAILS(seL4_TCB_SetSpace(t.tcb, tcb, node, 0, VSPACE, 0), bad_cap(1));
    wait_done();
    thread_stop(&t);
}

static const struct api_case cases[] = {
    { "truncated", case_truncated },
    { "configure", case_configure },
    { "buffer alignment", case_buffer_alignment },
    { "buffer frame", case_buffer_frame },
    { "derive errors", case_buffer_derive },
    { "buffer none", case_buffer_none },
    { "cspace", case_cspace },
    { "vspace", case_vspace },
    { "guard data", case_guard_data },
    { "last holder", case_last_holder },
    { "fault endpoint", case_fault_endpoint },
    { "precedence", case_precedence },
    { "no buffer", case_no_buffer },
    { "buffer offset", case_buffer_offset },
    { "buffer read only", case_buffer_read_only },
    { "buffer revoked", case_buffer_revoked },
    { "guard applied", case_guard_applied },
    { "refused without effect", case_refused_without_effect },
};
const struct api_group tcb_space_group = {
    .name = "tcb space",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
