/* SPDX-License-Identifier: BSD-2-Clause */
#include "fingerprint.h"

uint32_t fingerprint_registers(const struct trap_frame *tf)
{
    const uint64_t *word = tf->x;
    uint32_t fingerprint = 0;

    /*@
      loop invariant 2 <= i <= 30 && fingerprint == folded(word, 0, 2, i);
      loop assigns i, fingerprint;
      loop variant 30 - i;
    */
    for (size_t i = 2; i < 30; i++) {
        fingerprint = fingerprint_word(fingerprint, word[i]);
    }
    fingerprint = fingerprint_word(fingerprint, word[0]);
    fingerprint = fingerprint_word(fingerprint, word[1]);
    fingerprint = fingerprint_word(fingerprint, word[30]);
    fingerprint = fingerprint_word(fingerprint, tf->sp);
    fingerprint = fingerprint_word(fingerprint, tf->pc);
    fingerprint = fingerprint_word(fingerprint, tf->spsr);
    fingerprint = fingerprint_word(fingerprint, tf->tpidr_el0);
    return fingerprint_word(fingerprint, tf->tpidrro_el0);
}

uint32_t fingerprint_frame(uint32_t fingerprint, const struct trap_frame *tf)
{
    if ((tf->spsr & FRAME_INTERRUPTED) != 0) {
        return fingerprint_word(fingerprint, FRAME_INTERRUPTED);
    }
    return fingerprint_word(fingerprint, fingerprint_registers(tf));
}
