/* SPDX-License-Identifier: BSD-2-Clause */
/* Labels that `ternion bench inputs` watches. All are called from C; they clobber x0 to x7. */
    .macro mark name
    .global \name
    .type \name, %function
\name:
    .endm

    .text
    .irp name, level_idle, level_compute, level_storm, edge_compute, full_rate, tick_idle, \
               tick_compute, tick_storm, clock, end
    mark    inputs_phase_\name
    ret
    .endr

    mark    inputs_byte
    ret

    /* In: x0 = notification. */
    mark    inputs_wait
    mov     x7, #-9             /* seL4_SysWait */
    svc     #0
    mark    inputs_handler
    ret

    mark    inputs_yield
    mov     x7, #-11            /* seL4_SysYield */
    svc     #0
    mark    inputs_tick
    ret

    /* Out: x0 = the counter. */
    mark    inputs_clock
    mrs     x0, cntvct_el0
    mark    inputs_clock_end
    ret
