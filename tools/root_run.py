# SPDX-License-Identifier: BSD-2-Clause
"""Runs an image that holds one root task: what it prints, and how it ends."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tools import qemu, recorder
from tools.qemu import Ending, Flight, Qemu, RamFile, RunEnd, Timing
from tools.recorder import EventLog, StopReason
from tools.system_report import SystemReport

LIMIT_STATUS = 124  # as of timeout(1)


class Outcome(Enum):
    """How a run ended; the value is the exit status."""

    GOOD = 0
    STOPPED = 1
    TIME_LIMIT = LIMIT_STATUS


@dataclass(frozen=True)
class RootRun:
    """Everything that is known about a run."""

    command: str
    end: RunEnd
    console: bytes
    log: EventLog
    awaited: bytes | None  # the text that was to end the run

    @property
    def text(self) -> str:
        """What it printed, lines ending as in a file."""
        return plain(self.console)

    @property
    def outcome(self) -> Outcome:
        """Good: it switched the power off or reset, or printed what it was to print."""
        if self.awaited is not None:
            if self.awaited in self.console:
                return Outcome.GOOD
        elif self.end.ending is Ending.OFF and self.log.stop_reason() in (StopReason.POWER_OFF,
                                                                          StopReason.RESET):
            return Outcome.GOOD
        return Outcome.TIME_LIMIT if self.end.ending is Ending.TIME_LIMIT else Outcome.STOPPED

    def how(self) -> str:
        """In words."""
        seconds = f"after {self.end.seconds:.1f} s"
        if self.end.ending is Ending.KILLED and self.awaited is not None:
            return f"it printed {plain(self.awaited)!r}, {seconds}"
        missing = ""
        if self.awaited is not None and self.awaited not in self.console:
            missing = f"; it never printed {plain(self.awaited)!r}"
        if self.end.ending is Ending.TIME_LIMIT:
            return f"time limit, {seconds}{missing}"
        words = {StopReason.POWER_OFF: "power off", StopReason.RESET: "reset"}
        reason = self.log.stop_reason()
        if reason is None:
            return f"the machine ended without a word in its recorder, {seconds}{missing}"
        name = words.get(reason) or "stop: " + reason.name.lower().replace("_", " ")
        return f"{name}, {seconds}{missing}"


def plain(data: bytes) -> str:
    """Bytes of a serial line as text."""
    return data.decode("utf-8", "replace").replace("\r", "")


class Console:
    """The growing file behind a serial line."""

    def __init__(self, path: Path, awaited: bytes | None,
                 show: Callable[[str], None] | None) -> None:
        self.path = path
        self.data = bytearray()
        self.seen = False  # the awaited text
        self._awaited = awaited
        self._show = show
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def poll(self) -> bool:
        """Takes and shows what is new; true when the awaited text is there."""
        if not self.path.exists():
            return False
        with self.path.open("rb") as file:
            file.seek(len(self.data))
            new = file.read()
        if self._awaited is not None:
            before = self.data[max(len(self.data) - len(self._awaited), 0):]
            self.seen |= self._awaited in before + new
        self.data += new
        if new and self._show:
            self._show(self._decoder.decode(new).replace("\r", ""))
        return self.seen


def run_root_task(system: SystemReport, image: Path, *, timing: Timing = Timing.ICOUNT,
                  limit_s: float, until: str | None = None,
                  make_ram: Callable[[], RamFile] = RamFile,
                  show: Callable[[str], None] | None = None,
                  announce: Callable[[str], None] | None = None) -> RootRun:
    """From power on to the end, to the awaited text, or to the limit."""
    awaited = until.encode() if until is not None else None
    with make_ram() as ram, tempfile.TemporaryDirectory(prefix="ternion-") as directory:
        console = Console(Path(directory, "console"), awaited, show)
        flight = Flight(system, ram, timing=timing, downlink=console.path, image=image)
        with Qemu(flight, announce) as machine:
            end = machine.wait(limit_s, console.poll)
            if end.ending is Ending.FAILED:
                machine.check_started()
        console.poll()
        return RootRun(qemu.printable(machine.command), end, bytes(console.data),
                       recorder.read(ram, system), awaited)
