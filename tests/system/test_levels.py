# SPDX-License-Identifier: BSD-2-Clause
"""The thorough vote levels: nothing shows outside, no healthy replica disagrees."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from faultinj.campaign import PLACE
from tests.system import flips, readmission
from tests.system.conftest import FRAMES, Fly
from tools.qemu import Timing
from tools.recorder import RecordType
from tools.system_report import SystemReport

LEVELS = ["tmr-object", "tmr-page"]


@pytest.mark.parametrize("timing", list(Timing), ids=lambda timing: timing.value)
@pytest.mark.parametrize("preset", LEVELS)
def test_flight_is_the_same(fly: Fly, preset: str, timing: Timing) -> None:
    """Byte for byte what one replica sends, and nobody was excluded."""
    result = fly(preset, timing, 1)
    assert result.ground.problems == [] and result.ground.frames_exact == FRAMES
    assert result.downlink == fly("base", Timing.ICOUNT, 1).downlink
    assert {record.type for record in result.log.remarkable()} == {RecordType.STOP}


@pytest.mark.parametrize("preset", LEVELS)
def test_a_replica_joins(system: Callable[[str], SystemReport], preset: str) -> None:
    """Its EL2 must know of the same pages that were written as the others'."""
    level = system(preset)
    arm = readmission.arm_with(level, PLACE / f"readmit-{level.preset}", FRAMES + 1,
                               readmit_per_hour="8", page_interval_us="1000")
    hit = flips.fly(arm, flips.in_user(arm, 1, 0.2), readmission.excluding(arm, 1))
    assert hit.done.downlink == arm.golden.downlink
    assert readmission.story(hit.log) == [
        (RecordType.EXCLUDE, 1), (RecordType.JOIN_BEGIN, 1), (RecordType.JOIN, 1)]
    assert [record.b for record in hit.log.of(RecordType.STOP)] == [0b111]
    assert not hit.log.of(RecordType.MISMATCH)
