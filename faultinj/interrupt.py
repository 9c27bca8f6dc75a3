# SPDX-License-Identifier: BSD-2-Clause
"""Interrupts that a fault can raise or suppress: through the registers of a GICv3, which the stub
reaches by their physical addresses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from tools.board import load_board
from tools.errors import UserError
from tools.system_report import SystemReport

# GIC architecture (Arm IHI 0069); shim/drivers/gicv3.c uses the same ones.
ENABLE_SET, ENABLE_CLEAR, PENDING_SET = 0x100, 0x180, 0x200
DISTRIBUTOR, REDISTRIBUTOR = "gic_distributor", "gic_redistributor"
CORE_SIZE, CORE_FRAME = 0x20000, 0x10000  # of a core's redistributor; its interrupts 0..31
KICK, TICK = 1, 26                        # shim/core.h; BOARD_TICK_IRQ
NAMES = {KICK: "kick", TICK: "tick"}
BITS, BYTES = 32, 4


@dataclass(frozen=True)
class Interrupt:
    """One interrupt; the frame is that of the distributor, or a core's own."""

    number: int
    frame: int

    def address(self, register: int) -> int:
        """Of the word that has its bit."""
        return self.frame + register + self.number // BITS * BYTES

    @property
    def mask(self) -> int:
        return 1 << self.number % BITS

    def text(self) -> str:
        """For people."""
        return f"interrupt {self.number}" + (
            f" ({NAMES[self.number]})" if self.number in NAMES else "")


@cache
def _controller(board: str) -> tuple[int, int]:
    places = {device.name: device.range.base for device in load_board(board).devices}
    if REDISTRIBUTOR not in places:
        raise UserError(f"the interrupt controller of {board} is no GICv3, and the emulator's stub "
                        "does not reach another one", next_step='remove hits = "interrupt"')
    return places[DISTRIBUTOR], places[REDISTRIBUTOR]


def interrupts_of(system: SystemReport, core: int) -> list[Interrupt]:
    """A core's own, then those of devices that its programs handle."""
    distributor, cores = _controller(system.board)
    lines = sorted({entry["irq"] for domain in system.raw["protection_domains"]
                    for entry in domain["irqs"]})
    own = cores + core * CORE_SIZE + CORE_FRAME
    return [Interrupt(number, own) for number in (KICK, TICK)] + [
        Interrupt(number, distributor) for number in lines]
