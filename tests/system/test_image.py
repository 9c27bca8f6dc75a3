# SPDX-License-Identifier: BSD-2-Clause
"""An image that is not whole does not start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system import refusals
from tests.system.refusals import IMAGE_SIZE, LIMIT_S, PARTITION_SIZE
from tools import flight
from tools.board import load_board
from tools.flight import FlightResult
from tools.recorder import RecordType, StopReason
from tools.system_report import SystemReport

MESSAGE = "ternion: image digest mismatch"
OTHER_BLOCKS = "ternion: zeroing by bytes 0x00000100, not by cache lines of 0x00000040\r\n"


def _fly(system: SystemReport, place: Path, content: bytes) -> FlightResult:
    image = place / "hurt.img"
    image.write_bytes(content)
    return flight.fly(system, frames=1, image=image, limit_s=LIMIT_S, announce=print)


def _check_refused(result: FlightResult) -> None:
    assert MESSAGE in result.downlink.decode("ascii", "replace")
    assert [record.core for record in result.log.of(RecordType.DIGEST_BAD)] == [0]
    assert result.log.stop_reason() is StopReason.DIGEST
    assert result.ground.packets == 0


@pytest.mark.every_board
@pytest.mark.parametrize("part", [0.5, 0.9, 1.0])
def test_truncated_image(system: Callable[[str], SystemReport], tmp_path: Path,
                         part: float) -> None:
    """The beginning of an image; at least one byte that is not zero, as memory is, is missing."""
    tmr = system("tmr")
    content = tmr.image.read_bytes().rstrip(b"\0")[:-1]
    _check_refused(_fly(tmr, tmp_path, content[:int(len(content) * part)]))


@pytest.mark.every_board
@pytest.mark.parametrize("part", [0.3, 0.6, 0.99])
def test_flipped_bit(system: Callable[[str], SystemReport], tmp_path: Path, part: float) -> None:
    """One bit of the kernel or the programs."""
    tmr = system("tmr")
    content = bytearray(tmr.image.read_bytes())
    content[int(len(content) * part)] ^= 0x10
    _check_refused(_fly(tmr, tmp_path, bytes(content)))


# Words of struct manifest, in order.
VERSION, REPLICAS, WINDOW = 1, 2, 15
SAFE_STATE, READMIT_PER_HOUR, KERNEL_OFFSET, KERNEL_IPA, USER_SIZE = 20, 21, 23, 25, 27
DEVICE_COUNT, CONSTANT_COUNT, SECOND_IPA = 37, 103, 108
WRONG = [
    (VERSION, 5, "manifest version 0x00000005, this shim knows 0x00000006"),
    (REPLICAS, 0, "replicas 0x00000000, cores 0x00000004"),
    (REPLICAS, 5, "replicas 0x00000005, cores 0x00000004"),
    (PARTITION_SIZE, 0x200000 + 0x1000, "partition size 0x00201000, room for all {partitions}"),
    (PARTITION_SIZE, 0x7fe00000, "partition size 0x7fe00000, room for all {partitions}"),
    (IMAGE_SIZE, 0x1801000, "image size 0x01801000, room {image}"),
    (KERNEL_OFFSET, 1 << 40, "kernel does not fit: at {ram}, bytes {kernel}"),
    (KERNEL_IPA, 0x1000, "kernel does not fit: at 0x00001000, bytes {kernel}"),
    (USER_SIZE, 1 << 31, "user image does not fit: at {user}, bytes 0x80000000"),
    (DEVICE_COUNT, 33, "devices 0x00000021, or window {window}"),
    (WINDOW, 128, "devices {devices}, or window 0x00000080"),
    (READMIT_PER_HOUR, 256, "readmissions per hour 0x00000100, below 0x00000100"),
    (SAFE_STATE, 3, "safe state 0x00000003, above 0x00000002"),
    (CONSTANT_COUNT, 9, "constants 0x00000009, bytes {scrub}"),
    (SECOND_IPA, 0x40000800, "constants do not fit: at 0x40000800, bytes {second}"),
]


@pytest.mark.default_board("the numbers are this board's; nothing in it is the board's")
@pytest.mark.parametrize("word,value,message", WRONG)
def test_wrong_manifest(system: Callable[[str], SystemReport], tmp_path: Path, word: int,
                        value: int, message: str) -> None:
    """Whole by its digests, and it cannot be right: the start says which word is wrong."""
    base = system("base")
    board = load_board(base.board)
    words = refusals.manifest_words(base)
    told = {name: f"0x{number:08x}" for name, number in {
        "partitions": board.partitions.size, "image": board.image.size, "ram": board.ram_ipa,
        "kernel": words[24], "user": words[28], "window": words[15], "devices": words[37],
        "scrub": words[102], "second": words[109]}.items()}
    image = refusals.changed(base, tmp_path, word, value)
    assert refusals.said(base, tmp_path, image) == f"ternion: {message.format(**told)}\r\n"


@pytest.mark.default_board("QEMU's other boards have the one processor of their chip")
def test_processor_that_clears_more_than_a_line(system: Callable[[str], SystemReport],
                                                tmp_path: Path) -> None:
    """dc zva of 256 bytes would make the start's clean lines dirty again: the start says so."""
    assert refusals.said(system("base"), tmp_path, extra=("-cpu", "a64fx")) == OTHER_BLOCKS
