/* SPDX-License-Identifier: BSD-2-Clause */
/* Is this the image that was built, for this board? If not, one line on the UART, and the end. */
#include "start.h"
#include <start/dma_map.h>

//@ requires valid_read_string(text); assigns \nothing;
static void print(const char *text)
{
    //@ loop invariant valid_read_string(text); loop assigns text;
    for (; *text; text++)
        uart_putc(*text);
}

//@ assigns \nothing;
static void print_number(uint64_t number)
{
    static const char digits[] = "0123456789abcdef";

    uart_putc('0');
    uart_putc('x');
    //@ loop invariant -4 <= shift <= 28; loop assigns shift; loop variant shift + 4;
    for (int shift = 28; shift >= 0; shift -= 4)
        uart_putc(digits[(number >> shift) % 16]);
}

_Noreturn void start_refused(const char *text, uint64_t a, const char *more, uint64_t b)
{
    print("ternion: ");
    print(text);
    print_number(a);
    print(more);
    print_number(b);
    print("\r\n");
    psci_off(false);
}

/* Words of the image, and of a copy of the shim. */
#define DIGEST_WORD ((MANIFEST_OFFSET + offsetof(struct manifest, digest_crc32)) / 8)
_Static_assert((MANIFEST_OFFSET + offsetof(struct manifest, digest_crc32)) % 8 == 0 &&
                   offsetof(struct manifest, constant_digest) ==
                       offsetof(struct manifest, digest_crc32) + 8,
               "the image's digest and the shim's are neighbouring words");

/*@ assigns \nothing;
    ensures \forall integer size; readable(from, size) ==>
        \valid_read(\result + (0 .. size / 8 - 1)); */
static const uint64_t *words_at(uint64_t from)
{
    return (const uint64_t *)(uintptr_t)from;
}

/*@ requires readable(from, MANIFEST_OFFSET + sizeof(struct manifest)); assigns \nothing;
    ensures \valid_read(\result); */
static const struct manifest *manifest_of(uint64_t from)
{
    return (const struct manifest *)(uintptr_t)(from + MANIFEST_OFFSET);
}

/* Whole words: the builder pads the image to pages. */
/*@ requires \valid(crc + (0 .. 1)) && \base_addr(word) == \base_addr(end);
    requires \valid_read(word + (0 .. end - word - 1)); assigns crc[0 .. 1]; */
static void crc_words(uint32_t crc[2], const uint64_t *word, const uint64_t *end)
{
#pragma GCC unroll 8
    /*@
      loop invariant \exists integer n; 0 <= n && word == \at(word, Pre) + n &&
          (n == 0 || word <= end);
      loop assigns word, crc[0 .. 1];
    */
    for (; word < end; word++) {
        crc[0] = crc32_word(crc[0], *word);
        crc[1] = crc32c_word(crc[1], *word);
    }
}

/* With so many words, from the image's digest on, as if they were zero. */
/*@ requires \valid(crc + (0 .. 1)) && readable(from, size) && blanks <= 2;
    requires blanks != 0 ==> readable(from, MANIFEST_OFFSET + sizeof(struct manifest));
    assigns crc[0 .. 1]; */
static void digest(uint32_t crc[2], uint64_t from, uint64_t size, uint64_t blanks)
{
    static const uint64_t zero[2];
    const uint64_t *word = words_at(from);
    const uint64_t *blank = word + (blanks ? DIGEST_WORD : 0);

    crc[0] = crc[1] = ~0u;
    crc_words(crc, word, blank);
    crc_words(crc, zero, zero + blanks);
    crc_words(crc, blank + blanks, word + size / 8);
}

bool constant_good(uint64_t i, uint64_t from)
{
    const struct manifest *m = i ? &manifest : manifest_of(from);
    uint32_t crc[2];

    digest(crc, from, manifest.constant[i].size, i ? 0 : 2);
    return m->constant_digest[i] == ((uint64_t)~crc[1] << 32 | (uint32_t)~crc[0]);
}

void image_check(void)
{
    uint64_t size = manifest.image_size < BOARD_IMAGE_SIZE ? manifest.image_size : BOARD_IMAGE_SIZE;
    uint32_t crc[2];

    digest(crc, BOARD_IMAGE_BASE, size, 1);
    if (manifest.magic == MANIFEST_MAGIC && ~crc[0] == manifest.digest_crc32 &&
        ~crc[1] == manifest.digest_crc32c)
        return;
    record(RECORD_DIGEST_BAD, (uint64_t)manifest.digest_crc32 << 32 | manifest.digest_crc32c,
           (uint64_t)~crc[0] << 32 | ~crc[1]);
    record(RECORD_STOP, STOP_DIGEST, 0);
    start_refused("image digest mismatch: expected ", manifest.digest_crc32, ", found ", ~crc[0]);
}

//@ assigns \nothing; ensures \result <==> !inside(base, size, of, of_size);
static bool range_outside(uint64_t base, uint64_t size, uint64_t of, uint64_t of_size)
{
    return base < of || size > of_size || base - of > of_size - size;
}

/* scrub.c relies on these, and who joins: what they look at lies there, in whole pages. */
/*@ requires m == &manifest; assigns \nothing;
    ensures constants_fit; */
static void constants_check(const struct manifest *m)
{
    uint64_t text = (uint64_t)(shim_text_end - image_header);

    if (!m->constant_count || m->constant_count > MANIFEST_CONSTANTS || m->scrub_bytes_per_ms % 8 ||
        m->constant[0].ipa || m->constant[0].size != text)
        start_refused("constants ", m->constant_count, ", bytes ", m->scrub_bytes_per_ms);
    /*@
      loop invariant i <= m->constant_count;
      loop invariant \forall integer k; 0 <= k < i ==> constant_fits(k);
      loop assigns i;
    */
    for (uint64_t i = 0; i < m->constant_count; i++) {
        const struct manifest_constant *c = &m->constant[i];

        if (c->size % BOARD_PAGE || c->ipa % BOARD_PAGE ||
            range_outside(c->image_offset, c->size, 0, m->image_size) ||
            (i && range_outside(c->ipa, c->size, BOARD_PARTITION_IPA, m->partition_size)))
            start_refused("constants do not fit: at ", c->ipa, ", bytes ", c->size);
    }
}

void manifest_check(void)
{
    const struct manifest *m = &manifest;

    if (m->version != MANIFEST_VERSION)
        start_refused("manifest version ", m->version, ", this shim knows ", MANIFEST_VERSION);
    if (m->replicas < 1 || m->replicas > BOARD_CORES || m->replicas > REPLICAS_MAX)
        start_refused("replicas ", m->replicas, ", cores ", BOARD_CORES);
    if (!m->partition_size || m->partition_size % 0x200000 ||
        m->partition_size > BOARD_PARTITION_TOTAL / m->replicas)
        start_refused("partition size ", m->partition_size, ", room for all ",
                      BOARD_PARTITION_TOTAL);
    if (BOARD_PARTITION_IPA + m->partition_size < DMA_END)
        start_refused("partition size ", m->partition_size, ", DMA memory ends at ", DMA_END);
    if (m->image_size > BOARD_IMAGE_SIZE)
        start_refused("image size ", m->image_size, ", room ", BOARD_IMAGE_SIZE);
    if (range_outside(m->kernel_offset, m->kernel_size, 0, m->image_size) ||
        range_outside(m->kernel_ipa, m->kernel_size, BOARD_PARTITION_IPA, m->partition_size))
        start_refused("kernel does not fit: at ", m->kernel_ipa, ", bytes ", m->kernel_size);
    if (range_outside(m->user_offset, m->user_size, 0, m->image_size) ||
        range_outside(m->user_ipa, m->user_size, BOARD_PARTITION_IPA, m->partition_size))
        start_refused("user image does not fit: at ", m->user_ipa, ", bytes ", m->user_size);
    if (m->device_count > MANIFEST_DEVICES || m->window >= BALLOT_RING / 2)
        start_refused("devices ", m->device_count, ", or window ", m->window);
    if (m->readmit_per_hour >= READMISSIONS)
        start_refused("readmissions per hour ", m->readmit_per_hour, ", below ", READMISSIONS);
    if (m->safe_state > SAFE_RESET)
        start_refused("safe state ", m->safe_state, ", above ", SAFE_RESET);
    constants_check(m);
}
