/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debug system calls of TERNION_DEBUG (abi 9). What they print follows from the replicated state
 * alone. A build without it has debug_none.c instead.
 */
#include <arch/trap.h>
#include <kernel/invariants.h>
#include <kernel/ipc.h>
#include <kernel/object_ops.h>
#include <kernel/syscall.h>
#include <rcoe/rcoe.h>

#define PSCI_SYSTEM_OFF UINT64_C(0x84000008) /* Arm DEN 0022 */
#define NAME_COLUMNS 40u
#define STATE_COLUMNS 16u
#define ADDRESS_COLUMNS 20u

/* ---- all threads, the newest first ----------------------------------------------------------- */

void debug_thread_begins(struct tcb *tcb)
{
    tcb->debug_prev = NULL;
    tcb->debug_next = state.debug_threads;
    if (tcb->debug_next != NULL) {
        tcb->debug_next->debug_prev = tcb;
    }
    state.debug_threads = tcb;
}

void debug_thread_ends(struct tcb *tcb)
{
    if (tcb->debug_prev != NULL) {
        tcb->debug_prev->debug_next = tcb->debug_next;
    } else if (state.debug_threads == tcb) {
        state.debug_threads = tcb->debug_next;
    }
    if (tcb->debug_next != NULL) {
        tcb->debug_next->debug_prev = tcb->debug_prev;
    }
    tcb->debug_next = NULL;
    tcb->debug_prev = NULL;
}

/* ---- printing -------------------------------------------------------------------------------- */

static void pad(word_t length, word_t columns)
{
    for (; length < columns; length++) {
        rcoe_putc(' ');
    }
}

static void print_column(const char *text, word_t columns)
{
    word_t length = 0;

    while (text[length] != '\0') {
        length++;
    }
    debug_print(text);
    pad(length, columns);
}

static void print_hex_column(word_t value, word_t columns)
{
    word_t digits = value == 0 ? 1 : (67 - (word_t)__builtin_clzll(value)) / 4;

    debug_print_hex(value);
    pad(digits + 2, columns);
}

static void print_fact(const char *name, word_t value)
{
    debug_print(name);
    debug_print_hex(value);
}

static const char *state_name(enum thread_status status)
{
    static const char *const name[] = {
        [THREAD_INACTIVE] = "inactive",
        [THREAD_RUNNING] = "running",
        [THREAD_RESTART] = "restart",
        [THREAD_BLOCKED_ON_SEND] = "blocked on send",
        [THREAD_BLOCKED_ON_RECEIVE] = "blocked on recv",
        [THREAD_BLOCKED_ON_NOTIFICATION] = "blocked on ntfn",
        [THREAD_BLOCKED_ON_REPLY] = "blocked on reply",
        [THREAD_IDLE] = "idle",
    };

    return name[status];
}

/* Columns: name, state, restart address, priority, domain, in the release queue. */
static void dump_scheduler(void)
{
    print_column("Name", NAME_COLUMNS);
    print_column(" State", STATE_COLUMNS + 1);
    print_column(" IP", ADDRESS_COLUMNS);
    debug_print(" Prio  Dom  InReleaseQueue\n");
    for (const struct tcb *tcb = state.debug_threads; tcb != NULL; tcb = tcb->debug_next) {
        print_column(tcb->name, NAME_COLUMNS);
        rcoe_putc(' ');
        print_column(state_name(tcb->status), STATE_COLUMNS);
        rcoe_putc(' ');
        print_hex_column(tcb->fault_pc, ADDRESS_COLUMNS);
        print_hex_column(tcb->priority, 6);
        print_hex_column(tcb->domain, 5);
        debug_print(tcb->in_release_queue ? "1\n" : "0\n");
    }
}

static void snapshot_thread(const struct tcb *tcb)
{
    print_fact("thread ", (word_t)tcb);
    debug_print(" '");
    debug_print(tcb->name);
    debug_print("' ");
    debug_print(state_name(tcb->status));
    print_fact(" ip ", tcb->fault_pc);
    print_fact(" prio ", tcb->priority);
    print_fact(" mcp ", tcb->mcp);
    print_fact(" dom ", tcb->domain);
    print_fact(" sc ", (word_t)tcb->sched_context);
    for (word_t i = 0; i < TCB_SLOTS; i++) {
        static const char *const name[TCB_SLOTS] = { " cspace ", " vspace ", " buffer ", " fault ",
                                                     " timeout " };

        if (cap_type(tcb->slot[i].cap) != CAP_NULL) {
            print_fact(name[i], (word_t)cap_object(tcb->slot[i].cap));
        }
    }
    rcoe_putc('\n');
}

static void snapshot_cnode(struct cap cnode)
{
    const struct cte *slots = cap_object(cnode);

    if (cap_type(cnode) != CAP_CNODE) {
        return;
    }
    print_fact("cnode ", (word_t)slots);
    print_fact(" radix ", cnode_radix(cnode));
    rcoe_putc('\n');
    for (word_t i = 0; i < BIT(cnode_radix(cnode)); i++) {
        struct cap cap = slots[i].cap;

        if (cap_type(cap) == CAP_NULL) {
            continue;
        }
        print_fact("  slot ", i);
        print_fact(" type ", cap_type(cap));
        print_fact(" field ", cap_field(cap));
        print_fact(" object ", (word_t)cap_object(cap));
        print_fact(" data ", cap.w1);
        rcoe_putc('\n');
    }
}

/* All threads, and the CSpace root of the caller: a description of the system as it sees it. */
static void snapshot(const struct tcb *caller)
{
    debug_print("snapshot\n");
    for (const struct tcb *tcb = state.debug_threads; tcb != NULL; tcb = tcb->debug_next) {
        snapshot_thread(tcb);
    }
    snapshot_cnode(caller->slot[TCB_CSPACE].cap);
}

/* ---- system calls ---------------------------------------------------------------------------- */

static void halt(const struct tcb *caller)
{
    uint64_t args[8] = { PSCI_SYSTEM_OFF };

    debug_print("ternion: halted by thread '");
    debug_print(caller->name);
    debug_print("'\n");
    rcoe_smc(args);
}

static void cap_identify(struct tcb *tcb)
{
    struct lookup found = lookup_slot(tcb, tcb->context.x[REGISTER_CAP]);

    tcb->context.x[REGISTER_CAP] =
        found.status == EXCEPTION_NONE ? (word_t)cap_type(found.slot->cap) : 0;
}

/* seL4 halts on a wrong cap or a missing buffer; a user's mistake stops no kernel here. */
static void name_thread(struct tcb *tcb)
{
    struct lookup found = lookup_slot(tcb, tcb->context.x[REGISTER_CAP]);
    const word_t *buffer = tcb_ipc_buffer(tcb, false);
    struct tcb *target;
    const char *name;
    size_t i;

    if (found.status != EXCEPTION_NONE || cap_type(found.slot->cap) != CAP_THREAD ||
        buffer == NULL) {
        return;
    }
    target = cap_object(found.slot->cap);
    name = (const char *)&buffer[1];
    for (i = 0; i < sizeof(target->name) - 1 && name[i] != '\0'; i++) {
        target->name[i] = name[i];
    }
    for (; i < sizeof(target->name); i++) {
        target->name[i] = '\0';
    }
}

bool debug_syscall(int64_t number)
{
    struct tcb *tcb = state.current;

    switch (number) {
    case SYS_DEBUG_PUT_CHAR:
        rcoe_putc((char)tcb->context.x[REGISTER_CAP]);
        return true;
    case SYS_DEBUG_DUMP_SCHEDULER:
        dump_scheduler();
        return true;
    case SYS_DEBUG_HALT:
        halt(tcb);
        return true;
    case SYS_DEBUG_CAP_IDENTIFY:
        cap_identify(tcb);
        return true;
    case SYS_DEBUG_SNAPSHOT:
        snapshot(tcb);
        return true;
    case SYS_DEBUG_NAME_THREAD:
        name_thread(tcb);
        return true;
    default:
        return invariants_syscall(number);
    }
}
