# SPDX-License-Identifier: BSD-2-Clause
"""An image that is not whole does not start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tools import flight
from tools.flight import FlightResult
from tools.qemu import Ending, Flight, Qemu, RamFile
from tools.recorder import RecordType, StopReason
from tools.system_report import SystemReport

MESSAGE = "ternion: image digest mismatch"
OTHER_BLOCKS = b"ternion: zeroing by bytes 0x00000100, not by cache lines of 0x00000040\r\n"


def _fly(system: SystemReport, place: Path, content: bytes) -> FlightResult:
    image = place / "hurt.img"
    image.write_bytes(content)
    return flight.fly(system, frames=1, image=image, limit_s=20, announce=print)


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


@pytest.mark.default_board("QEMU's other boards have the one processor of their chip")
def test_processor_that_clears_more_than_a_line(system: Callable[[str], SystemReport],
                                                tmp_path: Path) -> None:
    """dc zva of 256 bytes would make the start's clean lines dirty again: the start says so."""
    base = system("base")
    console = tmp_path / "console"
    with RamFile() as ram, Qemu(Flight(base, ram, downlink=console,
                                       extra=["-cpu", "a64fx"])) as machine:
        assert machine.wait(20).ending is Ending.OFF
    assert console.read_bytes() == OTHER_BLOCKS
