/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread with its own address space and capabilities: calls, caps, faults, signals. */
#include "foreign.h"

#define CHILD_CNODE_BITS 6u
#define CHILD_BUFFER UINT64_C(0x10000000)
#define MISSING_PAGE UINT64_C(0x20000000)
#define READ_WRITE 3u
#define WORDS_LONG 100u

enum { CHILD_ENDPOINT = 1, CHILD_NOTIFICATION, CHILD_TCB };
enum { LABEL_HELLO = 11, LABEL_LOADED, LABEL_CAP, LABEL_LONG };
#define BADGE_CHILD 7u
#define BADGE_FAULT 0xfau
#define BADGE_SIGNAL 5u

static char child_stack[8192] __attribute__((aligned(16)));
static char child_tls[1024] __attribute__((aligned(64)));
static word endpoint, notification, reply;

static __thread word child_word = 1234;

static void child_system_call(long number)
{
    register long x7 __asm__("x7") = number;

    __asm__ volatile("svc #0" ::"r"(x7) : "memory", "x0", "x1", "x2", "x3", "x4", "x5");
}

static _Noreturn void child_main(word argument)
{
    struct message m = { .label = LABEL_HELLO, .length = 2, .mr = { child_word, argument } };
    const word cap = CHILD_NOTIFICATION;
    word words[WORDS_LONG];

    call(CHILD_ENDPOINT, &m);
    m = (struct message){ .label = LABEL_LOADED, .length = 2, .mr = { 0, m.mr[0] } };
    m.mr[0] = *(volatile word *)MISSING_PAGE;
    call(CHILD_ENDPOINT, &m);
    (void)invoke(CHILD_ENDPOINT, LABEL_CAP, 1, &cap, 0, NULL, NULL);
    for (unsigned i = 0; i < WORDS_LONG; i++)
        words[i] = i * i;
    (void)invoke(CHILD_ENDPOINT, LABEL_LONG, 0, NULL, WORDS_LONG, words, NULL);
    child_system_call(-100);
    signal(CHILD_NOTIFICATION);
    for (;;)
        (void)invoke(CHILD_TCB, LABEL_TCBSuspend, 0, NULL, 0, NULL, NULL);
}

static word child_vspace(void)
{
    word vspace = allocate(TYPE_ARM_VSpaceObject, 0, BITS_VSpaceBits);
    word first = info(BI_userImageFrames);

    check_equal(invoke(ROOT_SLOT(CapInitThreadASIDPool), LABEL_ARMASIDPoolAssign, 1, &vspace, 0,
                       NULL, NULL),
                0, "ASIDPool_Assign");
    for (word slot = first; slot < info(BI_userImageFrames + 8); slot++)
        map(cap_copy(slot, RIGHTS_ALL), vspace, image_start() + (slot - first) * PAGE, READ_WRITE,
            seL4_ARM_Default_VMAttributes);
    return vspace;
}

static void child_give(word cnode, word slot, word source, word badge)
{
    const word words[6] = { slot, CHILD_CNODE_BITS, source, 64, RIGHTS_ALL, badge };
    const word root = OWN_CNODE;

    check_equal(invoke(cnode, LABEL_CNodeMint, 1, &root, 6, words, NULL), 0,
                "CNode_Mint into another CNode");
}

static void child_start(word tcb, word stack, word tls, word argument)
{
    word words[2 + REG_COUNT] = { 0, REG_COUNT };

    words[2 + REG_pc] = (word)child_main;
    words[2 + REG_sp] = stack;
    words[2 + REG_x0] = argument;
    words[2 + REG_tpidr_el0] = tls;
    check_equal(invoke(tcb, LABEL_TCBWriteRegisters, 0, NULL, 2 + REG_COUNT, words, NULL), 0,
                "TCB_WriteRegisters");
    check_equal(invoke(tcb, LABEL_TCBResume, 0, NULL, 0, NULL, NULL), 0, "TCB_Resume");
}

static word child_make(word vspace)
{
    word tcb = allocate(TYPE_TCBObject, 0, BITS_TCBBits);
    word sc = allocate(TYPE_SchedContextObject, BITS_MinSchedContextBits, BITS_MinSchedContextBits);
    word cnode = allocate(TYPE_CapTableObject, CHILD_CNODE_BITS, CHILD_CNODE_BITS + BITS_SlotBits);
    const word budget[5] = { 10000, 10000, 0, 0, 0 };
    const word space[3] = { 64 - CHILD_CNODE_BITS, 0, CHILD_BUFFER };
    const word parameters[2] = { 254, 100 };

    child_give(cnode, CHILD_ENDPOINT, endpoint, BADGE_CHILD);
    child_give(cnode, CHILD_NOTIFICATION, notification, BADGE_SIGNAL);
    child_give(cnode, CHILD_TCB, tcb, 0);
    check_equal(
        invoke(info(BI_schedcontrol), LABEL_SchedControlConfigureFlags, 1, &sc, 5, budget, NULL), 0,
        "SchedControl_ConfigureFlags");
    check_equal(invoke(tcb, LABEL_TCBConfigure, 3,
                       (const word[]){ cnode, vspace, frame_map_new(vspace, CHILD_BUFFER) }, 3,
                       space, NULL),
                0, "TCB_Configure");
    check_equal(invoke(tcb, LABEL_TCBSetSchedParams, 3,
                       (const word[]){ OWN_TCB, sc, cap_mint(endpoint, RIGHTS_ALL, BADGE_FAULT) },
                       2, parameters, NULL),
                0, "TCB_SetSchedParams");
    return tcb;
}

static struct message serve_page_fault(struct message m, word vspace)
{
    volatile word *window = (volatile word *)UINT64_C(0x600000000);
    word frame;

    check_equal(m.badge, BADGE_FAULT, "badge of the fault endpoint");
    check_equal(m.label, FAULT_VMFault, "a VM fault");
    check_equal(m.length, MSG_VMFault_Length, "its length");
    check_equal(m.mr[MSG_VMFault_Addr], MISSING_PAGE, "its address");
    check_equal(m.mr[MSG_VMFault_PrefetchFault], 0, "of a load");
    print_line("VM fault, status", m.mr[MSG_VMFault_FSR]);
    frame = frame_map_new(OWN_VSPACE, (word)window);
    *window = 4242;
    map(cap_copy(frame, RIGHTS_ALL), vspace, MISSING_PAGE, READ_WRITE,
        seL4_ARM_Default_VMAttributes);
    return reply_receive(endpoint, reply, (struct message){ .label = 0 });
}

/* The thread goes on behind the call that the kernel does not know. */
static void serve_unknown_call(struct message m)
{
    check_equal(m.label, FAULT_UnknownSyscall, "an unknown system call");
    check_equal(m.length, MSG_UnknownSyscall_Length, "its length");
    check_equal(ipc_word(MSG_UnknownSyscall_Syscall), (word)-100, "its number");
    check_equal(ipc_word(MSG_UnknownSyscall_LR), ipc_word(MSG_UnknownSyscall_FaultIP) + 4,
                "the instruction after it");
    ipc_set_word(MSG_UnknownSyscall_FaultIP, ipc_word(MSG_UnknownSyscall_FaultIP) + 4);
    m.label = 0;
    m.length = MSG_UnknownSyscall_SPSR + 1;
    reply_send(reply, m);
}

static word sum_of_long(const struct message *m)
{
    word sum = 0;

    for (unsigned i = 0; i < WORDS_LONG; i++)
        sum += i < 4 ? m->mr[i] : ipc_word(i);
    return sum;
}

void thread_checks(void)
{
    word vspace, tcb, received;
    struct message m;

    endpoint = allocate(TYPE_EndpointObject, 0, BITS_EndpointBits);
    notification = allocate(TYPE_NotificationObject, 0, BITS_NotificationBits);
    reply = allocate(TYPE_ReplyObject, 0, BITS_ReplyBits);
    vspace = child_vspace();
    tcb = child_make(vspace);
    child_start(tcb, (word)(child_stack + sizeof(child_stack)),
                tls_make(child_tls, sizeof(child_tls), (char *)CHILD_BUFFER), 31);

    m = receive(endpoint, reply);
    check_equal(m.badge, BADGE_CHILD, "badge of the caller");
    check_equal(m.label, LABEL_HELLO, "its label");
    check_equal(m.mr[0], 1234, "its own thread-local word");
    check_equal(m.mr[1], 31, "its argument");
    m = reply_receive(endpoint, reply, (struct message){ .length = 1, .mr = { 99 } });
    m = serve_page_fault(m, vspace);
    check_equal(m.label, LABEL_LOADED, "it goes on after the fault");
    check_equal(m.mr[0], 4242, "with the page that was mapped");
    check_equal(m.mr[1], 99, "and the answer to its call");

    received = slot_new();
    buffer_store(IPC_receiveCNode, OWN_CNODE);
    buffer_store(IPC_receiveIndex, received);
    buffer_store(IPC_receiveDepth, 64);
    m = reply_receive(endpoint, reply, (struct message){ .label = 0 });
    check_equal(m.label, LABEL_CAP, "a call that brings a capability");
    check_equal(poll(notification), 0, "no signal yet");
    signal(received);
    check_equal(poll(notification), BADGE_SIGNAL, "the capability works, with its badge");
    m = reply_receive(endpoint, reply, (struct message){ .label = 0 });
    check_equal(m.length, WORDS_LONG, "a long message");
    check_equal(sum_of_long(&m), 328350, "its words");
    m = reply_receive(endpoint, reply, (struct message){ .label = 0 });
    serve_unknown_call(m);
    check_equal(wait(notification), BADGE_SIGNAL, "it signals at the end");
    print("threads: a thread in its own spaces called, faulted, went on and signalled\n");
}
