# SPDX-License-Identifier: BSD-2-Clause
"""Debug system calls: all of them in a debug build, printing in a release build."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system import programs
from tools import flight
from tools.paths import ROOT
from tools.qemu import Ending
from tools.recorder import RecordType, StopReason
from tools.system_report import SystemReport

LIMIT_S = 120.0
HEX = "0x[0-9a-f]+"
DEBUG = re.compile(
    "debugcalls: thread is type 12\n"
    "debugcalls: empty slot is type 0\n"
    "debugcalls: nowhere is type 0\n"
    "Name {37}State {12}IP {18}Prio  Dom  InReleaseQueue\n"
    f"debugcalls {{31}}running {{10}}{HEX} +0xff  0x0  0\n"
    "snapshot\n"
    f"thread {HEX} 'debugcalls' running ip {HEX} prio 0xff mcp 0xff dom 0x0 sc {HEX} "
    f"cspace {HEX} vspace {HEX} buffer {HEX}\n"
    f"cnode {HEX} radix 0xd\n"
    f"(  slot {HEX} type {HEX} field {HEX} object {HEX} data {HEX}\n)+"
    "ternion: halted by thread 'debugcalls'\n")
RELEASE = re.compile("ternion: thread '' stopped, it has no fault handler: fault 0x2 .*\n")


def _fly(system: SystemReport, place: Path, limit_s: float) -> flight.FlightResult:
    built = programs.pack("debugcalls", system, place, root_task=True,
                          description=ROOT / "configs/apitest.system")
    return flight.fly(built, frames=1, limit_s=limit_s, announce=print)


def test_debug_build(system: Callable[[str], SystemReport], tmp_path: Path) -> None:
    """The same text with one replica and with three, and the board is switched off."""
    texts = []
    for preset in ("base-debug", "tmr-debug"):
        result = _fly(system(preset), tmp_path, LIMIT_S)
        assert result.end.ending is Ending.OFF
        assert {record.type for record in result.log.remarkable()} == {RecordType.STOP}
        assert result.log.stop_reason() is StopReason.POWER_OFF
        texts.append(result.downlink.decode("ascii").replace("\r", ""))
        assert DEBUG.fullmatch(texts[-1]), texts[-1]
    assert texts[0] == texts[1]
    slots = dict(re.findall(r"  slot (0x[0-9a-f]+) type (0x[0-9a-f]+) ", texts[0]))
    assert (slots["0x1"], slots["0x2"], slots["0x3"], slots["0xe"]) == ("0xc", "0xa", "0x9", "0x16")


@pytest.mark.parametrize("preset", ["base", "tmr"])
def test_release_build(system: Callable[[str], SystemReport], tmp_path: Path, preset: str) -> None:
    """The first call but printing is an unknown system call."""
    result = _fly(system(preset), tmp_path, 10.0)
    text = result.downlink.decode("ascii").replace("\r", "")
    assert RELEASE.fullmatch(text), text
