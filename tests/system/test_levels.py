# SPDX-License-Identifier: BSD-2-Clause
"""The thorough vote levels: nothing shows outside, no healthy replica disagrees."""

from __future__ import annotations

import pytest

from tests.system.conftest import FRAMES, Fly
from tools.qemu import Timing
from tools.recorder import RecordType

LEVELS = ["tmr-object", "tmr-page"]


@pytest.mark.parametrize("timing", list(Timing), ids=lambda timing: timing.value)
@pytest.mark.parametrize("preset", LEVELS)
def test_flight_is_the_same(fly: Fly, preset: str, timing: Timing) -> None:
    """Byte for byte what one replica sends, and nobody was excluded."""
    result = fly(preset, timing, 1)
    assert result.ground.problems == [] and result.ground.frames_exact == FRAMES
    assert result.downlink == fly("base", Timing.ICOUNT, 1).downlink
    assert {record.type for record in result.log.remarkable()} == {RecordType.STOP}
