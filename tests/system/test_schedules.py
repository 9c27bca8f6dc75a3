# SPDX-License-Identifier: BSD-2-Clause
"""Other interleavings of the cores give the same output."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.system.conftest import FRAMES, SYSTEMS, Fly
from tools import flight
from tools.qemu import Timing
from tools.recorder import RecordType
from tools.system_report import SystemReport

pytestmark = pytest.mark.every_board


@pytest.mark.parametrize("shift", [1, 3])
@pytest.mark.parametrize("preset", SYSTEMS[1:])
def test_interleaving_does_not_show(fly: Fly, system: Callable[[str], SystemReport],
                                    preset: str, shift: int) -> None:
    """2^shift ns for each instruction: interrupts fall elsewhere, the downlink stays."""
    result = flight.fly(system(preset), frames=FRAMES, icount_shift=shift, announce=print)
    assert result.good, result.ground.problems
    assert result.downlink == fly("base", Timing.ICOUNT, 1).downlink
    assert {record.type for record in result.log.remarkable()} == {RecordType.STOP}
