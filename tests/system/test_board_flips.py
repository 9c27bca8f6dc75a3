# SPDX-License-Identifier: BSD-2-Clause
"""Wrong bits in the words by which replicas meet and inputs are counted. They exist once, or are
read by one peer after the other: no healthy replica may be lost by them, nor any output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from faultinj.engine import Ending
from faultinj.fault import MemoryFlip
from faultinj.golden import Arm
from faultinj.inject import fly_with_fault
from tests.system import flips
from tools.board_state import (CONTROL_ACTIVE, LOG, PAGE, REQUEST_EVENT, REQUEST_SIZE,
                               SLOT_PROPOSAL_INPUT, SLOT_REQUEST_SEQ, SLOT_REQUESTS,
                               SLOT_RESULT_STATUS, SLOTS)
from tools.recorder import REPAIR_BOARD, EventLog, RecordType, StopReason

ArmOf = Callable[[str], Arm]
MIDDLE = 0.5            # of the programs' instructions
STUCK = 2_000_000       # instructions of the I/O core: many device accesses


def _check_healthy(arm: Arm, offset: int, bit: int, length: int = 0,
                   hit: int | None = None, width: int = 1) -> EventLog:
    """Adjacent bits of the board; with a length they are wrong for so long, whoever writes them.
    `hit`: the core whose own page it is and that may be lost."""
    address = arm.system.board_page.base + offset + bit // 8
    done, log = fly_with_fault(arm, flips.in_user(arm, 0, MIDDLE),
                               MemoryFlip(address, bit % 8, width=width, length=length))
    assert done.evidence.before is not None and done.evidence.before != done.evidence.after
    assert done.ending is Ending.OFF and done.downlink == arm.golden.downlink
    assert log.excluded() in ([], [hit])
    return log


@pytest.mark.parametrize("bit", [7, 31, 32, 63])
def test_inputs_that_nobody_sent(arm: ArmOf, bit: int) -> None:
    """Of the number of inputs: more than the log holds cannot wait."""
    _check_healthy(arm("tmr"), LOG, bit)


@pytest.mark.parametrize("core", [0, 1, 2])
def test_an_input_that_was_not_proposed(arm: ArmOf, core: int) -> None:
    """Its own kernel may find that out: then it gives itself up."""
    _check_healthy(arm("tmr"), SLOTS + core * PAGE + SLOT_PROPOSAL_INPUT, 40, hit=core)


@pytest.mark.parametrize("mode", ["tmr", "dmr"])
@pytest.mark.parametrize("core", [0, 1])
def test_words_of_a_request_that_others_have_seen(arm: ArmOf, mode: str, core: int) -> None:
    """Both requests of the slot, one after the other."""
    for side in range(2):
        request = SLOT_REQUESTS + side * REQUEST_SIZE
        _check_healthy(arm(mode), SLOTS + core * PAGE + request + REQUEST_EVENT, 40, STUCK)


def test_an_answer_that_is_no_refusal(arm: ArmOf) -> None:
    _check_healthy(arm("tmr"), SLOTS + SLOT_RESULT_STATUS, 5, STUCK)


@pytest.mark.parametrize("mode,bit,width,length", [
    pytest.param("dmr", 0, 1, 0, id="dmr-one-left"),
    pytest.param("dmr", 0, 2, 0, id="dmr-nobody-left"),
    pytest.param("tmr", 1, 3, 0, id="tmr-one-left-and-one-that-does-not-exist"),
    pytest.param("tmr", 8, 3, 0, id="tmr-second-of-three"),
    pytest.param("tmr", 0, 2, STUCK, id="tmr-two-out-for-long")])
def test_set_of_active_replicas(arm: ArmOf, mode: str, bit: int, width: int, length: int) -> None:
    """Who is in is in, and who is not there is not waited for; the next tick corrects the word."""
    log = _check_healthy(arm(mode), CONTROL_ACTIVE, bit, length, width=width)
    repairs = [record.b for record in log.of(RecordType.REPAIR)]
    assert repairs == [REPAIR_BOARD] or length and set(repairs) == {REPAIR_BOARD}


def test_nobody_is_left(arm: ArmOf) -> None:
    """More than a fault: the whole set is gone. Not all may park and leave the outputs alone."""
    dmr = arm("dmr")
    word = dmr.system.board_page.base + CONTROL_ACTIVE
    hit = flips.fly(dmr, flips.in_user(dmr, 1, MIDDLE),
                    lambda stub, _: stub.write_physical(word, bytes(4)))
    assert hit.done.ending is Ending.OFF
    assert dmr.golden.downlink.startswith(hit.done.downlink)
    assert [(r.a, r.b) for r in hit.log.of(RecordType.STOP)] == [(StopReason.LAST_REPLICA, 0)]
    assert len(hit.log.of(RecordType.SAFE_STATE)) == 1


@pytest.mark.parametrize("access", ["device_store", "device_load"])
def test_the_posted_number_of_an_access(arm: ArmOf, tmp_path: Path, access: str) -> None:
    """While it is performed: nobody may do it again."""
    tmr = arm("tmr")
    place, trigger = flips.after_block(tmr, 0, flips.shim_address(tmr, 0, access), tmp_path)
    hit = flips.fly(place, trigger, flips.physical_flip(
        tmr.system.board_page.base + SLOTS + SLOT_REQUEST_SEQ, 26))
    assert hit.done.ending is Ending.OFF and hit.done.downlink == tmr.golden.downlink
    assert hit.log.excluded() == []
