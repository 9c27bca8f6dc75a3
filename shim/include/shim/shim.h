/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seam between the replicated software (kernel/, rcoe/) and the shim. EL1 calls these
 * functions; shim/arch/aarch64/call.S turns each into an HVC. Nothing else of the shim is visible
 * to EL1.
 */
#pragma once

#include <stdint.h>

#include <shim/board.h>

/* x0 of HVC #0x54; arguments x1..x7, of the firmware call x1..x8. */
enum shim_call {
    SHIM_CALL_DIVERGED = 1,
    SHIM_CALL_MISSING,
    SHIM_CALL_PANIC,
    SHIM_CALL_INPUT_DONE,
    SHIM_CALL_INPUT_HOLD,
    SHIM_CALL_INPUT_RELEASE,
    SHIM_CALL_TIMER,
    SHIM_CALL_IRQ,
    SHIM_CALL_PUTC,
    SHIM_CALL_SMC,
    SHIM_CALL_DIRTY,
    SHIM_CALL_JOIN, /* rcoe/arch only: registers as they are, SP at its top; x0: 0 */
    SHIM_CALL_DMA,
};
#define SHIM_HVC 0x54
_Static_assert(SHIM_CALL_INPUT_DONE == 4 && SHIM_HVC == 0x54, "vectors.S does this call alone");

enum irq_operation { IRQ_ENABLE_LEVEL, IRQ_ENABLE_EDGE, IRQ_ACK, IRQ_DISABLE };

/*
 * Fingerprints of round differ. The shim takes the verdict with the other cores: it returns when
 * the majority went on without the outvoted replica, and never in the replica that was outvoted.
 */
void shim_diverged(uint64_t round);

/* The replicas in the set `missing` (bit r) did not come within barrier_ticks. Returns as above.
 * None: EL2 looks after the board at once. */
void shim_missing(uint32_t missing);

/* A kernel bug or trap. code: enum panic_code or ESR; detail: address or line. */
_Noreturn void shim_panic(uint64_t code, uint64_t detail);

/* The input ballot.delivered (already stored) is handled; the next one may be proposed. */
void shim_input_done(void);

/* The proposed input belongs to a later event: lower the virtual interrupt until released. */
void shim_input_hold(void);
void shim_input_release(void);

/* Log INPUT_TIMER when the counter reaches `deadline` (~0: never). Reads ballot.deadline too. */
void shim_timer(uint64_t deadline);

/* Voted; performed once by the I/O core. irq is an interrupt number below 1020. */
void shim_irq(uint32_t irq, enum irq_operation operation);
/*
 * address below 4 GiB; DMA_VALUE(). CRC-32C of the bytes, or DMA_REFUSED. Only in systems with DMA
 * regions (dma_call.S).
 */
uint64_t shim_dma(uint64_t address, uint64_t value);
void shim_putc(char c);

/*
 * Voted firmware call, args[0..7] in and out. The shim performs PSCI_VERSION, SYSTEM_OFF and
 * SYSTEM_RESET and answers PSCI NOT_SUPPORTED (-1) to all else.
 */
void shim_smc(uint64_t args[8]);

/*
 * Bit i: page 64 * group + i of its memory was written by this replica since the last call for this
 * group; from now on it counts as clean. 0 outside of its memory. The first call of all begins to
 * watch, at the price of an exception for the first write to each page after a call; with one
 * replica nothing is watched.
 */
uint64_t shim_dirty(uint64_t group);
