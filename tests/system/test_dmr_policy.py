# SPDX-License-Identifier: BSD-2-Clause
"""Two replicas, one breaks itself visibly: `simplex_ok` decides. (A bare mismatch always stops.)"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from faultinj.engine import Ending
from faultinj.golden import Arm
from faultinj.page_tables import PAGE
from tests.system import flips, hijack, readmission
from tests.system.flips import AtFault, Hit
from tools.board_state import BALLOTS
from tools.recorder import EventLog, RecordType, StopReason

LONG = 64         # instructions of a loop
PART = 0.97      # of the kernel's instructions: frames are on their way down
ArmOf = Callable[[str], Arm]
Breaks = Callable[[Arm, int], AtFault]


def _traps(arm: Arm, replica: int) -> AtFault:
    return readmission.excluding(arm, replica)


def _stores_outside(arm: Arm, replica: int) -> AtFault:
    """To the ballot of the other one."""
    target = hijack.BOARD_VADDR + BALLOTS + (1 - replica) * PAGE
    return hijack.in_kernel(arm, replica, [hijack.STORE, hijack.LOOP],
                            {0: hijack.VALUE, 1: target})


def _hangs(arm: Arm, replica: int) -> AtFault:
    loop = struct.unpack(f"<{LONG}I", hijack.endless(LONG))
    return hijack.in_kernel(arm, replica, list(loop), {})


# What it does, which core tells, and how.
KINDS = pytest.mark.parametrize("breaks,by_itself,evidence", [
    pytest.param(_traps, True, RecordType.PANIC, id="kernel-trap"),
    pytest.param(_stores_outside, True, RecordType.STAGE2, id="stage-2-abort"),
    pytest.param(_hangs, False, RecordType.TIMEOUT, id="missed-barrier")])
REPLICAS = pytest.mark.parametrize("replica", [0, 1])
pytestmark = pytest.mark.every_board


def _check_evidence(log: EventLog, evidence: RecordType, core: int) -> None:
    assert {record.core for record in log.of(evidence)} == {core}
    kinds = {RecordType.PANIC, RecordType.STAGE2, RecordType.SHIM_TRAP, RecordType.MISMATCH}
    assert not log.of(*(kinds - {evidence}))


@KINDS
@REPLICAS
def test_goes_on_alone(arm: ArmOf, tmp_path: Path, replica: int, breaks: Breaks, by_itself: bool,
                       evidence: RecordType) -> None:
    """... if the system says so: the whole output, from the other one."""
    dmr = readmission.variant(arm("dmr"), simplex_ok="true")
    done, log = hijack.fly(dmr, replica, breaks(dmr, replica), tmp_path, PART)
    assert done.ending is Ending.OFF and done.downlink == dmr.golden.downlink
    assert log.excluded() == [replica]
    assert [(r.a, r.b) for r in log.of(RecordType.STOP)] == [
        (StopReason.POWER_OFF, 1 << 1 - replica)]
    assert [(r.a, r.b) for r in log.of(RecordType.IO_MOVED)] == ([] if replica else [(0, 1)])
    _check_evidence(log, evidence, replica if by_itself else 1 - replica)


@KINDS
@REPLICAS
def test_stops(arm: ArmOf, tmp_path: Path, replica: int, breaks: Breaks, by_itself: bool,
               evidence: RecordType) -> None:
    """... else: what went out is right, as far as it goes, and nobody was excluded."""
    dmr = arm("dmr")
    done, log = hijack.fly(dmr, replica, breaks(dmr, replica), tmp_path, PART)
    assert dmr.golden.downlink.startswith(done.downlink)
    assert 0 < len(done.downlink) < len(dmr.golden.downlink)
    assert done.ending is Ending.OFF and not log.excluded()
    reason = StopReason.LAST_REPLICA if by_itself else StopReason.NO_MAJORITY
    assert [(r.a, r.b) for r in log.of(RecordType.STOP)] == [(reason, 0b11)]
    _check_evidence(log, evidence, replica if by_itself else 1 - replica)


@pytest.mark.parametrize("simplex_ok", ["false", "true"])
@REPLICAS
def test_a_bare_mismatch_stops(arm: ArmOf, tmp_path: Path, replica: int, simplex_ok: str) -> None:
    """Nobody broke itself, so nobody can tell who is right, whatever the system says."""
    dmr = readmission.variant(arm("dmr"), simplex_ok=simplex_ok)
    rounds: list[flips.NextRound] = []
    hit: Hit = flips.fly(*flips.at_store(dmr, tmp_path),
                         flips.fingerprint_flips(dmr, {replica: 7}, rounds))
    assert 0 < hit.sent < rounds[0].sent < len(dmr.golden.downlink)
    assert hit.done.downlink == dmr.golden.downlink[:rounds[0].sent]
    assert hit.done.ending is Ending.OFF and not hit.log.excluded()
    assert [(r.a, r.b) for r in hit.log.of(RecordType.STOP)] == [(StopReason.NO_MAJORITY, 0b11)]
    assert {record.a for record in hit.log.of(RecordType.MISMATCH)} == {rounds[0].number}
