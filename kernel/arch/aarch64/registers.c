/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers as the API orders them (abi 1.3, 6.1), and what a syndrome means (Arm ARM D13.2.37). */
#include <arch/trap.h>
#include <rcoe/rcoe.h>

enum exception_class {
    EC_SVC = 0x15,
    EC_SYSTEM_REGISTER = 0x18,
    EC_INSTRUCTION_ABORT = 0x20,
    EC_PC_ALIGNMENT = 0x22,
    EC_DATA_ABORT = 0x24,
    EC_WATCHPOINT = 0x34,
};
#define SPSR_FLAGS UINT64_C(0xf0000000) /* NZCV: what users may set */
#define IDLE_SPSR UINT64_C(0x345)       /* EL1h; debug, SError and FIQ masked, IRQ on */

#define ESR_FAR_NOT_VALID (UINT64_C(1) << 10) /* aborts only; RES0 in the other classes here */

static unsigned int exception_class(uint64_t esr)
{
    return (unsigned int)(esr >> 26) & 0x3f;
}

/* MRS of a counter register: op0 3, op1 3, CRn 14, CRm 0; op2 0 CNTFRQ, 1 CNTPCT, 2 CNTVCT. */
#define SYSREG_FIELDS UINT64_C(0x3ffc1f) /* op0, op2, op1, CRn, CRm, direction; not Rt */
#define SYSREG_COUNTER(op2)                                                                        \
    ((UINT64_C(3) << 20) | ((op2) << 17) | (UINT64_C(3) << 14) | (UINT64_C(14) << 10) | 1)

static bool is_counter_read(uint64_t esr)
{
    uint64_t access = esr & SYSREG_FIELDS;

    return access == SYSREG_COUNTER(UINT64_C(0)) || access == SYSREG_COUNTER(UINT64_C(1)) ||
           access == SYSREG_COUNTER(UINT64_C(2));
}

enum trap_class arch_trap_class(uint64_t esr)
{
    switch (exception_class(esr)) {
    case EC_SVC:
        return TRAP_SYSCALL;
    case EC_DATA_ABORT:
        return TRAP_DATA_FAULT;
    case EC_INSTRUCTION_ABORT:
        return TRAP_INSTRUCTION_FAULT;
    case EC_SYSTEM_REGISTER:
        return is_counter_read(esr) ? TRAP_COUNTER_READ : TRAP_EXCEPTION;
    default:
        return TRAP_EXCEPTION;
    }
}

uint64_t arch_trap_far(uint64_t esr, uint64_t far)
{
    switch (exception_class(esr)) {
    case EC_INSTRUCTION_ABORT:
    case EC_PC_ALIGNMENT:
    case EC_DATA_ABORT:
    case EC_WATCHPOINT:
        return (esr & ESR_FAR_NOT_VALID) != 0 ? 0 : far;
    default:
        return 0;
    }
}

uint64_t arch_trap_restart_pc(const struct trap_frame *tf, uint64_t esr)
{
    return exception_class(esr) == EC_SVC ? tf->pc - 4 : tf->pc;
}

void arch_trap_undo(struct trap_frame *tf, uint64_t esr)
{
    tf->pc = arch_trap_restart_pc(tf, esr);
}

void arch_counter_read(struct trap_frame *tf, uint64_t esr, uint64_t now)
{
    unsigned int target = (unsigned int)(esr >> 5) & 31;
    bool frequency = (esr & SYSREG_FIELDS) == SYSREG_COUNTER(UINT64_C(0));

    if (target < 31) {
        tf->x[target] = frequency ? TICKS_PER_SECOND : now;
    }
    tf->pc += 4;
    debug_skipped(tf);
}

/* i below USER_CONTEXT_WORDS. */
static word_t *user_register(struct tcb *tcb, word_t i)
{
    struct trap_frame *tf = &tcb->context;

    if (i == USER_CONTEXT_PC) {
        return &tcb->fault_pc;
    } else if (i == 1) {
        return &tf->sp;
    } else if (i == USER_CONTEXT_SPSR) {
        return &tf->spsr;
    } else if (i <= 11) { /* x0..x8 */
        return &tf->x[i - 3];
    } else if (i <= 14) { /* x16..x18 */
        return &tf->x[i + 4];
    } else if (i <= 16) { /* x29, x30 */
        return &tf->x[i + 14];
    } else if (i <= 23) { /* x9..x15 */
        return &tf->x[i - 8];
    } else if (i <= 33) { /* x19..x28 */
        return &tf->x[i - 5];
    }
    return i == 34 ? &tf->tpidr_el0 : &tf->tpidrro_el0;
}

/* What is the kernel's of a saved status register: users neither see nor set it. */
#define SPSR_KERNEL (FRAME_INTERRUPTED | SPSR_STEP)

static void write_spsr(struct trap_frame *tf, word_t value)
{
    tf->spsr = (value & SPSR_FLAGS) | arch_pstate_user | (tf->spsr & SPSR_KERNEL);
}

word_t arch_user_register_read(struct tcb *tcb, word_t i)
{
    word_t value = *user_register(tcb, i);

    return i == USER_CONTEXT_SPSR ? value & ~SPSR_KERNEL : value;
}

void arch_user_register_write(struct tcb *tcb, word_t i, word_t value)
{
    if (i == USER_CONTEXT_SPSR) {
        write_spsr(&tcb->context, value);
    } else {
        *user_register(tcb, i) = value;
    }
}

void arch_user_register_copy(struct tcb *to, struct tcb *from, word_t i)
{
    word_t value = *user_register(from, i);

    if (i == USER_CONTEXT_SPSR) { /* registers of an interrupted frame stay marked as such */
        value = (value & ~SPSR_STEP) | (to->context.spsr & SPSR_KERNEL);
    }
    *user_register(to, i) = value;
}

static word_t *syscall_fault_register(struct tcb *tcb, word_t i)
{
    switch (i) {
    case 8:
        return &tcb->fault_pc;
    case 9:
        return &tcb->context.sp;
    case 10:
        return &tcb->context.pc;
    default:
        return &tcb->context.x[i];
    }
}

word_t arch_syscall_fault_read(struct tcb *tcb, word_t i)
{
    return i == SYSCALL_FAULT_SPSR ? tcb->context.spsr : *syscall_fault_register(tcb, i);
}

void arch_syscall_fault_write(struct tcb *tcb, word_t i, word_t value)
{
    if (i == SYSCALL_FAULT_SPSR) {
        write_spsr(&tcb->context, value);
    } else {
        *syscall_fault_register(tcb, i) = value;
    }
}

extern char arch_idle[]; /* trap_entry.S */
#define IDLE_BYTES 8u    /* wfi, b */

void arch_idle_context(struct trap_frame *tf)
{
    *tf = (struct trap_frame){ .pc = (uint64_t)arch_idle, .spsr = IDLE_SPSR };
}

bool arch_is_idle(uint64_t pc)
{
    return pc - (uint64_t)arch_idle < IDLE_BYTES;
}
