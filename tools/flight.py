# SPDX-License-Identifier: BSD-2-Clause
"""Flies a built system once: QEMU, downlink to the ground, flight recorder to the event log."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import frames as camera
from tools import ground, packets, qemu, recorder
from tools.ground import GroundResult
from tools.packets import Apid, Packet
from tools.paths import BUILD
from tools.qemu import Ending, Flight, Qemu, RamFile, RunEnd, Timing
from tools.recorder import EventLog
from tools.system_report import SystemReport

TIME_LIMIT_S = 120.0
MISSIONS = BUILD / "missions"


@dataclass(frozen=True)
class FlightResult:
    """Everything that is known about a flight."""

    preset: str
    command: str
    end: RunEnd
    downlink: bytes
    ground: GroundResult
    log: EventLog

    @property
    def good(self) -> bool:
        """It ended by itself and the ground is content."""
        return self.end.ending is Ending.OFF and self.ground.good

    @property
    def sha256(self) -> str:
        """Of the downlink."""
        return hashlib.sha256(self.downlink).hexdigest()

    def save(self, directory: Path) -> None:
        """Downlink, ground result and event log, as files."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "downlink.bin").write_bytes(self.downlink)
        (directory / "ground.json").write_text(self.ground.to_json() + "\n", encoding="utf-8")
        (directory / "command").write_text(self.command + "\n", encoding="utf-8")
        events = {"digest": self.log.digest(), "lost": self.log.lost, "damaged": self.log.damaged,
                  "records": [record.as_dict() for record in self.log.records]}
        (directory / "events.json").write_text(json.dumps(events, indent=1) + "\n",
                                               encoding="utf-8")


def fly(system: SystemReport, *, frames: int = camera.COUNT, timing: Timing = Timing.ICOUNT,
        limit_s: float = TIME_LIMIT_S, image: Path | None = None,
        icount_shift: int | None = None, make_ram: Callable[[], RamFile] = RamFile,
        announce: Callable[[str], None] | None = None) -> FlightResult:
    """One flight to its end: the mission halts the board when everything is transmitted."""
    mission = camera.write_mission(MISSIONS, frames)
    with make_ram() as ram, tempfile.TemporaryDirectory(prefix="ternion-") as place:
        downlink = Path(place, "downlink")
        flight = Flight(system, ram, mission.frames_path, mission.mission_path, timing=timing,
                        downlink=downlink, image=image, icount_shift=icount_shift)
        with Qemu(flight, announce) as machine:
            end = machine.wait(limit_s)
            if end.ending is Ending.FAILED:
                machine.check_started()
        data = downlink.read_bytes() if downlink.exists() else b""
        return FlightResult(system.preset, qemu.printable(machine.command), end, data,
                            ground.check(data, mission.frames), recorder.read(ram, system))


class Contact:
    """A radio contact with a flying system: telecommands up, packets down."""

    def __init__(self, machine: Qemu, uart: Path) -> None:
        self._machine = machine
        self._line = qemu.connect(uart, machine)
        self._line.settimeout(0.02)
        self.downlink = bytearray()

    def send(self, telecommand: bytes) -> None:
        """Transmits bytes to the board."""
        self._line.sendall(telecommand)

    def listen(self) -> None:
        """Takes what has come."""
        try:
            while chunk := self._line.recv(65536):
                self.downlink += chunk
        except TimeoutError:
            pass
        except OSError:  # the board went away: what it sent before is kept
            pass

    def wait_for(self, apid: Apid, limit_s: float, after: int = 0) -> Packet | None:
        """The first packet of the APID beyond the first `after` ones, or None at the limit."""
        deadline = time.monotonic() + limit_s
        while True:
            self.listen()
            found = [p for p in packets.decode(bytes(self.downlink)).packets if p.apid == apid]
            if len(found) > after:
                return found[after]
            if time.monotonic() > deadline or not self._machine.running():
                return None

    def close(self) -> None:
        """Ends the contact."""
        self._line.close()


@dataclass(frozen=True)
class Station:
    """What a test or a user has while a system flies free-running."""

    contact: Contact
    machine: Qemu
    ram: Path
    source: camera.Frames


@contextmanager
def contact(system: SystemReport, *, frames: int = camera.COUNT,
            make_ram: Callable[[], RamFile] = RamFile,
            announce: Callable[[str], None] | None = None) -> Iterator[Station]:
    """Flies free-running, without an end, with the UART both ways."""
    mission = camera.write_mission(MISSIONS, frames, halt_at_end=False)
    with make_ram() as ram, tempfile.TemporaryDirectory(prefix="ternion-") as place:
        uart = Path(place, "uart")
        flight = Flight(system, ram, mission.frames_path, mission.mission_path,
                        timing=Timing.FREE, uart_socket=uart)
        with Qemu(flight, announce) as machine:
            line = Contact(machine, uart)
            try:
                yield Station(line, machine, ram, mission.frames)
            finally:
                line.close()
