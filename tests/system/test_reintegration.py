# SPDX-License-Identifier: BSD-2-Clause
"""An excluded replica comes back while the payload flies, and is as good as the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from faultinj.page_tables import PAGE
from faultinj.rsp import PC, Stub
from tests.system import flips, readmission
from tests.system.readmission import TICKS_PER_MS, board_arm, check_whole, story
from tools.recorder import JoinReason, RecordType

TMR, DMR = "tmr", "dmr"
PART = 0.2
STANDSTILL_US = 1000
NOWHERE = 0x10    # no address of any core's EL2
BEGIN, JOIN, FAILED = RecordType.JOIN_BEGIN, RecordType.JOIN, RecordType.JOIN_FAILED
EXCLUDE = RecordType.EXCLUDE


@pytest.mark.parametrize("replica", [0, 1, 2])
def test_three_again(board: str, replica: int) -> None:
    """Excluded, copied, admitted, and then it votes as the others do until the flight ends."""
    arm = board_arm(board, TMR, 8)
    hit = flips.fly(arm, flips.in_user(arm, replica, PART), readmission.excluding(arm, replica))
    check_whole(arm, hit, 0b111)
    assert story(hit.log) == [(EXCLUDE, replica), (BEGIN, replica), (JOIN, replica)]
    begin, joined = hit.log.of(BEGIN)[0], hit.log.of(JOIN)[0]
    assert begin.b == (1 if replica == 0 else 0)
    assert joined.b == 0b111 and 0 < joined.c & 0xFFFFFFFF < 200
    assert readmission.standstill_us(joined) < STANDSTILL_US
    assert not hit.log.of(RecordType.MISMATCH)


@pytest.mark.parametrize("replica", [0, 1])
def test_two_again(board: str, replica: int) -> None:
    """One is left, if the system allows that; then there is nobody to compare it with."""
    arm = board_arm(board, DMR, 8)
    hit = flips.fly(arm, flips.in_user(arm, replica, PART), readmission.excluding(arm, replica))
    check_whole(arm, hit, 0b11)
    assert story(hit.log) == [(EXCLUDE, replica), (BEGIN, replica), (JOIN, replica)]


@pytest.mark.every_board
def test_each_in_turn(board: str) -> None:
    """Every replica comes back and does the I/O again when its turn comes: one that was excluded as
    the leader is leader again when the others have failed."""
    arm = board_arm(board, TMR, 8)
    turns = [2, 0, 1, 0]
    change = readmission.one_after_the_other(arm, turns)
    hit = flips.fly(arm, flips.in_user(arm, 2, 0.1), change)
    check_whole(arm, hit, 0b111)
    assert story(hit.log) == [(what, replica) for replica in turns
                              for what in (EXCLUDE, BEGIN, JOIN)]
    assert [(r.a, r.b) for r in hit.log.of(RecordType.IO_MOVED)] == [(0, 1), (1, 0), (0, 1)]


def test_again_and_again(board: str) -> None:
    """Whoever fails as often as it may come back in an hour stays out, and that is recorded."""
    arm = board_arm(board, TMR, 2)
    change = readmission.one_after_the_other(arm, [1, 1, 1])
    hit = flips.fly(arm, flips.in_user(arm, 1, 0.1), change)
    check_whole(arm, hit, 0b101)
    assert story(hit.log) == 2 * [(EXCLUDE, 1), (BEGIN, 1), (JOIN, 1)] + [(EXCLUDE, 1), (FAILED, 1)]
    assert [r.b for r in hit.log.of(FAILED)] == [JoinReason.BUDGET]


@pytest.mark.parametrize("core,symbol,reasons", [
    pytest.param(2, "pages_copy", [], id="while-the-others-work"),
    pytest.param(0, "lead_admit", [JoinReason.LATE], id="while-they-stand-still")])
def test_joiner_dies(board: str, core: int, symbol: str, reasons: list[JoinReason]) -> None:
    """Its core stops for good: the others wait for it at most half a barrier time, without a
    difference in what they put out, and do not try it again."""
    arm = readmission.impatient(board_arm(board, TMR, 8))
    dead = flips.shim_address(arm, 2, "dead")
    change = readmission.while_joining(
        arm, 2, core, symbol, lambda stub, _: stub.write_register(2, PC, dead))
    hit = flips.fly(arm, flips.in_user(arm, 2, PART), change)
    check_whole(arm, hit, 0b011)
    assert story(hit.log) == [(EXCLUDE, 2), (BEGIN, 2), *((FAILED, 2) for _ in reasons)]
    assert [r.b for r in hit.log.of(FAILED)] == reasons


@pytest.mark.parametrize("core,symbol", [
    pytest.param(2, "pages_copy", id="while-the-others-work"),
    pytest.param(0, "lead_admit", id="while-they-stand-still")])
def test_joiner_traps(board: str, core: int, symbol: str) -> None:
    """An exception at its EL2: it parks itself, the others hear of it at once, and the next attempt
    succeeds."""
    arm = board_arm(board, TMR, 8)
    change = readmission.while_joining(
        arm, 2, core, symbol, lambda stub, _: stub.write_register(2, PC, NOWHERE))
    hit = flips.fly(arm, flips.in_user(arm, 2, PART), change)
    check_whole(arm, hit, 0b111)
    assert story(hit.log) == [(EXCLUDE, 2), (BEGIN, 2), (FAILED, 2), (BEGIN, 2), (JOIN, 2)]
    trap, = (r for r in hit.log.of(RecordType.SHIM_TRAP) if r.core == 2)
    failed, = hit.log.of(FAILED)
    assert trap.b == NOWHERE and failed.b == JoinReason.CORE
    assert 0 <= failed.time - trap.time < 2 * TICKS_PER_MS


def test_another_fails_meanwhile(board: str) -> None:
    """The source is excluded while it is being copied: the attempt is given up, the last replica
    goes on, and both come back as copies of that one."""
    arm = board_arm(board, TMR, 8)
    change = readmission.while_joining(arm, 2, 2, "pages_copy", readmission.excluding(arm, 0))
    hit = flips.fly(arm, flips.in_user(arm, 2, 0.1), change)
    check_whole(arm, hit, 0b111)
    assert story(hit.log) == [(EXCLUDE, 2), (BEGIN, 2), (EXCLUDE, 0), (FAILED, 2), (BEGIN, 0),
                              (JOIN, 0), (BEGIN, 2), (JOIN, 2)]
    assert [r.b for r in hit.log.of(FAILED)] == [JoinReason.MEMBERS]


def test_no_copy_of_a_doubtful_state(board: str) -> None:
    """Two members differ in a page that nobody has used: which is right is not known, so nobody
    becomes a copy of either, three times; the service goes on."""
    arm = board_arm(board, TMR, 8)
    unused = arm.system.partitions[1]
    page = unused.base + unused.size - PAGE

    def change(stub: Stub, place: Path) -> None:
        flips.flip_physical(stub, page, 5)
        readmission.excluding(arm, 2)(stub, place)

    hit = flips.fly(arm, flips.in_user(arm, 2, 0.1), change)
    check_whole(arm, hit, 0b011)
    assert story(hit.log) == [(EXCLUDE, 2)] + 3 * [(BEGIN, 2), (FAILED, 2)]
    assert [r.b for r in hit.log.of(FAILED)] == 3 * [JoinReason.DIFFERENT]


def test_never_by_itself(board: str) -> None:
    """Without the attribute's number a replica stays out."""
    arm = board_arm(board, TMR, 0)
    hit = flips.fly(arm, flips.in_user(arm, 1, PART), readmission.excluding(arm, 1))
    check_whole(arm, hit, 0b101)
    assert story(hit.log) == [(EXCLUDE, 1)]
