/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board: the only memory that replicas share. Seen by EL1 through stage 2
 * (addresses BOARD_*_IPA, rights in each comment) and by EL2 directly.
 * Next file in the flow: rcoe/ballot.c writes ballots, shim/board.c places them.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define REPLICAS_MAX 4u
#define BOARD_PAGE 4096u

/* Intermediate physical addresses, the same in every replica. */
#define BOARD_IPA UINT64_C(0x3f000000)
#define BOARD_CONTROL_IPA (BOARD_IPA + 0x0000)  /* EL1: read                       */
#define BOARD_LOG_IPA (BOARD_IPA + 0x1000)      /* EL1: read                       */
#define BOARD_OWN_IPA (BOARD_IPA + 0x2000)      /* EL1: read/write, own ballot     */
#define BOARD_OWN_SLOT_IPA (BOARD_IPA + 0x3000) /* EL1: read, slot of its own core   */
#define BOARD_BALLOT_IPA(r) (BOARD_IPA + 0x4000 + (r)*BOARD_PAGE) /* EL1: read       */
#define BOARD_SLOT_IPA(r) (BOARD_IPA + 0x8000 + (r)*BOARD_PAGE)   /* EL1: read       */
#define BOARD_SHARED_IPA (BOARD_IPA + 0xc000) /* EL1: unmapped; struct board_shared  */
#define BOARD_IPA_SIZE UINT64_C(0x10000)

/*
 * Housekeeping is a device page: applications map it as a device frame, loads
 * trap to the device port, and every replica gets the I/O core's value.
 */
#define HOUSEKEEPING_IPA (BOARD_IPA + 0x10000)
/*
 * 64-bit words: first of the system, then HKR_WORDS for each replica (HK_OF); read only, but for
 * HK_READMIT. Counters saturate, and neither an exclusion nor a restart of a replica takes anything
 * from them.
 */
enum housekeeping_word {
    HK_MAGIC,    /* 0x54524e484b303031 "TRNHK001" */
    HK_REPLICAS, /* replicas built into the image */
    HK_ACTIVE,   /* bit r: replica r takes part */
    HK_LEADER,
    HK_EPOCH,  /* exclusions + re-admissions */
    HK_UPTIME, /* counter ticks since start */
    HK_TICKS_PER_SECOND,
    HK_EVENTS,          /* kernel entries up to this load, agreed by all */
    HK_VOTES,           /* fingerprints up to this load, agreed by all */
    HK_DEVICE_ACCESSES, /* performed */
    HK_INPUTS,          /* logged */
    HK_MISMATCHES,      /* from here on the sum of each replica's */
    HK_TIMEOUTS,
    HK_EXCLUSIONS,
    HK_READMISSIONS,
    HK_REPAIRS,
    HK_WORDS
};
#define HK_MAGIC_VALUE UINT64_C(0x54524e484b303031)
enum housekeeping_replica_word {
    HKR_STATE, /* enum core_state */
    HKR_TICKS, /* EL2 ticks of its core */
    HKR_WAITS, /* for other replicas, in the kernel and at EL2 */
    HKR_WAIT_TICKS,
    HKR_SCRUBBED,           /* KiB of its memory that scrubbing compared */
    HKR_EVENTS = HK_EVENTS, /* from here on numbered as the system's. Kernel entries */
    HKR_VOTES,              /* fingerprints published */
    HKR_DEVICE_ACCESSES,    /* performed by its core as the I/O core */
    HKR_INPUTS,             /* taken from the log */
    HKR_MISMATCHES,         /* it was odd, or nobody was; as the core says that saw most */
    HKR_TIMEOUTS,           /* it was late; as the core says that saw most */
    HKR_EXCLUSIONS,
    HKR_READMISSIONS,
    HKR_REPAIRS, /* words of its memory that scrubbing corrected */
    HKR_WORDS
};
_Static_assert((int)HK_INPUTS == (int)HKR_INPUTS, "words of the same number are the same");
#define HK_OF(replica, word) (HK_WORDS + (replica)*HKR_WORDS + (word))
/* Write only: replica + 1, or HK_READMIT_ALL, may come back however often it was excluded. */
#define HK_READMIT 511
#define HK_READMIT_ALL 0xffu

enum vote_level { VOTE_IO, VOTE_ENTRY_EXIT, VOTE_OBJECT, VOTE_PAGE, VOTE_NONE };
/* VOTE_NONE is the negative control of campaigns: replicas run, nobody compares. */

#define BOARD_MAGIC UINT32_C(0x544e4244) /* "TNBD" */
#define BOARD_VERSION 2u
#define BOARD_STOPPED UINT32_C(0x53544f50) /* "STOP": no flip makes it of a system that runs */

/* Writer: EL2. Readers: everyone. */
struct board_control {
    uint32_t magic;
    uint32_t version;
    uint32_t replicas;        /* constant after start, as are the next six */
    uint32_t vote_level;      /* enum vote_level */
    uint32_t window;          /* rounds a replica may be ahead of the slowest */
    uint32_t simplex_ok;      /* 1: a self-evident failure in DMR may leave one replica */
    uint64_t barrier_ticks;   /* bound of every wait, counter ticks */
    uint64_t hard_ticks;      /* bound for a core whose EL2 is silent, counter ticks */
    _Atomic uint32_t active;  /* EL2: acq_rel; EL1: acquire. ACTIVE_WORD: who takes part */
    _Atomic uint32_t leader;  /* EL2: release; EL1: acquire. does device I/O, publishes time */
    _Atomic uint32_t epoch;   /* EL2: release, after active and leader */
    _Atomic uint32_t stopped; /* EL2: release. BOARD_STOPPED: safe stop, every core parks */
    uint64_t page_ticks; /* constant: between digests of user pages, counter ticks; VOTE_PAGE */
};

/*
 * control.active: bit r says that replica r takes part, three times, a byte apart, so no eight
 * adjacent bits hold one replica's twice. EL2 goes by the majority of three, and its next tick
 * writes again what was hit. EL1 reads the lowest: whoever it looks at, EL2 compares all that
 * leaves a replica.
 */
#define ACTIVE_WORD(set) ((set)*UINT32_C(0x10101))
#define BOARD_ACTIVE_IPA (BOARD_CONTROL_IPA + offsetof(struct board_control, active))
//@ assigns \nothing;
static inline uint32_t active_set(uint32_t word)
{
    return ((word & word >> 8) | ((word | word >> 8) & word >> 16)) & ((1u << REPLICAS_MAX) - 1u);
}

/* Writer: the I/O core's EL2. Readers: everyone. Input k (from 1) is entry[(k-1) % INPUT_LOG]. */
#define INPUT_LOG 128u
struct input_entry {
    uint32_t irq;      /* interrupt number, INPUT_TIMER for the kernel's deadline, INPUT_JOIN */
    uint32_t reserved; /* 0 */
    uint64_t time;     /* counter ticks when it was logged */
};
#define INPUT_TIMER UINT32_C(0xffffffff)
#define INPUT_JOIN UINT32_C(0xfffffffe) /* rcoe's: in a quiet moment, let a replica join */
struct board_log {
    _Atomic uint64_t head; /* inputs logged; release after the entry */
    uint64_t reserved[7];
    struct input_entry entry[INPUT_LOG];
};

/*
 * Ballot. Writer: its replica's EL1 (rcoe/). Readers: peers and EL2.
 * A round is one published fingerprint; round q (from 1) is fingerprint[q % BALLOT_RING].
 * The fingerprint is cumulative: equality at q implies equality before q.
 */
#define BALLOT_RING 256u /* rounds; the window must stay below half of it */
#define TIME_RING 128u   /* events */
#define DECISIONS 4u     /* inputs; two suffice, no input is proposed before all took its elder */
struct ballot {
    _Atomic uint64_t round;     /* owner: release, after fingerprint[] */
    _Atomic uint64_t event;     /* owner: release. kernel entries begun */
    _Atomic uint64_t time_head; /* owner: release, after time[]. newest event whose time is set */
    _Atomic uint64_t delivered; /* owner: release. inputs taken from the log */
    _Atomic uint64_t deadline;  /* owner: relaxed. wanted timer input, counter ticks, ~0 none */
    uint64_t waits;             /* statistics of this replica, never hashed: waits begun */
    uint64_t wait_ticks;        /* ... and counter ticks spent in them */
    uint64_t replica;           /* EL2, before EL1 starts: number of the replica; never hashed */
    _Atomic uint64_t time[TIME_RING];          /* agreed time of event e at [e % TIME_RING] */
    _Atomic uint32_t fingerprint[BALLOT_RING]; /* owner: relaxed, before round, as time[] */
    /* The rest is rcoe's own: see rcoe/ballot.h. EL2 clears the page before EL1 starts. */
    _Atomic uint64_t event_check; /* owner: before event. -event, but not made of it: ballot.h */
    struct input_decision {
        _Atomic uint64_t input;    /* owner: release, after event */
        _Atomic uint64_t position; /* the input is delivered when this position is reached */
    } decision[DECISIONS];         /* input k at [k % DECISIONS] */
    _Atomic uint64_t deciding; /* relaxed, for EL2 of this core: it must not propose again now */
    uint64_t leading;          /* 1: this replica has taken over as the leader */
    uint64_t inherited;        /* events up to here may have a time of an earlier leader */
    uint64_t held;             /* input that shim_input_hold() put off, 0 none */
    uint64_t held_since;       /* counter when it was put off, or latest complaint */
};
_Static_assert(sizeof(struct ballot) <= BOARD_PAGE, "a ballot is one stage-2 page");

/* What a replica asks its shim to do with the world; equal in all healthy replicas. */
enum request_kind {
    REQUEST_NONE,
    REQUEST_DEVICE,       /* load or store at a device address */
    REQUEST_IRQ,          /* interrupt controller operation */
    REQUEST_PUTC,         /* debug console */
    REQUEST_SMC,          /* firmware call */
    REQUEST_REFUSED,      /* load or store at an address that is no device of the system */
    REQUEST_HOUSEKEEPING, /* load from the housekeeping page, or store to it */
    REQUEST_JOIN,         /* this replica stands still, so that another one can join */
    REQUEST_DMA,          /* hand-over of DMA memory, to the device or from it */
};
struct request {
    uint32_t kind;
    uint32_t fingerprint; /* newest published one: commits all that came before */
    uint64_t event;       /* kernel entries begun */
    uint64_t pc;          /* where the replica asked from (IPA-independent virtual address) */
    uint64_t address;     /* device, dma, join (its registers): IPA; irq: number; smc: function */
    uint64_t value; /* device store: data, zero extended; irq: operation; putc: byte; dma: below */
    uint32_t size;  /* device: 1, 2, 4, 8 bytes */
    uint32_t write; /* device: 1 store, 0 load */
};
/* Value of REQUEST_DMA: out, whether to the device; whole words; their CRC-32C (out) or 0. */
#define DMA_VALUE(sum, bytes, out) ((uint64_t)(sum) << 32 | (uint64_t)(bytes) << 1 | (out))
#define DMA_SUM(value) ((uint32_t)((value) >> 32))
#define DMA_BYTES(value) ((uint32_t)(value) >> 1)
#define DMA_OUT(value) (((value)&1) != 0)
#define DMA_MOST 1024u             /* bytes of one request, which lie in one such block */
#define DMA_REFUSED (~UINT64_C(0)) /* to EL1, which has no status: nothing was handed over */

/* In a slot. EL2 stores 0 in `tag`, then the others, then the tag; all release. */
struct input_proposal {
    _Atomic uint64_t input;
    _Atomic uint64_t position; /* when it was proposed: ballot.event + accesses */
    _Atomic uint64_t check;    /* makes the sum of the four 0: a flip in one of them shows */
    _Atomic uint64_t tag;      /* epoch << 32 | active when it was proposed; never 0 */
};

/*
 * Slot of one core. Writer: that core's EL2; while it is off, the I/O core's, of `state`
 * (start/lead.c). Readers: other EL2s; EL1 reads proposal*, accesses, armed and dma.
 *
 * Position: kernel entries begun plus device accesses begun. An input is agreed for a position,
 * not for a kernel entry: a replica that is interrupted before a device access would otherwise
 * keep one waiting that was interrupted after it. So the device port is a party to the agreement:
 *  - on a device access of the user, if the proposed input was not yet put off (shim_input_hold),
 *    EL2 returns to the same instruction with the virtual interrupt raised: EL1 decides first;
 *  - otherwise it counts the access in `accesses` before it polls anything;
 *  - after the access it raises the virtual interrupt if an input is proposed, put off or not.
 *
 * The claim of a replica that is excluded must not count, or inputs wait for a position that nobody
 * reaches; and it must not count for one and not for the other. So every proposal names the members
 * it is made among, only equal tags are compared, and when control.active or epoch changes EL2
 * proposes the pending input again (new position, new tag, virtual interrupt raised, no longer put
 * off) - unless its EL1 is just deciding (ballot.deciding): then at the next opportunity.
 *
 * An input is proposed once among the same members (limits: rcoe/DESIGN.md), and stays to be
 * seen until all have delivered it: so everyone finds the same positions, and none of them is a
 * word that a replica can write.
 *
 * Putting off is a wait, too: for the own replica to reach the position that another one claims. If
 * that one is broken and has run ahead, a replica that sleeps never gets there. So EL2 raises the
 * virtual interrupt of an input again that was put off barrier_ticks ago; EL1 then complains about
 * those who claim later positions.
 */
struct board_slot {
    _Atomic uint64_t proposal_input; /* release, after proposal[]: newest input proposed */
    _Atomic uint64_t ticks;          /* EL2 ticks taken: proof that this core is running */
    _Atomic uint64_t armed;          /* relaxed, for its own EL1: when its timer comes next */
    _Atomic uint64_t request_seq;    /* release, after request. rendezvous number, from 1 */
    struct request request[2];       /* rendezvous n at [n % 2]: a peer may be one ahead */
    _Atomic uint32_t accuse;         /* this core's accusation, see below */
    _Atomic uint32_t state;          /* enum core_state */
    _Atomic uint64_t io_seq;         /* I/O core: rendezvous being performed (intent) */
    uint64_t result;                 /* of a load, or a sum (dma); device.S knows this order */
    uint64_t result_status;          /* ANSWER_REFUSED: no device of the system is there */
    _Atomic uint64_t result_seq;     /* I/O core: release, after result */
    _Atomic uint64_t io_void;        /* I/O core: rendezvous that it certainly did not perform */
    _Atomic uint64_t dispute;        /* release. round whose fingerprints its EL1 found different */
    _Atomic uint64_t accesses;       /* release. device accesses begun; refused ones too */
    struct input_proposal proposal[DECISIONS]; /* input k at [k % DECISIONS] */
    /* relaxed. What this core's EL2 counted, by the replica that it concerns; never set back. */
    _Atomic uint64_t counter[HKR_WORDS][REPLICAS_MAX];
    _Atomic uint32_t digest[2]; /* release, before request_seq. CRC of the words of request[] */
    _Atomic uint32_t tracked;   /* release. join.pass that its pages are tracked for */
    uint32_t reserved;          /* 0 */
    uint64_t join_at;           /* counter when its replica came to REQUEST_JOIN */
    /*
     * Before result_seq, which all wait for, and not again before all have posted the next request:
     * what comes from the device in REQUEST_DMA, twice; the result is its CRC-32C, so a flip leaves
     * two of the three as they were. EL1 reads it. What goes out lies here, too.
     */
    uint64_t dma[2][DMA_MOST / 8];
};
enum core_state { CORE_OFF, CORE_RUNNING, CORE_WAITING, CORE_PARKED, CORE_JOINING };

/* Far from 0, which device.S stores: no flip of one bit makes an answer a refusal. */
#define ANSWER_REFUSED UINT64_C(0x5ef05ed5ef05ed5e)

/* board_slot.accuse: whom this core votes to exclude, why, and in which epoch. */
#define ACCUSE_MISMATCH(set) ((set)&0xfu)       /* bit r: r voted otherwise            */
#define ACCUSE_MISSING(set) (((set)&0xfu) << 4) /* bit 4 + r: r did not come in time   */
#define ACCUSE_EPOCH(epoch) (((epoch)&0xffffu) << 8)
#define ACCUSE_SPLIT UINT32_C(0x80000000) /* there is no majority                */
_Static_assert(sizeof(struct board_slot) <= BOARD_PAGE, "a slot is one page");
_Static_assert(offsetof(struct board_slot, result) == offsetof(struct board_slot, io_seq) + 8 &&
                   offsetof(struct board_slot, result_seq) ==
                       offsetof(struct board_slot, io_seq) + 24,
               "device.S publishes a result itself");

/* An attempt to bring a replica back. */
#define READMISSIONS 256u /* remembered; more than any system allows in an hour */
struct readmission {
    uint32_t second; /* since the start */
    uint32_t replica;
};

/*
 * The return of an excluded replica, one attempt at a time. Whoever moves `state` on does it by
 * compare-and-swap, with the attempt's number in it: a core that was given up cannot disturb the
 * next attempt. shim/start/lead.c is the I/O core's part, shim/start/join.c the joiner's.
 */
enum join_phase {
    JOIN_NONE,
    JOIN_COPY,   /* I/O core: started the joiner, which copies while the others work */
    JOIN_READY,  /* joiner: little is left to copy */
    JOIN_ASKED,  /* I/O core: logged INPUT_JOIN */
    JOIN_STOP,   /* I/O core: all members stand in REQUEST_JOIN; copy the rest now */
    JOIN_DONE,   /* joiner: is their equal */
    JOIN_IN,     /* I/O core: it is a member, all go on */
    JOIN_FAILED, /* anyone: the attempt is over, the members go on */
};
#define JOIN_PHASE(state) ((enum join_phase)((state)&0xfu))
#define JOIN_NEXT(state) (((state) & ~0xfu) + 0x10u) /* the next attempt, JOIN_NONE */
struct board_join {
    _Atomic uint32_t state; /* attempt << 4 | enum join_phase */
    uint32_t replica;       /* the joiner */
    uint32_t members;       /* active set when the attempt began, and until it ends */
    uint32_t epoch;         /* the same */
    _Atomic uint32_t pass;  /* joiner: release. members track writes for it; 0: they do not */
    uint32_t pages;         /* joiner: copied while the members stood still */
    _Atomic uint32_t asked; /* bit r: come back, says a telecommand; release */
    uint32_t refused;       /* bit r: does not come back by itself any more */
    uint32_t tries;         /* failed attempts of this replica since it was excluded or asked */
    uint32_t reserved;      /* 0 */
    uint64_t since;         /* counter when the attempt began, or when the last one ended */
    uint64_t attempts;      /* of all replicas; the newest ones are in readmission[] */
    struct readmission readmission[READMISSIONS];
};

/* What a new I/O core needs to know. Writer: the I/O core's EL2. EL1 has no access. */
#define IRQ_LIMIT 1020u
#define IRQ_WORDS 16u
struct board_shared {
    uint64_t irq_enabled[IRQ_WORDS];     /* bit irq: the kernel wants it             */
    uint64_t irq_outstanding[IRQ_WORDS]; /* logged, masked until the kernel's IRQ_ACK */
    _Atomic uint64_t timer_fired;        /* deadline last logged as INPUT_TIMER, ~0 none */
    _Atomic uint32_t io_core;            /* who performs device accesses now         */
    _Atomic uint32_t reserved;
    uint64_t start; /* counter when the replicas were let go */
    /* Safe stops in a row that reset the board, and ~ of them. What else is here starts anew. */
    uint64_t resets;
    uint64_t resets_check;
    struct board_join join;
};
_Static_assert(sizeof(struct board_shared) <= BOARD_PAGE, "shared state is one page");
