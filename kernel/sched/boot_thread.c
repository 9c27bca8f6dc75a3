/* SPDX-License-Identifier: BSD-2-Clause */
/* The two threads that no invocation creates: the root task's and the idle one (abi 8.4). */
#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/image.h>
#include <kernel/object_ops.h>
#include <kernel/sched.h>
#include <rcoe/trap.h>

#define PRIORITY_MAX 255u

static struct tcb idle_tcb;

BOOT_CODE void boot_create_idle_thread(void)
{
    idle_tcb.status = THREAD_IDLE;
    idle_tcb.flags = TCB_FLAG_FPU_DISABLED;
    changed_thread(&idle_tcb);
    arch_idle_context(&idle_tcb.context);
    state.idle = &idle_tcb;
    domain_init();
}

BOOT_CODE struct tcb *boot_create_root_thread(struct tcb *tcb, struct sched_context *sc,
                                              vaddr_t entry, vaddr_t boot_info)
{
    ticks_t budget = us_to_ticks(BOOT_TIME_SLICE_US);

    state.now = rcoe_now();
    tcb_init(tcb, state.domain);
    tcb->priority = PRIORITY_MAX;
    tcb->mcp = PRIORITY_MAX;
    tcb->context.x[0] = boot_info;
    tcb->context.pc = entry;
    tcb->fault_pc = entry;
    refill_new(sc, REFILLS_MIN, budget, 0, state.now);
    tcb->sched_context = sc;
    sc->tcb = tcb;
    tcb->status = THREAD_RUNNING;
    state.current = tcb;
    state.current_sc = sc;
    changed_frame(tcb);
    changed_thread(tcb);
    changed_context(sc);
    return tcb;
}
