# SPDX-License-Identifier: BSD-2-Clause
"""A campaign fails when a voting arm breaks its promise, not when the control does."""

from __future__ import annotations

from collections import Counter

import pytest

from faultinj.classify import Outcome
from faultinj.commands import judge
from faultinj.statistics import Tally

REPLICAS = {"base": 1, "dmr": 2, "tmr": 3, "tmr-novote": 3}


@pytest.mark.parametrize("arm, outcome, kept", [
    ("base", Outcome.WRONG_OUTPUT, True),
    ("tmr", Outcome.WRONG_OUTPUT, False),
    ("tmr", Outcome.HANG, False),
    ("tmr", Outcome.DOWNGRADED, True),
    ("tmr", Outcome.SAFE_STOP, True),
    ("dmr", Outcome.WRONG_OUTPUT, False),
])
def test_promises(arm: str, outcome: Outcome, kept: bool) -> None:
    tally = Tally(Counter({Outcome.MASKED: 9, outcome: 1}))
    assert [claim[0] for claim in judge({arm: tally}, REPLICAS)] == [kept]


def test_no_promise_without_votes() -> None:
    tally = Tally(Counter({Outcome.WRONG_OUTPUT: 5}))
    assert judge({"tmr-novote": tally}, REPLICAS) == []


def test_a_control_without_effect_says_so() -> None:
    claims = judge({"base": Tally(Counter({Outcome.MASKED: 9}))}, REPLICAS)
    assert claims[0][1].endswith("proves nothing, take more faults")
