/* SPDX-License-Identifier: BSD-2-Clause */
/* Publishing and comparing fingerprints. */
#pragma once

#include "ballot.h"

/*
 * Compares with every active peer at the newest common round and waits until none is more than
 * `window` rounds behind. Cumulative fingerprints make one comparison per peer enough, so there is
 * no progress to remember between calls.
 */
void vote_check(uint64_t window);

/* Publishes a round and checks with the system's window. */
void vote_publish(void);
