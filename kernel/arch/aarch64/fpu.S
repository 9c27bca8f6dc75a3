/* SPDX-License-Identifier: BSD-2-Clause */
/* FP and SIMD registers of user threads; the kernel itself never uses them. Next: fpu.c. */
#define FPU_FPSR 512 /* offsetof(struct fpu_state, fpsr), asserted in fpu.c */
#define FPU_FPCR 516

    .arch armv8-a+fp+simd
    .altmacro
    .macro pair operation, first, second, base
    \operation q\first, q\second, [\base, #(\first * 16)]
    .endm

    .macro save_all
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    pair    stp, \n, %(\n + 1), x0
    .endr
    mrs     x2, fpsr
    mrs     x3, fpcr
    str     w2, [x0, #FPU_FPSR]
    str     w3, [x0, #FPU_FPCR]
    .endm

    .macro load_all from
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    pair    ldp, \n, %(\n + 1), \from
    .endr
    ldr     w2, [\from, #FPU_FPSR]
    ldr     w3, [\from, #FPU_FPCR]
    msr     fpsr, x2
    msr     fpcr, x3
    .endm

    .text
/* void fpu_save(struct fpu_state *to). In: x0. Clobbers x2, x3. */
    .global fpu_save
fpu_save:
    save_all
    ret

/* void fpu_load(const struct fpu_state *from). In: x0. Clobbers x2, x3, V0..V31, FPSR, FPCR. */
    .global fpu_load
fpu_load:
    load_all x0
    ret

/*
 * void fpu_switch(struct fpu_state *to, const struct fpu_state *from): save, then load.
 * In: x0, x1. Clobbers x2, x3, V0..V31, FPSR, FPCR.
 */
    .global fpu_switch
fpu_switch:
    save_all
    load_all x1
    ret
