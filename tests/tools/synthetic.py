# SPDX-License-Identifier: BSD-2-Clause
"""A downlink made on the ground, independently of apps/: what a perfect flight would send."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools import frames as camera
from tools.ground import AEC_FLAGS, END, FRAME_HEADER
from tools.packets import Apid, Packet

SEGMENT = 1024


def source(count: int = 2, width: int = 64, height: int = 32) -> camera.Frames:
    """Frames with structure, without any package."""
    images = [bytes((x * y // 7 + 31 * n) % 256 for y in range(height) for x in range(width))
              for n in range(count)]
    return camera.Frames(width, height, images)


def compress(image: bytes, place: Path) -> bytes:
    """By the distribution's encoder."""
    (place / "raw").write_bytes(image)
    subprocess.run(["aec", *AEC_FLAGS, str(place / "raw"), str(place / "aec")], check=True,
                   capture_output=True)
    return (place / "aec").read_bytes()


def frame_packets(frames: camera.Frames, place: Path) -> list[Packet]:
    """Frame packets, then the end packet."""
    result: list[Packet] = []
    for number, image in enumerate(frames.images):
        body = compress(image, place)
        parts = [body[i:i + SEGMENT] for i in range(0, len(body), SEGMENT)]
        for segment, part in enumerate(parts):
            head = FRAME_HEADER.pack(number, segment, len(parts), frames.width, frames.height,
                                     len(body))
            result.append(Packet(Apid.FRAME, len(result), head + part))
    end = END.pack(len(frames.images), len(result))
    return [*result, Packet(Apid.END, 0, end)]


def downlink(packets: list[Packet]) -> bytes:
    """The bytes on the line."""
    return b"".join(packet.encode() for packet in packets)
