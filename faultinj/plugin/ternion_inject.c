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
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include <ternion_plugin.h>

#include "watch.h"

/* Not of the plugin interface, but exported for the emulator's own modules: see hold_vcpu(). */
extern bool runstate_is_running(void) __attribute__((weak));
extern void qemu_mutex_lock_iothread_impl(const char *file, int line) __attribute__((weak));
extern void qemu_mutex_unlock_iothread(void) __attribute__((weak));

EXPORTED int qemu_plugin_version = 1;

/* The shared page. Writer: this plugin. Reader: faultinj, at any time. */
#define PAGE_MAGIC UINT64_C(0x314a4e49524554) /* "TERINJ1" */
#define PAGE_VERSION 1u
#define CLASSES 8u /* class 0 is "no range matched" */
#define CLASS_ANY CLASSES
enum page_state {
    STATE_LOADED = 1,
    STATE_HOLDING,  /* trigger reached, waiting for the stub to stop the machine */
    STATE_RELEASED, /* the machine was stopped; it goes on when the stub says so */
    STATE_FLIPPED,  /* trigger reached, bit flipped in the RAM file, machine never stopped */
    STATE_LIMIT,    /* instruction limit reached; the vCPU is held for ever */
    STATE_FAILED,   /* nobody stopped the machine while it was held */
};
struct shared_page {
    uint64_t magic;
    uint32_t version;
    uint32_t vcpus;
    _Atomic uint32_t state; /* release, after everything below */
    uint32_t trigger_vcpu;
    uint64_t trigger_address;                     /* virtual address of the block that triggered */
    uint64_t trigger_length;                      /* its instructions */
    uint64_t trigger_total[VCPUS];                /* all counts before that block */
    uint64_t flip_before;                         /* byte of the RAM file */
    uint64_t flip_after;                          /* the same, read back */
    uint64_t first_high[VCPUS];                   /* total at the first block in the high half */
    uint64_t total[VCPUS];                        /* instructions executed per vCPU */
    uint64_t by_class[VCPUS][CLASSES];            /* the same, per class of code */
    uint64_t by_class_first_high[VCPUS][CLASSES]; /* at the moment of first_high */
};
_Static_assert(sizeof(struct shared_page) <= 4096, "one page");

#define RANGES 512u
struct code_range {
    uint64_t low;
    uint64_t high; /* first address after it */
    uint32_t class;
};

enum action { ACTION_NONE, ACTION_HOLD, ACTION_FLIP };
static struct {
    struct shared_page *page;
    uint8_t *ram;
    size_t ram_size;
    enum action action;
    uint32_t vcpu;
    uint32_t class;
    uint64_t count; /* trigger: the block that contains this instruction, from 0 */
    uint64_t flip_offset;
    uint32_t flip_bit;
    uint64_t limit; /* instructions of all vCPUs together, 0 none */
    int notify;
    size_t ranges;
    struct code_range range[RANGES];
} inject;

#define LIMIT_STRIDE (UINT64_C(1) << 20)
#define HOLD_SECONDS 30

static void sleep_us(long us)
{
    struct timespec pause = { .tv_sec = 0, .tv_nsec = us * 1000 };

    nanosleep(&pause, NULL);
}

/*
 * Waits until the main thread has stopped the machine. It takes the big lock before it does so, and
 * gives it up only after every vCPU was told to stop: so whoever holds that lock and finds the
 * machine not running knows that this vCPU ends with the present block. No timing is involved.
 */
static void hold_vcpu(void)
{
    struct timespec start;
    struct timespec now;

    atomic_store_explicit(&inject.page->state, STATE_HOLDING, memory_order_release);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        qemu_mutex_lock_iothread_impl(__FILE__, __LINE__);
        bool running = runstate_is_running();
        qemu_mutex_unlock_iothread();
        if (!running) {
            atomic_store_explicit(&inject.page->state, STATE_RELEASED, memory_order_release);
            return;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - start.tv_sec > HOLD_SECONDS) {
            atomic_store_explicit(&inject.page->state, STATE_FAILED, memory_order_release);
            return;
        }
        sleep_us(50);
    }
}

static void flip_ram(void)
{
    volatile uint8_t *byte = &inject.ram[inject.flip_offset]; /* shared with the guest */

    inject.page->flip_before = *byte;
    *byte = (uint8_t)(*byte ^ (1u << inject.flip_bit));
    inject.page->flip_after = *byte;
    atomic_store_explicit(&inject.page->state, STATE_FLIPPED, memory_order_release);
}

/* What a block's callback must know. Never freed: blocks may run until the emulator ends. */
struct block_info {
    uint64_t address;
    const struct watch *watch; /* of its address */
    uint32_t length;
    uint16_t class;
    uint16_t high; /* 1: in the upper half, where the kernel runs */
};

static void trigger(const struct block_info *block)
{
    struct shared_page *page = inject.page;
    enum action action = inject.action;

    inject.action = ACTION_NONE;
    page->trigger_vcpu = inject.vcpu;
    page->trigger_address = block->address;
    page->trigger_length = block->length;
    memcpy(page->trigger_total, page->total, sizeof(page->total));
    page->trigger_total[inject.vcpu] -= block->length;
    if (action == ACTION_FLIP) {
        flip_ram();
    } else {
        hold_vcpu();
    }
}

static void check_limit(void)
{
    uint64_t sum = 0;

    for (unsigned int vcpu = 0; vcpu < VCPUS; vcpu++) {
        sum += inject.page->total[vcpu];
    }
    if (sum <= inject.limit) {
        return;
    }
    atomic_store_explicit(&inject.page->state, STATE_LIMIT, memory_order_release);
    for (;;) {
        sleep_us(100000); /* the engine ends the process group */
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
        watch_look(vcpu, page->total, inject.action == ACTION_NONE);
        if (block->watch != NULL && inject.action == ACTION_NONE) {
            watch_see(block->watch->id, vcpu, page->total, block->address, 0);
        }
    }
    page->total[vcpu] = before + block->length;
    page->by_class[vcpu][block->class] += block->length;
    if (block->high && page->first_high[vcpu] == 0) {
        page->first_high[vcpu] = before + 1;
        memcpy(page->by_class_first_high[vcpu], page->by_class[vcpu], sizeof(page->by_class[0]));
    }
    if (inject.action != ACTION_NONE && vcpu == inject.vcpu) {
        uint64_t count = inject.class == CLASS_ANY      ? page->total[vcpu]
                         : inject.class == block->class ? page->by_class[vcpu][block->class]
                                                        : 0;
        if (count > inject.count) {
            trigger(block);
        }
    }
    if (inject.limit != 0 && (before ^ page->total[vcpu]) & ~(LIMIT_STRIDE - 1)) {
        check_limit();
    }
}

static unsigned int class_of(uint64_t address)
{
    for (size_t i = 0; i < inject.ranges; i++) {
        if (address >= inject.range[i].low && address < inject.range[i].high) {
            return inject.range[i].class;
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
    info->class = (uint16_t)class_of(info->address);
    info->high = (uint16_t)(info->address >> 63);
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
        struct code_range *range = &inject.range[inject.ranges];

        if (inject.ranges == RANGES) {
            good = false;
            break;
        }
        range->class = (uint32_t)strtoul(at, &at, 0);
        range->low = strtoull(at, &at, 0);
        range->high = strtoull(at, &at, 0);
        good = range->class < CLASSES && range->low < range->high;
        inject.ranges++;
    }
    if (file != NULL) {
        fclose(file);
    }
    return good;
}

/* "vcpu:class:count" and, for a flip, ":offset:bit". */
static bool read_trigger(const char *text, enum action action)
{
    uint64_t number[5] = { 0 };
    unsigned int wanted = action == ACTION_FLIP ? 5 : 3;

    for (unsigned int i = 0; i < wanted; i++) {
        char *end;

        number[i] = strtoull(text, &end, 0);
        if (end == text || *end != (i + 1 < wanted ? ':' : '\0')) {
            return false;
        }
        text = end + 1;
    }
    inject.action = action;
    inject.vcpu = (uint32_t)number[0];
    inject.class = (uint32_t)number[1];
    inject.count = number[2];
    inject.flip_offset = number[3];
    inject.flip_bit = (uint32_t)number[4];
    return inject.vcpu < VCPUS && inject.class <= CLASS_ANY && inject.flip_bit < 8;
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
        return read_trigger(value, ACTION_HOLD);
    }
    if ((value = value_of(option, "flip")) != NULL) {
        return read_trigger(value, ACTION_FLIP);
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
    if ((value = value_of(option, "limit")) != NULL) {
        inject.limit = strtoull(value, NULL, 0);
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
    if (inject.action == ACTION_FLIP && inject.flip_offset >= inject.ram_size) {
        fprintf(stderr, "ternion_inject: flip needs ram=FILE that contains the offset\n");
        return 1;
    }
    if (!watch_fits(inject.ram, inject.ram_size)) {
        fprintf(stderr, "ternion_inject: watches need sights=FILE, and ram=FILE that holds them\n");
        return 1;
    }
    if (inject.action == ACTION_HOLD &&
        (!runstate_is_running || !qemu_mutex_lock_iothread_impl || !qemu_mutex_unlock_iothread)) {
        fprintf(stderr, "ternion_inject: this emulator does not export its run state\n");
        return 1;
    }
    inject.page->magic = PAGE_MAGIC;
    inject.page->version = PAGE_VERSION;
    inject.page->vcpus = (uint32_t)info->vcpus;
    atomic_store_explicit(&inject.page->state, STATE_LOADED, memory_order_release);
    qemu_plugin_register_vcpu_tb_trans_cb(plugin, block_translated);
    return 0;
}
