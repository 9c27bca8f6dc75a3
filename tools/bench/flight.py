# SPDX-License-Identifier: BSD-2-Clause
"""One flight of a built image under the counting plugin, bit-deterministic."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from ctypes import sizeof
from dataclasses import dataclass
from pathlib import Path

from tools import frames, qemu
from tools.bench import page
from tools.bench.page import Page
from tools.bench.rules import rule_lines
from tools.errors import UserError
from tools.frames import MissionFiles
from tools.flight import MISSIONS
from tools.qemu import Ending, Flight, Qemu, RamFile, Timing
from tools.system_report import SystemReport

LIMIT_S = 240.0  # of the host, which may be busy
STOPPED = b"stopped, it has no fault handler"  # the kernel's words
CLOCK = ("-rtc", "base=2026-01-01,clock=vm")  # the real time clock is no business of the host's
TRACE_ENTRY = 0xFFFFFFFF  # of the plugin


@dataclass(frozen=True)
class Trace:
    """Addresses that core 0 executed from one marker to another, the n-th time (from 0)."""

    begin: str  # "": where user or idle was left for the last time before `end`
    end: str
    n: int


@dataclass(frozen=True)
class CountedFlight:
    """What was counted, and what the program printed."""

    command: str
    page: Page
    downlink: bytes
    ending: Ending
    seconds: float

    @property
    def text(self) -> str:
        """What a program printed."""
        return self.downlink.decode("ascii", "replace").replace("\r", "")


def _check(counted: Page, path: str) -> None:
    """What a counting error of ours would look like is a failure, not a figure."""
    for core, total in enumerate(counted.total):
        if total != sum(counted.counts[core].of):
            raise ValueError(f"core {core}: the classes do not add up to the total")
    if counted.odd_waits:
        raise UserError(f"{path}: {counted.odd_waits} waits did not end where they should",
                        next_step="check the functions named in tools/bench/rules.py")
    if counted.records_wanted > len(counted.records):
        raise ValueError(f"{counted.records_wanted} records, the page holds {page.RECORDS}")


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def fly(system: SystemReport, markers: dict[str, int], trace: Trace | None = None,
        limit_s: float = LIMIT_S, announce: Callable[[str], None] | None = None,
        mission: MissionFiles | None = None,
        inspect: Callable[[Path], None] | None = None) -> CountedFlight:
    """To its end; `inspect` sees the RAM file then. Raises when QEMU or the plugin failed.

    A benchmark, which has markers, comes to nothing more once a thread stopped; a program without
    markers may stop threads of its own.
    """
    mission = mission or frames.write_mission(MISSIONS, 1)
    names = list(markers)
    with RamFile() as ram, tempfile.TemporaryDirectory(prefix="ternion-") as place:
        shared, rules, downlink = (Path(place, name) for name in ("page", "rules", "downlink"))
        with shared.open("wb") as file:
            file.truncate(sizeof(page.RawPage))
        lines = rule_lines(system, markers)
        if trace is not None:
            begin = names.index(trace.begin) if trace.begin else TRACE_ENTRY - 1
            lines.append(f"trace {begin:x} {names.index(trace.end):x} {trace.n:x}")
        rules.write_text("\n".join(lines) + "\n", encoding="ascii")
        flight = Flight(system, ram, mission.frames_path, mission.mission_path,
                        timing=Timing.ICOUNT, downlink=downlink,
                        extra=[*CLOCK, "-plugin",
                               f"{page.built_plugin()},page={shared},rules={rules}"])
        with Qemu(flight, announce) as machine:
            end = machine.wait(limit_s, lambda: bool(markers) and STOPPED in _read(downlink))
            if end.ending is Ending.FAILED:
                machine.check_started()
            counted = page.decode(shared.read_bytes())
        sent = _read(downlink)
        if inspect is not None:
            inspect(ram)
    _check(counted, system.preset)
    return CountedFlight(qemu.printable(machine.command), counted, sent, end.ending,
                         end.seconds)
