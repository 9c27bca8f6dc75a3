/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start. Core 0 checks the image, sets up the board and starts the others; every core places its
 * replica and lets it go when all are ready. Previous file in the flow: arch/aarch64/start.S.
 */
#include "core.h"

#define HCR_VALUE                                                                                  \
    (UINT64_C(1) << 31 | /* RW: EL1 is AArch64                               */                    \
     1 << 21 |           /* TACR, TIDCP, TSC: what is this core's own traps  */                    \
     1 << 20 | 1 << 19 | /* ... and firmware calls are voted                 */                    \
     1 << 5 | 1 << 4 |   /* AMO, IMO, FMO: all interrupts arrive at EL2      */                    \
     1 << 3 | 1 << 1 |   /* SWIO                                             */                    \
     HCR_VM)
#define ICH_HCR_TRAPS (0x1f << 10)       /* TC, TALL0, TALL1, TSEI, TDIR: no GIC for EL1 */
#define MDCR_TRAPS (0x7 << 9 | 0x3 << 5) /* TDRA, TDOSA, TDA, TPM, TPMCR: no debug, no PMU */
#define CNTHCTL_VALUE (1 << 2 | 8 << 4)  /* no CNTP for EL1; event stream: every wfe ends */
#define VMPIDR_VALUE (UINT64_C(1) << 31) /* every replica is core 0 */
#define SPSR_EL1H_MASKED UINT64_C(0x3c5)
#define HARD_BARRIERS 20u /* hard bound: this many barrier times, ... */
#define START_HARD 8u     /* hard bounds to clear memory: seconds on a busy emulator host */
#define HARD_SECONDS 2u   /* ... at least so long */

struct core self;

static _Noreturn void start_refused(const char *text, uint64_t a, const char *more, uint64_t b)
{
    uart_print("ternion: ");
    uart_print(text);
    uart_print_number(a);
    uart_print(more);
    uart_print_number(b);
    uart_print("\r\n");
    psci_off(false);
}

_Static_assert((MANIFEST_OFFSET + offsetof(struct manifest, digest_crc32)) % 8 == 0 &&
                   offsetof(struct manifest, digest_crc32c) ==
                       offsetof(struct manifest, digest_crc32) + 4,
               "both digest words are one word of image_check()");

/* Whole words: the builder pads the image to pages. */
static void image_check(void)
{
    const uint64_t digest_word = MANIFEST_OFFSET + offsetof(struct manifest, digest_crc32);
    const char *image = (const char *)(uintptr_t)BOARD_IMAGE_BASE;
    uint64_t size = manifest.image_size < BOARD_IMAGE_SIZE ? manifest.image_size : BOARD_IMAGE_SIZE;
    uint64_t i = 0;
    uint32_t crc32 = ~0u;
    uint32_t crc32c = ~0u;

    for (; i + 8 <= size; i += 8) {
        uint64_t word = i == digest_word ? 0 : *(const uint64_t *)(const void *)(image + i);

        crc32 = crc32_word(crc32, word);
        crc32c = crc32c_word(crc32c, word);
    }
    if (manifest.magic == MANIFEST_MAGIC && ~crc32 == manifest.digest_crc32 &&
        ~crc32c == manifest.digest_crc32c)
        return;
    record(RECORD_DIGEST_BAD, (uint64_t)manifest.digest_crc32 << 32 | manifest.digest_crc32c,
           (uint64_t)~crc32 << 32 | ~crc32c);
    record(RECORD_STOP, STOP_DIGEST, 0);
    start_refused("image digest mismatch: expected ", manifest.digest_crc32, ", found ", ~crc32);
}

static bool range_outside(uint64_t base, uint64_t size, uint64_t of, uint64_t of_size)
{
    return base < of || size > of_size || base - of > of_size - size;
}

static void manifest_check(void)
{
    const struct manifest *m = &manifest;

    if (m->version != MANIFEST_VERSION)
        start_refused("manifest version ", m->version, ", this shim knows ", MANIFEST_VERSION);
    if (m->replicas < 1 || m->replicas > BOARD_CORES || m->replicas > REPLICAS_MAX)
        start_refused("replicas ", m->replicas, ", cores ", BOARD_CORES);
    if (m->partition_size % 0x200000 ||
        range_outside(0, m->partition_size * m->replicas, 0, BOARD_PARTITION_TOTAL))
        start_refused("partition size ", m->partition_size, ", room for all ",
                      BOARD_PARTITION_TOTAL);
    if (range_outside(m->kernel_offset, m->kernel_size, 0, m->image_size) ||
        range_outside(m->kernel_ipa, m->kernel_size, BOARD_PARTITION_IPA, m->partition_size))
        start_refused("kernel does not fit: at ", m->kernel_ipa, ", bytes ", m->kernel_size);
    if (range_outside(m->user_offset, m->user_size, 0, m->image_size) ||
        range_outside(m->user_ipa, m->user_size, BOARD_PARTITION_IPA, m->partition_size))
        start_refused("user image does not fit: at ", m->user_ipa, ", bytes ", m->user_size);
    if (m->device_count > MANIFEST_DEVICES || m->window >= BALLOT_RING / 2)
        start_refused("devices ", m->device_count, ", or window ", m->window);
}

static void board_prepare(void)
{
    struct board_control *control = board_control();
    uint64_t frequency = SYSREG_READ(cntfrq_el0);
    uint64_t hard = HARD_SECONDS * frequency;

    for (uint64_t *word = board_page(BOARD_IPA);
         word < (uint64_t *)board_page(BOARD_IPA + BOARD_IPA_SIZE); word++)
        *word = 0;
    control->version = BOARD_VERSION;
    control->replicas = manifest.replicas;
    control->vote_level = manifest.vote_level;
    control->window = manifest.window;
    control->simplex_ok = manifest.simplex_ok;
    control->barrier_ticks = manifest.barrier_timeout_us * frequency / 1000000;
    control->hard_ticks = HARD_BARRIERS * control->barrier_ticks;
    if (control->hard_ticks < hard)
        control->hard_ticks = hard;
    STORE(control->active, BIT(manifest.replicas) - 1);
    STORE(board_shared()->timer_fired, ~UINT64_C(0));
    control->magic = BOARD_MAGIC;
}

static void copy(uint64_t to, uint64_t from, uint64_t size)
{
    uint64_t i = 0;

    for (; i + 8 <= size; i += 8)
        *(uint64_t *)(uintptr_t)(to + i) = *(const uint64_t *)(uintptr_t)(from + i);
    for (; i < size; i++)
        *(uint8_t *)(uintptr_t)(to + i) = *(const uint8_t *)(uintptr_t)(from + i);
    cache_clean(to & ~(uint64_t)(CACHE_LINE - 1), size + CACHE_LINE);
}

static void cores_start(void)
{
    uint64_t size = (uint64_t)(shim_load_end - image_header);
    uint64_t entry = (uint64_t)((uintptr_t)secondary_entry - (uintptr_t)image_header);

    for (uint64_t core = 1; core < manifest.replicas; core++) {
        uint64_t base = BOARD_SHIM_BASE + core * BOARD_SHIM_SIZE;
        int64_t error;

        copy(base, BOARD_IMAGE_BASE, size);
        error = psci_core_on(BOARD_CORE_MPIDR(core), base + entry, core);
        if (error)
            start_refused("no core for replica ", core, ": PSCI error ", (uint64_t)error);
    }
}

/* What EL1 shall not have, or shall see alike in every replica. */
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
    SYSREG_WRITE(ich_hcr_el2, ICH_HCR_TRAPS);
    cpu_barrier();
}

/* The same bytes in every partition, in memory: the replica starts with its caches off. */
static void replica_place(void)
{
    const struct manifest *m = &manifest;
    uint64_t base = BOARD_PARTITION_BASE + self.number * m->partition_size;
    uint64_t block = UINT64_C(4) << (SYSREG_READ(dczid_el0) & 15);

    for (uint64_t line = base; line < base + m->partition_size; line += block)
        cache_zero_block(line);
    cache_clean(base, m->partition_size);
    copy(base + (m->kernel_ipa - BOARD_PARTITION_IPA), BOARD_IMAGE_BASE + m->kernel_offset,
         m->kernel_size);
    copy(base + (m->user_ipa - BOARD_PARTITION_IPA), BOARD_IMAGE_BASE + m->user_offset,
         m->user_size);
    board_ballot(self.number)->replica = self.number;
    STORE(board_ballot(self.number)->deadline, ~UINT64_C(0));
    record(RECORD_START, m->replicas, base);
}

/* Core 0 waits for all, the others for core 0. */
static void cores_meet(void)
{
    struct board_control *control = board_control();
    struct board_shared *shared = board_shared();
    uint64_t begun = counter_now();

    STORE(board_slot(self.number)->state, CORE_RUNNING);
    cpu_wake();
    for (uint32_t core = 0; self.number == 0 && core < control->replicas; core++) {
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
    while (*(volatile uint64_t *)&shared->start == 0) {
        if (counter_now() - begun > 2 * START_HARD * control->hard_ticks)
            exclude_stop(STOP_NO_MAJORITY);
        cpu_wait();
    }
}

_Noreturn void shim_start(uint64_t core)
{
    static struct frame frame;

    self.number = (uint32_t)core;
    paging_start();
    recorder_start();
    if (core == 0) {
        image_check();
        manifest_check();
        board_prepare();
        gic_start_distributor();
        cores_start();
    }
    replica_place();
    processor_prepare();
    paging_replica();
    cores_meet();
    self.io = core == 0;
    paging_final();
    timer_start();
    frame.x[0] = manifest.user_p_start;
    frame.x[1] = manifest.user_p_end;
    frame.x[2] = manifest.user_pv_offset;
    frame.x[3] = manifest.user_v_entry;
    frame.x[4] = manifest.dtb_ipa;
    frame.x[5] = manifest.dtb_size;
    frame.x[6] = manifest.partition_size;
    frame.elr = manifest.kernel_entry_ipa;
    frame.spsr = SPSR_EL1H_MASKED;
    enter_replica(&frame);
}
