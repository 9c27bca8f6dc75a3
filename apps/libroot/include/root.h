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

/* Name of an seL4_Error. */
const char *error_name(seL4_Word error);
