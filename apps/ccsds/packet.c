/* SPDX-License-Identifier: BSD-2-Clause */
/* Space packets; section numbers are of CCSDS 133.0-B. */
#include "packet.h"

#include <string.h>

#define UNSEGMENTED 3u
#define TYPE_TELECOMMAND 0x1000u
#define SECONDARY_HEADER 0x0800u
#define APID_MASK 0x07ffu

uint16_t packet_crc(const uint8_t *data, size_t length)
{
    uint16_t crc = 0xffff;

    for (size_t i = 0; i < length; i++) {
        crc = (uint16_t)(crc ^ data[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

void put_be16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

void put_be32(uint8_t *out, uint32_t value)
{
    put_be16(out, (uint16_t)(value >> 16));
    put_be16(out + 2, (uint16_t)value);
}

void put_be64(uint8_t *out, uint64_t value)
{
    put_be32(out, (uint32_t)(value >> 32));
    put_be32(out + 4, (uint32_t)value);
}

static uint16_t get_be16(const uint8_t *in)
{
    return (uint16_t)(in[0] << 8 | in[1]);
}

/* Primary header (4.1.3): identification, sequence control, data length - 1. */
size_t packet_seal(uint8_t *packet, enum packet_apid apid, uint16_t sequence, size_t payload_length)
{
    size_t body = PACKET_HEADER_BYTES + payload_length;

    put_be16(packet, (uint16_t)apid);
    put_be16(packet + 2, (uint16_t)(UNSEGMENTED << 14 | sequence % PACKET_SEQUENCE_MODULUS));
    put_be16(packet + 4, (uint16_t)(payload_length + PACKET_CRC_BYTES - 1));
    put_be16(packet + body, packet_crc(packet, body));
    return body + PACKET_CRC_BYTES;
}

/* Length of the telecommand that may begin here, 0 if none does. */
static size_t telecommand_length(const uint8_t *header)
{
    uint16_t identification = get_be16(header);
    size_t length = PACKET_HEADER_BYTES + get_be16(header + 4) + 1u;
    unsigned apid = identification & APID_MASK;

    if ((identification & ~APID_MASK) != TYPE_TELECOMMAND ||
        get_be16(header + 2) >> 14 != UNSEGMENTED)
        return 0;
    if (apid != APID_PING && apid != APID_SEND_HOUSEKEEPING && apid != APID_READMIT)
        return 0;
    return length >= PACKET_OVERHEAD && length <= TELECOMMAND_BYTES_MAX ? length : 0;
}

static void drop(struct packet_finder *f, size_t bytes)
{
    f->used -= bytes;
    memmove(f->byte, f->byte + bytes, f->used);
}

void packet_take(struct packet_finder *f, uint8_t byte)
{
    drop(f, f->found);
    f->found = 0;
    f->byte[f->used++] = byte;
}

bool packet_next(struct packet_finder *f, struct packet_found *found)
{
    drop(f, f->found);
    f->found = 0;
    while (f->used >= PACKET_HEADER_BYTES) {
        size_t length = telecommand_length(f->byte);

        if (length > f->used)
            return false;
        if (length && packet_crc(f->byte, length - PACKET_CRC_BYTES) ==
                          get_be16(f->byte + length - PACKET_CRC_BYTES)) {
            found->apid = (enum packet_apid)(get_be16(f->byte) & APID_MASK);
            found->payload = f->byte + PACKET_HEADER_BYTES;
            found->payload_length = length - PACKET_OVERHEAD;
            f->found = length;
            return true;
        }
        drop(f, 1); /* no packet begins here: search on */
        f->stray_bytes++;
    }
    return false;
}
