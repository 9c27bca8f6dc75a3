/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debug registers (Arm ARM D2), in builds with TERNION_HARDWARE_DEBUG. Breakpoints hit at the same
 * instruction in every replica, so that what follows is an event like others. While a thread makes
 * single steps the processor keeps in SPSR_EL1.SS whether the step was made.
 */
#include <arch/trap.h>
#include <kernel/state.h>

enum exception_class {
    EC_BREAKPOINT = 0x30, /* all four: from EL0 */
    EC_STEP = 0x32,
    EC_WATCHPOINT = 0x34,
    EC_BRK = 0x3c,
};
#define MDSCR_SS BIT(0)
#define MDSCR_TDCC BIT(12) /* EL0 has no access to the debugger's channel */
#define MDSCR_MDE BIT(15)

#define CONTROL_ENABLE 1u
#define CONTROL_EL0 (2u << 1)
#define BREAKPOINT_ALL_BYTES (0xfu << 5)

/* Its name tells the image builder which labels and sizes this kernel has. */
extern const char ki_hardware_debug;
const char ki_hardware_debug __attribute__((used, externally_visible)) = 1;

static unsigned int class_of(uint64_t esr)
{
    return (unsigned int)(esr >> 26) & 0x3f;
}

static uint64_t breakpoint_control(const struct breakpoint *breakpoint)
{
    return breakpoint->enabled ? BREAKPOINT_ALL_BYTES | CONTROL_EL0 | CONTROL_ENABLE : 0;
}

/* Bytes of the aligned double word, then loads and stores, as bits. */
static uint64_t watchpoint_control(const struct breakpoint *breakpoint)
{
    static const uint64_t access[] = {
        [BREAK_ON_READ] = 1, [BREAK_ON_WRITE] = 2, [BREAK_ON_READ_WRITE] = 3
    };
    uint64_t bytes = MASK(breakpoint->size) << (breakpoint->vaddr & MASK(3));

    if (!breakpoint->enabled)
        return 0;
    return bytes << 5 | access[breakpoint->access] << 3 | CONTROL_EL0 | CONTROL_ENABLE;
}

#define LOAD_PAIR(kind, n, value, control)                                                         \
    __asm__ volatile("msr dbg" #kind "cr" #n "_el1, xzr\n\t"                                       \
                     "msr dbg" #kind "vr" #n "_el1, %0\n\t"                                        \
                     "msr dbg" #kind "cr" #n "_el1, %1"                                            \
                     :                                                                             \
                     : "r"(value), "r"(control))
#define LOAD_BREAKPOINT(n)                                                                         \
    LOAD_PAIR(b, n, breakpoint[n].vaddr & ~MASK(2), breakpoint_control(&breakpoint[n]))
#define LOAD_WATCHPOINT(n)                                                                         \
    LOAD_PAIR(w, n, breakpoint[FIRST_WATCHPOINT + n].vaddr & ~MASK(3),                             \
              watchpoint_control(&breakpoint[FIRST_WATCHPOINT + n]))

/* ERET synchronises. */
static void load(const struct tcb_debug *debug)
{
    const struct breakpoint *breakpoint = debug->breakpoint;
    uint64_t mdscr = MDSCR_MDE | MDSCR_TDCC | (debug->stepping ? MDSCR_SS : 0);

    LOAD_BREAKPOINT(0);
    LOAD_BREAKPOINT(1);
    LOAD_BREAKPOINT(2);
    LOAD_BREAKPOINT(3);
    LOAD_BREAKPOINT(4);
    LOAD_BREAKPOINT(5);
    LOAD_WATCHPOINT(0);
    LOAD_WATCHPOINT(1);
    LOAD_WATCHPOINT(2);
    LOAD_WATCHPOINT(3);
    __asm__ volatile("msr mdscr_el1, %0" : : "r"(mdscr));
}

static bool in_use(const struct tcb_debug *debug)
{
    bool any = debug->stepping;

    for (word_t i = 0; i < BREAKPOINTS; i++)
        any = any || debug->breakpoint[i].enabled;
    return any;
}

void debug_cpu_init(void)
{
    load(&state.idle->debug); /* has none */
}

void debug_prepare(struct tcb *next)
{
    bool uses = in_use(&next->debug);

    if (uses || state.debug.loaded)
        load(&next->debug);
    state.debug.loaded = uses;
}

void debug_restart(struct tcb *tcb)
{
    if (tcb->debug.stepping && !tcb->debug.step_pending)
        tcb->context.spsr |= SPSR_STEP;
    else
        tcb->context.spsr &= ~SPSR_STEP;
}

void debug_skipped(struct trap_frame *tf)
{
    tf->spsr &= ~SPSR_STEP;
}

void debug_exception_begins(uint64_t esr)
{
    if (class_of(esr) == EC_STEP)
        state.current->debug.step_pending = true;
}

bool debug_exception(uint64_t esr, uint64_t far)
{
    switch (class_of(esr)) {
    case EC_BREAKPOINT:
        return debug_raise(BREAK_INSTRUCTION, state.current->fault_pc);
    case EC_WATCHPOINT:
        return debug_raise(BREAK_DATA, far);
    case EC_STEP:
        return debug_raise(BREAK_STEP, 0);
    case EC_BRK:
        return debug_raise(BREAK_REQUEST, 0);
    default:
        return false;
    }
}
