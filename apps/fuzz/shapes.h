/* SPDX-License-Identifier: BSD-2-Clause */
/* What a well-formed invocation of each label looks like. */
#pragma once

/*
 * words: one letter per message word, worker_argument() says what each stands for. caps: one letter
 * per extra cap, of kind_letters.
 */
struct shape {
    char target;
    const char *words;
    const char *caps;
};
extern const struct shape shapes[];
