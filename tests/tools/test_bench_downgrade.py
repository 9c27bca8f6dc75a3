# SPDX-License-Identifier: BSD-2-Clause
"""How long outputs stop: plan, judgement and sums of runs that are made up."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from faultinj import watch
from faultinj.engine import Ending, Limits, Run
from faultinj.fault import Evidence, Landing, MemoryFlip, RegisterFlip, Trigger
from faultinj.watch import SIGHT, Kind, Sight, Watch
from tools.bench.distribution import distribution
from tools.bench.downgrade.case import (CaseResult, Outcome, Reference, Timing, first_wrong, judge,
                                        timing_of)
from tools.bench.downgrade.page import html
from tools.bench.downgrade.plan import (ACTIVE, OUTPUT, PUBLISHED, REACH, Case, What,
                                        candidates, make_plan)
from tools.bench.downgrade.result import Result, as_json
from tools.paths import ROOT
from tools.recorder import EventLog, Record, RecordType
from tools.system_report import SystemReport

ERRORS = [
    (("--count", "0"), "ternion: --count 0: it needs one at least\n"
                       "    next: ./ternion bench downgrade --count 500\n"),
    (("--preset", "sparc64"), "ternion: unknown preset 'sparc64'; the presets are: "),
]
BOARD, SENT = 0x4000_0000, b"right"
RUNNING = [BOARD + 0x1000 * replica for replica in range(3)]
SYSTEM = cast(SystemReport, SimpleNamespace(replicas=3, board_page=SimpleNamespace(base=BOARD)))


@pytest.mark.parametrize(("arguments", "text"), ERRORS)
def test_error(arguments: tuple[str, ...], text: str) -> None:
    """One line, the next step, status 2."""
    done = subprocess.run([str(ROOT / "ternion"), "bench", "downgrade", *arguments],
                          capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2 and done.stderr.startswith(text)


def _sight(which: int, core: int, value: int, total: tuple[int, int, int],
           entry: int = 0) -> Sight:
    return Sight(which, core, value, entry, total)


FLOWING = [_sight(PUBLISHED, 0, 1, (5, 5, 5)), _sight(OUTPUT, 0, 0, (10, 10, 10)),
           *(_sight(PUBLISHED, core, 2, (20, 20, 20 + (core == 1))) for core in range(3)),
           _sight(OUTPUT, 0, 0, (30, 30, 30)), _sight(PUBLISHED, 1, 3, (35, 35, 35)),
           _sight(OUTPUT, 0, 0, (40, 40, 40))]


def test_candidates_have_an_output_to_wait_for() -> None:
    """Not before the first output, not after the last but one."""
    assert [(sight.core, sight.value) for sight in candidates(FLOWING)] == [(0, 2), (1, 2), (2, 2)]
    with pytest.raises(ValueError, match="1 outputs"):
        candidates(FLOWING[:2])


def test_plan() -> None:
    """The seed decides; replicas in turn; flips lie where they should."""
    plan = make_plan(FLOWING, RUNNING, 300, 7)
    assert plan == make_plan(FLOWING, RUNNING, 300, 7) != make_plan(FLOWING, RUNNING, 300, 8)
    assert [sum(case.replica == r for case in plan) for r in range(3)] == [100, 100, 100]
    of = {what: [case for case in plan if case.what is what] for what in What}
    assert 40 < len(of[What.REGISTER]) < 110
    for case in of[What.FINGERPRINT]:
        assert isinstance(case.flip, MemoryFlip)
        assert 0 <= case.flip.address - RUNNING[case.replica] < 4
        assert case.trigger == Trigger(case.replica, 20)
    for case in of[What.REGISTER]:
        assert isinstance(case.flip, RegisterFlip) and 20 - REACH <= case.trigger.count < 20


FINGERPRINT = Case(4, What.FINGERPRINT, 1, 2, Trigger(1, 20), MemoryFlip(BOARD, 1))
REGISTER = replace(FINGERPRINT, what=What.REGISTER, flip=RegisterFlip(3, 9))
AFTER = (
    _sight(PUBLISHED, 0, 2, (25, 30, 20), 77), _sight(PUBLISHED, 1, 2, (25, 40, 20), 78),
    _sight(OUTPUT, 0, 0, (50, 40, 30)),
    _sight(ACTIVE, 2, 0b101, (60, 45, 40)),
    _sight(OUTPUT, 1, 0, (70, 50, 50)), _sight(OUTPUT, 0, 0, (90, 51, 60)))


def test_first_wrong_ballot() -> None:
    """By what the peers published for the same round; alone with a round nobody is wrong."""
    assert first_wrong(AFTER, 1) is AFTER[1]
    assert first_wrong([replace(sight, entry=77) for sight in AFTER], 1) is None
    assert first_wrong([AFTER[1]], 1) is None


def test_timing() -> None:
    """The next output of a survivor after the exclusion; outputs before it do not count."""
    assert timing_of(AFTER, 1, (20, 30, 20)) == Timing(145 - 70, 201 - 70, 70)
    assert timing_of(AFTER[:4], 1, (20, 30, 20)) is None
    assert timing_of(AFTER[:3], 1, (20, 30, 20)) is None


def _judge(case: Case, sights: tuple[Sight, ...] = AFTER, excluded: tuple[int, ...] = (1,),
           sent: bytes = SENT, ending: Ending = Ending.OFF,
           landing: Landing = Landing.LANDED, golden: tuple[Sight, ...] = ()) -> CaseResult:
    whole = Run(Ending.OFF, SENT, cast(Any, None), Evidence(Landing.NULL), 1.0, golden)
    reference = Reference(SYSTEM, cast(Any, None), Path(), whole, Limits(1, 1, 1))
    done = Run(ending, sent, cast(Any, None), Evidence(landing, counts=(20, 30, 20)), 1.0, sights)
    log = EventLog([Record(9, 0, 1, 1, RecordType.EXCLUDE, replica, 0) for replica in excluded], 0,
                   [])
    return judge(reference, case, done, log)


@pytest.mark.parametrize(("found", "outcome"), [
    (_judge(FINGERPRINT), Outcome.DOWNGRADED),
    (_judge(REGISTER), Outcome.DOWNGRADED),
    (_judge(REGISTER, tuple(replace(sight, entry=1) for sight in AFTER)), Outcome.GAVE_UP),
    (_judge(FINGERPRINT, AFTER[:3], excluded=()), Outcome.NO_EFFECT),
    (_judge(FINGERPRINT, landing=Landing.NOT_REACHED), Outcome.NOT_REACHED),
    (_judge(FINGERPRINT, sent=b"righ"), Outcome.BAD),
    (_judge(FINGERPRINT, sent=b"right!"), Outcome.BAD),
    (_judge(FINGERPRINT, ending=Ending.LIMIT), Outcome.BAD),
    (_judge(FINGERPRINT, excluded=(0,)), Outcome.BAD),
    (_judge(FINGERPRINT, excluded=(1, 2)), Outcome.BAD),
    (_judge(FINGERPRINT, AFTER[:4]), Outcome.BAD),
    # Wrong output is wrong, whoever was excluded.
    (_judge(FINGERPRINT, sent=b"wrong", excluded=()), Outcome.BAD),
])
def test_outcome(found: CaseResult, outcome: Outcome) -> None:
    """Every case has one."""
    assert found.outcome is outcome


@pytest.mark.parametrize("case", [REGISTER, FINGERPRINT])
def test_timed_from_the_publication(case: Case) -> None:
    """Not from the flip."""
    timing = _judge(case).timing
    assert timing is not None and timing.output_ns == 201 - 85


def test_peers_ahead_of_the_flip() -> None:
    """What peers had published before it is in the run without a fault only."""
    golden = (AFTER[0], _sight(PUBLISHED, 1, 2, (45, 60, 20), 77))  # the second: after the flip
    found = _judge(FINGERPRINT, AFTER[1:], golden=golden)
    assert found.outcome is Outcome.GAVE_UP  # AFTER[0] is not before the flip
    golden = (replace(AFTER[0], total=(5, 5, 5)), golden[1])
    found = _judge(FINGERPRINT, AFTER[1:], golden=golden)
    assert found.outcome is Outcome.DOWNGRADED


def test_distribution() -> None:
    """Percentiles are values that occurred, never below."""
    found = distribution(range(1, 201))
    assert found is not None and (found.count, found.median, found.p99, found.most) == (
        200, 101, 199, 200)
    assert distribution([]) is None


def _result(most: int, *outcomes: Outcome) -> Result:
    timed = [CaseResult(FINGERPRINT, Outcome.DOWNGRADED, number % 2 == 0, Timing(5, most, 3), "")
             for number in range(10)]
    others = [CaseResult(FINGERPRINT, outcome, False, None, "<odd>") for outcome in outcomes]
    return Result(timed + others, 10, {"started": "today"})


@pytest.mark.parametrize(("result", "good"), [
    (_result(99_999, Outcome.NO_EFFECT), True), (_result(100_000), False),
    (_result(1000, Outcome.BAD), False), (_result(1000, Outcome.HARNESS), False),
    (Result([], 1, {"started": "today"}), False),
    (replace(_result(1000), wanted=11), False)])
def test_limit(result: Result, good: bool) -> None:
    """Below 100 us, and nothing went wrong."""
    assert result.good is good


def test_json_and_page() -> None:
    """No case is left out; text from outside is escaped."""
    result = _result(61_000, Outcome.NO_EFFECT, Outcome.BAD)
    facts = json.loads(as_json(result))
    assert len(facts["cases"]) == 12 and facts["downgrade"]["p99"] == 61_000
    assert facts["outcomes"] == {"downgraded": 10, "no effect": 1, "bad": 1}
    text = html(result)
    assert "61.0 µs" in text and "&lt;odd&gt;" in text and text.count("<svg") == 1


def test_sights_as_the_plugin_writes_them() -> None:
    """In order; a full page is told."""
    one = SIGHT.pack(2, 1, 5, 0, 6, 7, *range(8))
    page = watch.HEAD.pack(1) + one + bytes(watch.SIZE - watch.HEAD.size - len(one))
    assert watch.decode(page) == ([Sight(2, 1, 5, 0, tuple(range(8)), 6, 7)], True)
    assert watch.decode(watch.HEAD.pack(watch.SIGHTS + 1) + one * watch.SIGHTS)[1] is False
    assert Watch(Kind.RING, 1, 4096, 2, 5184, 256).line() == "2 1 2 4096 5184 256 4 0 0\n"
