/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every entry that a test makes is made twice from the same memory: by the hot paths with the slow
 * path behind them, as trap/ does it, and by the slow path alone, which is their specification.
 * All memory must then be the same.
 */
#pragma once

#include "host_system.h"

enum host_path { PATH_CALL, PATH_REPLY_RECV, PATH_FAULT, PATH_SIGNAL, PATH_WAIT, PATHS };
struct host_path_counts {
    unsigned long taken, refused;
};
/* Since the program started. */
extern struct host_path_counts host_path_counts[PATHS];
extern unsigned long host_entries;
/* Entries of hot paths that asked for no time; those also compared with a slow path that did. */
extern unsigned long host_timeless, host_timed;

enum host_entry_kind { ENTRY_SYSCALL, ENTRY_DATA_FAULT, ENTRY_INSTRUCTION_FAULT, ENTRY_TIMER };
struct host_entry {
    enum host_entry_kind kind;
    ticks_t time;
    word_t address; /* of a data fault */
};
/* The current thread's registers are as it left them (system call: pc behind the SVC). */
void host_enter(struct host_entry entry);
