/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds telecommand packets in the received bytes and carries them out. */
#include <stdbool.h>
#include <flight.h>
#include <microkit.h>
#include <string.h>

#include "../ccsds/packet.h"

/* Set by the image builder. */
const uint8_t *rx_ring;
uint8_t *answer;

static struct packet_finder finder;
static uint64_t bytes_taken; /* from the ring, so far */

/* Telemetry has room for a few answers; a telecommand that finds none is dropped. */
static void carry_out(const struct packet_found *found)
{
    if (found->apid == APID_PING) {
        memcpy(answer, found->payload, found->payload_length);
        microkit_mr_set(0, found->payload_length);
        (void)microkit_ppcall(TELECOMMAND_TELEMETRY, microkit_msginfo_new(TELEMETRY_PING, 1));
    } else if (found->apid == APID_READMIT) {
        microkit_mr_set(0, found->payload_length == 1 ? found->payload[0] : 0);
        (void)microkit_ppcall(TELECOMMAND_TELEMETRY, microkit_msginfo_new(TELEMETRY_READMIT, 1));
    } else {
        (void)microkit_ppcall(TELECOMMAND_TELEMETRY,
                              microkit_msginfo_new(TELEMETRY_HOUSEKEEPING, 0));
    }
}

/* Gives back what was taken; returns the bytes that are there now. */
static uint64_t ring_read(uint64_t taken)
{
    microkit_mr_set(0, taken);
    (void)microkit_ppcall(TELECOMMAND_UART, microkit_msginfo_new(UART_READ, 1));
    return microkit_mr_get(0);
}

void init(void) {}

void notified(microkit_channel ch)
{
    uint64_t bytes = ring_read(0);

    (void)ch;
    while (bytes) {
        for (uint64_t i = 0; i < bytes; i++) {
            struct packet_found found;

            packet_take(&finder, rx_ring[bytes_taken++ % RX_RING_BYTES]);
            while (packet_next(&finder, &found))
                carry_out(&found);
        }
        bytes = ring_read(bytes);
    }
}
