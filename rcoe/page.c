/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vote level page: what user programs wrote, compared at intervals although no program reads it.
 * A round goes through memory once, some groups of pages at each exit that finds all threads at
 * rest, whatever was written there: the kernel's own pages, of which the set may differ, must
 * change neither the order nor the exit. What EL2 saw written is kept in a bitmap, and folded at
 * these exits and the next ones. Contracts: rcoe/pages.h.
 */
#include <rcoe/pages.h>
#include <rcoe/rcoe.h>

#include "ballot.h"
#include "digest.h"
#include "page.h"

ARCH_REPLICA_STATE struct rcoe_pages rcoe_pages;

#define PAGE_BYTES (UINT64_C(1) << PAGES_BITS)
#define PAGE_WORDS (PAGE_BYTES / sizeof(uint64_t))
#define PAGES_PER_GROUP 64u
#define NO_PAGE (~UINT64_C(0))

/*@ predicate pages_known{L} = counted && rcoe_pages.pages <= PAGES_MOST &&
      \valid_read(rcoe_pages.memory + (0 .. rcoe_pages.pages * PAGE_WORDS - 1)); */

//@ assigns \nothing; ensures \result == rcoe_pages.pages / PAGES_PER_GROUP;
static uint64_t groups(void)
{
    return rcoe_pages.pages / PAGES_PER_GROUP;
}

/*@
  requires \valid_read(memory + (0 .. (bytes >> PAGES_BITS) * PAGE_WORDS - 1));
  requires rcoe_pages.left == 0 && rcoe_pages.next == 0 && none_dirty(0, DIRTY_WORDS);
  assigns rcoe_pages;
  ensures rcoe_pages.pages <= PAGES_MOST;
  ensures rcoe_pages.left == total(rcoe_pages.dirty) && none_dirty(0, DIRTY_WORDS);
  ensures rcoe_pages.next == 0 && rcoe_pages.asked == rcoe_pages.pages / 64;
  ensures \valid_read(rcoe_pages.memory + (0 .. rcoe_pages.pages * PAGE_WORDS - 1));
*/
void rcoe_pages_init(uint64_t start, uint64_t bytes, const uint64_t *memory)
{
    rcoe_pages.memory = memory;
    rcoe_pages.start = start;
    rcoe_pages.pages = bytes >> PAGES_BITS;
    rcoe_pages.asked = groups();
    rcoe_pages.interval = board_control()->page_ticks;
    if (rcoe_pages.pages > PAGES_MOST || rcoe_pages.interval == 0) {
        shim_panic(RCOE_PANIC_CONFIG, rcoe_pages.interval);
    }
}

/* Number of a page; NO_PAGE: outside of this replica's memory. */
//@ assigns \nothing; ensures \result < rcoe_pages.pages || \result == (uint64_t)NO_PAGE;
static uint64_t page_of(uint64_t address)
{
    uint64_t page = (address - rcoe_pages.start) >> PAGES_BITS;

    return page < rcoe_pages.pages ? page : NO_PAGE;
}

//@ assigns \nothing; ensures \result == (uint64_t)((uint64_t)1 << page % 64);
static uint64_t bit_of(uint64_t page)
{
    return UINT64_C(1) << page % 64;
}

//@ requires pages_known; assigns rcoe_pages; ensures pages_known;
void rcoe_pages_give(uint64_t first, uint64_t bytes)
{
    uint64_t page = page_of(first);
    uint64_t end = page + (bytes >> PAGES_BITS);

    if (page == NO_PAGE || end > rcoe_pages.pages) {
        return;
    }
    //@ loop assigns page, rcoe_pages.user[0 .. PAGES_MOST / 64 - 1];
    while (page < end) {
        if (page % 64 == 0 && end - page >= 64) { /* large frames: in one step */
            rcoe_pages.user[page / 64] = ~UINT64_C(0);
            page += 64;
        } else {
            rcoe_pages.user[page / 64] |= bit_of(page);
            page++;
        }
    }
}

/* A page of this round that is taken before its turn is not folded: it is the kernel's now. */
//@ requires pages_known && page < rcoe_pages.pages; assigns rcoe_pages; ensures pages_known;
static void take(uint64_t page)
{
    rcoe_pages.user[page / 64] &= ~bit_of(page);
    if ((rcoe_pages.dirty[page / 64] & bit_of(page)) != 0) {
        rcoe_pages.dirty[page / 64] &= ~bit_of(page);
        rcoe_pages.left--;
    }
}

//@ requires pages_known; assigns rcoe_pages; ensures pages_known;
void rcoe_pages_take(uint64_t first, uint64_t bytes)
{
    //@ loop invariant pages_known; loop assigns at, rcoe_pages;
    for (uint64_t at = first & ~(PAGE_BYTES - 1); at < first + bytes; at += PAGE_BYTES) {
        uint64_t page = page_of(at);

        if (page != NO_PAGE) {
            take(page);
        }
    }
}

//@ requires pages_known; assigns rcoe_pages; ensures pages_known;
void rcoe_pages_interrupted(void)
{
    rcoe_pages.interrupted++;
}

//@ requires pages_known; assigns rcoe_pages; ensures pages_known;
void rcoe_pages_abandoned(bool ended)
{
    rcoe_pages.off = true;
    rcoe_pages.interrupted -= ended ? 1 : 0;
}

/* The next groups of this round: as many calls, and as many pages at most, whatever was written. */
//@ requires pages_known; assigns rcoe_pages, rcoe_fingerprint; ensures pages_known;
static void collect(void)
{
    //@ loop invariant pages_known; loop assigns i, rcoe_pages;
    for (uint32_t i = 0; i < GROUPS_PER_EXIT && rcoe_pages.asked < groups(); i++) {
        uint64_t group = rcoe_pages.asked++;
        uint64_t found = shim_dirty(group) & rcoe_pages.user[group];

        rcoe_pages.dirty[group] = found;
        /*@
          loop invariant rcoe_pages.left + bits(found) == total(rcoe_pages.dirty);
          loop assigns found, rcoe_pages.left;
        */
        for (; found != 0; found &= found - 1) {
            rcoe_pages.left++;
        }
    }
    rcoe_note(rcoe_pages.left);
}

/* There is one: `left` is not 0. */
/*@
  requires pages_known && rcoe_pages.left != 0;
  assigns \nothing;
  ensures \result < rcoe_pages.pages && is_dirty(\result) && none_dirty(0, \result / 64);
*/
static uint64_t next_dirty(void)
{
    uint64_t word = rcoe_pages.next / 64;

    //@ loop invariant none_dirty(0, word); loop assigns word; loop variant DIRTY_WORDS - word;
    while (rcoe_pages.dirty[word] == 0) {
        word++;
    }
    return word * 64 + (uint64_t)__builtin_ctzll(rcoe_pages.dirty[word]);
}

/*@
  requires pages_known && page < rcoe_pages.pages;
  requires is_dirty(page) && none_dirty(0, page / 64);
  assigns rcoe_pages, rcoe_fingerprint;
  ensures pages_known;
*/
static void fold(uint64_t page)
{
    const uint64_t *words = rcoe_pages.memory + page * PAGE_WORDS;

    rcoe_note(page);
    rcoe_fingerprint = digest_words(rcoe_fingerprint, words, PAGE_WORDS);
    rcoe_pages.dirty[page / 64] &= ~bit_of(page);
    rcoe_pages.left--;
    rcoe_pages.folded++;
    rcoe_pages.next = page;
}

//@ requires pages_known; assigns rcoe_pages, rcoe_fingerprint; ensures pages_known;
static void at_rest(uint64_t now)
{
    if (rcoe_pages.left == 0 && rcoe_pages.asked == groups() && now >= rcoe_pages.due) {
        rcoe_pages.due = now + rcoe_pages.interval;
        rcoe_pages.asked = 0;
        rcoe_pages.next = 0;
    }
    if (rcoe_pages.asked < groups()) {
        collect();
    }
    //@ loop invariant pages_known; loop assigns i, rcoe_pages, rcoe_fingerprint;
    for (uint32_t i = 0; i < PAGES_PER_EXIT && rcoe_pages.left != 0; i++) {
        fold(next_dirty());
    }
}

//@ requires pages_known; assigns rcoe_pages, rcoe_fingerprint; ensures pages_known;
void rcoe_pages_exit(uint64_t now, bool resumes)
{
    if (rcoe_pages.interrupted == 0 && !rcoe_pages.off) {
        at_rest(now);
    }
    rcoe_pages.interrupted -= resumes ? 1 : 0;
}
