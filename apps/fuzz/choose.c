/* SPDX-License-Identifier: BSD-2-Clause */
/* The next call of a worker: mostly well formed, mostly to what the caps once were. */
#include "fuzz.h"
#include "shapes.h"

#define MESSAGE_LABEL 0x1000ul /* messages have labels above all errors and invocations */

const struct range arena_range[KINDS] = {
    [KIND_ENDPOINT] = { 0, 12 }, [KIND_NOTIFICATION] = { 12, 12 }, [KIND_REPLY] = { 24, 8 },
    [KIND_THREAD] = { 32, 16 },  [KIND_CONTEXT] = { 48, 16 },      [KIND_CNODE] = { 64, 8 },
    [KIND_UNTYPED] = { 72, 8 },  [KIND_FRAME] = { 80, 12 },        [KIND_TABLE] = { 92, 8 },
    [KIND_VSPACE] = { 100, 4 },  [KIND_POOL] = { 104, 4 },         [KIND_HANDLER] = { 108, 8 },
    [KIND_SIGNAL] = { 116, 4 },  [KIND_CONTROL] = { 120, 8 },      [KIND_FREE] = { 128, 128 },
};

static const seL4_Word interesting[] = {
    0,
    1,
    2,
    3,
    7,
    8,
    12,
    16,
    21,
    30,
    63,
    64,
    65,
    255,
    256,
    4095,
    4096,
    4097,
    0x1fffff,
    0x200000,
    0x400000,
    0x3fffffff,
    0x40000000,
    0x7fffffffff,
    0x8000000000,
    0x7ffffffff000,
    0x7fffffffffff,
    0x800000000000,
    0xffffffffffff,
    0x1000000000000,
    0x7fffffffffffffff,
    0x8000000000000000,
    0xffffff8000000000,
    0xffffff8040000000,
    0xffffffffc0000000,
    0xffffffffffffefff,
    0xfffffffffffffffe,
    0xffffffffffffffff,
};

static seL4_Word below(struct worker *worker, seL4_Word limit)
{
    return random_below(&worker->random, limit);
}
/* One time out of n. */
static seL4_Bool rarely(struct worker *worker, seL4_Word n)
{
    return below(worker, n) == 0;
}

static seL4_Word any_word(struct worker *worker)
{
    seL4_Word word = interesting[below(worker, sizeof(interesting) / sizeof(interesting[0]))];

    switch (below(worker, 8)) {
    case 0:
        return random_next(&worker->random);
    case 1:
        return word + 1;
    case 2:
        return word - 1;
    default:
        return word;
    }
}

static seL4_Word slot_in(struct worker *worker, enum kind kind)
{
    struct range range = arena_range[kind];

    return range.first + below(worker, range.count);
}

/* The kinds by letter; M is a thread or a notification. */
static seL4_Word slot_of(struct worker *worker, char letter)
{
    static const char letters[] = "ENRTSCUFPVAIGO";

    if (rarely(worker, 10)) {
        return below(worker, ARENA_SLOTS);
    }
    if (letter == 'M') {
        return slot_in(worker, rarely(worker, 2) ? KIND_THREAD : KIND_NOTIFICATION);
    }
    if (letter == 'C' && !rarely(worker, 4)) {
        return ARENA_SELF;
    }
    for (seL4_Word kind = 0; letters[kind] != '\0'; kind++) {
        if (letters[kind] == letter) {
            return slot_in(worker, (enum kind)kind);
        }
    }
    return below(worker, ARENA_SLOTS);
}

static seL4_Word cptr_of(struct worker *worker, char letter)
{
    if (rarely(worker, 50)) {
        return any_word(worker);
    }
    if (letter >= '0' && letter <= '3') {
        return SAFE_BIT | (seL4_Word)(letter - '0');
    }
    return slot_of(worker, letter);
}

static seL4_Word address(struct worker *worker)
{
    seL4_Word page = below(worker, 8) << 12;
    seL4_Word region = below(worker, 6);

    return region < 4 ? 0x10000000ul + (region << 21) + page : (region - 3) << 39 | page << 18;
}

static seL4_Word microseconds(struct worker *worker)
{
    static const seL4_Word times[] = { 20, 21, 50, 100, 200, 500, 1000, 2000, 10000, 1000000 };

    return times[below(worker, sizeof(times) / sizeof(times[0]))];
}

static seL4_Word object_size(struct worker *worker)
{
    return rarely(worker, 6) ? below(worker, 24) : 4 + below(worker, 6);
}

static seL4_Word object_type(struct worker *worker)
{
    return rarely(worker, 30) ? below(worker, 20) : below(worker, seL4_ObjectTypeCount);
}

/* The meaning of a letter in shape.words. */
static seL4_Word worker_argument(struct worker *worker, char letter)
{
    switch (letter) {
    case '0':
        return rarely(worker, 16) ? below(worker, 64) : 0;
    case '1':
        return below(worker, 2);
    case '3':
        return below(worker, 8);
    case 'b':
        return below(worker, 4) << 6 | (rarely(worker, 2) ? 0 : 56);
    case 'c':
        return below(worker, 38);
    case 'd':
        return rarely(worker, 20) ? below(worker, 66) : 64;
    case 'f':
        return slot_in(worker, KIND_FREE);
    case 'g':
        return below(worker, 64) << 6;
    case 'h':
        return (1 + below(worker, 64)) << 6;
    case 'i':
        return rarely(worker, 2) ? below(worker, 16) : 32 + below(worker, 140);
    case 'k':
        return slot_in(worker, KIND_ENDPOINT);
    case 'n':
        return rarely(worker, 8) ? below(worker, 300) : 1 + below(worker, 4);
    case 'p':
        return below(worker, 210);
    case 'r':
        return below(worker, 16);
    case 's':
        return rarely(worker, 2) ? slot_in(worker, KIND_FREE) : below(worker, ARENA_SLOTS);
    case 't':
        return object_type(worker);
    case 'u':
        return microseconds(worker);
    case 'e':
        return microseconds(worker);
    case 'v':
        return address(worker);
    case 'o':
        return address(worker) + 64;
    case 'x':
        return rarely(worker, 4) ? below(worker, 110) : below(worker, 8);
    case 'y':
        return rarely(worker, 4) ? below(worker, 10) : 0;
    case 'z':
        return object_size(worker);
    case 'B':
        return below(worker, 5) << 10;
    case 'D':
        return rarely(worker, 2) ? 0 : below(worker, 17);
    default:
        return any_word(worker);
    }
}

static void set_word(struct worker *worker, seL4_Word i, seL4_Word value)
{
    if (i < seL4_FastMessageRegisters) {
        worker->call[2 + i] = value;
    } else {
        buffer_of(worker)->msg[i] = value;
    }
}

static void set_info(struct worker *worker, seL4_Word label, seL4_Word caps, seL4_Word length)
{
    if (rarely(worker, 40)) {
        length = rarely(worker, 2) ? below(worker, 128) : length - (length != 0);
    }
    if (rarely(worker, 40)) {
        caps = below(worker, 4);
    }
    worker->call[1] = label << 12 | caps << 7 | length;
}

/* Where a received cap goes. */
static void set_receive_slot(struct worker *worker)
{
    seL4_IPCBuffer *buffer = buffer_of(worker);

    buffer->receiveCNode = cptr_of(worker, 'C');
    buffer->receiveIndex = slot_in(worker, KIND_FREE);
    buffer->receiveDepth = worker_argument(worker, 'd');
}

static void fill_invocation(struct worker *worker, seL4_Word label)
{
    const struct shape *shape = &shapes[label];
    seL4_Word length = 0, caps = 0;

    for (; shape->words[length] != '\0'; length++) {
        seL4_Word value = worker_argument(worker, shape->words[length]);

        set_word(worker, length, rarely(worker, 25) ? any_word(worker) : value);
    }
    for (; shape->caps[caps] != '\0'; caps++) {
        buffer_of(worker)->caps_or_badges[caps] =
            rarely(worker, 25) ? below(worker, ARENA_SLOTS) : cptr_of(worker, shape->caps[caps]);
    }
    worker->call[0] = cptr_of(worker, shape->target);
    set_info(worker, label, caps, length);
}

/*
 * What shows or mixes registers of a thread that was interrupted: replicas have different ones. An
 * answer to a timeout fault does so, too.
 */
static seL4_Bool is_unlike(seL4_Word label)
{
    return label == TCBReadRegisters || label == TCBWriteRegisters || label == TCBCopyRegisters ||
           label == TCBSetTimeoutEndpoint;
}

/*
 * What would end the experiment: a schedule in which domain 0, the supervisor's, has no time.
 */
static void sanitise(struct worker *worker)
{
    seL4_Word label = worker->call[1] >> 12;

    if (label == DomainScheduleConfigure) {
        worker->call[4] &= 0x7fff;
        if (worker->call[2] == 0) {
            worker->call[3] = 0;
            worker->call[4] |= 0x4000;
        }
    } else if (label == DomainScheduleSetStart && worker->call[2] < 100) {
        worker->call[2] = 0;
    } else if (fuzz_config.replicated && is_unlike(label)) {
        worker->call[1] &= 0xfff;
    }
}

static seL4_Word random_label(struct worker *worker)
{
    seL4_Word label = rarely(worker, 60) ? below(worker, 80) : below(worker, LABELS);

    return fuzz_config.replicated && is_unlike(label) ? (seL4_Word)InvalidInvocation : label;
}

static seL4_Word choose_invocation(struct worker *worker)
{
    seL4_Word label = random_label(worker);

    fill_invocation(worker, label < LABELS ? label : 0);
    if (label >= LABELS) {
        worker->call[1] = (worker->call[1] & 0xfff) | label << 12;
    }
    if (rarely(worker, 12)) {
        worker->call[7] = (seL4_Word)(rarely(worker, 2) ? seL4_SysSend : seL4_SysNBSend);
        return ROW_SYSCALL - worker->call[7];
    }
    worker->call[7] = (seL4_Word)seL4_SysCall;
    return label < LABELS ? label : ROW_UNKNOWN;
}

static void fill_message(struct worker *worker)
{
    seL4_Word length = rarely(worker, 6) ? below(worker, 128) : below(worker, 6);
    seL4_Word caps = rarely(worker, 3) ? below(worker, 4) : 0;

    for (seL4_Word i = 0; i < seL4_FastMessageRegisters; i++) {
        set_word(worker, i, any_word(worker));
    }
    for (seL4_Word i = 0; i < caps && i < seL4_MsgMaxExtraCaps; i++) {
        buffer_of(worker)->caps_or_badges[i] = below(worker, ARENA_SLOTS);
    }
    set_info(worker, MESSAGE_LABEL + below(worker, 16), caps, length);
    set_receive_slot(worker);
}

static char message_target(struct worker *worker)
{
    static const char letters[] = "EEEENNNRRG*";

    return letters[below(worker, sizeof(letters) - 1)];
}

static seL4_Word choose_message(struct worker *worker, seL4_Bool may_block)
{
    static const seL4_Int64 quick[] = { seL4_SysNBSend, seL4_SysNBSend, seL4_SysNBRecv,
                                        seL4_SysNBWait, seL4_SysYield };
    static const seL4_Int64 waiting[] = { seL4_SysCall,       seL4_SysReplyRecv, seL4_SysNBSendRecv,
                                          seL4_SysNBSendWait, seL4_SysSend,      seL4_SysRecv,
                                          seL4_SysRecv,       seL4_SysWait };
    seL4_Word number = (seL4_Word)(may_block ? waiting[below(worker, 8)] : quick[below(worker, 5)]);

    fill_message(worker);
    worker->call[0] = cptr_of(worker, message_target(worker));
    worker->call[6] =
        cptr_of(worker, number == (seL4_Word)seL4_SysNBSendWait ? message_target(worker) : 'R');
    worker->call[7] = number;
    worker->call[8] = cptr_of(worker, message_target(worker));
    return ROW_SYSCALL - number;
}

/* Numbers that are none, and the debug calls that neither print nor stop the machine. */
static seL4_Word choose_unknown(struct worker *worker)
{
    static const seL4_Int64 numbers[] = {
        0, 1, -15, -17, -18, -25, -33, 127, -1000, (seL4_Int64)(~0ul >> 1),
    };

    worker->call[0] = below(worker, ARENA_SLOTS);
    worker->call[7] = (seL4_Word)numbers[below(worker, sizeof(numbers) / sizeof(numbers[0]))];
    return ROW_UNKNOWN;
}

seL4_Word worker_choose(struct worker *worker)
{
    seL4_Word what = below(worker, 1000);
    seL4_Word row;

    worker->call[6] = cptr_of(worker, 'R');
    worker->call[8] = 0;
    if (what < 6) {
        row = ROW_FAULT + below(worker, MISTAKES);
    } else if (what < 12) {
        row = choose_unknown(worker);
    } else if (what < 12 + worker->blocking * 9) {
        row = choose_message(worker, seL4_True);
    } else if (what < 200) {
        row = choose_message(worker, seL4_False);
    } else {
        row = choose_invocation(worker);
    }
    sanitise(worker);
    return row;
}
