/* SPDX-License-Identifier: BSD-2-Clause */
/* What every root task needs: an entry with a stack, and a console on the debug system call. */
#pragma once

#include <sel4/sel4.h>

/* The program. Called once with a stack and the IPC buffer set; must not return. */
_Noreturn void root_main(seL4_BootInfo *info);

/* Stops this thread for good. */
_Noreturn void root_stop(void);

/* Console. */
void print_text(const char *text);
void print_decimal(seL4_Word number);
void print_hex(seL4_Word number);
/* "label number" and a newline. */
void print_fact(const char *label, seL4_Word number);

/*
 * Debug kernels only (elsewhere the caller faults): walks over all kernel objects and checks what
 * must hold. 0, or the number of the first broken invariant (kernel/include/kernel/invariants.h).
 * stride: from now on at every n-th kernel exit, too; 0 leaves it, all ones stops it. walks: the
 * number of complete walks since boot.
 */
seL4_Word debug_check_invariants(seL4_Word stride, seL4_Word *walks);

/* Name of an seL4_Error. */
const char *error_name(seL4_Word error);
