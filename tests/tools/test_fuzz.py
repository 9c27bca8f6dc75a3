# SPDX-License-Identifier: BSD-2-Clause
"""What a fuzzing run's records and words come to."""

from __future__ import annotations

import pytest

from tools.fuzz import FuzzRun, Plan
from tools.qemu import Ending, RunEnd
from tools.recorder import EventLog, Record, RecordType, StopReason

SUMMARY = "fuzz: full checks 30\nfuzz: broken {broken}\nfuzz: calls made {calls}\n"


def _run(text: str, *records: Record, ending: Ending = Ending.OFF,
         number: int | None = None) -> FuzzRun:
    return FuzzRun(Plan(seed=3, calls=1000), "qemu", RunEnd(ending, 0, 1.0, ""), text,
                   EventLog(list(records), 0, []), number)


def _stop(reason: StopReason) -> Record:
    return Record(9, 0, 2, 40, RecordType.STOP, reason, 1)


def _panic(code: int, detail: int) -> Record:
    return Record(8, 0, 1, 40, RecordType.PANIC, code, detail)


def test_clean() -> None:
    """All calls made, and nothing but the end in the log."""
    run = _run(SUMMARY.format(broken=0, calls=1003), _stop(StopReason.POWER_OFF))
    assert run.problems() == []
    assert run.line() == ("fuzz: seed 3: 1003 calls, 0 panics, 0 invariants broken, "
                          "30 full checks")


@pytest.mark.parametrize("run, problems, panics, broken", [
    (_run("", _panic(0x1003, 1 << 48), _stop(StopReason.LAST_REPLICA), number=77),
     ["kernel gave up: invariant 'list links' broken at 0x0",
      "stopped: last replica", "0 calls made, not 1000",
      "at call number 77; ./ternion fuzz --seed 3 --until 77"], 0, 1),
    (_run("", _panic(0x1000, 5), _stop(StopReason.LAST_REPLICA)),
     ["kernel gave up: code 0x1000, detail 0x5 (assertion in line 5)",
      "stopped: last replica", "0 calls made, not 1000"], 1, 0),
    (_run(SUMMARY.format(broken=1, calls=1000), _stop(StopReason.POWER_OFF)),
     ["invariant 'list links' broken"], 0, 1),
    (_run("", ending=Ending.KILLED),
     ["hang: nothing printed for 300 s", "0 calls made, not 1000"], 0, 0),
    (_run("fuzz: supervisor: original: RevokeFirst\n", ending=Ending.TIME_LIMIT),
     ["time limit", "the supervisor could not go on", "0 calls made, not 1000"], 0, 0),
])
def test_problems(run: FuzzRun, problems: list[str], panics: int, broken: int) -> None:
    """Each way to fail is told, and counted as what it is."""
    assert run.problems() == problems
    assert (run.panics, run.broken) == (panics, broken)
