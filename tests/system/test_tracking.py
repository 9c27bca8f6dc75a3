# SPDX-License-Identifier: BSD-2-Clause
"""Which pages a replica has written: shim_dirty(), asked by a kernel that was changed to."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from faultinj.engine import Ending, run
from faultinj.fault import NoFlip
from faultinj.golden import Arm
from faultinj.page_tables import PAGE
from tests.system import hijack
from tools.recorder import EventLog, RecordType, read
from tools.symbols import Symbols

ArmOf = Callable[[str], Arm]
TMR = "tmr"
OUTSIDE = 1 << 40
GROUP = 64                      # pages
LOW, HIGH, LOW_GROUP, HIGH_GROUP, NO_GROUP = 2, 3, 4, 5, 6  # registers


def _ask(group: int) -> list[int]:
    """mov x0, #SHIM_CALL_DIRTY; mov x1, group; hvc #SHIM_HVC"""
    return [0xD2800160, 0xAA0003E1 | group << 16, 0xD4000A82]


def _keep(register: int, offset: int) -> int:
    """str x0, [register, #offset]"""
    return 0xF9000000 | offset // 8 << 10 | register << 5


@dataclass(frozen=True)
class _Page:
    vaddr: int
    number: int    # in the replica's memory
    physical: int

    def bit(self, group: int) -> int:
        """In the answer for this group."""
        return 1 << self.number % GROUP if self.number // GROUP == group else 0


def _page(arm: Arm, core: int, symbol: str) -> _Page:
    vaddr = Symbols(arm.system).kernel.address(symbol) & -PAGE
    physical = hijack.physical(arm, core, vaddr)
    return _Page(vaddr, (physical - arm.system.partitions[core].base) // PAGE, physical)


ASKED = [HIGH_GROUP, LOW_GROUP, LOW_GROUP, HIGH_GROUP, NO_GROUP, HIGH_GROUP, LOW_GROUP]


def _expected(low: _Page, high: _Page) -> Iterator[int]:
    """The answers: nothing was watched before the first one; each is kept in the low page."""
    groups = {LOW_GROUP: low.number // GROUP, HIGH_GROUP: high.number // GROUP, NO_GROUP: OUTSIDE}
    written = {low, high}
    yield 0
    for register in ASKED:
        group = groups[register]
        yield sum(page.bit(group) for page in written)
        written = {low} | {page for page in written if not page.bit(group)}


@pytest.mark.parametrize("core", [0, 2])
def test_pages_written_by_the_kernel(arm: ArmOf, tmp_path: Path, core: int) -> None:
    """A page is named once after it was written, in the answer for its group, also when it was
    written again meanwhile; outside of the memory there is none."""
    tmr = arm(TMR)
    # What they hold does not matter to this replica any more: it never goes on.
    low, high = _page(tmr, core, "kernel_stack"), _page(tmr, core, "state")
    assert low.number < high.number
    code = [*_ask(LOW_GROUP), _keep(LOW, 0), _keep(HIGH, 0)]
    for number, group in enumerate(ASKED, 1):
        code += [*_ask(group), _keep(LOW, 8 * number)]
    code.append(hijack.LOOP)
    change = hijack.in_kernel(tmr, core, code, {
        LOW: low.vaddr, HIGH: high.vaddr, LOW_GROUP: low.number // GROUP,
        HIGH_GROUP: high.number // GROUP, NO_GROUP: OUTSIDE})
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
    assert found == [tuple(_expected(low, high))]
