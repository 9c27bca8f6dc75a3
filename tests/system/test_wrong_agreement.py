# SPDX-License-Identifier: BSD-2-Clause
"""One replica agrees wrongly on where an input is delivered, and says so. The others go by what
each core's EL2 claims: they neither follow it nor are lost."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from faultinj.engine import Ending
from faultinj.fault import Delay
from faultinj.golden import Arm
from faultinj.inject import fly_with_fault
from faultinj.rsp import Stub
from tests.system import flips, hijack
from tools.board_state import (BALLOT_DECISIONS, BALLOT_DELIVERED, DECISIONS, PAGE, PROPOSAL,
                               SLOT_PROPOSALS, SLOTS)
from tools.symbols import Symbols

ArmOf = Callable[[str], Arm]
EARLY = 0.02  # of the programs' instructions
LATE = 200_000  # instructions of the others: several deadlines of timers
DECISION = struct.Struct("<2Q")                             # input, position
RETURN_0, RETURN_1 = (struct.pack("<2I", 0x52800000 | value << 5, 0xD65F03C0)  # mov w0, #; ret
                      for value in (0, 1))


def _kernel(arm: Arm, name: str) -> int:
    return Symbols(arm.system).kernel.address(name)


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_a_decision_that_is_not_true(arm: ArmOf, wrong: int, tmp_path: Path) -> None:
    """Another replica is about to look when its peer says that it took the input at an earlier
    position. Nothing else is wrong with that one, so nobody is lost."""
    tmr = arm("tmr")
    other = (wrong + 1) % tmr.system.replicas

    def lie(stub: Stub, _: Path) -> None:
        claim = tmr.system.board_page.base + SLOTS + other * PAGE + SLOT_PROPOSALS
        number = flips.word(stub, flips.ballot(tmr, other) + BALLOT_DELIVERED) + 1
        proposed, position, _, tag = PROPOSAL.unpack(stub.read_physical(
            claim + number % DECISIONS * PROPOSAL.size, PROPOSAL.size))
        assert proposed == number and tag != 0, "EL2 of the other one proposes it now"
        place = flips.ballot(tmr, wrong) + BALLOT_DECISIONS + number % DECISIONS * DECISION.size
        stub.write_physical(place, DECISION.pack(number, position - 1))

    hit = flips.fly(*flips.after_block(tmr, other, _kernel(tmr, "inputs_due_now"), tmp_path), lie)
    assert hit.done.ending is Ending.OFF and hit.done.downlink == tmr.golden.downlink
    assert hit.log.excluded() == []


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_an_input_that_is_always_due(arm: ArmOf, wrong: int) -> None:
    """Its kernel delivers an input where an interrupt comes, whatever anybody claims. It stood
    still for a while, so the others are ahead when the next one comes."""
    tmr = arm("tmr")

    def change(stub: Stub, _: Path) -> None:
        for name, code in (("inputs_due_now", RETURN_1), ("inputs_due_here", RETURN_0)):
            stub.write_physical(hijack.physical(tmr, wrong, _kernel(tmr, name)), code)
        hijack.no_scrubbing(tmr, wrong, stub)

    done, log = fly_with_fault(tmr, flips.in_user(tmr, wrong, EARLY), Delay(LATE), change)
    assert done.ending is Ending.OFF and done.downlink == tmr.golden.downlink
    assert log.excluded() == [wrong]
