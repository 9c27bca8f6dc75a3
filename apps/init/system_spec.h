/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system description as the builder (tools/) emits it and apps/init plays it: a list of seL4
 * invocations on slots that the builder chose. All planning is done at build time.
 * Little endian; struct sizes are asserted here and packed by tools/system_spec.py.
 */
#pragma once

#include <stdint.h>

#define SPEC_MAGIC UINT64_C(0x3130435053525454) /* "TTRSPC01" */
#define SPEC_VERSION 1u

struct spec_header { /* page aligned, first bytes of the user image's data region */
    uint64_t magic;
    uint32_t version;
    uint32_t operation_count;
    uint64_t operations_offset; /* bytes from the header */
    uint64_t slot_count;        /* slots of SPEC_BASE_EMPTY used */
    uint64_t image_base_vaddr;  /* of the first user image frame; frame i is 4096 i behind it */
    uint64_t monitor_endpoint;  /* SPEC_CAP: faults, passive requests; badge PD index + 1 */
    uint64_t monitor_reply;     /* SPEC_CAP: reply object for receiving there */
    uint64_t domains_offset;    /* bytes from the header: uint64_t count, struct spec_domain[] */
};
struct spec_domain { /* protection domain, for the monitor; in order of PD index */
    char name[64];
    uint64_t tcb, sched_context, notification; /* SPEC_CAP */
    uint64_t flags;                            /* SPEC_DOMAIN_PASSIVE */
};
#define SPEC_DOMAIN_PASSIVE UINT64_C(1)

/* A capability pointer: base in the top 8 bits, index below. */
enum spec_base {
    SPEC_BASE_ABSOLUTE,     /* the index itself (initial slots 0..15) */
    SPEC_BASE_EMPTY,        /* bootinfo.empty.start + index */
    SPEC_BASE_IMAGE_FRAME,  /* bootinfo.userImageFrames.start + index */
    SPEC_BASE_SCHEDCONTROL, /* bootinfo.schedcontrol.start + index */
};
#define SPEC_CAP(base, index) (((uint64_t)(base) << 56) | (uint64_t)(index))

enum spec_kind {
    SPEC_INVOKE,       /* Call `target` with label, mrs[0..length-1], caps[0..cap_count-1] */
    SPEC_RETYPE,       /* make type mrs[0], size_bits mrs[1] in slot `target`, from any untyped */
    SPEC_DEVICE_FRAME, /* make a frame of mrs[1] bits (12, 21) at physical mrs[0] in `target` */
    SPEC_RAM_FRAME,    /* the same for ordinary memory at a fixed physical address */
    SPEC_WRITE_REGISTERS, /* TCB `target`: pc mrs[0], sp mrs[1]; not resumed */
    SPEC_FRAME_PADDR,     /* store the physical address of frame `target` at image vaddr mrs[0] */
};
struct spec_operation {
    uint32_t kind;
    uint32_t label;
    uint64_t target; /* SPEC_CAP */
    uint32_t length;
    uint32_t cap_count;
    uint64_t caps[3]; /* SPEC_CAP */
    uint64_t mrs[8];
    uint32_t mr_is_slot; /* bit i: mrs[i] is a SPEC_CAP, replaced by the slot number */
    uint32_t source;     /* line of the .system file that caused it, for error messages */
};
_Static_assert(sizeof(struct spec_operation) == 120, "tools/system_spec.py packs 120 bytes");
_Static_assert(sizeof(struct spec_domain) == 96, "tools/system_spec.py packs 96 bytes");
_Static_assert(sizeof(struct spec_header) == 64, "tools/system_spec.py packs 64 bytes");
