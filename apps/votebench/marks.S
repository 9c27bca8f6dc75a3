/* SPDX-License-Identifier: BSD-2-Clause */
/* What main.c calls right before and right after each workload. */
    .text
    .irp name, integer, floating, stream, ping_pong, storm, faults, interrupts, output
    .irp side, begin, end
    .global bench_\name\()_\side
    .type bench_\name\()_\side, %function
bench_\name\()_\side:
    ret
    .size bench_\name\()_\side, . - bench_\name\()_\side
    .endr
    .endr
