/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redundant co-execution, as the kernel sees it. trap/trap.c calls enter and leave once per kernel
 * entry; the rest is noted or asked in between. Nothing here depends on the number of replicas.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct trap_frame;

enum event_cause {
    EVENT_SYNC,  /* system call or user fault: esr and far say which */
    EVENT_INPUT, /* an input of the log: irq says which */
};
struct rcoe_event {
    enum event_cause cause;
    uint64_t esr;  /* EVENT_SYNC */
    uint64_t far;  /* EVENT_SYNC; 0 unless the exception class defines it */
    uint32_t irq;  /* EVENT_INPUT: number, or INPUT_TIMER */
    bool spurious; /* the entry carries no event: return at once, nothing was voted */
};
struct rcoe_round {
    struct rcoe_event event;
};

/*
 * Mark in trap_frame.spsr, set by rcoe_enter(): the frame was interrupted by an input, so it holds
 * the registers of whatever instruction this replica had reached. They differ between healthy
 * replicas until the thread's next trap, so rcoe_leave() must not hash them when the thread is
 * resumed later. SPSR_EL1 bits 63:32 are RES0: the mark needs no room, and the next trap clears it.
 * The kernel masks it where it shows spsr to users and keeps it where it writes some registers of
 * such a frame.
 */
#define FRAME_INTERRUPTED (UINT64_C(1) << 63)

/* What the trap vector saw. */
enum trap_kind { TRAP_SYNC, TRAP_IRQ };

/* Once, by kernel boot, after the board window is mapped at `board` (BOARD_IPA_SIZE bytes). */
void rcoe_init(uintptr_t board);

#define RCOE_INLINE static inline __attribute__((always_inline))

/*
 * The next six have two forms, chosen by the build (rcoe/CMakeLists.txt):
 *   rcoe/voting/include  several replicas: enter.h, leave.h, time.h;
 *   rcoe/single/include  one replica, nobody to agree with: next to nothing.
 * All are inline, and all but rcoe_note() in <rcoe/trap.h>, for the kernel's way in and out.
 *
 * struct rcoe_round rcoe_enter(struct trap_frame *tf, enum trap_kind kind, uint64_t esr,
 *                              uint64_t far, uint32_t registers);
 *   Numbers the event, agrees on its cause, votes on it and on the user's registers. A synchronous
 *   entry that finds an input due before it becomes that input: tf->pc is set back to the trapping
 *   instruction (arch_trap_undo) so that the user repeats it. `registers` is what the macros of
 *   <rcoe/registers.inc> made of a synchronous trap's registers.
 *
 * bool rcoe_saved_right(const struct trap_frame *tf, uint32_t registers);
 *   Whether `registers` belongs to the frame as it lies in memory, for debug builds.
 *
 * void rcoe_leave(bool timer, const struct trap_frame *next, uint64_t next_deadline);
 * void rcoe_leave_same_deadline(const struct trap_frame *next);
 *   Votes on what the kernel did: everything noted, the frame that runs next, the next deadline.
 *   `timer`: the event was the timer's input, so that the deadline is used up.
 *   Returns when the window allows; never returns in an outvoted replica. The second form ends a
 *   hot path (kernel/hot): an entry after which the deadline is what it was.
 *
 * void rcoe_note(uint64_t word);
 *   Folds a word that the kernel decided or wrote into the running fingerprint.
 *
 * uint64_t rcoe_now(void);
 *   Agreed time of the current event, counter ticks. The first call in an event makes the
 *   agreement, so an entry that needs no time waits for nobody's clock. All replicas run the same
 *   code: all of them ask, or none.
 */

/*
 * Asked of the kernel before a replica joins (sched/quiet.c): whoever can run has trapped since an
 * input interrupted it, so that no memory depends on the instruction at which that was.
 */
bool kernel_quiet(void);

/* Device effects of the kernel: everything before is voted, then the shim acts once. */
void rcoe_irq(uint32_t irq, uint32_t operation); /* enum irq_operation */
void rcoe_putc(char c);
void rcoe_smc(uint64_t args[8]);

/* A kernel bug: records and gives up this replica. */
_Noreturn void rcoe_panic(uint64_t code, uint64_t detail);

#include <rcoe/variant.h>
