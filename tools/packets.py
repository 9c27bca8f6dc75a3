# SPDX-License-Identifier: BSD-2-Clause
"""CCSDS 133.0 space packets with a CRC-16: what apps/telemetry makes and apps/telecommand takes."""

from __future__ import annotations

import binascii
import struct
from dataclasses import dataclass
from enum import IntEnum

PRIMARY_HEADER = 6
CRC_BYTES = 2
SEQUENCE_MODULUS = 1 << 14
UNSEGMENTED = 3
PACKET_MAX = 2048  # the longest that the payload's apps make is well below


class Apid(IntEnum):
    """Who a packet is from (telemetry) or for (telecommand)."""

    FRAME = 0x010
    HOUSEKEEPING = 0x011
    PING_ECHO = 0x012
    END = 0x013
    PING = 0x020
    SEND_HOUSEKEEPING = 0x021
    READMIT = 0x022


TELECOMMANDS = (Apid.PING, Apid.SEND_HOUSEKEEPING, Apid.READMIT)


def crc16(data: bytes) -> int:
    """CRC-16 of CCSDS 132.0: polynomial 0x1021, preset 0xffff, neither reflected nor inverted."""
    return binascii.crc_hqx(data, 0xFFFF)


@dataclass(frozen=True)
class Packet:
    """One space packet whose CRC was right; payload is without the CRC."""

    apid: int
    sequence: int
    payload: bytes
    telecommand: bool = False

    def encode(self) -> bytes:
        """The bytes on the line."""
        identification = (int(self.telecommand) << 12) | self.apid
        control = (UNSEGMENTED << 14) | self.sequence % SEQUENCE_MODULUS
        length = len(self.payload) + CRC_BYTES - 1
        head = struct.pack(">HHH", identification, control, length) + self.payload
        return head + struct.pack(">H", crc16(head))


@dataclass(frozen=True)
class Downlink:
    """What a byte stream held."""

    packets: list[Packet]
    crc_errors: int    # well-formed packets whose CRC was wrong
    stray_bytes: int   # bytes that belong to no packet
    stray: bytes       # the first of those bytes: often a message of the shim


def _plausible(data: bytes, offset: int) -> int:
    """Length of the packet that may begin at offset, or 0."""
    identification, control, length = struct.unpack_from(">HHH", data, offset)
    total = PRIMARY_HEADER + int(length) + 1
    known = (identification & 0x7FF) in Apid.__members__.values()
    if identification >> 13 or identification & 0x0800 or control >> 14 != UNSEGMENTED:
        return 0
    return total if known and total <= PACKET_MAX else 0


def decode(data: bytes) -> Downlink:
    """Cuts a byte stream into packets; searches for the next header after damage."""
    packets: list[Packet] = []
    crc_errors = offset = 0
    stray = bytearray()
    while offset < len(data):
        total = _plausible(data, offset) if offset + PRIMARY_HEADER <= len(data) else 0
        packet = data[offset:offset + total]
        if total == 0 or len(packet) < total:
            stray.append(data[offset])
            offset += 1
        elif crc16(packet) != 0:  # a right CRC over itself leaves zero
            crc_errors += 1
            stray.append(data[offset])
            offset += 1
        else:
            identification, control = struct.unpack_from(">HH", packet)
            packets.append(Packet(identification & 0x7FF, control & (SEQUENCE_MODULUS - 1),
                                  packet[PRIMARY_HEADER:-CRC_BYTES],
                                  bool(identification >> 12 & 1)))
            offset += total
    return Downlink(packets, crc_errors, len(stray), bytes(stray[:160]))


def sequence_errors(packets: list[Packet]) -> int:
    """Packets that do not follow their predecessor of the same APID; each APID starts at 0."""
    expected: dict[int, int] = {}
    errors = 0
    for packet in packets:
        if packet.sequence != expected.get(packet.apid, 0):
            errors += 1
        expected[packet.apid] = (packet.sequence + 1) % SEQUENCE_MODULUS
    return errors
