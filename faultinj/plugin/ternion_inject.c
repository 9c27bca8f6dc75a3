/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCG plugin for QEMU 7.2: counts instructions per vCPU and per code class, and at a chosen count
 * either flips one bit of the guest's shared RAM file, or holds the vCPU until the gdb stub has
 * stopped the machine. Its page of counters is a shared file, so it survives whatever ends QEMU.
 * Reader: faultinj/plugin_page.py (same layout). Next file in the flow: faultinj/engine.py.
 *
 * Needs `-icount`: one host thread then runs all vCPUs in turn, so nothing here is contended, and
 * holding one vCPU holds them all.
 */
#include <ternion_plugin.h>

#include "fork.h"
#include "line.h"
#include "stage.h"
#include "trigger.h"
#include "watch.h"

EXPORTED int qemu_plugin_version = 1;

#define RANGES 512u
struct code_range {
    uint64_t low;
    uint64_t high; /* first address after it */
    uint32_t class;
};

static struct {
    uint64_t limit; /* instructions of all vCPUs together, 0 none */
    uint64_t turn;  /* instructions after which another vCPU's comes, 0: the emulator's rule */
    size_t marks;
    uint64_t mark[MARKS]; /* addresses of blocks */
    size_t ranges;
    struct code_range range[RANGES];
} plan;

#define LIMIT_STRIDE (UINT64_C(1) << 20)

/* What a block's callback must know. Never freed: blocks may run until the emulator ends. */
struct block_info {
    uint64_t address;
    const struct watch *watch; /* of its address */
    struct line_phase *phase;  /* that begins there */
    uint32_t length;
    uint16_t class;
    uint8_t high;  /* 1: in the upper half, where the kernel runs */
    uint8_t mark;  /* MARKS: none */
    uint8_t stage; /* STAGES: none */
};

static uint64_t sum_of_all(void)
{
    return total_sum(inject.page->total);
}

static void check_limit(void)
{
    if (sum_of_all() <= plan.limit) {
        return;
    }
    atomic_store_explicit(&inject.page->state, STATE_LIMIT, memory_order_release);
    for (;;) {
        sleep_us(100000); /* the engine ends the process group */
    }
}

/* Rare: something waits or is stuck, or a fault is in and nobody has noticed it yet. */
static void block_looks(unsigned int vcpu, const struct block_info *block)
{
    struct shared_page *page = inject.page;
    uint64_t resume_at = atomic_load_explicit(&page->resume_at, memory_order_relaxed);

    if (inject.armed[vcpu] != 0) {
        triggers_look(vcpu, block->class, block->address, block->length);
    }
    if (forks.armed[vcpu] != 0) {
        forks_look(vcpu, block->class, block->address, block->length);
    }
    if (inject.stuck != 0) {
        triggers_stick();
    }
    if (inject.has_records && page->noticed == 0 && inject.waiting == 0) {
        records_look(vcpu);
    }
    if (resume_at != 0 && sum_of_all() >= resume_at) {
        atomic_store_explicit(&page->resume_at, 0, memory_order_relaxed);
        hold_vcpu(TRIGGERS);
    }
}

/* Hot: once per executed block. */
static void block_executed(unsigned int vcpu, void *pointer)
{
    struct shared_page *page = inject.page;
    const struct block_info *block = pointer;
    uint64_t before = page->total[vcpu & (VCPUS - 1)];

    vcpu &= VCPUS - 1;
    if (watched.sights != NULL) {
        if (vcpu != turn.vcpu) {
            turn_begin(vcpu, page->total);
        }
        watch_look(vcpu, page->total, inject.waiting == 0);
        if (block->watch != NULL && inject.waiting == 0) {
            watch_see(block->watch->id, vcpu, page->total, block->address, 0);
        }
    }
    if (block->phase != NULL) {
        line_begin(block->phase);
    }
    if (block->stage != STAGES || stages.until != 0) {
        stage_look(page, block->stage);
    }
    page->total[vcpu] = before + block->length;
    page->by_class[vcpu][block->class] += block->length;
    if (block->mark != MARKS) {
        page->marks[vcpu][block->mark]++;
    }
    if (block->high && page->first_high[vcpu] == 0) {
        page->first_high[vcpu] = before + 1;
        memcpy(page->by_class_first_high[vcpu], page->by_class[vcpu], sizeof(page->by_class[0]));
    }
    if (inject.triggers != 0) {
        block_looks(vcpu, block);
    }
    if (plan.turn != 0 && before / plan.turn != page->total[vcpu] / plan.turn) {
        qemu_cpu_kick(qemu_get_cpu((int)vcpu));
    }
    if (plan.limit != 0 && (before ^ page->total[vcpu]) & ~(LIMIT_STRIDE - 1)) {
        check_limit();
    }
}

static uint8_t mark_of(uint64_t address)
{
    for (size_t i = 0; i < plan.marks; i++) {
        if (plan.mark[i] == address) {
            return (uint8_t)i;
        }
    }
    return MARKS;
}

static unsigned int class_of(uint64_t address)
{
    for (size_t i = 0; i < plan.ranges; i++) {
        if (address >= plan.range[i].low && address < plan.range[i].high) {
            return plan.range[i].class;
        }
    }
    return 0;
}

static void block_translated(uint64_t plugin, struct qemu_plugin_tb *block)
{
    struct block_info *info = malloc(sizeof(*info));

    (void)plugin;
    if (info == NULL) {
        fprintf(stderr, "ternion_inject: out of memory\n");
        abort();
    }
    info->address = qemu_plugin_tb_vaddr(block);
    info->length = (uint32_t)qemu_plugin_tb_n_insns(block);
    info->watch = watch_of_block(info->address);
    info->phase = line_phase_of_block(info->address);
    info->class = (uint16_t)class_of(info->address);
    info->high = (uint8_t)(info->address >> 63);
    info->mark = mark_of(info->address);
    info->stage = stage_of_block(info->address);
    qemu_plugin_register_vcpu_tb_exec_cb(block, block_executed, REGISTERS_UNUSED, info);
}

/* File of lines "class low high", numbers as strtoull reads them. First match wins. */
static bool read_ranges(const char *path)
{
    char line[128];
    FILE *file = fopen(path, "re");
    bool good = file != NULL;

    while (good && fgets(line, sizeof(line), file) != NULL) {
        char *at = line;
        struct code_range *range = &plan.range[plan.ranges];

        if (plan.ranges == RANGES) {
            good = false;
            break;
        }
        range->class = (uint32_t)strtoul(at, &at, 0);
        range->low = strtoull(at, &at, 0);
        range->high = strtoull(at, &at, 0);
        good = range->class < CLASSES && range->low < range->high;
        plan.ranges++;
    }
    if (file != NULL) {
        fclose(file);
    }
    return good;
}

/* Addresses between colons. */
static bool read_marks(const char *text)
{
    char *end;

    do {
        if (plan.marks == MARKS) {
            return false;
        }
        plan.mark[plan.marks++] = strtoull(text, &end, 0);
        if (end == text) {
            return false;
        }
        text = end + 1;
    } while (*end == ':');
    return *end == '\0';
}

static bool read_option(const char *option)
{
    const char *value;
    size_t size = 0;

    if ((value = value_of(option, "page")) != NULL) {
        inject.page = map_file(value, &size);
        return inject.page != NULL && size >= sizeof(*inject.page);
    }
    if ((value = value_of(option, "ram")) != NULL) {
        inject.ram = map_file(value, &inject.ram_size);
        return inject.ram != NULL;
    }
    if ((value = value_of(option, "ranges")) != NULL) {
        return read_ranges(value);
    }
    if ((value = value_of(option, "hold")) != NULL) {
        return trigger_add(value, ACTION_HOLD);
    }
    if ((value = value_of(option, "flip")) != NULL) {
        return trigger_add(value, ACTION_FLIP);
    }
    if ((value = value_of(option, "forks")) != NULL) {
        return forks_read(value);
    }
    if ((value = value_of(option, "marks")) != NULL) {
        return read_marks(value);
    }
    if ((value = value_of(option, "stages")) != NULL) {
        return stages_read(value);
    }
    if ((value = value_of(option, "events")) != NULL) {
        inject.has_events = true;
        return read_numbers(value, inject.events, VCPUS);
    }
    if ((value = value_of(option, "records")) != NULL) {
        inject.has_records = true;
        return read_numbers(value, inject.records, VCPUS);
    }
    if ((value = value_of(option, "watch")) != NULL) {
        return watch_read(value);
    }
    if ((value = value_of(option, "sights")) != NULL) {
        watched.sights = map_file(value, &size);
        return watched.sights != NULL && size >= sizeof(*watched.sights);
    }
    if ((value = value_of(option, "strikes")) != NULL) {
        return strikes_read(value);
    }
    if ((value = value_of(option, "line")) != NULL) {
        return line_read(value);
    }
    if ((value = value_of(option, "turn")) != NULL) {
        plan.turn = strtoull(value, NULL, 0);
        return plan.turn != 0 && qemu_get_cpu && qemu_cpu_kick;
    }
    if ((value = value_of(option, "limit")) != NULL) {
        plan.limit = strtoull(value, NULL, 0);
        return true;
    }
    return false;
}

EXPORTED int qemu_plugin_install(uint64_t plugin, const struct emulator_info *info, int count,
                                 char **option)
{
    for (int i = 0; i < count; i++) {
        if (!read_option(option[i])) {
            fprintf(stderr, "ternion_inject: bad option %s\n", option[i]);
            return 1;
        }
    }
    if (inject.page == NULL || !info->whole_system || info->vcpus > (int)VCPUS) {
        fprintf(stderr, "ternion_inject: needs page=FILE and at most %u vCPUs\n", VCPUS);
        return 1;
    }
    if (!triggers_fit() || !forks_fit()) {
        return 1;
    }
    if (!watch_fits(inject.ram, inject.ram_size)) {
        fprintf(stderr, "ternion_inject: watches need sights=FILE, and ram=FILE that holds them\n");
        return 1;
    }
    if (serial.phases != 0 && watched.sights == NULL) {
        fprintf(stderr, "ternion_inject: a line needs sights=FILE\n");
        return 1;
    }
    serial.total = inject.page->total;
    inject.page->magic = PAGE_MAGIC;
    inject.page->version = PAGE_VERSION;
    inject.page->vcpus = (uint32_t)info->vcpus;
    atomic_store_explicit(&inject.page->state, STATE_LOADED, memory_order_release);
    qemu_plugin_register_vcpu_tb_trans_cb(plugin, block_translated);
    return 0;
}
