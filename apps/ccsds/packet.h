/* SPDX-License-Identifier: BSD-2-Clause */
/* CCSDS 133.0 space packets with a CRC-16 at their end, made and found in a byte stream. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_HEADER_BYTES 6u
#define PACKET_CRC_BYTES 2u
#define PACKET_OVERHEAD (PACKET_HEADER_BYTES + PACKET_CRC_BYTES)
#define PACKET_SEQUENCE_MODULUS 0x4000u

enum packet_apid {
    APID_FRAME = 0x010,
    APID_HOUSEKEEPING = 0x011,
    APID_PING_ECHO = 0x012,
    APID_END = 0x013,
    APID_PING = 0x020,              /* telecommand */
    APID_SEND_HOUSEKEEPING = 0x021, /* telecommand */
    APID_READMIT = 0x022,           /* telecommand: one byte, replica + 1 or 0xff for all */
};

/* CRC-16 of CCSDS 132.0: polynomial 0x1021, preset 0xffff, neither reflected nor inverted. */
uint16_t packet_crc(const uint8_t *data, size_t length);

/* Big-endian words. */
void put_be16(uint8_t *out, uint16_t value);
void put_be32(uint8_t *out, uint32_t value);
void put_be64(uint8_t *out, uint64_t value);

/*
 * Puts header and CRC around the payload that is at packet + PACKET_HEADER_BYTES: an unsegmented
 * telemetry packet. Returns the length of the packet. payload_length: 1 to 65534 - 8.
 */
size_t packet_seal(uint8_t *packet, enum packet_apid apid, uint16_t sequence,
                   size_t payload_length);

/* Finds telecommand packets in a stream, also after damage. All zero is a good start. */
#define TELECOMMAND_BYTES_MAX 1032u
struct packet_finder {
    uint8_t byte[TELECOMMAND_BYTES_MAX];
    size_t used;          /* below TELECOMMAND_BYTES_MAX between calls */
    size_t found;         /* bytes at the start that packet_next() gave out */
    uint64_t stray_bytes; /* belonged to no packet */
};
struct packet_found {
    enum packet_apid apid;
    const uint8_t *payload; /* until the next call */
    size_t payload_length;
};
/* Takes one byte; then packet_next() must be called until it finds nothing. */
void packet_take(struct packet_finder *f, uint8_t byte);
bool packet_next(struct packet_finder *f, struct packet_found *found);
