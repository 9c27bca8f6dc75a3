# SPDX-License-Identifier: BSD-2-Clause
"""When a campaign knows enough, and what a dry run says that it will cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from faultinj import campaign as campaigns
from faultinj import dry_run
from faultinj.campaign import Prepared, Progress
from faultinj.classify import Outcome
from faultinj.spec import StopRule
from faultinj.statistics import Tally
from faultinj.stop_rule import enough
from faultinj.store import Result, Store
from faultinj.workers import Task
from tests.faultinj.campaign_parts import arm, campaign, plan_of, result
from tools.console import console


def tally(masked: int, wrong: int = 0, corrected: int = 0) -> Tally:
    return Tally(Counter({Outcome.MASKED: masked, Outcome.WRONG_OUTPUT: wrong,
                          Outcome.DOWNGRADED: corrected}))


@pytest.mark.parametrize("rule, base, tmr, reason", [
    (StopRule(), tally(90, 10), tally(100), ""),
    # Wilson of 10 in 100 is 0.0552 to 0.1744, so 0.1192 wide; of 0 in 100 it is 0.0362.
    (StopRule(width=0.12), tally(90, 10), tally(100),
     "no interval of wrong outputs and hangs is wider than 0.12"),
    (StopRule(width=0.11), tally(90, 10), tally(100), ""),
    (StopRule(errors=10), tally(90, 10), tally(100), "10 effective faults in base"),
    (StopRule(errors=11), tally(90, 10), tally(50, 0, 50), ""),
    (StopRule(width=0.11, errors=9), tally(90, 10), tally(100), "10 effective faults in base"),
])
def test_rule(rule: StopRule, base: Tally, tmr: Tally, reason: str) -> None:
    assert enough(rule, {"base": base, "tmr": tmr}, "base") == reason


def test_nothing_known_is_not_enough() -> None:
    assert enough(StopRule(width=0.5, errors=1), {}, "base") == ""


class _Here:
    """A worker that knows the outcome at once."""

    def __init__(self) -> None:
        self.ran: list[int] = []

    def results(self, tasks: Sequence[Task]) -> Generator[Result, None, None]:
        for name, fault in tasks:
            self.ran.append(fault.number)
            yield result(name, fault, [Outcome.MASKED, Outcome.HANG][fault.number % 5 == 0])

    def abandon(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_campaign_stops_at_the_end_of_a_batch(tmp_path: Path) -> None:
    chosen = campaign(count=400, arms=("base",), stop=StopRule(errors=30))
    faults = plan_of(400, 1)
    worker, seen = _Here(), list[Progress]()
    with Store(tmp_path / "a.db") as store:
        store.begin({"seed": 1}, ("seed",), [], faults)
        reason = campaigns._Runner(Prepared(chosen, [arm("base", 1)], faults, {}), store,
                                   seen.append, worker).run()
    assert sorted(worker.ran) == list(range(1, 201))
    assert reason.endswith("effective faults in base, after 200 of 410 faults")
    assert [step.done for step in seen] == list(range(201))


def test_dry_run_tells_strata_and_cost() -> None:
    chosen = campaign(count=280, workers=2)
    prepared = Prepared(chosen, [arm("base", 1), arm("tmr", 3)], plan_of(280, 1),
                        {"base": {"user/x": 10 ** 12}, "tmr": {}})
    with console.capture() as said:
        assert dry_run.show(prepared) == 0
    lines = [" ".join(line.split()) for line in said.get().splitlines()]
    assert "user/x 4 30" in lines
    assert "shim/memory 2 no memory in use" in lines
    assert "and 7 null injections; every fault goes into each arm" in lines
    # 287 * (1.15 * 0.4 s + 0.04 s) = 143.5 s each
    assert "tmr 287 0.40 s 2 min" in lines
    # 1.96 * sqrt(0.25 / 280) = 0.0586
    assert ("base: 280 of 1e+12 possible single upsets tell a share to within 5.9 points (95 %), "
            "if their strata have their weight") in lines
    assert "9604 faults would tell any share to within 1 point" in lines
    assert any(line.startswith("about 2 min with 2 workers") for line in lines)
