# SPDX-License-Identifier: BSD-2-Clause
"""Random system calls: no panic, no broken invariant, and replicas that agree."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tools import fuzz
from tools.fuzz import Plan
from tools.system_report import SystemReport

LIMIT_S = 900.0  # host seconds: the host may be busy


@pytest.mark.parametrize("preset, calls", [
    ("base-debug", 250_000),
    ("tmr-debug", 20_000),
])
def test_fuzz(system: Callable[[str], SystemReport], preset: str, calls: int) -> None:
    """It makes all its calls and switches the board off; what it covered is not little."""
    run = fuzz.run(system(preset), Plan(seed=7, calls=calls), limit_s=LIMIT_S, announce=print)
    print(run.text)
    assert run.problems() == []
    assert run.fact("calls made") >= calls
    assert run.fact("full checks") > calls // fuzz.STRIDE
    assert run.panics == run.broken == 0
    coverage = [line for line in run.text.splitlines() if line.startswith("fuzz: coverage: ")]
    succeeded, pairs = (int(coverage[0].split()[place]) for place in (2, 5))
    assert succeeded >= 50 and pairs >= 200, coverage[0]


def test_until(system: Callable[[str], SystemReport]) -> None:
    """A run stops at the call number that it is told. Numbers are given out in blocks, and a block
    behind that number, which another worker may have when one gets there, makes no call."""
    run = fuzz.run(system("base-debug"), Plan(seed=7, calls=500_000, until=5000),
                   limit_s=LIMIT_S, announce=print)
    assert run.problems() == []
    assert 5000 <= run.fact("last number") < 6000
    assert 0 < run.fact("calls made") <= 5000
