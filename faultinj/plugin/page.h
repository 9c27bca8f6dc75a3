/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page that the injection plugin shares with faultinj/plugin_page.py, which has the same
 * layout. Writer: the plugin, but for resume_at. Reader: faultinj, at any time.
 */
#pragma once

#include <stdatomic.h>

#include "watch.h"

#define PAGE_MAGIC UINT64_C(0x314a4e49524554) /* "TERINJ1" */
#define PAGE_VERSION 3u
#define CLASSES 8u /* class 0 is "no range matched" */
#define CLASS_ANY CLASSES
#define MARKS 16u      /* places whose executions are counted */
#define CLASS_MARK 16u /* a trigger's class: CLASS_MARK + m counts mark m */
#define TRIGGERS 4u
#define STAGES 5u /* moments at which the counts are kept: stage.h */

enum page_state {
    STATE_LOADED = 1,
    STATE_HOLDING,  /* a trigger was reached, waiting for the stub to stop the machine */
    STATE_RELEASED, /* the machine was stopped; it goes on when the stub says so */
    STATE_FLIPPED,  /* a trigger was reached, bits flipped in the RAM file, machine never stopped */
    STATE_LIMIT,    /* instruction limit reached; the vCPU is held for ever */
    STATE_FAILED,   /* nobody stopped the machine while it was held */
};

struct fired {
    uint64_t fired;        /* 1, after all that follows */
    uint64_t address;      /* virtual address of the block that triggered */
    uint64_t length;       /* its instructions */
    uint64_t total[VCPUS]; /* all counts before that block */
    uint64_t event;        /* word of the vCPU that `events` names */
    uint64_t flip_before;  /* byte of the RAM file */
    uint64_t flip_after;   /* the same, read back */
};

struct stage {
    uint64_t passed;       /* 1, after all that follows */
    uint64_t total[VCPUS]; /* all counts before the block */
    uint64_t by_class[VCPUS][CLASSES];
};

struct shared_page {
    uint64_t magic;
    uint32_t version;
    uint32_t vcpus;
    _Atomic uint32_t state;                       /* release, after everything below */
    uint32_t held;                                /* the trigger; TRIGGERS: resume_at was reached */
    _Atomic uint64_t resume_at;                   /* Python: hold at this sum of all counts, once */
    uint64_t first_high[VCPUS];                   /* total at the first block in the high half */
    uint64_t total[VCPUS];                        /* instructions executed per vCPU */
    uint64_t by_class[VCPUS][CLASSES];            /* the same, per class of code */
    uint64_t by_class_first_high[VCPUS][CLASSES]; /* at the moment of first_high */
    uint64_t marks[VCPUS][MARKS];                 /* executions of marked blocks */
    uint64_t noticed;                             /* 1: a word of `records` changed after a fault */
    uint64_t noticed_total[VCPUS];                /* all counts then */
    struct fired fired[TRIGGERS];
    struct stage stage[STAGES];
};
_Static_assert(sizeof(struct shared_page) <= 8192, "PAGE_SIZE of plugin_page.py");
