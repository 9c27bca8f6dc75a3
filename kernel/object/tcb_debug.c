/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Breakpoints and single steps of threads, in builds with TERNION_HARDWARE_DEBUG (abi 3.3, 6).
 * Numbers 0 to 5 are breakpoints, 6 to 9 are watchpoints. Single steps need none of them; they are
 * configured with a number because other processors make them of a breakpoint.
 */
#include <kernel/changed.h>
#include <kernel/invocation.h>
#include <kernel/ipc.h>
#include <kernel/sched.h>
#include <rcoe/rcoe.h>

#define SIZE_MAX_BYTES 8u

static enum breakpoint_type type_of(word_t number)
{
    return number < FIRST_WATCHPOINT ? BREAK_INSTRUCTION : BREAK_DATA;
}

static enum exception check_number(word_t number)
{
    return number < BREAKPOINTS ? EXCEPTION_NONE : error_range(0, BREAKPOINTS - 1);
}

/* Words 3 and 4 and the number, as far as they depend on the type; 0: nothing is wrong. */
static word_t wrong_argument(word_t number, word_t type, word_t size, word_t access)
{
    if (type == BREAK_INSTRUCTION ? size != 0 : size == 0)
        return 3;
    if (type == BREAK_INSTRUCTION && access != BREAK_ON_READ)
        return 4;
    if (type_of(number) != type)
        return 2;
    if (access > BREAK_ON_READ_WRITE) /* the reference counts it so */
        return 3;
    return size > SIZE_MAX_BYTES || (size & (size - 1)) != 0 ? 3 : 0;
}

/* The five words of SetBreakpoint: number, address, type, size, access. */
static enum exception check_breakpoint(word_t number, vaddr_t vaddr, word_t type, word_t size,
                                       word_t access)
{
    word_t wrong;

    if (vaddr >= USER_TOP)
        return error_argument(1);
    if (type != BREAK_DATA && type != BREAK_INSTRUCTION)
        return error_argument(2);
    wrong = wrong_argument(number, type, size, access);
    if (wrong != 0)
        return error_argument(wrong);
    if (size > 0 && (vaddr & (size - 1)) != 0)
        return error_alignment();
    return check_number(number);
}

static enum exception set_breakpoint(struct invocation *inv, struct tcb *tcb)
{
    word_t number = invocation_mr(inv, 0);
    vaddr_t vaddr = invocation_mr(inv, 1);
    word_t size = invocation_mr(inv, 3);
    word_t access;
    enum exception status;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 5)
        return error_truncated();
    access = invocation_mr(inv, 4);
    status = check_breakpoint(number, vaddr, invocation_mr(inv, 2), size, access);
    if (status != EXCEPTION_NONE)
        return status;

    /* Commit: writes, cannot refuse. */
    tcb->debug.breakpoint[number] =
        (struct breakpoint){ vaddr, (uint8_t)size, (uint8_t)access, true };
    rcoe_note(vaddr ^ number);
    return EXCEPTION_NONE;
}

static enum exception get_breakpoint(struct invocation *inv, const struct tcb *tcb)
{
    word_t number = invocation_mr(inv, 0);
    const struct breakpoint *breakpoint;
    enum exception status;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 1)
        return error_truncated();
    status = check_number(number);
    if (status != EXCEPTION_NONE)
        return status;

    /* Commit: writes, cannot refuse. */
    breakpoint = &tcb->debug.breakpoint[number];
    invocation_result(inv, 0, breakpoint->vaddr);
    invocation_result(inv, 1, type_of(number));
    invocation_result(inv, 2, breakpoint->size);
    invocation_result(inv, 3, breakpoint->access);
    invocation_result(inv, 4, breakpoint->enabled);
    return EXCEPTION_NONE;
}

static enum exception unset_breakpoint(struct invocation *inv, struct tcb *tcb)
{
    word_t number = invocation_mr(inv, 0);
    enum exception status;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 1)
        return error_truncated();
    status = check_number(number);
    if (status != EXCEPTION_NONE)
        return status;

    /* Commit: writes, cannot refuse. */
    tcb->debug.breakpoint[number].vaddr = 0;
    tcb->debug.breakpoint[number].enabled = false;
    rcoe_note(number);
    return EXCEPTION_NONE;
}

/* The fault comes after `count` instructions from here; 0: no more steps. */
static void step(struct tcb *tcb, word_t count)
{
    tcb->debug.stepping = count > 0;
    tcb->debug.steps_left = count;
    tcb->debug.step_pending = false;
    debug_restart(tcb);
    changed_frame(tcb);
    rcoe_note(count);
}

static enum exception configure_single_stepping(struct invocation *inv, struct tcb *tcb)
{
    word_t number = invocation_mr(inv, 0);
    enum exception status;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 2)
        return error_truncated();
    status = check_number(number);
    if (status != EXCEPTION_NONE)
        return status;

    /* Commit: writes, cannot refuse. */
    step(tcb, invocation_mr(inv, 1));
    invocation_result(inv, 0, 1); /* the breakpoint counts as used */
    return EXCEPTION_NONE;
}

bool debug_invocation(struct invocation *inv, enum exception *status)
{
    struct tcb *tcb = cap_object(inv->cap);

    switch (inv->label) {
    case LABEL_TCB_SET_BREAKPOINT:
        *status = set_breakpoint(inv, tcb);
        return true;
    case LABEL_TCB_GET_BREAKPOINT:
        *status = get_breakpoint(inv, tcb);
        return true;
    case LABEL_TCB_UNSET_BREAKPOINT:
        *status = unset_breakpoint(inv, tcb);
        return true;
    case LABEL_TCB_CONFIGURE_SINGLE_STEPPING:
        *status = configure_single_stepping(inv, tcb);
        return true;
    default:
        return false;
    }
}

/* An access may begin before the watched bytes: the one that reaches into them is meant. */
static bool matches(const struct breakpoint *breakpoint, vaddr_t address)
{
    vaddr_t first = breakpoint->vaddr & ~MASK(3);

    if (!breakpoint->enabled)
        return false;
    if (breakpoint->size == 0)
        return (breakpoint->vaddr & ~MASK(2)) == address;
    return address < breakpoint->vaddr + breakpoint->size && address + 64 > first;
}

/* The breakpoint of that type that stands for the address: the nearest one. */
static word_t number_of(const struct tcb *tcb, enum breakpoint_type type, vaddr_t address)
{
    word_t first = type == BREAK_DATA ? FIRST_WATCHPOINT : 0;
    word_t end = type == BREAK_DATA ? BREAKPOINTS : FIRST_WATCHPOINT;
    word_t best = end;

    for (word_t i = first; i < end; i++) {
        const struct breakpoint *breakpoint = &tcb->debug.breakpoint[i];

        if (matches(breakpoint, address) &&
            (best == end || breakpoint->vaddr < tcb->debug.breakpoint[best].vaddr))
            best = i;
    }
    return best < end ? best : first;
}

bool debug_raise(enum breakpoint_type reason, vaddr_t address)
{
    struct tcb *tcb = state.current;

    if (reason == BREAK_STEP) {
        tcb->debug.step_pending = false;
        if (tcb->debug.steps_left > 0)
            tcb->debug.steps_left--;
        if (!tcb->debug.stepping || tcb->debug.steps_left > 0) {
            debug_restart(tcb);
            return true;
        }
    }
    state.fault = (struct fault){ .type = FAULT_DEBUG, .word = { reason } };
    if (reason == BREAK_DATA || reason == BREAK_INSTRUCTION) {
        state.fault.word[1] = address;
        state.fault.word[2] = number_of(tcb, reason, address);
    }
    fault_raise(tcb);
    return true;
}

word_t debug_fault_words(const struct fault *fault)
{
    return fault->word[0] == BREAK_DATA || fault->word[0] == BREAK_INSTRUCTION ? 3 : 1;
}

bool debug_fault_reply(struct tcb *faulter, word_t length, word_t count)
{
    if (faulter->fault.word[0] == BREAK_STEP) {
        if (!faulter->debug.stepping)
            return false;
        step(faulter, length > 0 ? count : 1);
    }
    return true;
}
