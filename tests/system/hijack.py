# SPDX-License-Identifier: BSD-2-Clause
"""Makes one replica's kernel do something bad: its code is overwritten where it runs next.

The fault injector holds the core; the replica's own copy of the kernel is changed, so that the
others go on as they were.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from faultinj.engine import Run
from faultinj.fault import NoFlip, Trigger
from faultinj.golden import Arm
from faultinj.inject import fly_with_fault
from faultinj.layers import Code
from faultinj.rsp import CPSR, PC, Stub
from tools.recorder import EventLog
from tools.symbols import Symbols

KERNEL_LEVEL = 1
BOARD_VADDR = 0xFFFFFFFFFFE00000  # kernel/arch/aarch64/include/arch/mmu.h
LOOP = 0x14000000                 # b .
STORE = 0xF9000020                # str x0, [x1]
VALUE = 0x5A5A5A5A5A5A5A5A
IRQ_MASKED = 1 << 7

AtFault = Callable[[Stub, Path], None]


def physical(arm: Arm, replica: int, vaddr: int) -> int:
    """Where a kernel address of a replica really lies."""
    kernel = Symbols(arm.system).kernel
    segment = next(s for s in kernel.segments if s.vaddr <= vaddr < s.vaddr + s.size)
    ipa = vaddr - segment.vaddr + segment.paddr
    return arm.system.partitions[replica].base + ipa - 0x40000000


def in_kernel(arm: Arm, core: int, words: list[int], registers: dict[int, int]) -> AtFault:
    """The callback that puts the words where the core's kernel executes next."""
    def change(stub: Stub, _: Path) -> None:
        state = stub.read_register(core, CPSR)
        assert state >> 2 & 3 == KERNEL_LEVEL and state & IRQ_MASKED
        pc = stub.read_register(core, PC)
        stub.write_physical(physical(arm, core, pc), struct.pack(f"<{len(words)}I", *words))
        for register, value in registers.items():
            stub.write_register(core, register, value)
    return change


def middle(arm: Arm, core: int, part: float = 0.5) -> Trigger:
    """An instruction of the core's kernel, some way into the flight."""
    low, high = arm.golden.window(core, Code.KERNEL)
    return Trigger(core, low + int((high - low) * part), Code.KERNEL)


def fly(arm: Arm, core: int, change: AtFault, part: float = 0.5) -> tuple[Run, EventLog]:
    """One flight in which the core's kernel is changed on its way."""
    return fly_with_fault(arm, middle(arm, core, part), NoFlip(), change)
