/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First instructions of core 0 (image_header) and of the others (secondary_entry), and the last
 * ones before a replica runs (enter_replica). Next file in the flow: shim/start/start.c.
 */
#include <board.h>
#include "../frame.h"
#include <shim/registers.h>

/*
 * arm64 boot image header (Linux Documentation/arm64/booting). tools/image.py patches image_size.
 */
    .section .header, "ax"
    .global image_header
image_header:
    b       primary_entry
    .word   0
    .quad   BOARD_IMAGE_BASE - BOARD_RAM_BASE /* text_offset */
    .quad   0x1000              /* image_size, patched */
    .quad   0xa                 /* little endian, 4 KiB pages, anywhere in memory */
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .word   0

    .section .manifest, "a"
    .global manifest
manifest:
    .space  0x800

    .text
/*
 * In: EL2, MMU off, running in the image. Out: in core 0's copy at secondary_entry with x0 = 0.
 * Clobbers: everything.
 */
primary_entry:
    msr     daifset, #15
    adrp    x1, image_header
    add     x1, x1, :lo12:image_header
    adrp    x2, shim_text_end
    add     x2, x2, :lo12:shim_text_end
    mov     x3, #BOARD_SHIM_BASE
    mov     x4, x3
1:  ldp     x5, x6, [x1], #16
    stp     x5, x6, [x3], #16
    cmp     x1, x2
    b.lo    1b
    adrp    x1, image_header
    adrp    x5, secondary_entry
    add     x5, x5, :lo12:secondary_entry
    sub     x5, x5, x1
    add     x5, x5, x4
    mov     x0, #0
    dsb     sy
    ic      iallu
    dsb     sy
    isb
    br      x5

/* In: x0 = core number, and CORE_JOINS; EL2, MMU off, running in the core's own copy. No return. */
    .global secondary_entry
secondary_entry:
    msr     daifset, #15
    mrs     x1, CurrentEL
    cmp     x1, #(2 << 2)
    b.ne    dead
    msr     spsel, #1
    msr     tpidr_el2, xzr      /* no exception inside EL2 yet: vectors.S */
    adrp    x1, vectors
    add     x1, x1, :lo12:vectors
    msr     vbar_el2, x1
    adrp    x1, shim_text_end   /* page aligned, as is shim_end */
    adrp    x2, shim_end
1:  stp     xzr, xzr, [x1], #16
    cmp     x1, x2
    b.lo    1b
    adrp    x1, shim_stack_top
    mov     sp, x1
    b       shim_start

/*
 * In: x0 = frame of the first entry, x1 = block of its other registers (shim/registers.h):
 * identical in every replica.
 */
    .altmacro
    .macro pair first, second
    ldp     q\first, q\second, [x1, #(REGISTERS_V + \first * 16)]
    .endm
    .global enter_replica
enter_replica:
    adrp    x4, shim_stack_top
    sub     sp, x4, #FRAME_SIZE
    mov     x2, sp
2:  ldr     x3, [x0], #8
    str     x3, [x2], #8
    cmp     x2, x4
    b.lo    2b
    mov     x2, #0x33ff         /* CPTR_EL2: FP not trapped */
    msr     cptr_el2, x2
    isb
    .arch_extension simd
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    pair    \n, %(\n + 1)
    .endr
    ldp     x2, x3, [x1, #REGISTERS_FPSR]
    msr     fpsr, x2
    msr     fpcr, x3
    ldr     x2, [x1, #REGISTERS_SP]
    msr     sp_el1, x2
    add     x1, x1, #REGISTERS_EL1
    .irp reg, EL1_REGISTERS
    ldr     x2, [x1], #8
    msr     \reg, x2
    .endr
    .irp reg, DEAD_REGISTERS
    msr     \reg, xzr
    .endr
    ic      iallu
    dsb     sy
    isb
    adr     x30, return_to_replica
    b       paging_close        /* this code is gone when it returns */
