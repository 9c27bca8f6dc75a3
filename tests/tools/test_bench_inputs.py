# SPDX-License-Identifier: BSD-2-Clause
"""Interrupts and time: what is read from sights that are made up, bounds, JSON, page, errors."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from faultinj.line import LOST, SPOKE, Phase, write_line
from faultinj.watch import Sight
from tools.bench.inputs.fly import (Flown, Handled, PhaseResult, Schedule, Times, _Reader,
                                    _line_phase, _tick_phase, own_time)
from tools.bench.inputs.page import html, verdict_lines
from tools.bench.inputs.plan import (BYTE, CLOCK, CLOCK_END, EL2, FIRED, HANDLER, LOGGED, PHASE,
                                     PHASES, RATE_NS, ROOM, TICK, TIMED)
from tools.bench.inputs.result import LEAST, LIMIT_NS, TIME_LIMIT_NS, Result, as_json
from tools.paths import ROOT
from tools.system_report import SystemReport

ERRORS = [
    (("--preset", "sparc64"), "ternion: unknown preset 'sparc64'; the presets are: "),
    (("--preset", "xlnx-zcu102-tmr"),
     "ternion: xlnx-zcu102-tmr: the program drives the UART of qemu-virt\n"
     "    next: ./ternion bench inputs --preset tmr\n"),
]
LINE, CLOCKED, TICKED = PHASES[0], PHASES[5], PHASES[6]


@pytest.mark.parametrize(("arguments", "text"), ERRORS)
def test_error(arguments: tuple[str, ...], text: str) -> None:
    """One line, the next step, status 2."""
    done = subprocess.run([str(ROOT / "ternion"), "bench", "inputs", *arguments],
                          capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2 and done.stderr.startswith(text)


def _see(which: int, core: int, total: tuple[int, int], value: int = 0, entry: int = 0,
         since: int = 10_000, away: int = 0) -> Sight:
    return Sight(which, core, value, entry, total, since, away)


def _marks(count: int, total: tuple[int, int]) -> list[Sight]:
    return [_see(PHASE, core, total) for _ in range(count) for core in (0, 1)]


SPOKEN = [
    *_marks(1, (0, 0)),
    _see(SPOKE, 0, (100, 100), 1200, 7), _see(HANDLER, 0, (150, 120)), _see(BYTE, 0, (160, 120)),
    _see(HANDLER, 1, (160, 180)),
    # While the second replica is at it, another character comes: both take it in the same go.
    _see(SPOKE, 0, (170, 185), 1355, 8), _see(BYTE, 0, (190, 190)),
    _see(BYTE, 1, (190, 195)), _see(BYTE, 1, (190, 200)),
    _see(SPOKE, 0, (500, 500), 2000, LOST | 9), _see(HANDLER, 1, (520, 540)),
    _see(BYTE, 1, (520, 550)), _see(HANDLER, 0, (600, 560)), _see(BYTE, 0, (610, 560)),
]


def test_line_phase() -> None:
    """An interrupt is timed by the first character that it brings; each character is."""
    found = _line_phase(_Reader(tuple(SPOKEN), 2), LINE, 0, 3)
    assert found.handled == (Handled(70, 140, 50, 80), Handled(60, 160, 100, 100))
    assert found.taken_ns == (385 - 200, 390 - 355, 1170 - 1000)
    assert found.lost == 1


def test_tick_phase() -> None:
    """From the deadline, not from when it was logged."""
    found = _Reader((*_marks(13, (0, 0)), _see(LOGGED, 0, (50, 50), 4, 1005),
                     _see(FIRED, 0, (60, 50), 1000), _see(TICK, 0, (90, 60)),
                     _see(TICK, 1, (95, 80))), 2)
    result = _tick_phase(found, TICKED)
    assert result.late_ns == (5 * 16,)
    assert result.handled == (Handled(130, 155, 40, 40),)
    assert [(release.deadline, release.acted) for release in found.releases] == [(1000, None)]


def test_release_counts_from_the_first_time_that_is_not_before_it() -> None:
    """What came before the deadline did not act on it, what came later did not have to."""
    found = _Reader((*_marks(13, (0, 0)),
                     *(_see(TIMED, 0, (10 + at, 10), at, time)
                       for at, time in enumerate((998, 1001, 1010))),
                     _see(LOGGED, 0, (50, 50), 4, 1002), _see(FIRED, 0, (60, 50), 1000),
                     _see(TICK, 0, (90, 60)), _see(TICK, 1, (95, 80))), 2)
    assert found.releases[0].acted == 1001


def test_times() -> None:
    """The leader's without the others' turns, apart where EL2 interrupted; a look at the clock."""
    start = [*_marks(11, (0, 0)), _see(SPOKE, 0, (100, 100), 1600)]
    found = _Reader((
        *start,
        _see(TIMED, 0, (120, 112), 1, 100), _see(TIMED, 1, (120, 150), 1, 100),
        _see(TIMED, 0, (140, 1150), 2, 101, since=4, away=1000),
        _see(CLOCK, 0, (150, 1150)), _see(TIMED, 0, (170, 1150), 3, 170),
        _see(CLOCK_END, 0, (200, 1150)),
        _see(EL2, 0, (260, 1150)), _see(TIMED, 0, (290, 1150), 4, 175)), 2)
    assert found.error_ns == [32, 2690 - 1616 - 1000, 2720 - 2720]
    assert found.ticked_ns == [2840 - 2800]
    assert found.lag_ns == [70] and found.cost == [50]
    assert found.age_ns == [30] and found.early_ns == [0]


@pytest.mark.parametrize(("ns", "since", "away", "own"), [
    (40, 100, 900, 40), (940, 20, 900, 40), (40, 20, 900, 40), (2000, 2000, 900, 2000)])
def test_own_time(ns: int, since: int, away: int, own: int) -> None:
    """Only a turn of others that lies within is taken away."""
    assert own_time(_see(TIMED, 0, (0, 0), since=since, away=away), ns) == own


def test_line_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """As the plugin reads it."""
    write_line(tmp_path / "line", 3, [Phase(4096, (10, 20), b"ab")])
    assert (tmp_path / "line").read_text(encoding="ascii") == "3 1\n4096 2\n10 97\n20 98\n"


TIMES = Times((44, 55), (4800,), (0,), (300,), (2000,), (465,))


def _flown(most: int = 20_000, count: int = LEAST, lost: int = 0, error: int = 55,
           schedule: Schedule = Schedule.SIDE_BY_SIDE, taken: int = 9000) -> Flown:
    system = cast(SystemReport, SimpleNamespace(preset="<tmr>", replicas=3, sha256="0" * 64))
    handled = (*(Handled(3000, 6000, 1900, 2000) for _ in range(count - 1)),
               Handled(3000, most, 1900, 2100))
    return Flown(system, schedule, (PhaseResult(LINE, handled, (taken,) * count, (), lost),),
                 replace(TIMES, error_ns=(44, error)), (), (), 1, "")


@pytest.mark.parametrize(("flown", "problem"), [
    (_flown(), None),
    (_flown(most=LIMIT_NS), None),
    (_flown(most=LIMIT_NS + 1), "UART, level, idle: 100.0 us, the bound is 100.0"),
    (_flown(most=LIMIT_NS + 1, schedule=Schedule.OWN), None),
    (_flown(most=10_000_001, schedule=Schedule.OWN), "UART, level, idle: 10,000.0 us"),
    (_flown(count=LEAST - 1), "499 interrupts, 500 are wanted"),
    (_flown(count=LEAST - 1, schedule=Schedule.OWN), None),
    (_flown(lost=2), "the UART had no room for 2 characters"),
    (_flown(taken=ROOM * RATE_NS + 1), "UART, level, idle, taken: 1,388.9 us"),
    (_flown(error=TIME_LIMIT_NS + 1), "agreed time: 1.0 us"),
    (replace(_flown(), problems=("replica 1 was excluded",)), "replica 1 was excluded"),
])
def test_bounds(flown: Flown, problem: str | None) -> None:
    """Each is checked; what is beyond it is named with its mode."""
    result = Result([flown], {"started": "today"})
    assert result.good is (problem is None)
    assert problem is None or (problem in result.problems[0]
                               and result.problems[0].startswith(f"tmr, {flown.schedule.value}: "))


def test_nothing_flown_is_not_good() -> None:
    """No figures, no verdict."""
    assert not Result([], {}).good


def test_json_and_page() -> None:
    """Every interrupt is there; text from outside is escaped."""
    result = Result([_flown(), _flown(schedule=Schedule.OWN), _flown(lost=1)],
                    {"started": "today", "presets": "<tmr>"})
    facts = json.loads(as_json(result))
    phase = facts["flights"][0]["phases"][0]
    assert phase["last_ns"] == {"count": 500, "least": 6000, "median": 6000, "p99": 6000,
                                "most": 20_000}
    assert len(phase["samples"]) == 500 and facts["good"] is False
    assert facts["flights"][0]["times"]["error_ns"]["most"] == 55
    text = html(result)
    assert text.count("<svg") == 2 and "&lt;tmr&gt;" in text and "<tmr>" not in text
    assert "Beyond the bounds" in text
    assert [right for right, _ in verdict_lines(result)] == [True, True, False]
