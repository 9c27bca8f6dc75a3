# SPDX-License-Identifier: BSD-2-Clause
"""Which pages a replica has written: shim_dirty_next(), asked by a kernel that was changed to."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from faultinj.engine import Ending, run
from faultinj.fault import NoFlip
from faultinj.golden import Arm
from faultinj.page_tables import PAGE
from tests.system import flips, hijack
from tools.recorder import EventLog, RecordType, read
from tools.symbols import Symbols

ArmOf = Callable[[str], Arm]
TMR = "tmr"
IPA = 0x40000000
NONE = 2**64 - 1
ASK = [0xD2800160, 0xD4000A82]  # mov x0, #SHIM_CALL_DIRTY_NEXT; hvc #SHIM_HVC


def _keep(register: int, offset: int) -> int:
    """str x0, [register, #offset]"""
    return 0xF9000000 | offset // 8 << 10 | register << 5


@dataclass(frozen=True)
class _Page:
    vaddr: int
    ipa: int
    physical: int


def _page(arm: Arm, core: int, symbol: str) -> _Page:
    vaddr = flips.address_of(Symbols(arm.system).kernel, symbol) & -PAGE
    physical = hijack.physical(arm, core, vaddr)
    return _Page(vaddr, physical - arm.system.partitions[core].base + IPA, physical)


@pytest.mark.parametrize("core", [0, 2])
def test_pages_written_by_the_kernel(arm: ArmOf, tmp_path: Path, core: int) -> None:
    """A page is named once for each round in which it was written, the lower one first; a write
    behind the round's last page comes in the next one."""
    tmr = arm(TMR)
    # What they hold does not matter to this replica any more: it never goes on.
    low, high = _page(tmr, core, "kernel_stack"), _page(tmr, core, "state")
    assert low.ipa < high.ipa
    code = [*ASK, _keep(1, 0), _keep(2, 0)]
    for offset in range(8, 64, 8):
        code += [*ASK, _keep(1, offset)]
    code.append(hijack.LOOP)
    change = hijack.in_kernel(tmr, core, code, {1: low.vaddr, 2: high.vaddr})
    there, trigger = hijack.middle(tmr, core, tmp_path, 0.5)
    found: list[tuple[int, ...]] = []

    def look(ram: Path) -> EventLog:
        with ram.open("rb") as memory:
            memory.seek(low.physical - tmr.system.ram.base)
            found.append(struct.unpack("<8Q", memory.read(64)))
        return read(ram, tmr.system)

    done, log = run(there.flight, there.limits, trigger, NoFlip(), there.ranges, inspect=look,
                    at_fault=change)
    assert done.ending is Ending.OFF and done.downlink == tmr.golden.downlink
    assert log is not None and log.excluded() == [core] and not log.of(RecordType.STAGE2)
    assert found == [(NONE, low.ipa, high.ipa, NONE, low.ipa, NONE, low.ipa, NONE)]
