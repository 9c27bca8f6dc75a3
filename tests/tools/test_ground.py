# SPDX-License-Identifier: BSD-2-Clause
"""The ground segment finds a perfect flight perfect, and any damage a damage."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tools import synthetic
from tools import ground, packets
from tools.ground import FRAME_HEADER
from tools.packets import Apid, Packet


@pytest.fixture(name="flight")
def _flight(tmp_path: Path) -> list[Packet]:
    return synthetic.frame_packets(synthetic.source(), tmp_path)


def _check(flight: list[Packet]) -> ground.GroundResult:
    return ground.check(synthetic.downlink(flight), synthetic.source())


def test_perfect_flight(flight: list[Packet]) -> None:
    """All right, and the line says so."""
    result = _check(flight)
    assert result.good and not result.problems
    assert (result.frames_exact, result.crc_errors, result.stray_bytes) == (2, 0, 0)
    assert "CRC errors 0" in result.line() and "2 of 2 frames bit-exact" in result.line()
    assert json.loads(result.to_json())["sha256"] == result.sha256


def test_every_flipped_bit_is_found(flight: list[Packet]) -> None:
    """One bit anywhere in the stream."""
    data = synthetic.downlink(flight)
    for position in range(0, len(data), 97):
        hurt = bytearray(data)
        hurt[position] ^= 1 << position % 8
        assert not ground.check(bytes(hurt), synthetic.source()).good, position


@pytest.mark.parametrize(("damage", "problem"), [
    (lambda f: f[1:], "frame 0: missing"),
    (lambda f: f[:-1], "no end packet"),
    (lambda f: [f[0], *f], "frame 0: segment 0 came twice"),
    (lambda f: [*f[:-1], replace(f[-1], payload=struct.pack(">II", 3, len(f) - 1))],
     "the end packet tells of 3 frames, not 2"),
    (lambda f: [*f[:-1], replace(f[-1], payload=struct.pack(">II", 2, 99))],
     "the end packet tells of 99 packets, not 2"),
    (lambda f: [*f[:-1], replace(f[-1], payload=b"x")], "the end packet has a wrong length"),
    (lambda f: [replace(f[0], sequence=5), *f[1:]], "2 sequence errors"),
    (lambda f: [replace(f[0], payload=b"short"), *f[1:]],
     "a frame packet is too short for its header"),
    (lambda f: [replace(f[0], payload=FRAME_HEADER.pack(9, 0, 1, 64, 32, 3) + b"abc"), *f[1:]],
     "frame 9 (64x32) was never photographed"),
    (lambda f: [replace(f[0], payload=FRAME_HEADER.pack(0, 7, 1, 64, 32, 3) + b"abc"), *f[1:]],
     "frame 0: segment 7 of 1"),
])
def test_damage_is_named(tmp_path: Path, damage: object, problem: str) -> None:
    """Each kind of loss has its own words. CRCs are right: the damage came before them."""
    frames = synthetic.source()
    small = replace(frames, images=[bytes(len(image)) for image in frames.images])
    flight = synthetic.frame_packets(small, tmp_path)
    assert callable(damage)
    result = ground.check(synthetic.downlink(damage(flight)), small)
    assert not result.good and problem in result.problems


def test_incomplete_frame(tmp_path: Path) -> None:
    """One segment of several."""
    large = synthetic.source(1, 128, 64)
    flight = synthetic.frame_packets(large, tmp_path)
    assert len(flight) > 3
    result = ground.check(synthetic.downlink([flight[0], *flight[2:]]), large)
    assert "frame 0: incomplete" in result.problems and result.frames_received == 0


def test_wrong_pixel_is_found(flight: list[Packet]) -> None:
    """Right packets of a wrong frame."""
    source = synthetic.source()
    images = [bytes([source.images[0][0] ^ 1]) + source.images[0][1:], source.images[1]]
    result = ground.check(synthetic.downlink(flight), replace(source, images=images))
    assert result.frames_exact == 1 and "frame 0: differs from its source" in result.problems


def test_lost_and_repeated_bytes(flight: list[Packet]) -> None:
    """What a bad hand-over of the I/O core would do."""
    data = synthetic.downlink(flight)
    for hurt in (data[:100] + data[101:], data[:100] + data[99:], data + b"\0", data[:-1]):
        assert not ground.check(hurt, synthetic.source()).good


def test_message_of_the_shim_is_kept() -> None:
    """A refused image says why on the same line."""
    result = ground.check(b"ternion: image digest mismatch\r\n", synthetic.source())
    assert "image digest mismatch" in result.stray_text and not result.good


def test_crc_and_header() -> None:
    """The check value of CRC-16/CCITT-FALSE, and a packet by hand."""
    assert packets.crc16(b"123456789") == 0x29B1
    packet = Packet(Apid.PING, 3, b"hi", telecommand=True).encode()
    assert packet[:6] == bytes.fromhex("1020c0030003") and packets.crc16(packet) == 0


def test_resynchronises_after_damage() -> None:
    """One hurt packet costs itself only."""
    stream = [Packet(Apid.PING_ECHO, n, bytes([n] * 9)) for n in range(5)]
    data = bytearray(synthetic.downlink(stream))
    data[20] ^= 0x10
    found = packets.decode(bytes(data))
    assert [p.sequence for p in found.packets] == [0, 2, 3, 4]
    assert found.crc_errors == 1 and found.stray_bytes == len(stream[1].encode())
    assert packets.sequence_errors(found.packets) == 1
