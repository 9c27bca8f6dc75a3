/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lossless data compression of 8-bit samples, CCSDS 121.0-B: unit-delay predictor, prediction error
 * mapper, adaptive Rice coder (zero block, second extension, sample splitting, no compression).
 * `aec -d -n 8 -j BLOCK -r INTERVAL` gives the samples back.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define RICE_BLOCK 16u    /* samples in a block, of the flight system */
#define RICE_INTERVAL 64u /* blocks between reference samples, of the flight system */
#define RICE_BLOCK_MAX 64u
#define RICE_INTERVAL_MAX 4096u

struct rice_parameters {
    unsigned block;    /* samples in a block: 8, 16, 32 or 64 */
    unsigned interval; /* blocks between reference samples: 1 to RICE_INTERVAL_MAX */
};

/* Bytes that `count` samples need at worst. */
size_t rice_capacity(const struct rice_parameters *p, size_t count);

/*
 * Compresses; returns the bytes written. 0: no samples, wrong parameters, or capacity below
 * rice_capacity(). A last block that is not full is filled up with its last sample, so the decoder
 * may give a few samples more.
 */
size_t rice_encode(const struct rice_parameters *p, const uint8_t *sample, size_t count,
                   uint8_t *out, size_t capacity);
