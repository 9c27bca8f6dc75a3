/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32C of memory, for vote levels object and page: four words in a turn of the loop. */
#pragma once

#include <stddef.h>

#include "fingerprint.h"

static inline uint32_t digest_words(uint32_t fingerprint, const uint64_t *word, size_t words)
{
    for (; words >= 4; words -= 4, word += 4) {
        fingerprint = fingerprint_word(fingerprint, word[0]);
        fingerprint = fingerprint_word(fingerprint, word[1]);
        fingerprint = fingerprint_word(fingerprint, word[2]);
        fingerprint = fingerprint_word(fingerprint, word[3]);
    }
    for (; words > 0; words--, word++) {
        fingerprint = fingerprint_word(fingerprint, *word);
    }
    return fingerprint;
}
