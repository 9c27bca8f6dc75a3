# SPDX-License-Identifier: BSD-2-Clause
"""A system that flies in virtual time and does not end, so that one can look at its RAM and flip
bits there meanwhile."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.system.conftest import FRAMES, LIMIT_S
from tools import board_state, packets, recorder
from tools import frames as camera
from tools.board_state import Board
from tools.flight import MISSIONS
from tools.packets import Apid
from tools.qemu import Flight, Qemu, RamFile
from tools.system_report import SystemReport


@dataclass(frozen=True)
class Flying:
    """A system in virtual time that does not end: it stands the flips, and a slow host."""

    system: SystemReport
    machine: Qemu
    ram: Path
    downlink: Path

    def board(self) -> Board:
        """As it is now."""
        return board_state.read(self.ram, self.system)

    def sent(self) -> list[int]:
        """APIDs of the packets that came down."""
        return [packet.apid for packet in packets.decode(self.downlink.read_bytes()).packets]

    def read(self, address: int) -> int:
        """A word at a physical address."""
        with self.ram.open("rb") as file:
            file.seek(address - self.system.ram.base)
            return int.from_bytes(file.read(8), "little")

    def flip(self, address: int, bit: int) -> int:
        """What was there before."""
        before = self.read(address)
        with self.ram.open("r+b") as file:
            file.seek(address - self.system.ram.base + bit // 8)
            file.write(bytes([(before >> bit // 8 * 8 & 0xFF) ^ 1 << bit % 8]))
        return before

    def flip_both(self, *bits: tuple[int, int]) -> None:
        """Addresses and bits, between two instructions: nobody sees one alone."""
        self.machine.process.send_signal(signal.SIGSTOP)
        for address, bit in bits:
            self.flip(address, bit)
        self.machine.process.send_signal(signal.SIGCONT)

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Until it is so."""
        deadline = time.monotonic() + LIMIT_S
        while not what():
            assert time.monotonic() < deadline, recorder.read(self.ram, self.system).remarkable()
            assert self.machine.running()
            time.sleep(0.05)


@contextmanager
def flying(system: SystemReport, make_ram: Callable[[], RamFile] = RamFile) -> Iterator[Flying]:
    """From the first frame on its way down."""
    mission = camera.write_mission(MISSIONS, FRAMES, halt_at_end=False)
    with make_ram() as ram, tempfile.TemporaryDirectory(prefix="ternion-") as place:
        plan = Flight(system, ram, mission.frames_path, mission.mission_path,
                      downlink=Path(place, "downlink"))
        with Qemu(plan, print) as machine:
            there = Flying(system, machine, ram, Path(place, "downlink"))
            there.wait_for(lambda: there.downlink.exists() and Apid.FRAME in there.sent())
            yield there
