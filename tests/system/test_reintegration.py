# SPDX-License-Identifier: BSD-2-Clause
"""An excluded replica comes back while the payload flies, and is as good as the others."""

from __future__ import annotations

from functools import cache

import pytest

from faultinj.campaign import PLACE
from faultinj.engine import Ending
from faultinj.golden import Arm
from tests.system import flips, readmission
from tests.system.readmission import story
from tools import presets
from tools.recorder import RecordType, StopReason

TMR, DMR = "tmr", "dmr"
FRAMES = 3
PART = 0.2
STANDSTILL_US = 1000
BEGIN, JOIN, FAILED = RecordType.JOIN_BEGIN, RecordType.JOIN, RecordType.JOIN_FAILED
EXCLUDE = RecordType.EXCLUDE


@cache
def _arm(board: str, mode: str, limit: int) -> Arm:
    preset = f"{board}-{mode}"
    place = PLACE / f"readmit-{preset}-{limit}"
    return readmission.arm_with(presets.load(preset), place, FRAMES, readmit_per_hour=str(limit),
                                simplex_ok="true")


def _check_whole(arm: Arm, hit: flips.Hit, active: int) -> None:
    """Nobody outside sees a difference; at the end these replicas took part."""
    assert hit.done.ending is Ending.OFF and hit.done.downlink == arm.golden.downlink
    assert hit.sent < len(arm.golden.downlink)
    stop = hit.log.of(RecordType.STOP)
    assert [(r.a, r.b) for r in stop] == [(StopReason.POWER_OFF, active)]


@pytest.mark.parametrize("replica", [0, 1, 2])
def test_three_again(board: str, replica: int) -> None:
    """Excluded, copied, admitted, and then it votes as the others do until the flight ends."""
    arm = _arm(board, TMR, 8)
    hit = flips.fly(arm, flips.in_user(arm, replica, PART), readmission.excluding(arm, replica))
    _check_whole(arm, hit, 0b111)
    assert story(hit.log) == [(EXCLUDE, replica), (BEGIN, replica), (JOIN, replica)]
    begin, joined = hit.log.of(BEGIN)[0], hit.log.of(JOIN)[0]
    assert begin.b == (1 if replica == 0 else 0)
    assert joined.b == 0b111 and 0 < joined.c & 0xFFFFFFFF < 200
    assert readmission.standstill_us(joined) < STANDSTILL_US
    assert not hit.log.of(RecordType.MISMATCH)


@pytest.mark.parametrize("replica", [0, 1])
def test_two_again(board: str, replica: int) -> None:
    """One is left, if the system allows that; then there is nobody to compare it with."""
    arm = _arm(board, DMR, 8)
    hit = flips.fly(arm, flips.in_user(arm, replica, PART), readmission.excluding(arm, replica))
    _check_whole(arm, hit, 0b11)
    assert story(hit.log) == [(EXCLUDE, replica), (BEGIN, replica), (JOIN, replica)]


def test_never_by_itself(board: str) -> None:
    """Without the attribute's number a replica stays out."""
    arm = _arm(board, TMR, 0)
    hit = flips.fly(arm, flips.in_user(arm, 1, PART), readmission.excluding(arm, 1))
    _check_whole(arm, hit, 0b101)
    assert story(hit.log) == [(EXCLUDE, 1)]
