/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FP registers are switched eagerly, with the thread. A lazy switch would trap on the first use
 * after a thread was interrupted, which replicas do at different instructions: they would count
 * different events.
 */
#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/state.h>

#define CPACR_FPEN_KERNEL (UINT64_C(1) << 20) /* EL1 only: EL0 traps */
#define CPACR_FPEN_ALL (UINT64_C(3) << 20)

_Static_assert(offsetof(struct fpu_state, fpsr) == 512, "fpu.S stores FPSR and FPCR here");
_Static_assert(offsetof(struct fpu_state, fpcr) == 516, "fpu.S stores FPSR and FPCR here");
_Static_assert(offsetof(struct tcb, fpu) % 16 == 0, "fpu.S stores pairs of 16 bytes");

void fpu_save(struct fpu_state *to);
void fpu_load(const struct fpu_state *from);
void fpu_switch(struct fpu_state *to, const struct fpu_state *from);

static void allow_user(bool allow)
{
    uint64_t cpacr = allow ? CPACR_FPEN_ALL : CPACR_FPEN_KERNEL;

    __asm__ volatile("msr cpacr_el1, %0" : : "r"(cpacr)); /* ERET synchronises */
}

void arch_cpu_init(void)
{
    /* CNTKCTL_EL1.EL0PCTEN and EL0VCTEN clear: reads of the counter trap. */
    __asm__ volatile("msr cntkctl_el1, xzr\n\t"
                     "msr cpacr_el1, %0\n\t"
                     "isb"
                     :
                     : "r"(CPACR_FPEN_KERNEL)
                     : "memory");
}

void arch_fpu_keep(void)
{
    if (state.fpu_owner != NULL) {
        fpu_save(&state.fpu_owner->fpu);
        changed_fpu(state.fpu_owner);
    }
}

void arch_fpu_release(struct tcb *tcb, bool save)
{
    if (state.fpu_owner != tcb) {
        return;
    }
    if (save) {
        fpu_save(&tcb->fpu);
        changed_fpu(tcb);
    }
    state.fpu_owner = NULL;
}

static __attribute__((noinline)) void change_owner(struct tcb *owner, struct tcb *next)
{
    state.fpu_owner = next;
    if (owner != NULL) {
        fpu_switch(&owner->fpu, &next->fpu);
        changed_fpu(owner);
    } else {
        fpu_load(&next->fpu);
    }
}

void arch_fpu_prepare(struct tcb *next)
{
    if ((next->flags & TCB_FLAG_FPU_DISABLED) != 0) { /* also the idle thread */
        allow_user(false);
        return;
    }
    allow_user(true);
    if (state.fpu_owner != next) {
        change_owner(state.fpu_owner, next);
    }
}
