# SPDX-License-Identifier: BSD-2-Clause
"""QMR: four replicas become three, two, and one or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from faultinj.campaign import PLACE
from faultinj.engine import Ending
from faultinj.golden import Arm
from faultinj.rsp import Stub
from tests.system import flips, readmission
from tests.system.flips import Hit
from tests.system.readmission import story
from tools import presets
from tools.recorder import JoinReason, RecordType, StopReason

ArmOf = Callable[[str], Arm]
QMR = "qmr"
BEGIN, JOIN, FAILED = RecordType.JOIN_BEGIN, RecordType.JOIN, RecordType.JOIN_FAILED
EXCLUDE = RecordType.EXCLUDE
ORDER = pytest.mark.parametrize("order", [[0, 1, 2], [3, 2, 0]], ids=["leaders", "last-first"])


def _wrong(arm: Arm, replica: int) -> flips.AtFault:
    """Its kernel's fingerprint is another one from now on, and nothing else is."""
    return flips.fingerprint_flips(arm, {replica: replica})


def _fly(arm: Arm, faults: list[tuple[int, flips.AtFault]], place: Path) -> Hit:
    """One fault, and each other one when the replica before is out."""
    def change(stub: Stub, where: Path) -> None:
        for number, (replica, fault) in enumerate(faults):
            fault(stub, where)
            if number < len(faults) - 1:
                readmission.stopped_at(arm, stub, replica, "exclude_park")

    return flips.fly(*flips.at_store(arm, place), change)


@ORDER
def test_down_to_one(arm: ArmOf, tmp_path: Path, order: list[int]) -> None:
    """Two are outvoted; the third breaks itself visibly, and the system may go on with the last."""
    qmr = readmission.variant(arm(QMR), simplex_ok="true")
    first, second, third = order
    hit = _fly(qmr, [(first, _wrong(qmr, first)), (second, _wrong(qmr, second)),
                     (third, readmission.excluding(qmr, third))], tmp_path)
    assert hit.done.ending is Ending.OFF and hit.done.downlink == qmr.golden.downlink
    assert hit.log.excluded() == order
    last = 0b1111 & ~sum(1 << replica for replica in order)
    assert [(r.a, r.b) for r in hit.log.of(RecordType.STOP)] == [(StopReason.POWER_OFF, last)]


@ORDER
def test_down_to_none(arm: ArmOf, tmp_path: Path, order: list[int]) -> None:
    """... and it may not: a safe stop, when two are left and one breaks itself."""
    qmr = arm(QMR)
    first, second, third = order
    sent: list[int] = []

    def to_the_stop(stub: Stub, place: Path) -> None:
        readmission.excluding(qmr, third)(stub, place)
        readmission.stopped_at(qmr, stub, third, "exclude_stop")
        sent.append(flips.sent_by(place))

    hit = _fly(qmr, [(first, _wrong(qmr, first)), (second, _wrong(qmr, second)),
                     (third, to_the_stop)], tmp_path)
    assert 0 < hit.sent < sent[0] < len(qmr.golden.downlink)
    assert hit.done.downlink == qmr.golden.downlink[:sent[0]]
    assert hit.done.ending is Ending.OFF and hit.log.excluded() == order[:2]
    left = 0b1111 & ~(1 << first | 1 << second)
    assert [(r.a, r.b) for r in hit.log.of(RecordType.STOP)] == [(StopReason.LAST_REPLICA, left)]


@pytest.mark.every_board
@pytest.mark.parametrize("replica", [0, 3])
def test_one_of_four(arm: ArmOf, tmp_path: Path, replica: int) -> None:
    """Three are right: the odd one is out, and nobody outside sees a difference."""
    qmr = arm(QMR)
    rounds: list[flips.NextRound] = []
    hit = _fly(qmr, [(replica, flips.fingerprint_flips(qmr, {replica: replica}, rounds))], tmp_path)
    assert hit.done.ending is Ending.OFF and hit.done.downlink == qmr.golden.downlink
    assert 0 < hit.sent < len(hit.done.downlink)
    assert story(hit.log) == [(EXCLUDE, replica)]
    assert hit.log.stop_reason() is StopReason.POWER_OFF
    moved = [(record.a, record.b) for record in hit.log.of(RecordType.IO_MOVED)]
    assert moved == ([(0, 1)] if replica == 0 else [])
    mismatches = hit.log.of(RecordType.MISMATCH)
    assert {record.a for record in mismatches} == {rounds[0].number}
    assert len({record.core for record in mismatches}) >= 3


def test_the_leader_fails_while_another_returns(board: str) -> None:
    """The last one is being copied from the leader when that one breaks: the attempt is given up,
    two go on, and both come back."""
    preset = f"{board}-{QMR}"
    arm = readmission.arm_with(presets.load(preset), PLACE / f"readmit-{preset}", 3,
                               readmit_per_hour="8")
    change = readmission.while_joining(arm, 3, 3, "pages_copy", readmission.excluding(arm, 0))
    hit = flips.fly(arm, flips.in_user(arm, 3, 0.1), change)
    readmission.check_whole(arm, hit, 0b1111)
    assert story(hit.log) == [(EXCLUDE, 3), (BEGIN, 3), (EXCLUDE, 0), (FAILED, 3), (BEGIN, 0),
                              (JOIN, 0), (BEGIN, 3), (JOIN, 3)]
    assert [r.b for r in hit.log.of(FAILED)] == [JoinReason.MEMBERS]
    assert not hit.log.of(RecordType.MISMATCH)
