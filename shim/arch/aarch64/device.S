/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The access itself. An abort between device_access and device_access_end continues at
 * device_access_failed (vectors.S).
 *
 * uint64_t device_load(uint64_t address, uint32_t size, uint64_t *failed)
 * void device_store(uint64_t address, uint64_t value, uint32_t size, uint64_t *failed)
 * failed: ~0 when the access was done, else the address that aborted; size: 1, 2, 4 or 8.
 * Clobbers: x0-x5, x16, x17.
 */
    .text
    .global device_load, device_store, device_access, device_access_end, device_access_failed
device_load:
    mov     x5, x2
    mov     x4, #-1
    tbnz    w1, #3, 8f
    tbnz    w1, #2, 4f
    tbnz    w1, #1, 2f
device_access:
    ldrb    w0, [x0]
    b       1f
2:  ldrh    w0, [x0]
    b       1f
4:  ldr     w0, [x0]
    b       1f
8:  ldr     x0, [x0]
1:  dsb     sy
    str     x4, [x5]
    ret
device_store:
    mov     x5, x3
    mov     x4, #-1
    tbnz    w2, #3, 8f
    tbnz    w2, #2, 4f
    tbnz    w2, #1, 2f
    strb    w1, [x0]
    b       1f
2:  strh    w1, [x0]
    b       1f
4:  str     w1, [x0]
    b       1f
8:  str     x1, [x0]
1:  dsb     sy
    str     x4, [x5]
    ret
device_access_end:
device_access_failed:
    mrs     x4, far_el2
    str     x4, [x5]
    mov     x0, #0
    ret
