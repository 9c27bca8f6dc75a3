# SPDX-License-Identifier: BSD-2-Clause
"""The seL4 API: apps/apitest passes in every mode, debug and release."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system import programs
from tests.system.conftest import SYSTEMS
from tools import flight
from tools.qemu import Ending, Timing
from tools.recorder import RecordType, StopReason
from tools.system_report import SystemReport

LIMIT_S = 300.0
CASES_AT_LEAST = 700  # a group that is not linked any more must not go unnoticed
GROUP = re.compile(r"(?P<name>[a-z0-9 ]+): (?P<cases>\d+) cases, (?P<checks>\d+) checks, "
                   r"(?P<verdict>ok|FAILED)")
SKIPPED = re.compile(r"apitest: (?P<case>[^:]+): skipped: (?P<reason>.+)")
# The kernel's own report, of the two cases without a fault handler.
UNHANDLED = re.compile(r"ternion: thread '[^']*' stopped, it has no fault handler: "
                       r"fault 0x3 pc 0x[0-9a-f]+ data 0x2000000 0x0")
TOTAL = re.compile(r"apitest: (?P<cases>\d+) cases \((?P<checks>\d+) checks\): "
                   r"(?P<passed>\d+) passed, (?P<failed>\d+) failed, (?P<skipped>\d+) skipped")
# In virtual time only: its groups on budgets measure time, and cannot on a host that stands still.
ON_EVERY_BOARD = ["base", "tmr"]
RUNS = ["dmr", *(f"{preset}-debug" for preset in SYSTEMS), "base-hwdebug", "tmr-hwdebug",
        "tmr-object"]


@dataclass(frozen=True)
class Outcome:
    """What the program said about itself."""

    groups: dict[str, int]     # name -> cases
    skipped: dict[str, str]    # case -> reason
    checks: int                # of the groups
    total: dict[str, int]      # the last line


def _read(text: str) -> Outcome:
    """Every line is one of a kind that is known, or the program did not do what it should."""
    groups: dict[str, int] = {}
    skipped: dict[str, str] = {}
    checks, unhandled, lines = 0, 0, text.splitlines()
    for line in lines[:-1]:
        if group := GROUP.fullmatch(line):
            assert group["verdict"] == "ok", text
            assert group["name"] not in groups, text
            groups[group["name"]] = int(group["cases"])
            checks += int(group["checks"])
        elif skip := SKIPPED.fullmatch(line):
            skipped[skip["case"]] = skip["reason"]
        elif UNHANDLED.fullmatch(line):
            unhandled += 1
        else:
            pytest.fail(f"unexpected line: {line}\n{text}")
    total = TOTAL.fullmatch(lines[-1]) if lines else None
    assert total, text
    assert unhandled == 2, text
    return Outcome(groups, skipped, checks, {key: int(value)
                                             for key, value in total.groupdict().items()})


@pytest.mark.every_board
@pytest.mark.parametrize("preset", ON_EVERY_BOARD)
def test_api_on_every_board(system: Callable[[str], SystemReport], tmp_path: Path,
                            preset: str) -> None:
    """The kernel is the same everywhere; what it asks the shim for must be, too."""
    _check(system(preset), tmp_path)


@pytest.mark.parametrize("preset", RUNS)
def test_api(system: Callable[[str], SystemReport], tmp_path: Path, preset: str) -> None:
    """In the other modes."""
    _check(system(preset), tmp_path)


def _check(system: SystemReport, place: Path) -> None:
    """No case fails, what is skipped says why, and no replica ever disagrees."""
    built = programs.pack("apitest", system, place, root_task=True)
    result = flight.fly(built, frames=1, timing=Timing.ICOUNT, limit_s=LIMIT_S, announce=print)
    outcome = _read(result.downlink.decode("ascii", "replace").replace("\r", ""))
    print(outcome)
    assert outcome.total["failed"] == 0
    assert outcome.total["cases"] >= CASES_AT_LEAST
    assert outcome.total["cases"] == sum(outcome.groups.values())
    assert outcome.total["checks"] == outcome.checks
    assert outcome.total["skipped"] == len(outcome.skipped)
    assert outcome.total["passed"] + outcome.total["skipped"] == outcome.total["cases"]
    assert result.end.ending is Ending.OFF
    assert {record.type for record in result.log.remarkable()} == {RecordType.STOP}
    assert result.log.stop_reason() is StopReason.POWER_OFF
