/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scrubbing: at every tick a core compares a little of what never changes in its copy of the shim
 * and in its replica with the image that both were made from. Where they differ, the peers decide
 * with them: a strict majority of all copies is right, and whoever is not it is corrected, each by
 * its own core, the image by the I/O core. EL2 sees its peers and the image read only; the one page
 * that it corrects goes through a window that is mapped for that store.
 */
#include "paging.h"

static volatile uint64_t window[PAGE / 8] __attribute__((section(".pool"), aligned(4096)));
static uint64_t range; /* of manifest.constant, compared next ... */
static uint64_t place; /* ... from this byte on */
static uint32_t told;  /* bit: of a range, that there is no majority; until a pass finds it gone */
static bool tied;      /* ... seen in this pass */

/* The word that comes next, in a replica or its shim, or in the image, as EL2 sees it. */
/*@
  requires range < MANIFEST_CONSTANTS; assigns \nothing;
  ensures manifest.constant[range].size % 8 == 0;
  ensures \valid_read(\result + (0 .. (manifest.constant[range].size - place + 7) / 8 - 1));
*/
static const uint64_t *copy(uint32_t of)
{
    const struct manifest_constant *c = &manifest.constant[range];
    uint64_t base = BOARD_PARTITION_BASE + of * manifest.partition_size - BOARD_PARTITION_IPA;

    if (of == REPAIR_IMAGE)
        base = BOARD_IMAGE_BASE + c->image_offset - c->ipa;
    else if (c->ipa < BOARD_PARTITION_IPA)
        base = BOARD_SHIM_BASE + of * BOARD_SHIM_SIZE;
    return (const uint64_t *)(uintptr_t)(base + c->ipa + place);
}

//@ requires range < MANIFEST_CONSTANTS; assigns CORRECTED;
static void correct(uint32_t wrong, uint64_t value)
{
    uint64_t at = (uintptr_t)copy(wrong);
    volatile uint64_t *word = &window[at % PAGE / 8];

    map_own((uintptr_t)window, PAGE, 0);
    tlb_flush_el2();
    map(own_root, (uintptr_t)window, at - at % PAGE, PAGE, OWN_WRITE);
    cpu_barrier();
    *word = value;
    cache_clean((uintptr_t)word, sizeof(*word));
    map_own((uintptr_t)window, PAGE, 0);
    tlb_flush_el2();
    count_up(HKR_REPAIRS, self.number, 1);
    record(RECORD_REPAIR, manifest.constant[range].ipa + place, wrong);
}

/*@
  requires range < MANIFEST_CONSTANTS && place < manifest.constant[range].size;
  assigns CORRECTED, told, tied;
*/
static void decide(uint64_t own, uint64_t image)
{
    uint32_t peers = board_active() & ~BIT(self.number);
    uint32_t copies = 2;
    uint32_t like_own = 1;
    uint32_t like_image = 1;

    //@ loop assigns r, copies, like_own, like_image;
    foreach (r, peers) {
        uint64_t other = *copy(r);

        copies++;
        like_own += other == own;
        like_image += other == image;
    }
    if (2 * like_image > copies) {
        correct(self.number, image);
    } else if (2 * like_own > copies) {
        if (DRIVES)
            correct(REPAIR_IMAGE, own);
    } else {
        if (!(told & BIT(range)))
            record(RECORD_REPAIR, manifest.constant[range].ipa + place, REPAIR_NONE);
        told |= BIT(range);
        tied = true;
    }
}

void scrub_tick(void)
{
    const uint64_t *own, *image;
    uint64_t size, end, at;

    if (self.alone || !manifest.scrub_bytes_per_ms)
        return;
    range %= manifest.constant_count; /* after a flip in it, as place */
    size = manifest.constant[range].size;
    place = place < size ? place - place % 8 : 0;
    own = copy(self.number);
    image = copy(REPAIR_IMAGE);
    end = place + manifest.scrub_bytes_per_ms;
    end = end < size ? end : size;
    count_up(HKR_SCRUBBED, self.number, end - place);
#pragma GCC unroll 8
    /*@
      loop invariant at % 8 == 0 && range < MANIFEST_CONSTANTS;
      loop invariant size == manifest.constant[range].size >= end;
      loop invariant \valid_read(own + (0 .. (size - at + 7) / 8 - 1));
      loop invariant \valid_read(image + (0 .. (size - at + 7) / 8 - 1));
      loop assigns at, place, own, image, CORRECTED, told, tied;
    */
    for (at = place; at < end; at += 8, own++, image++) {
        if (*own != *image) {
            place = at;
            decide(*own, *image);
        }
    }
    place = at;
    if (place == size) {
        told &= tied ? ~0u : ~BIT(range);
        tied = false;
        range = (range + 1) % manifest.constant_count;
        place = 0;
    }
}
