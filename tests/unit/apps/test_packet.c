/* SPDX-License-Identifier: BSD-2-Clause */
/* Space packets: their bytes, and finding telecommands in a damaged stream. */
#include <stdio.h>
#include <string.h>

#include "packet.h"
#include "unit.h"

static void test_crc(void **state)
{
    (void)state;
    assert_int_equal(packet_crc((const uint8_t *)"123456789", 9), 0x29b1);
    assert_int_equal(packet_crc(NULL, 0), 0xffff);
}

static void test_seal(void **state)
{
    uint8_t packet[PACKET_OVERHEAD + 3] = { [PACKET_HEADER_BYTES] = 'a', 'b', 'c' };
    const uint8_t head[] = { 0x00, 0x12, 0xc0, 0x01, 0x00, 0x04, 'a', 'b', 'c' };

    (void)state;
    assert_int_equal(packet_seal(packet, APID_PING_ECHO, PACKET_SEQUENCE_MODULUS + 1, 3),
                     sizeof(packet));
    assert_memory_equal(packet, head, sizeof(head));
    assert_int_equal(packet_crc(packet, sizeof(packet)), 0); /* over itself it leaves nothing */
}

static void test_big_endian(void **state)
{
    uint8_t out[8];
    const uint8_t words[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };

    (void)state;
    put_be64(out, UINT64_C(0x0123456789abcdef));
    assert_memory_equal(out, words, 8);
}

/* A telecommand with its payload; returns its length. */
static size_t telecommand(uint8_t *out, enum packet_apid apid, const char *payload)
{
    size_t length = strlen(payload), total;
    uint16_t crc;

    memcpy(out + PACKET_HEADER_BYTES, payload, length);
    total = packet_seal(out, apid, 0, length);
    out[0] |= 0x10; /* the type bit; the CRC is made again */
    crc = packet_crc(out, total - PACKET_CRC_BYTES);
    put_be16(out + total - PACKET_CRC_BYTES, crc);
    return total;
}

/* Payloads of the telecommands found in a stream, one after the other. */
static const char *find_all(const uint8_t *stream, size_t bytes, uint64_t *stray)
{
    static char text[256];
    struct packet_finder finder = { .used = 0 };
    struct packet_found found;

    text[0] = 0;
    for (size_t i = 0; i < bytes; i++) {
        packet_take(&finder, stream[i]);
        while (packet_next(&finder, &found)) {
            char one[64];

            snprintf(one, sizeof(one), "%x:%.*s;", (unsigned)found.apid, (int)found.payload_length,
                     (const char *)found.payload);
            strcat(text, one);
        }
    }
    if (stray)
        *stray = finder.stray_bytes;
    return text;
}

enum damage { NONE, NOISE_BEFORE, WRONG_CRC, FALSE_HEAD, TELEMETRY_TYPE, UNKNOWN_APID, TOO_LONG };

/* One damaged beginning, then two good telecommands, which must be found in each case. */
static const struct {
    const char *name;
    enum damage damage;
    const char *found;
    uint64_t stray;
} streams[] = {
    { "clean", NONE, "20:one;20:two;21:;", 0 },
    { "noise before", NOISE_BEFORE, "20:one;20:two;21:;", 5 },
    { "wrong CRC", WRONG_CRC, "20:two;21:;", 11 },
    { "a head that promises more", FALSE_HEAD, "20:one;20:two;21:;", 6 },
    { "not a telecommand", TELEMETRY_TYPE, "20:two;21:;", 11 },
    { "for somebody else", UNKNOWN_APID, "20:two;21:;", 11 },
    { "longer than any", TOO_LONG, "20:one;20:two;21:;", 6 },
};

static size_t make_stream(enum damage damage, uint8_t *out)
{
    static const uint8_t promise[] = { 0x10, 0x20, 0xc0, 0x00, 0x00, 20 };
    static const uint8_t endless[] = { 0x10, 0x20, 0xc0, 0x00, 0xff, 0xff };
    size_t used = 0, first;

    if (damage == NOISE_BEFORE) {
        memcpy(out, "\x10\x10\x20\xff\x10", 5);
        used = 5;
    } else if (damage == FALSE_HEAD || damage == TOO_LONG) {
        memcpy(out, damage == FALSE_HEAD ? promise : endless, 6);
        used = 6;
    }
    first = used;
    used += telecommand(out + used, APID_PING, "one");
    if (damage == WRONG_CRC)
        out[used - 1] ^= 0x40;
    else if (damage == TELEMETRY_TYPE)
        out[first] ^= 0x10;
    else if (damage == UNKNOWN_APID)
        out[first + 1] = 0x33;
    used += telecommand(out + used, APID_PING, "two");
    return used + telecommand(out + used, APID_SEND_HOUSEKEEPING, "");
}

static void test_find(void **state)
{
    uint8_t stream[256];

    (void)state;
    for (size_t i = 0; i < COUNT(streams); i++) {
        size_t bytes = make_stream(streams[i].damage, stream);
        uint64_t stray = 0;
        const char *found = find_all(stream, bytes, &stray);

        CHECK(streams[i].name, strcmp(found, streams[i].found) == 0);
        CHECK(streams[i].name, stray == streams[i].stray);
    }
}

/* The longest telecommand fits, and no stream overfills the finder. */
static void test_limits(void **state)
{
    static char payload[TELECOMMAND_BYTES_MAX - PACKET_OVERHEAD + 1];
    static uint8_t packet[TELECOMMAND_BYTES_MAX];
    struct packet_finder finder = { .used = 0 };
    struct packet_found found;
    uint32_t noise = 1;
    size_t length, hits = 0;

    (void)state;
    memset(payload, 'x', sizeof(payload) - 1);
    length = telecommand(packet, APID_PING, payload);
    assert_int_equal(length, TELECOMMAND_BYTES_MAX);
    for (size_t i = 0; i < 200000; i++) {
        noise = noise * 1664525u + 1013904223u;
        packet_take(&finder, i % 3000 < 8 ? packet[i % 3000] : (uint8_t)(noise >> 24));
        while (packet_next(&finder, &found))
            hits++;
        assert_true(finder.used < TELECOMMAND_BYTES_MAX);
    }
    assert_int_equal(hits, 0);
    for (size_t i = 0; i < 2 * length; i++) { /* the first may still be owed to noise */
        packet_take(&finder, packet[i % length]);
        while (packet_next(&finder, &found)) {
            assert_int_equal(found.payload_length, sizeof(payload) - 1);
            hits++;
        }
    }
    assert_in_range(hits, 1, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc),        cmocka_unit_test(test_seal),
        cmocka_unit_test(test_big_endian), cmocka_unit_test(test_find),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
