/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flight recorder: one ring of typed records per core, in RAM that outlives the cores, and
 * resets where the board's RAM does: then the records of the next start follow (RECORD_START).
 * Readers are tools (tools/recorder.py) on the RAM file. Version it when a type or a field
 * changes.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#define RECORD_MAGIC UINT32_C(0x5452454c) /* "TREL" */
#define RECORD_VERSION 5u
#define RECORDS 680u /* per ring; older ones are overwritten, the counters count all */

enum record_type {
    RECORD_NONE,
    RECORD_START,       /* a: replicas, b: partition physical address */
    RECORD_DIGEST_BAD,  /* a: expected, b: found */
    RECORD_INPUT,       /* a: irq, b: input number (I/O core only) */
    RECORD_MISMATCH,    /* a: round (bit 63: rendezvous), b: fingerprint of self << 32 | odd one */
    RECORD_TIMEOUT,     /* a: missing set, b: ticks waited */
    RECORD_ACCUSE,      /* a: accused set, b: round or rendezvous */
    RECORD_EXCLUDE,     /* a: excluded replica, b: active set after */
    RECORD_IO_MOVED,    /* a: old leader, b: new leader */
    RECORD_STAGE2,      /* a: IPA, b: ESR_EL2 */
    RECORD_PANIC,       /* a: code, b: detail */
    RECORD_SHIM_TRAP,   /* a: ESR_EL2, b: ELR_EL2 (an exception taken inside EL2) */
    RECORD_STOP,        /* a: enum stop_reason, b: active set */
    RECORD_PARK,        /* a: replica */
    RECORD_IO_RESUMED,  /* a: rendezvous, b: 1 already performed, 0 performed by new leader */
    RECORD_TEXT,        /* a, b, c: debug text, zeros behind it; a line may take several records */
    RECORD_JOIN_BEGIN,  /* a: replica, b: source, the replica that it copies */
    RECORD_JOIN,        /* a: replica, b: active set after, c: ticks of the stop << 32 | pages */
    RECORD_JOIN_FAILED, /* a: replica, b: enum join_reason */
    RECORD_REPAIR,      /* a: IPA, or offset in the shim, b: replica, or REPAIR_* */
    RECORD_SAFE_STATE,  /* a: enum safe_state that begins now, b: resets in a row */
    RECORD_TYPES
};
enum join_reason {
    JOIN_REASON_CORE = 1,  /* its core is not off, does not start, or gave up: its EL2 was lost */
    JOIN_REASON_IMAGE,     /* its code, or what the image and the only member hold, is damaged */
    JOIN_REASON_MEMBERS,   /* another replica was excluded meanwhile */
    JOIN_REASON_LATE,      /* it made no progress, or not in time while the others stood still */
    JOIN_REASON_BUSY,      /* the others had no quiet moment */
    JOIN_REASON_DIFFERENT, /* the members' memory differs: no copy of a doubtful state */
    JOIN_REASON_BUDGET,    /* it has failed as often as it may come back in an hour */
};
enum stop_reason {
    STOP_POWER_OFF = 1, /* asked for by a majority (PSCI SYSTEM_OFF) */
    STOP_NO_MAJORITY,
    STOP_LAST_REPLICA,
    STOP_DIGEST,
    STOP_RESET,
};
#define REPAIR_IMAGE 0x10u /* the image was wrong */
#define REPAIR_NONE 0x11u  /* no majority; once, until a pass over that constant finds none */
#define REPAIR_BOARD 0x12u /* the set of active replicas */
struct record {
    uint16_t type;
    uint16_t core;
    uint32_t sequence; /* per ring, from 1 */
    uint64_t time;     /* counter ticks */
    uint64_t event;    /* kernel entries begun by this core's replica */
    uint64_t a;
    uint64_t b;
    uint64_t c; /* text only */
};
#define RECORD_CHARACTERS 24u /* in a, b and c */
_Static_assert(sizeof(struct record) == 48, "tools/recorder.py reads 48 bytes");
struct recorder {
    uint32_t magic;
    uint16_t version;
    uint16_t core;
    _Atomic uint64_t written; /* release, after record[] */
    _Atomic uint64_t inputs;  /* release, after input[] */
    uint64_t reserved[9];
    struct record record[RECORDS]; /* all but inputs */
    struct record input[RECORDS];  /* RECORD_INPUT, so frequent that they would push out the rest */
};
_Static_assert(sizeof(struct recorder) <= 0x10000, "64 KiB per core");
