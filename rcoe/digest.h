/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32C of memory, for vote levels object and page: four words in a turn of the loop. */
#pragma once

#include <stddef.h>

#include "fingerprint.h"

//@ requires \valid_read(word + (0 .. words - 1)); assigns \nothing;
static inline uint32_t digest_words(uint32_t fingerprint, const uint64_t *word, size_t words)
{
    /*@
      loop invariant words <= \at(words, Pre);
      loop invariant word == \at(word, Pre) + (\at(words, Pre) - words);
      loop assigns fingerprint, word, words;
      loop variant words;
    */
    for (; words >= 4; words -= 4, word += 4) {
        fingerprint = fingerprint_word(fingerprint, word[0]);
        fingerprint = fingerprint_word(fingerprint, word[1]);
        fingerprint = fingerprint_word(fingerprint, word[2]);
        fingerprint = fingerprint_word(fingerprint, word[3]);
    }
    /*@
      loop invariant words <= \at(words, Pre);
      loop invariant word == \at(word, Pre) + (\at(words, Pre) - words);
      loop assigns fingerprint, word, words;
      loop variant words;
    */
    for (; words > 0; words--, word++) {
        fingerprint = fingerprint_word(fingerprint, *word);
    }
    return fingerprint;
}
