/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of messages and the IPC buffer (abi sections 1.2, 7.4). */
#include "puppet.h"

#define WORD(i) ((seL4_Word)(i)*0x0101010101010101 + 1)
#define UNTOUCHED 0xdeaddeaddeaddead
#define BUFFER_WORDS 128u

static seL4_CPtr endpoint, reply;
static struct puppet *from, *to;

static void prepare(void)
{
    puppets_prepare();
    endpoint = endpoint_new();
    reply = reply_new();
    from = puppet_new(20);
    to = puppet_new(30);
}

static void fill(struct puppet *p, bool words)
{
    seL4_Word *buffer = (seL4_Word *)p->buffer;

    for (unsigned i = 0; i < BUFFER_WORDS; i++)
        buffer[i] = UNTOUCHED;
    for (unsigned i = 0; words && i < seL4_MsgMaxLength; i++)
        p->buffer->msg[i] = WORD(i);
}

/* Sends `length` words; `first`: the receiver waits already. */
static struct step *transfer(seL4_Word length, bool first)
{
    struct step *out, *in;

    fill(from, true);
    fill(to, false);
    from->steps = from->done = to->steps = to->done = 0;
    out = then(from, seL4_SysSend, endpoint, INFO(0x1abe1, 0, length), 0);
    in = then(to, seL4_SysRecv, endpoint, 0, reply);
    for (unsigned i = 0; i < 4; i++)
        out->r.mr[i] = WORD(i);
    puppet_play(first ? to : from);
    settle();
    puppet_play(first ? from : to);
    settle();
    CHECK(from->done == 1 && to->done == 1);
    return in;
}

/* So many words have arrived; all others of the buffer are as they were. */
static void check_arrived(const struct step *in, seL4_Word length, int line)
{
    const seL4_Word *buffer = (const seL4_Word *)to->buffer;
    bool same = true;

    check_equal(in->r.info, INFO(0x1abe1, 0, length), __FILE_NAME__, line, "information");
    for (unsigned i = 0; i < 4; i++)
        check_equal(in->r.mr[i], i < length ? WORD(i) : STEP_MR(i), __FILE_NAME__, line,
                    "register");
    for (unsigned i = 0; i < BUFFER_WORDS; i++)
        same = same && buffer[i] == (i > 4 && i <= length ? WORD(i - 1) : UNTOUCHED);
    check(same, __FILE_NAME__, line, "the buffer");
}
#define CHECK_ARRIVED(step, length) check_arrived(step, length, __LINE__)

static void case_lengths(void)
{
    static const seL4_Word lengths[] = { 0, 1, 2, 3, 4, 5, 6, 31, 64, 119, 120 };

    for (unsigned i = 0; i < API_COUNT(lengths); i++) {
        CHECK_ARRIVED(transfer(lengths[i], true), lengths[i]);
        CHECK_ARRIVED(transfer(lengths[i], false), lengths[i]);
    }
}

static void case_every_length(void)
{
    for (seL4_Word length = 5; length < seL4_MsgMaxLength; length++)
        CHECK_ARRIVED(transfer(length, length % 2), length);
}

static void case_clamped(void)
{
    for (seL4_Word length = 121; length <= 127; length++)
        CHECK_ARRIVED(transfer(length, length % 2), 120);
}

static void case_no_buffer(void)
{
    puppet_drop_buffer(from);
    CHECK_ARRIVED(transfer(120, true), 4);
    CHECK_ARRIVED(transfer(3, false), 3);
    puppet_drop_buffer(to);
    CHECK_ARRIVED(transfer(120, false), 4);
    CHECK_OK(seL4_TCB_SetIPCBuffer(from->tcb, (seL4_Word)from->buffer, from->frame));
    CHECK_ARRIVED(transfer(5, true), 4);
    CHECK_OK(seL4_TCB_SetIPCBuffer(to->tcb, (seL4_Word)to->buffer, to->frame));
    CHECK_ARRIVED(transfer(5, true), 5);
}

/* To send, reading is enough; to receive it is not. */
static void case_read_only_buffer(void)
{
    seL4_CPtr frame = with_rights(from->frame, seL4_CanRead, 0);

    CHECK_OK(seL4_TCB_SetIPCBuffer(from->tcb, (seL4_Word)from->buffer, frame));
    CHECK_ARRIVED(transfer(9, true), 9);
    frame = with_rights(to->frame, seL4_CanRead, 0);
    CHECK_OK(seL4_TCB_SetIPCBuffer(to->tcb, (seL4_Word)to->buffer, frame));
    CHECK_ARRIVED(transfer(9, true), 4);
}

/* Without any right the frame is no buffer. */
static void case_kernel_only_buffer(void)
{
    seL4_CPtr frame = with_rights(from->frame, seL4_NoRights, 0);

    CHECK_OK(seL4_TCB_SetIPCBuffer(from->tcb, (seL4_Word)from->buffer, frame));
    CHECK_ARRIVED(transfer(9, true), 4);
}

/* The kernel goes by the frame, not by what is mapped at the address. */
static void case_mapping_ignored(void)
{
    seL4_IPCBuffer *kept = to->buffer;
    seL4_CPtr frame;
    unsigned char *page = page_new(&frame);

    CHECK_OK(seL4_TCB_SetIPCBuffer(to->tcb, 0x600000000c00, frame));
    to->buffer = (seL4_IPCBuffer *)(void *)(page + 0xc00);
    CHECK_ARRIVED(transfer(77, true), 77);
    to->buffer = kept;
}

/* The frame's capability goes, its copy in the thread with it: no buffer. */
static void case_frame_deleted(void)
{
    seL4_CPtr frame;
    unsigned char *page = page_new(&frame);

    CHECK_OK(seL4_TCB_SetIPCBuffer(to->tcb, 0x600000000c00, frame));
    CHECK_OK(seL4_CNode_Revoke(ROOT, frame, DEPTH));
    to->buffer = (seL4_IPCBuffer *)(void *)page;
    CHECK_ARRIVED(transfer(77, true), 4);
}

static void case_large_frame(void)
{
    seL4_CPtr frame = object_new(seL4_ARM_LargePageObject, 0);
    seL4_Word address = address_new(false);

    CHECK_OK(
        seL4_ARM_Page_Map(frame, VSPACE, address, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    CHECK_OK(seL4_TCB_SetIPCBuffer(to->tcb, address + 0x1ffc00, frame));
    to->buffer = (seL4_IPCBuffer *)(address + 0x1ffc00);
    CHECK_ARRIVED(transfer(120, false), 120);
}

/* Answers are as long as calls, also by ReplyRecv. */
static void case_reply(void)
{
    static const seL4_Word lengths[] = { 0, 3, 4, 5, 120 };
    struct step *step;

    for (unsigned i = 0; i < API_COUNT(lengths); i++) {
        from->steps = from->done = to->steps = to->done = 0;
        fill(from, false);
        fill(to, true);
        then(from, seL4_SysCall, endpoint, 0, 0);
        then(to, seL4_SysRecv, endpoint, 0, reply);
        step = then(to, seL4_SysReplyRecv, endpoint, INFO(0x5a, 0, lengths[i]), reply);
        for (unsigned k = 0; k < 4; k++)
            step->r.mr[k] = WORD(k);
        puppet_play(from);
        puppet_play(to);
        settle();
        CHECK(from->done == 1 && to->done == 1);
        CHECK_EQUAL(from->step[0].r.info, INFO(0x5a, 0, lengths[i]));
        for (unsigned k = 4; k < seL4_MsgMaxLength; k++)
            CHECK(from->buffer->msg[k] == (k < lengths[i] ? WORD(k) : UNTOUCHED));
    }
}

/* Words of an invocation, and its results, beyond the registers need the buffer. */
static void case_invocation_without_buffer(void)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, 12);

    puppet_drop_buffer(from);
    then(from, seL4_SysCall, untyped, INFO(UntypedRetype, 1, 6), 0);
    then(from, seL4_SysCall, to->tcb, INFO(TCBReadRegisters, 0, 2), 0)->r.mr[0] = 0;
    from->step[1].r.mr[1] = 36;
    puppet_play(from);
    settle();
    CHECK_EQUAL(from->done, 2);
    CHECK_EQUAL(from->step[0].r.info, INFO(seL4_TruncatedMessage, 0, 0));
    CHECK_EQUAL(from->step[1].r.info, INFO(0, 0, 4));
}

static const struct api_case cases[] = {
    { "0 to 120 words, both orders", case_lengths },
    { "every length of the buffer", case_every_length },
    { "lengths beyond 120", case_clamped },
    { "no buffer: four words", case_no_buffer },
    { "a buffer that can only be read", case_read_only_buffer },
    { "a frame without rights is no buffer", case_kernel_only_buffer },
    { "the mapping does not matter", case_mapping_ignored },
    { "the frame is revoked", case_frame_deleted },
    { "the end of a large frame", case_large_frame },
    { "answers of any length", case_reply },
    { "invocations without a buffer", case_invocation_without_buffer },
};
const struct api_group message_group = { "message", cases, API_COUNT(cases), prepare };
