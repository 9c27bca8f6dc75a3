# SPDX-License-Identifier: BSD-2-Clause
"""Runs one flight with at most one injection, deterministically, and says what was observed.

Two ways in: a bit of data in RAM is flipped by the plugin in the shared RAM file, and the machine
never stops. Registers and code are flipped through the gdb stub, while the plugin holds the core at
the chosen instruction. Verdicts are not made here: next file in the flow is classify.py.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Protocol, TypeVar

from faultinj.fault import (Delay, Evidence, Flip, Injection, Landing, Lost, MemoryFlip, NoFlip,
                            Trigger)
from faultinj.perform import give_back, perform, step
from faultinj.plugin_page import VCPUS, PageView, PluginPage, State, built_plugin
from faultinj.rsp import MachineGone, RspError, Stub
from faultinj.watch import SIZE as SIGHTS_SIZE
from faultinj.watch import Sight
from faultinj.watch import read as read_sights
from faultinj.workspace import Workspace
from tools.qemu import Flight, Qemu

POLL_S = 0.002
LOOK_S = 0.1             # how often to look whether the machine still executes
STUCK_LOOKS = 10         # no instruction, and no thread awake, in so many looks: nothing will come
STOP_S = 20.0
STAGE_TAIL = 1_000_000   # instructions of all cores from the begin of the last stage to its end
T = TypeVar("T")


class HarnessError(Exception):
    """The harness failed. Nothing is known about the system under test."""


class Ending(Enum):
    """How the run ended. There is no other way."""

    OFF = "off"          # the machine switched itself off
    LIMIT = "limit"      # instruction limit: it ran, but did not end
    STUCK = "stuck"      # every core sleeps and nothing will wake it
    CPU = "cpu"          # executed very long without coming near the limit: a storm of exceptions


@dataclass(frozen=True)
class Limits:
    """Bounds of one run.

    cpu_s is the host's processor time, which does not depend on the host's load, and still_s that
    time without an instruction. A run that has had wall_s without getting cpu_s was starved: a
    failure of the harness.
    """

    instructions: int
    cpu_s: float
    wall_s: float
    still_s: float = 30.0


@dataclass(frozen=True)
class Run:
    """What was observed."""

    ending: Ending
    downlink: bytes
    page: PageView
    evidence: Evidence
    wall_s: float
    sights: tuple[Sight, ...] = ()  # of what was watched
    all_sights: bool = True         # none was lost for want of room
    also: tuple[Evidence, ...] = ()  # of the faults beside the first


@dataclass(frozen=True)
class Probes:
    """What the plugin reads beside its triggers. Lists have one entry a core: offsets in the RAM
    file of its event number, and of its count of records."""

    ranges: Path | None = None      # classes of code
    marks: tuple[int, ...] = ()     # addresses of blocks
    events: tuple[int, ...] = ()
    records: tuple[int, ...] = ()
    stages: tuple[int, ...] = ()    # addresses of blocks, each after the one before it

    def options(self) -> list[str]:
        """For the plugin."""
        parts = [f"ranges={self.ranges}"] if self.ranges is not None else []
        parts += [f"marks={_numbers(self.marks)}"] if self.marks else []
        parts += [f"stages={_numbers((STAGE_TAIL, *self.stages))}"] if self.stages else []
        for name, offsets in (("events", self.events), ("records", self.records)):
            if offsets:
                whole = (offsets * VCPUS)[:VCPUS]
                parts.append(f"{name}={_numbers(whole)}")
        return parts


def _numbers(values: Sequence[int]) -> str:
    return ":".join(str(value) for value in values)


def plugin_option(page: Path, ram: Path, probes: Probes, faults: Sequence[Injection],
                  limits: Limits, ram_base: int, forks: Path | None = None) -> str:
    """The value of QEMU's -plugin; `forks` is a directory of fork_server.py."""
    parts = [str(built_plugin()), f"page={page}", f"ram={ram}", f"limit={limits.instructions}",
             *probes.options()]
    parts += [f"forks={forks}"] if forks else []
    parts += ["=".join(order(fault, ram_base)) for fault in faults]
    return ",".join(parts)


def order(fault: Injection, ram_base: int) -> tuple[str, str]:
    """What the plugin shall do, and its numbers."""
    trigger, flip = fault
    where = _numbers((trigger.core, trigger.code, trigger.count, trigger.after))
    if needs_stub(flip):
        return "hold", where
    assert isinstance(flip, MemoryFlip)
    mask = ((1 << flip.width) - 1) << flip.bit
    return "flip", f"{where}:{_numbers((flip.address - ram_base, mask, flip.length))}"


def watch_options(place: Workspace, watches: Path, more: Sequence[str]) -> str:
    """More of the value of QEMU's -plugin; makes the file that the plugin fills."""
    with place.sights.open("wb") as file:
        file.truncate(SIGHTS_SIZE)
    return "".join(f",{option}" for option in (f"watch={watches}", f"sights={place.sights}",
                                               *more))


def needs_stub(flip: Flip) -> bool:
    """Whether the machine must stop for it."""
    return not isinstance(flip, MemoryFlip) or flip.code


def run(flight: Flight, limits: Limits, trigger: Trigger | None = None, flip: Flip = NoFlip(),
        ranges: Path | None = None, inspect: Callable[[Path], T] | None = None,
        at_fault: Callable[[Stub, Path], None] | None = None,
        announce: Callable[[str], None] | None = None,
        watches: Path | None = None, more: Sequence[str] = (), *,
        also: Sequence[Injection] = (), before: Sequence[Injection] = (),
        probes: Probes = Probes()) -> tuple[Run, T | None]:
    """One run. `inspect` reads the RAM file after it; `at_fault` sees the machine stopped;
    `announce` is told the command line; `watches` is a file of watch.py, and with one there may be
    more options of the plugin: "strikes=FILE" of watch.py, "line=FILE" and "turn=N" of line.py;
    `also` are more faults of the same run; `before` are earlier ones, flips of data that belong to
    the system's history and not to what is observed."""
    faults = [(trigger, flip), *also] if trigger is not None else []
    if ranges is not None:
        probes = replace(probes, ranges=ranges)
    with Workspace() as place, PluginPage(place.path / "page") as page:
        with place.ram.open("wb") as ram:
            ram.truncate(flight.system.ram.size)  # before QEMU opens it: the plugin maps it first
        plugin = plugin_option(page.path, place.ram, probes, [*faults, *before], limits,
                               flight.system.ram.base)
        if watches is not None:
            plugin += watch_options(place, watches, more)
        stopping = any(needs_stub(flip) for _, flip in faults)
        flight = replace(flight, ram_file=place.ram, downlink=place.downlink,
                         gdb_socket=place.gdb if stopping else None, halted=stopping,
                         extra=[*flight.extra, "-plugin", plugin])
        with Qemu(flight, announce) as qemu:
            watch = Watch(qemu, page, limits)
            done = observe(watch, place, faults, before, True, at_fault)
        seen = inspect(place.ram) if inspect else None
        sights, whole = read_sights(place.sights) if watches else ([], True)
        return replace(done, sights=tuple(sights), all_sights=whole), seen


def observe(watch: Watch, place: Workspace, faults: Sequence[Injection],
            before: Sequence[Injection], halted: bool,
            at_fault: Callable[[Stub, Path], None] | None = None) -> Run:
    """A machine that was started, to its end. `halted`: it waits for the stub's word; else it is at
    its first fault, and stops when the stub connects."""
    began = time.monotonic()
    stopped: dict[int, Evidence] = {}
    if any(needs_stub(flip) for _, flip in faults):
        ending = _with_stub(watch, place, faults, stopped, halted, at_fault)
    else:
        ending = watch.until_end()
    watch.machine.kill()
    view = watch.page.view()
    _check_before(view, len(faults), before)
    evidence = [_with_event(stopped.get(number) or _plugin_evidence(view, number, flip), view,
                            number) for number, (_, flip) in enumerate(faults)]
    downlink = place.downlink.read_bytes() if place.downlink.exists() else b""
    first = evidence[0] if evidence else Evidence(Landing.NULL)
    return Run(ending, downlink, view, first, time.monotonic() - began,
               also=tuple(evidence[1:]))


def _check_before(view: PageView, first: int, before: Sequence[Injection]) -> None:
    """What every run has must be in this one, too."""
    for number, (_, flip) in enumerate(before, first):
        if _plugin_evidence(view, number, flip).landing is not Landing.LANDED:
            raise HarnessError(f"the first fault, {flip.text()}, is not in the machine")


class Machine(Protocol):
    """An emulator that was started."""

    @property
    def pid(self) -> int:
        """Of its process."""

    def running(self) -> bool:
        """Whether the process lives."""

    def status(self) -> int:
        """Of the process that has ended."""

    def messages(self) -> str:
        """What the emulator itself said."""

    def kill(self) -> None:
        """Ends it; harmless when it has ended."""


class Watch:
    """Waits for a running machine within its limits."""

    def __init__(self, machine: Machine, page: PluginPage, limits: Limits) -> None:
        self.machine = machine
        self.page = page
        self.limits = limits
        self._start = time.monotonic()
        self._next_look = self._start + LOOK_S
        self._total: tuple[int, ...] = ()
        self._moved_s = 0.0  # processor time when it changed
        self._looks = 0

    def ended(self) -> Ending | None:
        """How it ended, None while it runs. Raises when that is not the machine's doing."""
        if not self.machine.running():
            status = self.machine.status()
            if status != 0 or self.page.state() is State.ABSENT:
                last = (self.machine.messages().splitlines() or ["no message"])[-1]
                raise HarnessError(f"QEMU ended with status {status}: {last}")
            return Ending.OFF
        if self.page.state() is State.LIMIT:
            return Ending.LIMIT
        if self.page.state() is State.FAILED:
            raise HarnessError("the machine was held, but the stub did not stop it")
        if time.monotonic() < self._next_look:
            return None
        return self._look()

    def _look(self) -> Ending | None:
        now = time.monotonic()
        self._next_look = now + LOOK_S
        cpu_s, awake = process_load(self.machine.pid)
        if cpu_s > self.limits.cpu_s:
            return Ending.CPU
        if now - self._start > self.limits.wall_s:
            raise HarnessError(f"starved: {cpu_s:.1f} s of processor in {now - self._start:.0f} s")
        total = self.page.view().total
        moved = total != self._total or not any(total)
        self._looks = 0 if awake or moved else self._looks + 1
        self._total = total
        self._moved_s = cpu_s if moved else self._moved_s
        if cpu_s - self._moved_s > self.limits.still_s:
            return Ending.CPU
        return Ending.STUCK if self._looks >= STUCK_LOOKS else None

    def until_end(self) -> Ending:
        while True:
            ending = self.ended()
            if ending is not None:
                return ending
            time.sleep(POLL_S)

    def until_held(self) -> Ending | None:
        """None when the plugin holds the core, else how the machine ended before that."""
        while self.page.state() is not State.HOLDING:
            ending = self.ended()
            if ending is not None and self.page.state() is not State.HOLDING:
                return ending
            time.sleep(POLL_S)
        return None

    def until_asleep(self) -> None:
        """A stopped machine whose threads have all come to rest: what they do when it goes on does
        not depend on when that is."""
        deadline = time.monotonic() + STOP_S
        while process_load(self.machine.pid)[1]:
            if time.monotonic() > deadline:
                raise HarnessError("the machine was stopped, but does not come to rest")
            time.sleep(POLL_S / 4)


def process_load(pid: int) -> tuple[float, bool]:
    """Seconds of processor used so far, and whether any thread is not asleep now."""
    ticks, awake = 0, False
    stats: list[Path] = []
    with suppress(OSError):  # the process has just ended
        stats = list(Path(f"/proc/{pid}/task").glob("*/stat"))
    for stat in stats:
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # the thread has just ended
        ticks += int(fields[11]) + int(fields[12])
        awake |= fields[0] != "S"
    return ticks / os.sysconf("SC_CLK_TCK"), awake


def _with_stub(watch: Watch, place: Workspace, faults: Sequence[Injection],
               stopped: dict[int, Evidence], halted: bool,
               at_fault: Callable[[Stub, Path], None] | None) -> Ending:
    """Runs to the end; `stopped` gets what was seen at each stop."""
    holds = sum(needs_stub(flip) for _, flip in faults)
    try:
        ending = None if halted else watch.until_held()
        if ending is not None:
            return ending
        with Stub(place.gdb, running=not halted, alive=watch.machine.running) as stub:
            if halted:
                stub.go_on()
            for number in range(holds):
                if halted or number > 0:
                    ending = watch.until_held()
                    if ending is not None:
                        return ending
                    _stop(stub)
                watch.until_asleep()
                view = watch.page.view()
                trigger, flip = faults[view.held]
                _check_held(view, trigger)
                for _ in range(trigger.steps):
                    if not step(stub, trigger.core):
                        break  # it would sleep; it is as good a place as any
                counts = watch.page.view().total
                stopped[view.held] = perform(stub, trigger.core, flip, counts)
                if at_fault:
                    at_fault(stub, place.path)
                if isinstance(flip, (Delay, Lost)):
                    ending = _later(stub, watch, sum(counts) + flip.length,
                                    trigger.core if isinstance(flip, Delay) else None)
                    if ending is not None:
                        return ending
                if isinstance(flip, Lost) and stopped[view.held].landing is Landing.LANDED:
                    give_back(stub, flip.interrupt)
                stub.go_on()
            return watch.until_end()
    except RspError as error:
        raise HarnessError(str(error)) from error


def _stop(stub: Stub) -> None:
    """While the plugin holds the machine."""
    stub.interrupt()
    stub.wait_stop(STOP_S)


def _later(stub: Stub, watch: Watch, until: int, without: int | None) -> Ending | None:
    """All cores, or all but one, run on; None: they have executed as much as they should."""
    watch.page.resume_at(until)
    stub.go_on(without)
    ending = watch.until_held()
    if ending is None:
        _stop(stub)
    return ending


def _check_held(view: PageView, trigger: Trigger) -> None:
    """The machine must stand exactly where the plugin held it, on all cores."""
    fired = view.fired[view.held]
    assert fired is not None
    expected = list(fired.total)
    expected[trigger.core] += fired.length
    if list(view.total) != expected:
        raise HarnessError(f"the machine ran on while it was stopped: {view.total}, not {expected}")


def _with_event(evidence: Evidence, view: PageView, number: int) -> Evidence:
    fired = view.fired[number]
    return evidence if fired is None else replace(evidence, event=fired.event)


def _plugin_evidence(view: PageView, number: int, flip: Flip) -> Evidence:
    """What the plugin saw of a fault that the stub was not needed for, or was not asked for."""
    fired = view.fired[number]
    if fired is None:
        return Evidence(Landing.NOT_REACHED)
    assert isinstance(flip, MemoryFlip)
    landed = fired.after == fired.before ^ ((1 << flip.width) - 1) << flip.bit
    return Evidence(Landing.LANDED if landed else Landing.REFUSED, fired.address, None, None,
                    fired.before, fired.after, fired.total)


__all__ = ["Ending", "HarnessError", "Limits", "MachineGone", "Run", "run"]
