/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root task that shares nothing with this tree: every number comes from abi_numbers.h, which the
 * test makes from tests/data. Linked like a stock one: segments with rights of their own,
 * thread-local storage, its own start code.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi_numbers.h"

typedef uint64_t word;

#define PAGE ((word)1 << BITS_PageBits)
#define ROOT_SLOT(name) ((word)SLOT_##name)
#define OWN_CNODE ROOT_SLOT(CapInitThreadCNode)
#define OWN_VSPACE ROOT_SLOT(CapInitThreadVSpace)
#define OWN_TCB ROOT_SLOT(CapInitThreadTCB)
#define RIGHTS_ALL 15u
#define RIGHTS_READ 2u
#define INITIAL_WORDS 34u

/* console.c */
void print(const char *text);
void print_number(word number); /* hexadecimal */
void print_decimal(word number);
void print_line(const char *name, word number);
/* Counts; prints `what` when it is not so. */
void check(bool right, const char *what);
void check_equal(word found, word expected, const char *what);
void checks_report(void);

/* call.c: the trap, and invocations through it. */
struct message {
    word label;
    word length;
    word badge;
    word mr[4];
};
extern __thread char *ipc_buffer;
word ipc_word(unsigned index); /* message word in the buffer */
void ipc_set_word(unsigned index, word value);
word buffer_load(word offset);
void buffer_store(word offset, word value);
/*
 * Call on an object: `caps` extra caps first, message words after. Returns the label of the answer,
 * which is the error; `answer` may be NULL.
 */
word invoke(word object, word label, unsigned caps, const word *cap, unsigned length,
            const word *words, struct message *answer);
void put_char(char c);
void yield(void);
word call(word endpoint, struct message *message); /* with message.length words; label */
struct message receive(word endpoint, word reply);
struct message reply_receive(word endpoint, word reply, struct message answer);
void reply_send(word reply, struct message answer);
void signal(word notification);
word wait(word notification); /* badge */
word poll(word notification);
uint64_t counter_us(void);

/* startup.c */
extern const word initial[INITIAL_WORDS];
word tls_make(char *area, word size, char *buffer); /* thread pointer of a block in `area` */

/* walk.c: boot information. */
extern const char *boot_info;
word info(word offset);
unsigned untyped_count(void);
word untyped_paddr(unsigned index);
unsigned untyped_bits(unsigned index);
bool untyped_is_device(unsigned index);
void walk(void);
word image_start(void); /* virtual address of the first frame */

/* memory.c: first fit over the untyped list, blocks split in halves. */
word slot_new(void);
word allocate(word type, word size_bits, word object_bits);
word allocate_device_frame(word paddr);
word cap_copy(word source, word rights);
word cap_mint(word source, word rights, word badge);
void map(word frame, word vspace, word vaddr, word rights, word attributes);
word frame_map_new(word vspace, word vaddr);
void memory_checks(void);

/* threads.c, device.c */
void thread_checks(void);
void time_checks(void);
void device_checks(void);
