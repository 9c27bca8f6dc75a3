/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the downlink: one space packet after the other into the TX ring, answers to telecommands
 * before segments of frames. At the end of the mission it switches the machine off, if the mission
 * says so.
 */
#include <stdbool.h>
#include <flight.h>
#include <housekeeping.h>
#include <microkit.h>
#include <power.h>
#include <string.h>

#include "../ccsds/packet.h"

/* Set by the image builder. */
uint8_t *tx_ring;
const uint8_t *frame_slots;
const uint8_t *answer;
uintptr_t housekeeping_registers;

#define SEGMENT_BYTES 1024u
#define SEGMENT_HEADER_BYTES 14u
#define PACKET_BYTES_MAX (PACKET_OVERHEAD + SEGMENT_HEADER_BYTES + SEGMENT_BYTES)
#define ANSWERS_MAX 8u
#define APIDS 4u /* from APID_FRAME on */

struct frame {
    uint16_t number, width, height;
    uint32_t slot, bytes;
    uint32_t sent; /* bytes of it that are in packets */
};
struct pending_answer {
    enum packet_apid apid;
    size_t length;
    uint8_t payload[SEGMENT_BYTES];
};

static struct {
    struct frame queue[FRAME_SLOTS];
    uint64_t taken, released; /* so far; queue index is the remainder */
} frames;
static struct {
    struct pending_answer queue[ANSWERS_MAX];
    uint64_t taken, sent;
} answers;
static struct {
    bool reached, sent;
    uint32_t frames;
    bool halt;
} end;
static struct {
    uint64_t free;    /* bytes, at least; the driver may have sent more */
    uint64_t written; /* so far */
} ring = { .free = TX_RING_BYTES };
static uint16_t sequence[APIDS];
static uint32_t packets_sent;
static uint8_t packet[PACKET_BYTES_MAX];

/* Tells the driver of new bytes; with notify_free, asks to be notified when so many are free. */
static void ring_commit(uint64_t bytes, uint64_t notify_free)
{
    microkit_mr_set(0, bytes);
    microkit_mr_set(1, notify_free);
    (void)microkit_ppcall(TELEMETRY_UART, microkit_msginfo_new(UART_WRITE, 2));
    ring.free = microkit_mr_get(0);
}

/* Room for so many bytes now, or a notification later. */
static bool ring_has(uint64_t bytes)
{
    if (ring.free < bytes)
        ring_commit(0, bytes);
    return ring.free >= bytes;
}

static void send_packet(enum packet_apid apid, size_t payload_length)
{
    size_t length = packet_seal(packet, apid, sequence[apid - APID_FRAME]++, payload_length);

    for (size_t i = 0; i < length; i++)
        tx_ring[ring.written++ % TX_RING_BYTES] = packet[i];
    packets_sent++;
    ring_commit(length, 0);
}

static uint8_t *payload(void)
{
    return packet + PACKET_HEADER_BYTES;
}

static bool send_answer(void)
{
    const struct pending_answer *a = &answers.queue[answers.sent % ANSWERS_MAX];

    if (!ring_has(PACKET_OVERHEAD + a->length))
        return false;
    memcpy(payload(), a->payload, a->length);
    send_packet(a->apid, a->length);
    answers.sent++;
    return true;
}

static void release_frame(void)
{
    frames.released++;
    microkit_notify(TELEMETRY_COMPRESSOR);
}

static bool send_segment(void)
{
    struct frame *f = &frames.queue[frames.released % FRAME_SLOTS];
    uint32_t segments = (f->bytes + SEGMENT_BYTES - 1) / SEGMENT_BYTES;
    uint32_t rest = f->bytes - f->sent;
    uint32_t length = rest < SEGMENT_BYTES ? rest : SEGMENT_BYTES;
    uint8_t *out = payload();

    if (!ring_has(PACKET_OVERHEAD + SEGMENT_HEADER_BYTES + length))
        return false;
    put_be16(out, f->number);
    put_be16(out + 2, (uint16_t)(f->sent / SEGMENT_BYTES));
    put_be16(out + 4, (uint16_t)segments);
    put_be16(out + 6, f->width);
    put_be16(out + 8, f->height);
    put_be32(out + 10, f->bytes);
    memcpy(out + SEGMENT_HEADER_BYTES, frame_slots + f->slot * FRAME_SLOT_BYTES + f->sent, length);
    send_packet(APID_FRAME, SEGMENT_HEADER_BYTES + length);
    f->sent += length;
    if (f->sent == f->bytes)
        release_frame();
    return true;
}

static bool send_end(void)
{
    if (!ring_has(PACKET_OVERHEAD + 8))
        return false;
    put_be32(payload(), end.frames);
    put_be32(payload() + 4, packets_sent);
    send_packet(APID_END, 8);
    end.sent = true;
    return true;
}

/* One packet; false when there is none to send or no room for it now. */
static bool advance(void)
{
    if (answers.sent != answers.taken)
        return send_answer();
    if (frames.released != frames.taken)
        return send_segment();
    if (end.reached && !end.sent)
        return send_end();
    return false;
}

static void work(void)
{
    while (advance())
        ;
    if (!end.sent || !end.halt || answers.sent != answers.taken)
        return;
    ring_commit(0, TX_RING_BYTES);
    if (ring.free == TX_RING_BYTES)
        power_off();
}

void init(void) {}

void notified(microkit_channel ch)
{
    (void)ch; /* the driver has room again */
    work();
}

static struct pending_answer *new_answer(enum packet_apid apid, size_t length)
{
    struct pending_answer *a = &answers.queue[answers.taken % ANSWERS_MAX];

    if (answers.taken - answers.sent == ANSWERS_MAX || length > SEGMENT_BYTES)
        return NULL;
    answers.taken++;
    a->apid = apid;
    a->length = length;
    return a;
}

static bool take_ping(size_t length)
{
    struct pending_answer *a = new_answer(APID_PING_ECHO, length);

    if (a)
        memcpy(a->payload, answer, length);
    return a != NULL;
}

/*
 * The words of the system, then those of each replica. Only a telecommand makes this packet: all
 * else that goes down is the same for any number of replicas.
 */
static bool take_housekeeping(void)
{
    uint64_t replicas = housekeeping(housekeeping_registers, HK_REPLICAS);
    size_t words = HK_OF(replicas, 0);
    struct pending_answer *a = new_answer(APID_HOUSEKEEPING, 8u * words);

    for (size_t i = 0; a && i < words; i++)
        put_be64(a->payload + 8u * i,
                 housekeeping(housekeeping_registers, (enum housekeeping_word)i));
    return a != NULL;
}

static bool take_frame(void)
{
    struct frame *f = &frames.queue[frames.taken % FRAME_SLOTS];
    seL4_Word shape = microkit_mr_get(3);

    if (frames.taken - frames.released == FRAME_SLOTS || microkit_mr_get(1) >= FRAME_SLOTS ||
        microkit_mr_get(2) == 0 || microkit_mr_get(2) > FRAME_SLOT_BYTES)
        return false;
    *f = (struct frame){ .number = (uint16_t)microkit_mr_get(0),
                         .width = (uint16_t)(shape >> 16),
                         .height = (uint16_t)shape,
                         .slot = (uint32_t)microkit_mr_get(1),
                         .bytes = (uint32_t)microkit_mr_get(2) };
    frames.taken++;
    return true;
}

static bool take_end(void)
{
    end.reached = true;
    end.frames = (uint32_t)microkit_mr_get(0);
    end.halt = microkit_mr_get(1) == 1;
    return true;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word call = microkit_msginfo_get_label(msginfo);
    seL4_Word answer_word = 0;

    if (ch == TELEMETRY_COMPRESSOR && call == TELEMETRY_FRAME)
        answer_word = take_frame();
    else if (ch == TELEMETRY_COMPRESSOR && call == TELEMETRY_END)
        answer_word = take_end();
    else if (ch == TELEMETRY_COMPRESSOR && call == TELEMETRY_RELEASED)
        answer_word = frames.released;
    else if (ch == TELEMETRY_TELECOMMAND && call == TELEMETRY_PING)
        answer_word = take_ping(microkit_mr_get(0));
    else if (ch == TELEMETRY_TELECOMMAND && call == TELEMETRY_HOUSEKEEPING)
        answer_word = take_housekeeping();
    else if (ch == TELEMETRY_TELECOMMAND && call == TELEMETRY_READMIT)
        housekeeping_readmit(housekeeping_registers, microkit_mr_get(0));
    work();
    microkit_mr_set(0, answer_word);
    return microkit_msginfo_new(call, 1);
}
