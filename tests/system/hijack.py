# SPDX-License-Identifier: BSD-2-Clause
"""Makes one replica's kernel do something bad: its code is overwritten where it runs next.

The fault injector holds the core; the replica's own copy of the kernel is changed, so that the
others go on as they were.
"""

from __future__ import annotations

import bisect
import struct
from dataclasses import replace
from pathlib import Path

from elftools.elf.elffile import ELFFile

from faultinj.engine import Run
from faultinj.fault import NoFlip, Trigger
from faultinj.golden import Arm
from faultinj.inject import fly_with_fault
from faultinj.layers import Code
from faultinj.memory_map import EXECUTABLE
from faultinj.plugin_page import PageView
from faultinj.rsp import CPSR, PC, Stub
from tests.system import flips
from tests.system.flips import AtFault
from tools.image import SCRUB_OFFSET
from tools.recorder import EventLog
from tools.symbols import Program, Symbols

KERNEL_LEVEL = 1
BOARD_VADDR = 0xFFFFFFFFFFE00000  # kernel/arch/aarch64/include/arch/mmu.h
LOOP = 0x14000000                 # b .
NOP = 0xD503201F
STORE = 0xF9000020                # str x0, [x1]
VALUE = 0x5A5A5A5A5A5A5A5A
IRQ_MASKED = 1 << 7
# eret, hvc, wfi
LEAVING = [(0xFFFFFFFF, 0xD69F03E0), (0xFFE0001F, 0xD4000002), (0xFFFFFFFF, 0xD503207F)]


def physical(arm: Arm, replica: int, vaddr: int) -> int:
    """Where a kernel address of a replica really lies."""
    return Symbols(arm.system).kernel_physical(replica, vaddr)


def no_scrubbing(arm: Arm, core: int, stub: Stub) -> None:
    """Or the core puts its code right, sometimes before anyone misses it."""
    stub.write_physical(arm.system.shim[core].base + SCRUB_OFFSET, bytes(8))


def endless(words: int) -> bytes:
    """A loop that fills a function. The emulator is faster in long ones."""
    return struct.pack(f"<{words}I", *(words - 1) * [NOP], LOOP | 1 - words & 0x3FFFFFF)


def in_kernel(arm: Arm, core: int, words: list[int], registers: dict[int, int]) -> AtFault:
    """The callback that puts the words where the core's kernel executes next."""
    def change(stub: Stub, _: Path) -> None:
        state = stub.read_register(core, CPSR)
        pc = stub.read_register(core, PC)
        assert state >> 2 & 3 == KERNEL_LEVEL and state & IRQ_MASKED, f"{pc:#x}, state {state:#x}"
        stub.write_physical(physical(arm, core, pc), struct.pack(f"<{len(words)}I", *words))
        no_scrubbing(arm, core, stub)
        for register, value in registers.items():
            stub.write_register(core, register, value)
    return change


def _leaving(program: Program) -> list[tuple[int, int]]:
    """Address ranges of the routines behind whose blocks the core may not be in the kernel, or not
    with interrupts masked: those that return to the user, call the shim or wait. All of them are
    assembly."""
    starts = sorted({symbol.address for symbol in program.symbols})
    found = set()
    with program.path.open("rb") as stream:
        code = [(segment["p_vaddr"], segment.data()) for segment in ELFFile(stream).iter_segments()
                if segment["p_type"] == "PT_LOAD" and segment["p_flags"] & EXECUTABLE]
    for base, data in code:
        for number, (word,) in enumerate(struct.iter_unpack("<I", data[:len(data) & -4])):
            if any(word & mask == value for mask, value in LEAVING):
                index = bisect.bisect_right(starts, base + 4 * number)
                assert 0 < index < len(starts), "a symbol before and behind every instruction"
                found.add((starts[index - 1], starts[index]))
    return sorted(found)


_counted: dict[str, PageView] = {}  # by image


def middle(arm: Arm, core: int, place: Path, part: float) -> tuple[Arm, Trigger]:
    """An instruction of the core's kernel, some way into the flight, and none of the last before
    the core leaves it."""
    ranges = place / "kernel.ranges"
    lines = [f"{Code.OTHER} {low:#x} {high:#x}\n"
             for low, high in _leaving(Symbols(arm.system).kernel)]
    ranges.write_text("".join(lines) + arm.ranges.read_text())
    arm = replace(arm, ranges=ranges)
    if arm.system.sha256 not in _counted:
        _counted[arm.system.sha256] = flips.counted(arm)
    view = _counted[arm.system.sha256]
    low = view.by_class_first_high[core][Code.KERNEL]
    high = view.by_class[core][Code.KERNEL]
    return arm, Trigger(core, low + int((high - low) * part), Code.KERNEL)


def fly(arm: Arm, core: int, change: AtFault, place: Path,
        part: float = 0.5) -> tuple[Run, EventLog]:
    """One flight in which the core's kernel is changed on its way."""
    there, trigger = middle(arm, core, place, part)
    return fly_with_fault(there, trigger, NoFlip(), change)
