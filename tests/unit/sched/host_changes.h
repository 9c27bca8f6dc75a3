/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vote level object rests on this: whatever an entry writes in the kernel's memory it names to
 * rcoe_changed(). Every entry that a test makes is checked.
 */
#pragma once

#include "host_memory.h"

/* An entry begins: nothing is named yet. */
void host_changes_begin(void);
/* It ends: fails if there is a word that is not as it was and was not named. */
void host_changes_check(const struct host_image *before);
/* The word was named in this entry. */
bool host_changes_named(const void *word);
