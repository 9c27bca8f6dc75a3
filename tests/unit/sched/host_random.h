/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that do anything: one random entry at a time. */
#pragma once

#include "host_system.h"

void host_random_seed(unsigned seed);
unsigned host_pick(unsigned below); /* 0 .. below - 1 */
word_t host_pick_word(void);

/* Each is an entry of the current thread, or of several if the timer fires. */
void host_random_message(void);
void host_random_invocation(void);
void host_random_configuration(void);
void host_random_capability(void);
/* Nobody runs: some thread is resumed, with a scheduling context if it has none. */
void host_revive(void);
