# SPDX-License-Identifier: BSD-2-Clause
"""Every replica is broken once while the payload flies, comes back, and no byte is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from faultinj.campaign import small_mission
from tools.bench.readmit.fly import Way, fly, fly_reference, image_of
from tools.bench.readmit.result import LIMIT_NS
from tools.system_report import SystemReport


@pytest.mark.default_board("times and the description are that board's")
def test_every_replica_comes_back(system: Callable[[str], SystemReport]) -> None:
    """The same flight twice is the same to the instruction."""
    reference = fly_reference(image_of(system("tmr")), small_mission())
    flown = fly(reference, 1, 3)
    assert not flown.problems and flown.strikes == 3
    assert sorted(cycle.replica for cycle in flown.cycles) == [0, 1, 2]
    for cycle in flown.cycles:
        assert cycle.way is Way.BACK, cycle
        assert 0 < cycle.pause_ns < LIMIT_NS and cycle.pages > 0
        assert cycle.pause_ns < cycle.away_ns
    assert any(cycle.io_core for cycle in flown.cycles)
    assert fly(reference, 1, 3) == flown
