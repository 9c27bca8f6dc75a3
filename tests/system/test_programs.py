# SPDX-License-Identifier: BSD-2-Clause
"""The test programs of apps/tests: what they print is known, in every mode and every timing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system import programs
from tests.system.conftest import SYSTEMS
from tools import flight
from tools.paths import ROOT
from tools.qemu import Ending, Timing
from tools.recorder import RecordType, StopReason, told
from tools.system_report import SystemReport

pytestmark = pytest.mark.every_board

LIMIT_S = 60.0


@dataclass(frozen=True)
class Program:
    """A system of configs/ and a pattern for all that it prints."""

    name: str
    pattern: str


PROGRAMS = [
    Program("hello", "hello from hello\n"),
    Program("pingpong", "pingpong: 399 calls, 200 notifications, 0 wrong\n"),
    # The sums of the same loop in Python integers.
    Program("spin", "spin: 9827973079f1f99d b0465b1b7151d52d\n"),
    Program("faults", "monitor: VM fault in protection domain 'stray': ip 0x[0-9a-f]+ address "
                      "0x700000000000 fetch 0x0 syndrome 0x92000044; it stays stopped\n"
                      "(keeper: child 5 has a VM fault\n){4}keeper: stopped it\n"),
]


@pytest.mark.parametrize("timing", list(Timing), ids=lambda timing: timing.value)
@pytest.mark.parametrize("preset", SYSTEMS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_program(system: Callable[[str], SystemReport], tmp_path: Path, program: Program,
                 preset: str, timing: Timing) -> None:
    """It prints what it must, switches the board off, and no replica ever disagrees."""
    built = programs.pack(program.name, system(preset), tmp_path)
    result = flight.fly(built, frames=1, timing=timing, limit_s=LIMIT_S, announce=print)
    text = result.downlink.decode("ascii", "replace").replace("\r", "")
    assert re.fullmatch(program.pattern, text), text
    assert result.end.ending is Ending.OFF
    assert {record.type for record in result.log.remarkable()} == {RecordType.STOP}
    assert result.log.stop_reason() is StopReason.POWER_OFF


@pytest.mark.parametrize("preset", SYSTEMS)
def test_text_in_the_recorder(system: Callable[[str], SystemReport], tmp_path: Path,
                              preset: str) -> None:
    """console="recorder": the same lines, reports of the monitor among them, and a silent UART."""
    faults = next(program for program in PROGRAMS if program.name == "faults")
    plain = (ROOT / "configs/faults.system").read_text(encoding="utf-8")
    description = tmp_path / "faults.system"
    description.write_text(plain.replace("<redundancy", '<redundancy console="recorder"'),
                           encoding="utf-8")
    built = programs.pack("faults", system(preset), tmp_path, description=description)
    result = flight.fly(built, frames=1, limit_s=LIMIT_S, announce=print)
    assert result.downlink == b""
    lines = [words.removeprefix("text: ") + "\n"
             for _, words in told(result.log.of(RecordType.TEXT))]
    assert re.fullmatch(faults.pattern, "".join(lines)), lines
    assert {record.type for record in result.log.remarkable()} == {RecordType.TEXT, RecordType.STOP}
    assert {record.core for record in result.log.of(RecordType.TEXT)} == {0}, "the I/O core"
