/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCG plugin for QEMU 7.2: counts executed instructions exactly, one callback each, per vCPU and
 * per class of code. When a vCPU executes a marker of the user program, all its counters are
 * recorded; the longest stretch between leaving user mode and coming back is kept with the
 * addresses that it executed. Reader: tools/bench/page.py (same layout).
 *
 * A block that an exception ends early counts what it executed and no more. Needs `-icount`: one
 * host thread then runs all vCPUs in turn, so nothing here is contended.
 */
#include <stdlib.h>

#include <ternion_plugin.h>

EXPORTED int qemu_plugin_version = 1;

/* The shared page. Writer: this plugin. Reader: tools/bench, after the flight. */
#define PAGE_MAGIC UINT64_C(0x31544e4f434e5254) /* "TRNCONT1" */
#define PAGE_VERSION 2u
#define VCPUS 8u
#define RECORDS 65536u
#define TRACE 65536u
#define PLACES 16384u
#define BUCKETS 32u
enum class {
    CLASS_OTHER, /* firmware before the image */
    CLASS_USER,
    CLASS_IDLE,
    CLASS_KERNEL,
    CLASS_KERNEL_WAIT,
    CLASS_RCOE,
    CLASS_SHIM,
    CLASS_SHIM_WAIT,
    CLASS_SHIM_VOTE,
    CLASSES,
};
struct counts {
    uint64_t of[CLASSES];
};
struct record {
    uint32_t marker;
    uint32_t vcpu;
    struct counts now;   /* before the marker's instruction */
    struct counts entry; /* before the first instruction after user or idle was last left */
};
struct stretch {
    struct counts counts;
    uint64_t from; /* the last instruction at EL0 or idle before it */
    uint64_t to;   /* the first one after it */
};
struct place {
    uint64_t address;
    uint64_t hits;
};
struct shared_page {
    uint64_t magic;
    uint32_t version;
    uint32_t vcpus;
    uint64_t records;                  /* written, or wanted when above RECORDS */
    uint64_t trace_length;             /* wanted: above TRACE when it did not fit */
    uint64_t odd_waits;                /* waits that did not end where they should */
    uint64_t total[VCPUS];             /* every callback, whatever its class */
    uint64_t entries[VCPUS];           /* times that user or idle was left for EL1 */
    struct counts counts[VCPUS];       /* by class */
    struct counts first_user[VCPUS];   /* before the first user instruction */
    uint64_t lengths[VCPUS][BUCKETS];  /* stretches by log2 of their EL1 instructions */
    struct stretch longest[VCPUS];     /* most EL1 instructions */
    struct stretch longest_all[VCPUS]; /* most of EL1 and EL2 together */
    uint64_t places[VCPUS];            /* entries of place[]: what the first kind executed */
    struct place place[VCPUS][PLACES];
    uint64_t trace[TRACE];
    struct record record[RECORDS];
};

/* What a callback must know. Never freed: blocks may run until the emulator ends. */
struct site {
    struct site *next; /* of all EL1 sites */
    uint64_t address;
    uint64_t stretch; /* number of the stretch that `hits` belongs to */
    uint32_t hits;
    uint16_t flags;
    uint8_t class;
    uint8_t vcpu;    /* of `hits` */
    uint32_t marker; /* index + 1 */
};
enum site_flags {
    KERNEL_WAIT_BEGIN = 1,
    KERNEL_WAIT_END = 2,
    SHIM_WAIT_BEGIN = 4,
    SHIM_WAIT_END = 8,
    MMU_OFF =
        16, /* low half, but the kernel's own memory: the kernel until it is in the high half */
    KERNEL_WAIT_LOOK = 32,
    SHIM_WAIT_LOOK = 64,
};
enum level { LEVEL_KERNEL, LEVEL_SHIM, LEVELS };

#define TRACE_ENTRY UINT32_MAX /* a trace begins whenever user or idle is left */

#define RULES 8192u
enum rule_kind { RULE_VIRTUAL, RULE_PHYSICAL, RULE_MMU_OFF, RULE_FLAG, RULE_MARKER };
struct rule {
    enum rule_kind kind;
    uint64_t low;
    uint64_t high; /* first address after it */
    uint64_t value;
};

static struct {
    struct shared_page *page;
    uint64_t ram_base; /* physical */
    const char *ram;   /* host address of it, known with the first instruction */
    size_t rules;
    struct rule rule[RULES];
    struct site *sites;
    uint32_t trace_begin; /* marker + 1, 0: none, or TRACE_ENTRY */
    uint32_t trace_end;
    uint64_t trace_skip;
    bool tracing;
} count;

static struct vcpu {
    struct counts entry; /* see struct record */
    uint64_t last;       /* address of the last user or idle instruction */
    uint64_t stretch;    /* number of the present one */
    bool outside;        /* in user or idle */
    bool flown;          /* has run user code: stretches count */
    bool high;           /* has run in the high half: the MMU is on */
    struct wait {
        bool waits; /* in a turn of a wait for another replica */
        /*
         * Between turns it looks whether the wait is over. What that look executed is voting if it
         * is, and waiting if another turn begins.
         */
        bool looks;
        struct counts look;
    } wait[LEVELS];
} vcpus[VCPUS];

static uint64_t el1(const struct counts *c)
{
    return c->of[CLASS_KERNEL] + c->of[CLASS_KERNEL_WAIT] + c->of[CLASS_RCOE];
}

static uint64_t el1_and_el2(const struct counts *c)
{
    return el1(c) + c->of[CLASS_SHIM] + c->of[CLASS_SHIM_WAIT] + c->of[CLASS_SHIM_VOTE];
}

static bool is_outside(unsigned int class)
{
    return class == CLASS_USER || class == CLASS_IDLE;
}

/* What the stretch that ends here executed at EL1. */
static void keep_places(unsigned int vcpu)
{
    struct shared_page *page = count.page;
    uint64_t used = 0;

    for (const struct site *site = count.sites; site != NULL && used < PLACES; site = site->next) {
        if (site->hits != 0 && site->stretch == vcpus[vcpu].stretch && site->vcpu == vcpu) {
            page->place[vcpu][used++] = (struct place){ site->address, site->hits };
        }
    }
    page->places[vcpu] = used;
}

/* The instruction at `to` is the first one outside. */
static void end_stretch(unsigned int vcpu, uint64_t to)
{
    struct shared_page *page = count.page;
    struct vcpu *v = &vcpus[vcpu];
    struct stretch s = { .from = v->last, .to = to };

    for (unsigned int class = 0; class < CLASSES; class ++) {
        s.counts.of[class] = page->counts[vcpu].of[class] - v->entry.of[class];
    }
    for (unsigned int level = 0; level < LEVELS; level++) {
        page->odd_waits += v->wait[level].waits;
        v->wait[level].waits = false;
        v->wait[level].looks = false;
    }
    if (!v->flown) {
        return;
    }
    if (el1(&s.counts) != 0) {
        page->entries[vcpu]++;
        page->lengths[vcpu][63 - __builtin_clzll(el1(&s.counts))]++;
    }
    if (el1(&s.counts) > el1(&page->longest[vcpu].counts)) {
        page->longest[vcpu] = s;
        keep_places(vcpu);
    }
    if (el1_and_el2(&s.counts) > el1_and_el2(&page->longest_all[vcpu].counts)) {
        page->longest_all[vcpu] = s;
    }
}

static void reach_marker(unsigned int vcpu, uint32_t marker)
{
    struct shared_page *page = count.page;

    if (page->records < RECORDS) {
        page->record[page->records] =
            (struct record){ marker, vcpu, page->counts[vcpu], vcpus[vcpu].entry };
    }
    page->records++;
    if (vcpu != 0) {
        return;
    }
    if (marker + 1 == count.trace_end) {
        if (count.trace_begin == TRACE_ENTRY && count.trace_skip != 0) {
            count.trace_skip--;
        } else if (count.tracing) {
            count.tracing = false;
            count.trace_begin = 0;
        }
    }
    if (marker + 1 == count.trace_begin && count.trace_skip-- == 0) {
        count.tracing = true;
        count.trace_skip = 0;
        page->trace_length = 0;
    }
}

static void leave_outside(unsigned int vcpu)
{
    vcpus[vcpu].outside = false;
    vcpus[vcpu].entry = count.page->counts[vcpu];
    vcpus[vcpu].stretch++;
    if (vcpu == 0 && count.trace_begin == TRACE_ENTRY) {
        count.tracing = true;
        count.page->trace_length = 0;
    }
}

/* Flags of a level: a turn begins, it is over and the next look begins, the wait is over. */
static const struct {
    uint16_t begin, look, end;
    uint8_t waiting;
} marks[LEVELS] = {
    [LEVEL_KERNEL] = { KERNEL_WAIT_BEGIN, KERNEL_WAIT_LOOK, KERNEL_WAIT_END, CLASS_KERNEL_WAIT },
    [LEVEL_SHIM] = { SHIM_WAIT_BEGIN, SHIM_WAIT_LOOK, SHIM_WAIT_END, CLASS_SHIM_WAIT },
};

/* The look was in vain: all of it was waiting. */
static void look_again(struct counts *counts, const struct counts *look, unsigned int waiting)
{
    for (unsigned int class = 0; class < CLASSES; class ++) {
        counts->of[class] -= look->of[class];
        counts->of[waiting] += look->of[class];
    }
}

static unsigned int class_in_wait(unsigned int vcpu, const struct site *site, enum level level)
{
    struct wait *w = &vcpus[vcpu].wait[level];

    if ((site->flags & marks[level].begin) != 0) {
        if (w->looks) {
            look_again(&count.page->counts[vcpu], &w->look, marks[level].waiting);
        }
        w->waits = true;
        w->looks = false;
    } else if ((site->flags & marks[level].look) != 0) {
        *w = (struct wait){ .looks = true };
    } else if ((site->flags & marks[level].end) != 0) {
        *w = (struct wait){ .looks = false };
    }
    if (w->looks) {
        w->look.of[site->class]++;
    }
    return w->waits ? marks[level].waiting : site->class;
}

/* EL2 that interrupts a wait of EL1 does not wait: only a wait of its own counts as one. */
static unsigned int class_now(unsigned int vcpu, const struct site *site)
{
    struct vcpu *v = &vcpus[vcpu];

    if (site->class == CLASS_SHIM || site->class == CLASS_SHIM_VOTE) {
        return class_in_wait(vcpu, site, LEVEL_SHIM);
    }
    count.page->odd_waits += v->wait[LEVEL_SHIM].waits;
    v->wait[LEVEL_SHIM] = (struct wait){ .waits = false };
    if (site->class == CLASS_KERNEL || site->class == CLASS_RCOE) {
        return class_in_wait(vcpu, site, LEVEL_KERNEL);
    }
    return (site->flags & MMU_OFF) != 0 && !v->high ? CLASS_KERNEL : site->class;
}

/* Hot: once per executed instruction, before it. */
static void executed(unsigned int vcpu, void *pointer)
{
    struct shared_page *page = count.page;
    struct site *site = pointer;

    vcpu &= VCPUS - 1;
    struct vcpu *v = &vcpus[vcpu];
    unsigned int class = class_now(vcpu, site);

    if (is_outside(class)) {
        if (!v->outside) {
            end_stretch(vcpu, site->address);
            v->outside = true;
        }
        if (class == CLASS_USER && !v->flown) {
            v->flown = true;
            page->first_user[vcpu] = page->counts[vcpu];
        }
        v->last = site->address;
        if (site->marker != 0) {
            reach_marker(vcpu, site->marker - 1);
        }
    } else {
        if (v->outside) {
            leave_outside(vcpu);
        }
        if (site->address >> 63 != 0) {
            v->high = true;
            if (site->stretch != v->stretch || site->vcpu != vcpu) {
                site->stretch = v->stretch;
                site->vcpu = (uint8_t)vcpu;
                site->hits = 0;
            }
            site->hits++;
        }
    }
    page->total[vcpu]++;
    page->counts[vcpu].of[class]++;
    if (count.tracing && vcpu == 0) {
        if (page->trace_length < TRACE) {
            page->trace[page->trace_length] = site->address;
        }
        page->trace_length++;
    }
}

static void classify(struct site *site, uint64_t physical)
{
    bool found = false;

    for (size_t i = 0; i < count.rules; i++) {
        const struct rule *rule = &count.rule[i];
        bool by_virtual = rule->kind != RULE_PHYSICAL && rule->kind != RULE_MMU_OFF;
        uint64_t address = by_virtual ? site->address : physical;

        if (address < rule->low || address >= rule->high) {
            continue;
        }
        if (rule->kind == RULE_FLAG) {
            site->flags |= (uint16_t)rule->value;
        } else if (rule->kind == RULE_MARKER) {
            site->marker = (uint32_t)rule->value + 1;
        } else if (rule->kind == RULE_MMU_OFF && site->address >> 63 == 0) {
            site->flags |= MMU_OFF;
        } else if (!found && (rule->kind == RULE_VIRTUAL || site->address == physical)) {
            found = true;
            site->class = (uint8_t)rule->value;
        }
    }
}

static void block_translated(uint64_t plugin, struct qemu_plugin_tb *block)
{
    (void)plugin;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        struct site *site = calloc(1, sizeof(*site));
        const char *host = qemu_plugin_insn_haddr(insn);

        if (site == NULL) {
            fprintf(stderr, "ternion_count: out of memory\n");
            abort();
        }
        site->address = qemu_plugin_insn_vaddr(insn);
        if (count.ram == NULL) { /* the machine starts at its first byte of RAM, MMU off */
            count.ram = host - (site->address - count.ram_base);
        }
        site->class = CLASS_USER;
        classify(site, count.ram_base + (uint64_t)(host - count.ram));
        if (site->address >> 63 != 0) {
            site->next = count.sites;
            count.sites = site;
        }
        qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, REGISTERS_UNUSED, site);
    }
}

/* Lines "kind low high value", see enum rule_kind, or "ram base 0 0", or "trace begin end n". */
static bool read_rules(const char *path)
{
    static const char *const kinds[] = { "virtual", "physical", "mmu-off", "flag", "marker" };
    char kind[16];
    uint64_t a;
    uint64_t b;
    uint64_t c;
    FILE *file = fopen(path, "re");
    bool good = file != NULL;

    while (good && fscanf(file, "%15s %lx %lx %lx", kind, &a, &b, &c) == 4) {
        size_t k = 0;

        if (strcmp(kind, "ram") == 0) {
            count.ram_base = a;
            continue;
        }
        if (strcmp(kind, "trace") == 0) {
            count.trace_begin = (uint32_t)a + 1;
            count.trace_end = (uint32_t)b + 1;
            count.trace_skip = c;
            continue;
        }
        while (k < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kind, kinds[k]) != 0) {
            k++;
        }
        good = k < sizeof(kinds) / sizeof(kinds[0]) && count.rules < RULES && a < b;
        if (good) {
            count.rule[count.rules++] = (struct rule){ (enum rule_kind)k, a, b, c };
        }
    }
    good = good && feof(file);
    if (file != NULL) {
        fclose(file);
    }
    return good;
}

EXPORTED int qemu_plugin_install(uint64_t plugin, const struct emulator_info *info, int options,
                                 char **option)
{
    bool rules = false;
    size_t size = 0;

    for (int i = 0; i < options; i++) {
        const char *value;

        if ((value = value_of(option[i], "page")) != NULL) {
            count.page = map_file(value, &size);
        } else if ((value = value_of(option[i], "rules")) != NULL) {
            rules = read_rules(value);
        } else {
            fprintf(stderr, "ternion_count: bad option %s\n", option[i]);
            return 1;
        }
    }
    if (count.page == NULL || size < sizeof(*count.page) || !rules || !info->whole_system ||
        info->vcpus > (int)VCPUS) {
        fprintf(stderr, "ternion_count: needs page=FILE, good rules=FILE, at most %u vCPUs\n",
                VCPUS);
        return 1;
    }
    count.page->magic = PAGE_MAGIC;
    count.page->version = PAGE_VERSION;
    count.page->vcpus = (uint32_t)info->vcpus;
    qemu_plugin_register_vcpu_tb_trans_cb(plugin, block_translated);
    return 0;
}
