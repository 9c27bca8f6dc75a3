# SPDX-License-Identifier: BSD-2-Clause
"""The way back from DMR to TMR: cycles from recorder entries that are made up, limits, pages."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest

from faultinj.engine import Ending, Run
from faultinj.fault import Evidence, Landing
from faultinj.watch import Strike, write_strikes
from tools.bench.readmit.fly import (GAPS, Cycle, Flown, Reference, Way, cycles_of, problems_of,
                                     strikes_of)
from tools.bench.readmit.page import html
from tools.bench.readmit.result import Result, as_json
from tools.paths import ROOT
from tools.recorder import EventLog, Record, RecordType, StopReason

RUNNING = [64, 128, 192]
ERRORS = [
    (("--count", "0"), "ternion: --count 0: it needs one at least\n"
                       "    next: ./ternion bench readmit --count 100\n"),
    (("--count", "many"), "ternion: argument --count: invalid int value: 'many'\n"
                          "    next: ./ternion bench readmit --help\n"),
]


@pytest.mark.parametrize(("arguments", "text"), ERRORS)
def test_error(arguments: tuple[str, ...], text: str) -> None:
    """One line, the next step, status 2."""
    done = subprocess.run([str(ROOT / "ternion"), "bench", "readmit", *arguments],
                          capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (2, text)


def _record(time: int, kind: RecordType, a: int = 0, b: int = 0, c: int = 0) -> Record:
    return Record(time, 0, time, 1, kind, a, b, c)


def test_cycles() -> None:
    """Who was out, whether it had input and output, and how it ended; a tick is 16 ns."""
    found = cycles_of([
        _record(10, RecordType.EXCLUDE, 0, 6), _record(11, RecordType.IO_MOVED, 0, 1),
        _record(12, RecordType.JOIN_BEGIN, 0, 1),
        _record(110, RecordType.JOIN, 0, 7, 50 << 32 | 9),
        _record(200, RecordType.EXCLUDE, 2, 3),
        _record(300, RecordType.JOIN_FAILED, 2, 5),
        _record(500, RecordType.JOIN, 2, 7, 40 << 32 | 3),
        _record(600, RecordType.EXCLUDE, 2, 3), _record(700, RecordType.JOIN_FAILED, 2, 7),
        _record(800, RecordType.EXCLUDE, 1, 1)])
    assert [(c.replica, c.io_core, c.way, c.pause_ns, c.pages, c.away_ns) for c in found] == [
        (0, True, Way.BACK, 800, 9, 1600), (2, False, Way.BACK, 640, 3, 4800),
        (2, False, Way.FAILED, 0, 0, 1600), (1, False, Way.OUT, 0, 0, 0)]
    assert found[2].reason.startswith("replica 2 stays out: ")


def test_strikes(tmp_path: Path) -> None:
    """The seed decides; replicas in equal shares; the file is what the plugin reads."""
    found = strikes_of(5, 12, RUNNING)
    assert found == strikes_of(5, 12, RUNNING) != strikes_of(6, 12, RUNNING)
    assert Counter(strike.core for strike in found) == {0: 4, 1: 4, 2: 4}
    assert all(GAPS[0] <= strike.gap <= GAPS[1] and strike.bit < 32
               and strike.address == RUNNING[strike.core] for strike in found)
    write_strikes(tmp_path / "strikes", 40, 7, [Strike(2, 64, 31, 500)])
    assert (tmp_path / "strikes").read_text() == "40 7\n2 64 31 500\n"


def _problems(sent: bytes = b"right", ending: Ending = Ending.OFF,
              reason: StopReason = StopReason.POWER_OFF) -> list[str]:
    def flown(downlink: bytes, how: Ending) -> Run:
        return Run(how, downlink, cast(Any, None), Evidence(Landing.NULL), 1.0)

    reference = Reference(cast(Any, None), cast(Any, None), cast(Any, None), Path(),
                          flown(b"right", Ending.OFF))
    log = EventLog([_record(9, RecordType.STOP, reason, 7)], 0, [])
    return problems_of(reference, flown(sent, ending), log)


def test_problems() -> None:
    """A byte too few, too many or wrong, an end that is none, a safe stop."""
    assert not _problems()
    for sent in (b"righ", b"right!", b"wrong"):
        assert "differs" in _problems(sent)[0]
    assert _problems(ending=Ending.LIMIT) == ["ended by limit"]
    assert "no majority" in _problems(reason=StopReason.NO_MAJORITY)[0]


def _result(pauses: list[int], wanted: int = 3, problems: tuple[str, ...] = ()) -> Result:
    cycles = tuple(Cycle(at % 3, at % 3 == 0, Way.BACK, pause, 11, 30_000_000, "")
                   for at, pause in enumerate(pauses))
    cycles += (Cycle(1, False, Way.FAILED, 0, 0, 0, "replica 1 stays out: <odd>"),)
    return Result([Flown(1, len(cycles) + 2, cycles, problems, 10)], wanted, {"started": "today"})


@pytest.mark.parametrize(("result", "good"), [
    (_result([5, 6, 999_999]), True), (_result([5, 6, 1_000_000]), False),
    (_result([5, 6], 3), False), (_result([]), False),
    (_result([5, 6, 7], problems=("a byte",)), False)])
def test_limit(result: Result, good: bool) -> None:
    """Enough cycles, each below a millisecond, no byte wrong."""
    assert result.good is good


def test_json_and_page() -> None:
    """Every cycle is there; text from outside is escaped."""
    result = _result([47_200, 61_500, 86_900])
    facts = json.loads(as_json(result))
    assert facts["pause_ns"] == {"count": 3, "median": 61_500, "p99": 86_900, "most": 86_900,
                                 "least": 47_200}
    assert (facts["ways"], facts["unnoticed"]) == ({"back": 3, "refused": 1, "out at the end": 0},
                                                   2)
    assert len(facts["flights"][0]["cycles"]) == 4
    text = html(result)
    assert "86.9 µs" in text and "refused: &lt;odd&gt;" in text and text.count("<svg") == 1
