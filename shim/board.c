/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rendezvous: replicas that ask for an effect meet here. Each posts its request in its own
 * slot; when all active ones have posted the same, the I/O core performs it (device_port.c) and
 * every core takes the result. Requests that differ go to exclude.c, cores that stay away to
 * watchdog.c.
 */
#include "core.h"

void board_poll(void)
{
    inputs_interrupt();
    if (!self.alone) {
        exclude_poll();
        watchdog_poll();
        reintegrate_poll();
    }
    inputs_propose();
}

void board_poll_call(void)
{
    if (inputs_interrupted()) {
        board_poll();
        return;
    }
    if (self.returning)
        reintegrate_poll();
    inputs_propose();
}

void board_wait(uint32_t expected)
{
    STORE(board_slot(self.number)->state, CORE_WAITING);
    watchdog_expect(expected & ~BIT(self.number));
    cpu_wait();
    watchdog_expected();
    if (inputs_tick_lost() || (board_leader() == self.number && !DRIVES))
        board_poll(); /* nobody says when the devices are free */
    else
        board_poll_call();
}

void board_wait_end(void)
{
    watchdog_expect_end();
    STORE(board_slot(self.number)->state, CORE_RUNNING);
}

struct request board_request(enum request_kind kind, uint64_t pc)
{
    const struct ballot *own = board_ballot(self.number);

    return (struct request){
        .kind = kind,
        .fingerprint = own->fingerprint[LOAD(own->round) % BALLOT_RING],
        .event = LOAD(own->event),
        .pc = pc,
    };
}

/* Two words that are one in memory. */
//@ assigns \nothing; ensures \result == first + second * 4294967296;
static inline uint64_t both(uint32_t first, uint32_t second)
{
    return (uint64_t)second << 32 | first;
}

/* Mostly they are equal, so nothing is gained by looking at one word after the other. */
/*@
  requires \valid_read(a) && \valid_read(b);
  assigns \nothing;
  ensures \result <==> a->kind == b->kind && a->fingerprint == b->fingerprint &&
      a->event == b->event && a->pc == b->pc && a->address == b->address &&
      a->value == b->value && a->size == b->size && a->write == b->write;
*/
static inline bool request_equal(const struct request *a, const struct request *b)
{
    return !((both(a->kind, a->fingerprint) ^ both(b->kind, b->fingerprint)) |
             (a->event ^ b->event) | (a->pc ^ b->pc) | (a->address ^ b->address) |
             (a->value ^ b->value) | (both(a->size, a->write) ^ both(b->size, b->write)));
}

/* Of these words, and of no byte between them. */
/*@
  requires \valid_read(request);
  assigns \nothing;
  ensures \result == crc(crc(crc(crc(crc(crc(0xffffffff,
      (uint64_t)((uint64_t)request->kind << 32) | request->fingerprint), request->event),
      request->pc), request->address), request->value),
      (uint64_t)((uint64_t)request->size << 32) | request->write);
*/
static uint32_t request_digest(const struct request *request)
{
    uint32_t crc = crc32c_word(~0u, (uint64_t)request->kind << 32 | request->fingerprint);

    crc = crc32c_word(crc, request->event);
    crc = crc32c_word(crc, request->pc);
    crc = crc32c_word(crc, request->address);
    crc = crc32c_word(crc, request->value);
    return crc32c_word(crc, (uint64_t)request->size << 32 | request->write);
}

/*
 * Only what differs in its words and in its digest is another request: one of them may have been
 * hit after others compared it, and they would go on without whoever comes last.
 */
//@ requires r < REPLICAS_MAX && \valid_read(own); assigns \nothing;
static bool request_differs(uint32_t r, uint64_t n, const struct request *own)
{
    return LOAD(board_slot(r)->digest[n % 2]) != request_digest(own);
}

/* What board_look() finds of other active cores. */
#define ABSENT(look) ((look)&0xfu) /* have not come */
#define DIFFERENT(r) (BIT(r) << 4) /* ask for something else */

//@ requires \valid_read(request);
static uint32_t board_look(const struct request *request, uint64_t n)
{
    const struct request own = *request; /* in registers: peers are compared with it one by one */
    const uint64_t side = board_side(n);
    uint32_t peers = board_active() & ~BIT(self.number);
    uint32_t found = 0;

#pragma GCC unroll 4
    foreach (r, peers) {
        if (LOAD(board_slot(r)->request_seq) < n)
            found |= BIT(r);
        else if (!request_equal(board_slot_request(r, side), &own) &&
                 request_differs(r, n, request))
            found |= DIFFERENT(r);
    }
    if (found && manifest.vote_level == VOTE_NONE)
        found = ABSENT(found); /* the negative control: nobody compares */
    return found;
}

/* Returns when all active cores ask for the same. */
//@ requires \valid_read(request);
static void board_meet(const struct request *request, uint64_t n)
{
    uint32_t found;

    while ((found = board_look(request, n)) != 0) {
        if (!ABSENT(found))
            exclude_requests(n);
        board_wait(ABSENT(found));
    }
}

/*
 * The result of rendezvous n, whoever performed it: a core that took it from an I/O core that was
 * excluded since may be the I/O core now, and will never publish it itself. True: *answer is set.
 */
//@ requires \valid(answer); assigns *answer;
static bool board_taken(uint64_t n, struct answer *answer)
{
    uint32_t leader = LOAD(board_control()->leader);

    //@ loop assigns i, *answer;
    for (uint32_t i = 0; i < REPLICAS_MAX; i++) {
        const struct board_slot *slot = board_slot((leader + i) % REPLICAS_MAX);

        if (LOAD(slot->result_seq) == n) {
            *answer = (struct answer){ slot->result, slot->result_status };
            return true;
        }
    }
    return false;
}

/*
 * What an earlier I/O core left of rendezvous n. True: it is done, *answer is what everyone takes.
 * A store with an intent and no result counts as done unless that core knows better (io_void):
 * repeating an output is no better than losing it, and the window is the access itself.
 */
//@ requires \valid(answer);
static bool board_inherit(const struct request *request, uint64_t n, struct answer *answer)
{
    if (board_taken(n, answer))
        return true;
    //@ loop assigns r, *answer, *the_recorder;
    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        const struct board_slot *slot = board_slot(r);

        if (r == self.number || LOAD(slot->io_seq) != n || LOAD(slot->io_void) == n)
            continue;
        if (request->kind == REQUEST_PUTC || (request->kind == REQUEST_DEVICE && request->write)) {
            record(RECORD_IO_RESUMED, n, 1);
            *answer = (struct answer){ 0, 0 };
            return true;
        }
        record(RECORD_IO_RESUMED, n, 0); /* a load, or an operation that may be repeated */
    }
    return false;
}

void board_publish(struct answer answer, uint64_t n)
{
    struct board_slot *slot = board_slot(self.number);

    slot->result = answer.value;
    slot->result_status = answer.status;
    STORE(slot->result_seq, n);
}

//@ requires \valid(request);
static void board_perform(const struct request *request, uint64_t n)
{
    struct board_slot *me = board_slot(self.number);
    struct answer answer;

    if (self.heir && board_inherit(request, n, &answer))
        board_publish(answer, n);
    else
        device_port_perform(request, n);
    self.heir = false;
    /*
     * The number was hit on its way to the device: the result is right, this core is not. But when
     * only the posted number differs, that one was hit: all others wait for the result of n.
     */
    if (LOAD(me->result_seq) != LOAD(me->request_seq) && LOAD(me->result_seq) != self.rendezvous) {
        STORE(me->result_seq, self.rendezvous);
        exclude_self(RECORD_SHIM_TRAP, 0, n);
    }
    cpu_wake();
}

/* This core may become the I/O core while it waits for the result. */
static struct answer board_result(const struct request *request, uint64_t n)
{
    struct answer answer;

    while (!board_taken(n, &answer)) {
        board_wait(BIT(board_leader()));
        if (self.heir && DRIVES)
            board_perform(request, n);
    }
    return answer;
}

struct answer board_agree(const struct request *request)
{
    struct board_slot *own = board_slot(self.number);
    uint64_t n = ++self.rendezvous;
    struct answer answer;

    own->request[n % 2] = *request;
    STORE(own->digest[n % 2], self.alone ? 0 : request_digest(request));
    STORE(own->request_seq, n);
    cpu_wake();
    board_meet(request, n);
    if (DRIVES) /* nothing else between "voted" and the device */
        board_perform(request, n);
    answer = board_result(request, n);
    board_wait_end();
    return answer;
}
