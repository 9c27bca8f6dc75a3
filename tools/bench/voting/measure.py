# SPDX-License-Identifier: BSD-2-Clause
"""Instructions of each core, split into work, voting and waiting, for each workload of a mode."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools import board_state, ground, recorder
from tools.bench import flight, page
from tools.bench.flight import CountedFlight
from tools.bench.images import OWN_SYSTEM
from tools.bench.page import WAIT, Class, Counts
from tools.bench.voting.modes import Images, Mode
from tools.errors import UserError
from tools.flight import MISSIONS
from tools.frames import write_mission
from tools.qemu import Ending
from tools.recorder import TICKS_PER_US, RecordType
from tools.symbols import Program
from tools.system_report import SystemReport

PROGRAM = "votebench"
LONG_PROGRAM = "votebench_long"
PAYLOAD = "payload"
LAST_WORDS = "votebench: done\n"
MARK = re.compile(r"bench_(\w+)_(begin|end)")
TOLD = re.compile(r"^votebench: (\w+) (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)
COMPUTE = ("integer", "floating", "stream")
STORM = "storm"
STARTED = "monitor"  # of init: it comes there when all protection domains have been started
TITLES = {
    "integer": "integer compute", "floating": "floating-point compute",
    "stream": "memory streaming", "ping_pong": "IPC ping-pong", "storm": "system-call storm",
    "faults": "page faults", "interrupts": "timer interrupts", "output": "device output",
    PAYLOAD: "the payload (flight)",
}
WORK = (Class.USER, Class.KERNEL, Class.SHIM)
VOTING = (Class.RCOE, Class.SHIM_VOTE)


@dataclass(frozen=True)
class Split:
    """Instructions of one core. Those of the idle thread are none of the three."""

    work: int
    voting: int
    waiting: int

    @property
    def busy(self) -> int:
        """Without waiting: what ratios are made of."""
        return self.work + self.voting


@dataclass(frozen=True)
class Told:
    """What the system counted itself, over the same time."""

    seconds: float  # guest time
    events: int     # kernel entries
    votes: int      # fingerprints published by each replica
    rendezvous: int  # device accesses performed
    inputs: int


@dataclass(frozen=True)
class Sample:
    """One workload in one mode."""

    cores: tuple[Split, ...]
    told: Told

    @property
    def busiest(self) -> Split:
        """The core that executed most, waiting apart."""
        return max(self.cores, key=lambda split: split.busy)

    @property
    def rate(self) -> float:
        """Synchronisations per second of guest time; one replica has nobody to meet."""
        if len(self.cores) < 2 or not self.told.seconds:
            return 0.0
        return (self.told.votes + self.told.rendezvous) / self.told.seconds

    def ratio(self, base: Sample) -> float:
        """Of the busiest core to base's only one, waiting apart."""
        return self.busiest.busy / base.busiest.busy


@dataclass(frozen=True)
class Measurement:
    """All workloads of one mode."""

    mode: Mode
    samples: dict[str, Sample]  # by workload
    sha256: dict[str, str]      # of the images, by program
    command: str


def split_of(counts: Counts) -> Split:
    """The three parts."""
    return Split(counts.sum(*WORK), counts.sum(*VOTING), counts.sum(*WAIT))


def splits(counted: page.Page, names: list[str], replicas: int) -> dict[str, tuple[Split, ...]]:
    """Of each core between begin and end of each workload; every core must have been at both."""
    begun: dict[tuple[str, int], Counts] = {}
    found: dict[str, dict[int, Split]] = {}
    for record in counted.records:
        match = MARK.fullmatch(names[record.marker])
        assert match is not None
        workload, side = match.groups()
        if side == "begin":
            begun[workload, record.vcpu] = record.now
        else:
            found.setdefault(workload, {})[record.vcpu] = split_of(
                record.now - begun[workload, record.vcpu])
    for workload, cores in found.items():
        if sorted(cores) != list(range(replicas)):
            raise ValueError(f"{workload}: marks of cores {sorted(cores)}, not of {replicas}")
    return {workload: tuple(split for _, split in sorted(cores.items()))
            for workload, cores in found.items()}


def told_by(text: str) -> dict[str, Told]:
    """From the program's own lines."""
    found = {}
    for name, *numbers in TOLD.findall(text):
        ticks, events, votes, accesses, inputs = map(int, numbers)
        found[name] = Told(ticks / TICKS_PER_US / 1e6, events, votes, accesses, inputs)
    return found


def marks_of(image: SystemReport) -> dict[str, int]:
    """Label -> address."""
    symbols = Program(PROGRAM, image.elves["init"]).symbols
    return {symbol.name: symbol.address for symbol in symbols if MARK.fullmatch(symbol.name)}


def _failed(mode: Mode, program: str, done: CountedFlight) -> UserError:
    said = done.text.splitlines()[-1:] or ["nothing"]
    return UserError(f"{program} on {mode.text} ended by {done.ending.value}; it said: {said[0]}",
                     next_step="./ternion test system")


def fly_workloads(mode: Mode, image: SystemReport,
                  announce: Callable[[str], None] | None) -> tuple[dict[str, Sample], str]:
    """The root task with all workloads but the payload."""
    marks = marks_of(image)
    done = flight.fly(image, marks, announce=announce)
    if done.ending is not Ending.OFF or not done.text.endswith(LAST_WORDS):
        raise _failed(mode, PROGRAM, done)
    told = told_by(done.text)
    found = splits(done.page, list(marks), mode.replicas)
    if set(found) != set(told) or set(found) != set(TITLES) - {PAYLOAD}:
        raise ValueError(f"workloads: marks of {sorted(found)}, words of {sorted(told)}")
    return {name: Sample(found[name], told[name]) for name in found}, done.command


def fly_payload(mode: Mode, image: SystemReport,
                announce: Callable[[str], None] | None) -> Sample:
    """The flight, from the moment when all protection domains have been started."""
    start = Program("init", image.elves["init"]).find(STARTED)
    if start is None:
        raise UserError(f"init.elf has no '{STARTED}', where its work ends",
                        next_step="name it in tools/bench/voting/measure.py")
    told: list[Told] = []

    def look(ram: Path) -> None:
        counted = board_state.read(ram, image).counters.system
        log = recorder.read(ram, image)
        ends = [r.time for r in log.of(RecordType.START, RecordType.STOP)]
        told.append(Told((max(ends) - min(ends)) / TICKS_PER_US / 1e6, counted["events"],
                         counted["votes"], counted["device_accesses"], counted["inputs"]))

    mission = write_mission(MISSIONS, 1)
    done = flight.fly(image, {STARTED: start.address}, announce=announce, mission=mission,
                      inspect=look)
    if done.ending is not Ending.OFF or not ground.check(done.downlink, mission.frames).good:
        raise _failed(mode, PAYLOAD, done)
    before = {record.vcpu: record.now for record in done.page.records}
    return Sample(tuple(split_of(done.page.counts[core] - before[core])
                        for core in range(mode.replicas)), told[0])


@dataclass(frozen=True)
class Flown:
    """A mode with its images: they are packed one after the other, and flown side by side."""

    mode: Mode
    workloads: SystemReport
    payload: SystemReport

    @classmethod
    def of(cls, mode: Mode, images: Images) -> Flown:
        """Built as the sources are now."""
        return cls(mode, images.of(mode, PROGRAM), images.of(mode, OWN_SYSTEM))


def fly(ready: Flown, announce: Callable[[str], None] | None = None) -> Measurement:
    """Two flights."""
    samples, command = fly_workloads(ready.mode, ready.workloads, announce)
    samples[PAYLOAD] = fly_payload(ready.mode, ready.payload, announce)
    return Measurement(ready.mode, samples, {
        PROGRAM: ready.workloads.sha256, OWN_SYSTEM: ready.payload.sha256}, command)
