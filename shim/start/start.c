/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start. Core 0 checks the image, sets up the board and starts the others; every core places its
 * replica and lets it go when all are ready. Previous file in the flow:
 * arch/aarch64/start/start.S. All of start/ is unexecutable before the replica runs.
 */
#include "start.h"
#include <debug_traps.h>

/*
 * HCR_EL2: bit 31 RW, EL1 is AArch64; 21 TACR, 20 TIDCP: what is this core's own traps; 19 TSC:
 * firmware calls are voted; 5..3 AMO, IMO, FMO: all interrupts arrive at EL2; 1 SWIO.
 */
#define HCR_VALUE (UINT64_C(1) << 31 | 7 << 19 | 7 << 3 | 1 << 1 | HCR_VM)
#define MDCR_TRAPS (MDCR_DEBUG_TRAPS | 0x3 << 5) /* TPM, TPMCR: no PMU */
#define CNTHCTL_VALUE (1 << 2 | 8 << 4)          /* no CNTP for EL1; event stream: every wfe ends */
#define VMPIDR_VALUE (UINT64_C(1) << 31)         /* every replica is core 0 */
#define SPSR_EL1H_MASKED UINT64_C(0x3c5)
#define SCTLR_EL1_RESET UINT64_C(0x30d00800) /* MMU and caches off */
#define HARD_BARRIERS 20u                    /* hard bound: this many barrier times, ... */
#define START_HARD 8u   /* hard bounds to clear memory: seconds on a busy emulator host */
#define HARD_SECONDS 2u /* ... at least so long */

struct core self;

_Static_assert(offsetof(struct frame, x[30]) == FRAME_X(30), "vectors.S stores x30 here");
_Static_assert(offsetof(struct frame, elr) == FRAME_ELR, "vectors.S stores ELR and SPSR here");
_Static_assert(sizeof(struct frame) == FRAME_SIZE, "vectors.S makes room for it");

//@ requires partitions_fit; ensures all_stay;
static void board_prepare(void)
{
    struct board_control *control = board_control();
    uint64_t frequency = SYSREG_READ(cntfrq_el0);
    uint64_t hard = HARD_SECONDS * frequency;
    uint64_t resets = board_shared()->resets;

    if (board_shared()->resets_check != ~resets)
        resets = 0; /* not after a safe stop, or the RAM forgot */
    memory_clear((uintptr_t)board_page(BOARD_IPA), BOARD_IPA_SIZE);
    control->version = BOARD_VERSION;
    control->replicas = manifest.replicas;
    control->vote_level = manifest.vote_level;
    control->window = manifest.window;
    control->simplex_ok = manifest.simplex_ok;
    control->barrier_ticks = manifest.barrier_timeout_us * frequency / 1000000;
    control->page_ticks = manifest.page_interval_us * frequency / 1000000;
    control->hard_ticks = HARD_BARRIERS * control->barrier_ticks;
    if (control->hard_ticks < hard)
        control->hard_ticks = hard;
    STORE(control->active, ACTIVE_WORD(BIT(manifest.replicas) - 1));
    STORE(board_shared()->timer_fired, ~UINT64_C(0));
    board_shared()->resets = resets;
    control->magic = BOARD_MAGIC;
}

//@ assigns \nothing;
static void cores_start(void)
{
    //@ loop assigns core;
    for (uint32_t core = 1; core < manifest.replicas; core++) {
        int64_t error = core_start(core, BOARD_IMAGE_BASE, 0);

        if (error)
            start_refused("no core for replica ", core, ": PSCI error ", (uint64_t)error);
    }
}

/* What EL1 shall not have, or shall see alike in every replica. */
//@ assigns \nothing;
static void processor_prepare(void)
{
    SYSREG_WRITE(hcr_el2, HCR_VALUE);
    SYSREG_WRITE(hstr_el2, 0);
    SYSREG_WRITE(mdcr_el2, MDCR_TRAPS | (SYSREG_READ(pmcr_el0) >> 11 & 31));
    SYSREG_WRITE(cnthctl_el2, CNTHCTL_VALUE);
    SYSREG_WRITE(cntvoff_el2, 0);
    SYSREG_WRITE(vpidr_el2, SYSREG_READ(midr_el1));
    SYSREG_WRITE(vmpidr_el2, VMPIDR_VALUE);
    SYSREG_WRITE(oslar_el1, 0);
    gic_start_core(self.number);
}

/* The same bytes in every partition, in memory: the replica starts with its caches off. */
//@ ensures all_stay;
static void replica_place(void)
{
    const struct manifest *m = &manifest;
    uint64_t base = BOARD_PARTITION_BASE + self.number * m->partition_size;
    uint64_t block = UINT64_C(4) << SYSREG_READ(dczid_el0) % 32; /* bit 4: not at all */

    if (block != CACHE_LINE)
        start_refused("zeroing by bytes ", block, ", not by cache lines of ", CACHE_LINE);
    memory_clear(base, m->partition_size);
    memory_copy(base + (m->kernel_ipa - BOARD_PARTITION_IPA), BOARD_IMAGE_BASE + m->kernel_offset,
                m->kernel_size);
    memory_copy(base + (m->user_ipa - BOARD_PARTITION_IPA), BOARD_IMAGE_BASE + m->user_offset,
                m->user_size);
    board_ballot(self.number)->replica = self.number;
    STORE(board_ballot(self.number)->deadline, ~UINT64_C(0));
    record(RECORD_START, m->replicas, base);
}

/* Core 0 waits for all, the others for core 0. */
//@ requires partitions_fit; ensures all_stay;
static void cores_meet(void)
{
    struct board_control *control = board_control();
    struct board_shared *shared = board_shared();
    uint64_t begun = counter_now();

    STORE(board_slot(self.number)->state, CORE_RUNNING);
    cpu_wake();
    //@ loop assigns core;
    for (uint32_t core = 0; self.number == 0 && core < manifest.replicas; core++) {
        //@ loop assigns \nothing;
        while (LOAD(board_slot(core)->state) != CORE_RUNNING) {
            if (counter_now() - begun > START_HARD * control->hard_ticks)
                start_refused("no sign of core ", core, " after ticks ",
                              START_HARD * control->hard_ticks);
            cpu_wait();
        }
    }
    if (self.number == 0)
        shared->start = counter_now();
    atomic_thread_fence(memory_order_seq_cst);
    cpu_wake();
    //@ loop assigns \nothing;
    while (*(volatile uint64_t *)&shared->start == 0) {
        if (counter_now() - begun > 2 * START_HARD * control->hard_ticks)
            exclude_stop(STOP_NO_MAJORITY);
        cpu_wait();
    }
}

/* What happens once, at first. The registers are those of every replica's first instruction. */
//@ requires frame == the_frame && registers == &start_registers[0];
static void start_with_all(struct frame *frame, uint64_t registers[REGISTERS_SIZE / 8])
{
    recorder_start();
    if (self.number == 0) {
        image_check();
        manifest_check();
        board_prepare();
        gic_start_distributor();
        cores_start();
    }
    replica_place();
    processor_prepare();
    paging_replica();
    //@ admit partitions_fit; // core 0 has found so, or the others would not be on
    cores_meet();
    self.io = self.number == 0 ? IO_CORE : 0;
    frame->x[0] = manifest.user_p_start;
    frame->x[1] = manifest.user_p_end;
    frame->x[2] = manifest.user_pv_offset;
    frame->x[3] = manifest.user_v_entry;
    frame->x[4] = manifest.dtb_ipa;
    frame->x[5] = manifest.dtb_size;
    frame->x[6] = manifest.partition_size;
    registers[REGISTERS_PC / 8] = manifest.kernel_entry_ipa;
    registers[REGISTERS_STATUS / 8] = SPSR_EL1H_MASKED;
    registers[REGISTERS_EL1 / 8] = SCTLR_EL1_RESET;
}

_Noreturn void shim_start(uint64_t core)
{
    static struct frame frame;
    static uint64_t registers[REGISTERS_SIZE / 8];

    self.number = (uint32_t)(core & ~CORE_JOINS);
    self.alone = manifest.replicas == 1;
    paging_start(core & CORE_JOINS);
    if (core & CORE_JOINS) {
        processor_prepare();
        paging_replica();
        join_members(registers);
    } else {
        start_with_all(&frame, registers);
    }
    frame.elr = registers[REGISTERS_PC / 8];
    frame.spsr = registers[REGISTERS_STATUS / 8];
    paging_final();
    timer_start();
    enter_replica(&frame, registers);
}
