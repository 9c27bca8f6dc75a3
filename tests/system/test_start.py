# SPDX-License-Identifier: BSD-2-Clause
"""What only the start needs is not there to be executed, or changed, once the replicas run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from faultinj.engine import Ending
from faultinj.golden import Arm
from faultinj.fault import Trigger
from faultinj.page_tables import ADDRESS, PAGE
from faultinj.rsp import PC, Stub
from tests.system import flips
from tools.recorder import RecordType, StopReason

ArmOf = Callable[[str], Arm]
TMR = "tmr"
FETCH_ABORT_AT_EL2 = 0x21
READ_ONLY = 1 << 7
NO_EXECUTE = 1 << 54
PAGES_OF_START = ["primary_entry", "start_refused", "paging_final", "shim_start"]


def _in_shim(arm: Arm, core: int, place: Path) -> tuple[Arm, Trigger]:
    """The core is at EL2."""
    return flips.after_block(arm, core, flips.shim_address(arm, core, "trap_sync"), place)


def _descriptor(stub: Stub, root: int, address: int) -> int:
    """Of the page, in the map of one core's EL2; 0 if the address has none."""
    table = root
    for shift in (30, 21, 12):
        entry = flips.word(stub, table + 8 * (address >> shift & 511))
        if shift == 12 or not entry & 1:
            return entry
        table = entry & ADDRESS
    return 0


@pytest.mark.parametrize("core", [0, 1, 2])
def test_start_cannot_run(arm: ArmOf, tmp_path: Path, core: int) -> None:
    """In every core's own map: resident text read only, then what is compared but not executed,
    then data."""
    tmr = arm(TMR)

    def symbol(name: str) -> int:
        return flips.shim_address(tmr, core, name)

    def look(stub: Stub, _: Path) -> None:
        root = flips.word(stub, symbol("own_root"))
        begin, end = symbol("shim_start_text"), symbol("shim_text_end")
        assert end - begin >= PAGE
        assert all(begin <= symbol(name) < end for name in PAGES_OF_START)
        for page in range(symbol("image_header"), begin, PAGE):
            entry = _descriptor(stub, root, page)
            assert entry & ADDRESS == page and entry & READ_ONLY and not entry & NO_EXECUTE
        for page in range(begin, end, PAGE):
            entry = _descriptor(stub, root, page)
            assert entry & ADDRESS == page and entry & READ_ONLY and entry & NO_EXECUTE
        assert _descriptor(stub, root, end) & NO_EXECUTE

    hit = flips.fly(*_in_shim(tmr, core, tmp_path), look)
    assert hit.done.downlink == tmr.golden.downlink and not hit.log.excluded()


@pytest.mark.parametrize("core", [0, 1, 2])
@pytest.mark.parametrize("name", PAGES_OF_START)
def test_a_wild_jump_into_the_start(arm: ArmOf, tmp_path: Path, core: int, name: str) -> None:
    """A core whose EL2 jumps there is excluded by the fetch; nothing of the start happens again."""
    tmr = arm(TMR)
    target = flips.shim_address(tmr, core, name)

    def jump(stub: Stub, _: Path) -> None:
        stub.write_register(core, PC, target)

    hit = flips.fly(*_in_shim(tmr, core, tmp_path), jump)
    assert hit.done.ending is Ending.OFF and hit.done.downlink == tmr.golden.downlink
    assert hit.log.stop_reason() is StopReason.POWER_OFF and hit.log.excluded() == [core]
    caught = [(r.core, r.a >> 26, r.b) for r in hit.log.of(RecordType.SHIM_TRAP)]
    assert caught == [(core, FETCH_ABORT_AT_EL2, target)]
