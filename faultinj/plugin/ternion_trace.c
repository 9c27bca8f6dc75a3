/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCG plugin for QEMU 7.2: for each byte of RAM that it is asked about, during how many
 * instructions of a core a flip would be read next, as data or as an instruction, and during how
 * many it would be overwritten next; and for single flips, which of both comes first. It only
 * looks. Reader: faultinj/trace.py (same layout), which says which accesses cannot be seen.
 *
 * A trigger (trigger.h) fires before the block that takes its core's count beyond the trigger's.
 * So with `count` the core's count at an access, by whatever core, flips at triggers below it come
 * before the access and all others behind it.
 *
 * Needs `-icount`: one host thread then runs all vCPUs in turn, so nothing here is contended.
 */
#include <stdlib.h>

#include <ternion_plugin.h>

EXPORTED int qemu_plugin_version = 1;

#define VCPUS 8u
#define PAGE 4096u
#define TRACE_MAGIC UINT64_C(0x31434152544e5254) /* "TRNTRAC1" */
#define NO_CELL UINT32_MAX
#define INSTRUCTION 4u

enum fate { FATE_UNTOUCHED, FATE_READ, FATE_OVERWRITTEN };

struct trace_head {
    uint64_t magic; /* this and what follows, up to ram_base, is written by Python */
    uint64_t cells;
    uint64_t flips;
    uint64_t ram_base;   /* physical address */
    uint64_t ram_size;   /* this too is written by Python */
    uint64_t accesses;   /* loads and stores of RAM so far */
    uint64_t unplaced;   /* ... and fetches whose physical address is not known */
    uint64_t first_seen; /* virtual and physical address of the first one, before any MMU is on */
    uint64_t first_placed;
    uint64_t total[VCPUS]; /* instructions executed per vCPU */
};

/* Consecutive bytes of RAM in one page. */
struct run {
    uint64_t offset;
    uint64_t size;
};

/* What a block's callback must know. Never freed: blocks may run until the emulator ends. */
struct block_info {
    uint64_t length;
    struct run run[2]; /* its instructions, in at most two pages */
};

/* A byte of RAM as a core's count sees it. */
struct cell {
    uint64_t offset;      /* Python: in RAM */
    uint64_t last;        /* the core's count at the last access; Python: where its window begins */
    uint64_t read;        /* instructions before reads */
    uint64_t overwritten; /* ... before writes */
    uint32_t core;        /* Python */
    uint32_t other;       /* the same byte as another core's count sees it, NO_CELL: none */
    uint32_t flip;        /* Python: the next one that is asked about */
    uint32_t flips;       /* Python: so many are left, in the order of time */
};

struct flip {
    uint64_t time; /* Python: the trigger's count */
    uint64_t fate; /* enum fate */
};

static struct {
    struct trace_head *head;
    struct cell *cell;
    struct flip *flip;
    uintptr_t ram; /* the emulator's address of the RAM, 0: not known yet */
    size_t pages;
    uint32_t **first; /* page of RAM -> byte -> its first cell; NULL: nobody asks */
} trace;

static void cell_touch(struct cell *cell, bool store)
{
    uint64_t count = trace.head->total[cell->core];

    if (count <= cell->last) {
        return; /* no flip comes between two accesses at the same count */
    }
    if (store) {
        cell->overwritten += count - cell->last;
    } else {
        cell->read += count - cell->last;
    }
    cell->last = count;
    while (cell->flips != 0 && trace.flip[cell->flip].time < count) {
        trace.flip[cell->flip].fate = store ? FATE_OVERWRITTEN : FATE_READ;
        cell->flip++;
        cell->flips--;
    }
}

static void run_touch(uint64_t offset, uint64_t size, bool store)
{
    const uint32_t *first;

    if (offset / PAGE >= trace.pages || (first = trace.first[offset / PAGE]) == NULL) {
        return;
    }
    for (uint64_t i = 0; i < size; i++) {
        for (uint32_t at = first[offset % PAGE + i]; at != NO_CELL; at = trace.cell[at].other) {
            cell_touch(&trace.cell[at], store);
        }
    }
}

/* Of one page. */
static void bytes_touch(uint32_t what, uint64_t address, uint64_t size, bool store)
{
    struct trace_head *head = trace.head;
    struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(what, address);
    uint64_t offset;

    if (place == NULL) {
        head->unplaced++;
        return;
    }
    if (qemu_plugin_hwaddr_is_io(place)) {
        return;
    }
    offset = qemu_plugin_hwaddr_phys_addr(place) - head->ram_base;
    if (head->accesses++ == 0) {
        head->first_seen = address;
        head->first_placed = offset + head->ram_base;
    }
    run_touch(offset, size, store);
}

/* Hot: once per load and store, behind it. */
static void memory_accessed(unsigned int vcpu, uint32_t what, uint64_t address, void *unused)
{
    uint64_t size = UINT64_C(1) << qemu_plugin_mem_size_shift(what);
    uint64_t room = PAGE - address % PAGE;
    bool store = qemu_plugin_mem_is_store(what);

    (void)vcpu;
    (void)unused;
    bytes_touch(what, address, size < room ? size : room, store);
    if (size > room) {
        bytes_touch(what, address + room, size - room, store);
    }
}

/* All of its instructions count as fetched, as a block counts in full. */
static void block_executed(unsigned int vcpu, void *pointer)
{
    const struct block_info *block = pointer;

    trace.head->total[vcpu & (VCPUS - 1)] += block->length;
    run_touch(block->run[0].offset, block->run[0].size, false);
    run_touch(block->run[1].offset, block->run[1].size, false);
}

/*
 * Where an instruction lies. The machine begins in RAM with its MMU off, so the first one tells
 * where the emulator has the RAM.
 */
static bool instruction_place(const struct qemu_plugin_insn *insn, uint64_t *offset)
{
    uintptr_t host = (uintptr_t)qemu_plugin_insn_haddr(insn);
    uint64_t first = qemu_plugin_insn_vaddr(insn) - trace.head->ram_base;

    if (trace.ram == 0 && host != 0 && first < trace.head->ram_size) {
        trace.ram = host - first;
    }
    *offset = host - trace.ram;
    return trace.ram != 0 && *offset < trace.head->ram_size;
}

static void instruction_add(struct block_info *block, const struct qemu_plugin_insn *insn)
{
    uint64_t offset;
    struct run *run = &block->run[0];

    if (!instruction_place(insn, &offset)) {
        trace.head->unplaced++;
        return;
    }
    if (run->size != 0 && offset / PAGE != run->offset / PAGE) {
        run = &block->run[1];
    }
    run->offset = run->size != 0 ? run->offset : offset;
    run->size += INSTRUCTION;
}

static void block_translated(uint64_t plugin, struct qemu_plugin_tb *block)
{
    struct block_info *info = calloc(1, sizeof(*info));

    (void)plugin;
    if (info == NULL) {
        fprintf(stderr, "ternion_trace: out of memory\n");
        abort();
    }
    info->length = qemu_plugin_tb_n_insns(block);
    qemu_plugin_register_vcpu_tb_exec_cb(block, block_executed, REGISTERS_UNUSED, info);
    for (size_t i = 0; i < info->length; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);

        instruction_add(info, insn);
        qemu_plugin_register_vcpu_mem_cb(insn, memory_accessed, REGISTERS_UNUSED, LOADS_AND_STORES,
                                         NULL);
    }
}

static uint32_t *page_new(void)
{
    uint32_t *first = malloc(PAGE * sizeof(*first));

    for (size_t i = 0; first != NULL && i < PAGE; i++) {
        first[i] = NO_CELL;
    }
    return first;
}

/* Finds each byte's cells by its page. */
static bool cells_sort(void)
{
    for (uint32_t i = 0; i < trace.head->cells; i++) {
        struct cell *cell = &trace.cell[i];
        size_t page = cell->offset / PAGE;

        if (page >= trace.pages || cell->core >= VCPUS) {
            return false;
        }
        if (trace.first[page] == NULL && (trace.first[page] = page_new()) == NULL) {
            return false;
        }
        cell->other = trace.first[page][cell->offset % PAGE];
        trace.first[page][cell->offset % PAGE] = i;
    }
    return true;
}

static bool trace_read(const char *path)
{
    size_t size = 0;
    uint64_t highest = 0;

    trace.head = map_file(path, &size);
    if (trace.head == NULL || size < sizeof(*trace.head) || trace.head->magic != TRACE_MAGIC ||
        trace.head->cells >= NO_CELL || trace.head->flips >= NO_CELL ||
        size < sizeof(*trace.head) + trace.head->cells * sizeof(struct cell) +
                   trace.head->flips * sizeof(struct flip)) {
        return false;
    }
    trace.cell = (struct cell *)(trace.head + 1);
    trace.flip = (struct flip *)(trace.cell + trace.head->cells);
    for (size_t i = 0; i < trace.head->cells; i++) {
        highest = trace.cell[i].offset > highest ? trace.cell[i].offset : highest;
    }
    trace.pages = highest / PAGE + 1;
    trace.first = calloc(trace.pages, sizeof(*trace.first));
    return trace.first != NULL && cells_sort();
}

EXPORTED int qemu_plugin_install(uint64_t plugin, const struct emulator_info *info, int count,
                                 char **option)
{
    const char *path = count == 1 ? value_of(option[0], "trace") : NULL;

    if (path == NULL || !trace_read(path) || !info->whole_system || info->vcpus > (int)VCPUS) {
        fprintf(stderr, "ternion_trace: needs trace=FILE and at most %u vCPUs\n", VCPUS);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(plugin, block_translated);
    return 0;
}
