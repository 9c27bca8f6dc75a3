/* SPDX-License-Identifier: BSD-2-Clause */
/* The flight recorder: this core's rings. Written by this core only, read by tools from RAM. */
#include "core.h"

void record_more(enum record_type type, uint64_t a, uint64_t b, uint64_t c)
{
    struct recorder *own = recorder_own();
    _Atomic uint64_t *count = type == RECORD_INPUT ? &own->inputs : &own->written;
    uint64_t written = atomic_load_explicit(count, memory_order_relaxed);
    struct record *ring = type == RECORD_INPUT ? own->input : own->record;
    struct record *entry = &ring[written % RECORDS];

    entry->type = (uint16_t)type;
    entry->core = (uint16_t)self.number;
    entry->sequence = (uint32_t)(written + 1);
    entry->time = counter_now();
    entry->event = LOAD(board_ballot(self.number)->event);
    entry->a = a;
    entry->b = b;
    entry->c = c;
    STORE(*count, written + 1);
}

/*
 * Debug text grows in place in the newest record, so that a stop or a change of the I/O core in the
 * middle of a line loses nothing.
 */
void record_character(char c)
{
    struct recorder *own = recorder_own();
    struct record *entry = &own->record[(LOAD(own->written) - 1) % RECORDS];
    char *text = (char *)entry + offsetof(struct record, a);
    uint32_t length = 0;

    while (length < RECORD_CHARACTERS && text[length] && text[length] != '\n')
        length++;
    if (entry->type != RECORD_TEXT || length == RECORD_CHARACTERS || text[length])
        record(RECORD_TEXT, (uint8_t)c, 0);
    else
        text[length] = c;
}
