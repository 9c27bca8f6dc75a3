# SPDX-License-Identifier: BSD-2-Clause
"""Images that are whole by their digests and cannot be right, and what a start says of them."""

from __future__ import annotations

import struct
from pathlib import Path

from tools.board import load_board
from tools.crc import crc32, crc32c
from tools.image import DIGEST_OFFSET, MANIFEST, MANIFEST_OFFSET
from tools.qemu import Ending, Flight, Qemu, RamFile
from tools.system_report import SystemReport

LIMIT_S = 20
IMAGE_SIZE = 3  # words of struct manifest, in order
PARTITION_SIZE = 18


def manifest_words(system: SystemReport) -> list[int]:
    """In order; an array is as many words."""
    return list(MANIFEST.unpack_from(system.image.read_bytes(), MANIFEST_OFFSET))


def changed(system: SystemReport, place: Path, word: int, value: int) -> Path:
    """The image with another word in its manifest, and digests that fit."""
    content = bytearray(system.image.read_bytes())
    words = manifest_words(system)
    words[word] = value
    MANIFEST.pack_into(content, MANIFEST_OFFSET, *words)
    struct.pack_into("<II", content, DIGEST_OFFSET, 0, 0)
    room = load_board(system.board).image.size
    covered = bytes(content).ljust(room, b"\0")[:words[IMAGE_SIZE]]
    struct.pack_into("<II", content, DIGEST_OFFSET, crc32(covered), crc32c(covered))
    image = place / "wrong.img"
    image.write_bytes(content)
    return image


def said(system: SystemReport, place: Path, image: Path | None = None,
         extra: tuple[str, ...] = ()) -> str:
    """What a start that is refused says."""
    console = place / "console"
    with RamFile() as ram, Qemu(Flight(system, ram, downlink=console, image=image,
                                       extra=list(extra))) as machine:
        assert machine.wait(LIMIT_S).ending is Ending.OFF
    return console.read_bytes().decode("ascii")
