/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What puppets execute with registers given by the case. Each routine is entered by writing the
 * program counter and ends by falling or branching to puppet_park, where the undefined instruction
 * stops the thread with all its registers unchanged. In, Out, Clobbers: as each line says.
 */
    .macro  code name
    .global \name
    .type \name, %function
    .balign 4
\name:
    .endm

    .text
    code    puppet_svc              /* In: a system call. Out: what the kernel wrote. */
    svc     #0
    code    puppet_park
    udf     #0
    code    puppet_svc_strange
    svc     #0x77
    b       puppet_park
    code    puppet_undefined
    udf     #1
    b       puppet_park
    code    puppet_break
    brk     #0x123
    b       puppet_park
    code    puppet_system_write
    msr     ttbr0_el1, x0
    b       puppet_park
    code    puppet_load             /* In: x0 address. Out: x1. */
    ldr     x1, [x0]
    b       puppet_park
    code    puppet_store            /* In: x0 address, x1 value. */
    str     x1, [x0]
    b       puppet_park
    code    puppet_exclusive        /* In: x0 address. Out: x1. */
    ldxr    x1, [x0]
    b       puppet_park
    code    puppet_counter          /* Out: x9 counter. */
    mrs     x9, cntvct_el0
    b       puppet_park
    code    puppet_cache            /* In: x0 address. Out: x1 = CTR_EL0. */
    dc      cvac, x0
    dc      civac, x0
    dc      cvau, x0
    ic      ivau, x0
    dsb     sy
    mrs     x1, ctr_el0
    b       puppet_park
    code    puppet_spin             /* In: x0 rounds. Out: x0 = 0. The flags stay. */
    sub     x0, x0, #1
    cbnz    x0, puppet_spin
    b       puppet_park
    code    puppet_fp_touch         /* In: x0. Out: d0. */
    fmov    d0, x0
    b       puppet_park

    .macro  fp_all what
    .irp    n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    fp_pair \what, \n, %(\n + 1)
    .endr
    .endm
    .macro  fp_pair what, a, b
    \what   q\a, q\b, [x0, #(\a * 16)]
    .endm

    .altmacro
    code    puppet_fp_load          /* In: x0 struct fp_state. Clobbers: x1, FP registers. */
    fp_all  ldp
    ldr     x1, [x0, #512]
    msr     fpcr, x1
    ldr     x1, [x0, #520]
    msr     fpsr, x1
    b       puppet_park
    code    puppet_fp_store         /* In: x0 struct fp_state. Clobbers: x1. */
    fp_all  stp
    mrs     x1, fpcr
    str     x1, [x0, #512]
    mrs     x1, fpsr
    str     x1, [x0, #520]
    b       puppet_park
