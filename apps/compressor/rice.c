/* SPDX-License-Identifier: BSD-2-Clause */
/* The encoder of rice.h. Numbers in comments are sections of CCSDS 121.0-B-3. */
#include "rice.h"

#include <stdbool.h>

#define SAMPLE_BITS 8u
#define SAMPLE_MAX 255u
#define ID_BITS 3u           /* for up to 8 bits a sample (table 5-1) */
#define SPLIT_MAX 5u         /* largest k */
#define ID_NO_COMPRESSION 7u /* all ones */
#define SEGMENT_BLOCKS 64u   /* a run of zero blocks ends with its segment (3.4.3) */
#define RUN_REST_OF_SEGMENT 5u

struct bit_writer {
    uint8_t *out;
    size_t used;      /* whole bytes */
    uint64_t pending; /* low pending_bits bits are not written yet; fewer than 8 between calls */
    unsigned pending_bits;
};

/* One block as the entropy coder sees it. */
struct block {
    unsigned samples;              /* J */
    unsigned first;                /* 1 when sample 0 is a reference, else 0 */
    uint8_t reference;             /* plain sample 0 */
    uint8_t error[RICE_BLOCK_MAX]; /* mapped prediction errors; 0 for the reference */
};

/* Zero blocks not written yet. */
struct zero_run {
    unsigned blocks;
    bool has_reference; /* of its first block */
    uint8_t reference;
};

static void put_bits(struct bit_writer *w, uint32_t value, unsigned bits)
{
    w->pending = w->pending << bits | value;
    w->pending_bits += bits;
    while (w->pending_bits >= 8) {
        w->pending_bits -= 8;
        w->out[w->used++] = (uint8_t)(w->pending >> w->pending_bits);
    }
}

/* Fundamental sequence (3.2): `value` zeros and a one. */
static void put_sequence(struct bit_writer *w, uint32_t value)
{
    for (; value >= 32; value -= 32)
        put_bits(w, 0, 32);
    put_bits(w, 1, value + 1);
}

/* Maps the prediction error of a sample to 0..255, small errors to small numbers (4.3). */
static uint8_t map_error(unsigned predicted, unsigned sample)
{
    unsigned below = predicted, above = SAMPLE_MAX - predicted;
    unsigned theta = below < above ? below : above;

    if (sample >= predicted) {
        unsigned delta = sample - predicted;

        return (uint8_t)(delta <= theta ? 2 * delta : theta + delta);
    } else {
        unsigned delta = predicted - sample;

        return (uint8_t)(delta <= theta ? 2 * delta - 1 : theta + delta);
    }
}

static void load_block(struct block *b, const uint8_t *sample, size_t count, size_t start,
                       bool reference)
{
    unsigned predicted = start ? sample[start - 1] : 0;

    b->first = reference ? 1 : 0;
    b->reference = sample[start];
    for (unsigned i = 0; i < b->samples; i++) {
        unsigned value = start + i < count ? sample[start + i] : sample[count - 1];

        b->error[i] = i < b->first ? 0 : map_error(predicted, value);
        predicted = value;
    }
}

static bool is_zero_block(const struct block *b)
{
    for (unsigned i = b->first; i < b->samples; i++)
        if (b->error[i])
            return false;
    return true;
}

/* Bits of the coded samples, identifier and reference not counted. */
static uint32_t split_cost(const struct block *b, unsigned k)
{
    uint32_t bits = (b->samples - b->first) * (k + 1);

    for (unsigned i = b->first; i < b->samples; i++)
        bits += (uint32_t)b->error[i] >> k;
    return bits;
}

/* Two errors as one number (3.4.2). */
static uint32_t pair_number(uint32_t a, uint32_t b)
{
    return (a + b) * (a + b + 1) / 2 + b;
}

/* The second extension's identifier is one bit longer; that counts here. */
static uint32_t second_extension_cost(const struct block *b)
{
    uint32_t bits = 1;

    for (unsigned i = 0; i < b->samples; i += 2)
        bits += pair_number(b->error[i], b->error[i + 1]) + 1;
    return bits;
}

static void put_head(struct bit_writer *w, const struct block *b, uint32_t id, unsigned id_bits)
{
    put_bits(w, id, id_bits);
    if (b->first)
        put_bits(w, b->reference, SAMPLE_BITS);
}

static void put_split(struct bit_writer *w, const struct block *b, unsigned k)
{
    put_head(w, b, k + 1, ID_BITS);
    for (unsigned i = b->first; i < b->samples; i++)
        put_sequence(w, (uint32_t)b->error[i] >> k);
    for (unsigned i = b->first; k && i < b->samples; i++)
        put_bits(w, b->error[i] & ((1u << k) - 1), k);
}

static void put_second_extension(struct bit_writer *w, const struct block *b)
{
    put_head(w, b, 1, ID_BITS + 1);
    for (unsigned i = 0; i < b->samples; i += 2)
        put_sequence(w, pair_number(b->error[i], b->error[i + 1]));
}

static void put_plain(struct bit_writer *w, const struct block *b)
{
    put_head(w, b, ID_NO_COMPRESSION, ID_BITS);
    for (unsigned i = b->first; i < b->samples; i++)
        put_bits(w, b->error[i], SAMPLE_BITS);
}

/* Codes a block that is not zero by the cheapest option. */
static void put_block(struct bit_writer *w, const struct block *b)
{
    uint32_t best = (b->samples - b->first) * SAMPLE_BITS;
    unsigned best_k = SPLIT_MAX + 1;

    for (unsigned k = 0; k <= SPLIT_MAX; k++) {
        uint32_t cost = split_cost(b, k);

        if (cost < best) {
            best = cost;
            best_k = k;
        }
    }
    if (second_extension_cost(b) < best)
        put_second_extension(w, b);
    else if (best_k <= SPLIT_MAX)
        put_split(w, b, best_k);
    else
        put_plain(w, b);
}

/* Table 3-1: runs of 1 to 4 blocks, the rest of the segment, then runs of 5 and more. */
static void flush_run(struct bit_writer *w, struct zero_run *run, bool segment_ends)
{
    if (!run->blocks)
        return;
    put_bits(w, 0, ID_BITS + 1);
    if (run->has_reference)
        put_bits(w, run->reference, SAMPLE_BITS);
    if (run->blocks < RUN_REST_OF_SEGMENT)
        put_sequence(w, run->blocks - 1);
    else
        put_sequence(w, segment_ends ? RUN_REST_OF_SEGMENT - 1 : run->blocks);
    run->blocks = 0;
}

static void add_to_run(struct zero_run *run, const struct block *b)
{
    if (!run->blocks) {
        run->has_reference = b->first != 0;
        run->reference = b->reference;
    }
    run->blocks++;
}

static bool parameters_good(const struct rice_parameters *p)
{
    return (p->block == 8 || p->block == 16 || p->block == 32 || p->block == 64) &&
           p->interval >= 1 && p->interval <= RICE_INTERVAL_MAX;
}

size_t rice_capacity(const struct rice_parameters *p, size_t count)
{
    size_t blocks = (count + p->block - 1) / p->block;

    return (blocks * (ID_BITS + p->block * SAMPLE_BITS) + 7) / 8;
}

size_t rice_encode(const struct rice_parameters *p, const uint8_t *sample, size_t count,
                   uint8_t *out, size_t capacity)
{
    struct bit_writer w = { .out = out };
    struct zero_run run = { 0 };
    struct block b = { .samples = p->block };
    unsigned index = 0; /* of the block in its interval */

    if (!parameters_good(p) || count == 0 || capacity < rice_capacity(p, count))
        return 0;
    for (size_t start = 0; start < count; start += p->block) {
        bool segment_ends;

        load_block(&b, sample, count, start, index == 0);
        segment_ends = index % SEGMENT_BLOCKS == SEGMENT_BLOCKS - 1 || index + 1 == p->interval;
        if (is_zero_block(&b)) {
            add_to_run(&run, &b);
            if (segment_ends)
                flush_run(&w, &run, true);
        } else {
            flush_run(&w, &run, false);
            put_block(&w, &b);
        }
        index = index + 1 == p->interval ? 0 : index + 1;
    }
    flush_run(&w, &run, false);
    if (w.pending_bits)
        put_bits(&w, 0, 8 - w.pending_bits);
    return w.used;
}
