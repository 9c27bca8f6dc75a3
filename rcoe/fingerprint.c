/* SPDX-License-Identifier: BSD-2-Clause */
#include "fingerprint.h"

uint32_t fingerprint_frame(uint32_t fingerprint, const struct trap_frame *tf)
{
    if ((tf->spsr & FRAME_INTERRUPTED) != 0) {
        return fingerprint_word(fingerprint, FRAME_INTERRUPTED);
    }
    for (size_t i = 0; i < sizeof(tf->x) / sizeof(tf->x[0]); i++) {
        fingerprint = fingerprint_word(fingerprint, tf->x[i]);
    }
    fingerprint = fingerprint_word(fingerprint, tf->sp);
    fingerprint = fingerprint_word(fingerprint, tf->pc);
    fingerprint = fingerprint_word(fingerprint, tf->spsr);
    fingerprint = fingerprint_word(fingerprint, tf->tpidr_el0);
    return fingerprint_word(fingerprint, tf->tpidrro_el0);
}
