/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The access itself, as close as can be to what the board says about it: intent, access, result. An
 * abort between device_access and device_access_end continues at device_access_failed (vectors.S).
 *
 * uint64_t device_load(uint64_t address, uint32_t size, uint64_t n, _Atomic uint64_t *io)
 * uint64_t device_store(uint64_t address, uint32_t size, uint64_t n, _Atomic uint64_t *io,
 *                       uint64_t value)
 * In: size 1, 2, 4 or 8; n the rendezvous; io = &slot.io_seq, which result, result_status and
 * result_seq follow. Out: ~0 when done, else the address that aborted. Clobbers: x0-x6, x16, x17.
 */
#define SLOT_RESULT 8
#define SLOT_RESULT_SEQ 24

    .macro access name, operation, value
    .global \name
\name:
    stlr    x2, [x3]            /* intent */
    tbnz    w1, #3, 8f
    tbnz    w1, #2, 4f
    tbnz    w1, #1, 2f
    \operation\()b w\value, [x0]
    b       1f
2:  \operation\()h w\value, [x0]
    b       1f
4:  \operation w\value, [x0]
    b       1f
8:  \operation x\value, [x0]
1:  dsb     sy
    stp     x\value, xzr, [x3, #SLOT_RESULT]
    add     x5, x3, #SLOT_RESULT_SEQ
    stlr    x2, [x5]
    mov     x0, #-1
    ret
    .endm

    .text
    .global device_access, device_access_end, device_access_failed
device_access:
    access device_load, ldr, 6
    access device_store, str, 4
device_access_end:
device_access_failed:
    mrs     x0, far_el2
    ret
