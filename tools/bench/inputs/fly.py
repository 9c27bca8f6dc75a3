# SPDX-License-Identifier: BSD-2-Clause
"""One flight of apps/inputs: from each interrupt to its handler, in every replica."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from faultinj.engine import Ending, HarnessError, Limits, run
from faultinj.line import SPOKE, TURN, lost, write_line
from faultinj.watch import Sight, write_watches
from tools import recorder
from tools.bench.inputs.plan import (BYTE, CLOCK, CLOCK_END, EL2, EVERY, FIRED, HANDLER, IO_CORE,
                                     LOGGED, PHASE, PHASES, TICK, TIMED, Phase, Source, script,
                                     watches)
from tools.errors import UserError
from tools.qemu import Flight
from tools.recorder import EventLog
from tools.system_report import SystemReport

LIMITS = Limits(instructions=20_000_000_000, cpu_s=600, wall_s=3000)
TICK_NS = 16               # of the counter
NEVER = (1 << 64) - 1      # no deadline
RECENT = 64                # agreed times that are remembered


class Schedule(Enum):
    """In which order the emulator runs the cores."""

    SIDE_BY_SIDE = "side by side"     # turns of TURN instructions
    OWN = "the emulator's own order"  # a core that computes goes on until any core's next timer


@dataclass(frozen=True)
class Handled:
    """One interrupt: until its handler's first instruction at EL0."""

    first_ns: int  # of guest time, 1 ns for each instruction of any core: the first replica
    last_ns: int   # ... until all have it
    io_core: int   # instructions of the I/O core until its replica has it
    most: int      # ... of that core which executes most until its replica has it


@dataclass(frozen=True)
class PhaseResult:
    """What came in one phase."""

    phase: Phase
    handled: tuple[Handled, ...]
    taken_ns: tuple[int, ...]  # characters: until the last replica's driver has it
    late_ns: tuple[int, ...]   # timer: from the deadline until the input was logged
    lost: int                  # characters for which the UART had no room


@dataclass(frozen=True)
class Times:
    """Agreed time against the real counter."""

    error_ns: tuple[int, ...]  # when the leader publishes it, in its core's own time
    ticked_ns: tuple[int, ...]  # the same, where EL2 took an interrupt after it was read
    early_ns: tuple[int, ...]  # how long before a user program asked for it: 0 or below a tick
    age_ns: tuple[int, ...]    # when the leader's user program has it, in its core's own time
    lag_ns: tuple[int, ...]    # when a follower takes it: that replica is behind
    cost: tuple[int, ...]      # of a user's look at the counter: instructions of the I/O core


@dataclass(frozen=True)
class Release:
    """A timeout that came, and the agreed time at which the kernel acted on it, in ticks."""

    phase: str
    deadline: int
    acted: int | None  # None: that event was not looked at


@dataclass(frozen=True)
class Flown:
    """One flight."""

    system: SystemReport
    schedule: Schedule
    phases: tuple[PhaseResult, ...]
    times: Times
    releases: tuple[Release, ...]
    problems: tuple[str, ...]
    instructions: int
    text: str

    @property
    def mode(self) -> str:
        """By its replicas."""
        return {1: "base", 2: "dmr", 3: "tmr", 4: "qmr"}[self.system.replicas]


def own_time(sight: Sight, ns: int) -> int:
    """Without what the other cores executed meanwhile, if this core's turn began in between: on
    hardware they run at the same time."""
    return ns - sight.away if sight.since < ns and sight.away <= ns else ns


class _Reader:
    """Goes through the sights once, in their order."""

    def __init__(self, sights: tuple[Sight, ...], replicas: int) -> None:
        self.cores = range(replicas)
        self.spoken: list[Sight] = []
        self.bytes: list[list[Sight]] = [[] for _ in self.cores]
        self.handled: list[list[tuple[Sight, int]]] = [[] for _ in self.cores]  # first byte
        self.ticks: list[list[tuple[Phase, Sight]]] = [[] for _ in self.cores]
        self.fired: list[tuple[int, Sight]] = []  # of each tick: the deadline, when it was logged
        self.releases: list[Release] = []
        self.error_ns: list[int] = []
        self.ticked_ns: list[int] = []
        self.early_ns: list[int] = []
        self.age_ns: list[int] = []
        self.lag_ns: list[int] = []
        self.cost: list[int] = []
        self._marks = [0 for _ in self.cores]
        self._woken: list[Sight | None] = [None for _ in self.cores]
        self._timed: list[Sight | None] = [None for _ in self.cores]
        self._looked: list[Sight | None] = [None for _ in self.cores]
        self._logged: Sight | None = None
        self._fired: tuple[int, Sight] | None = None
        self._offset = 0  # of guest time to instructions, as the line saw it
        self._recent: deque[int] = deque(maxlen=RECENT)  # agreed times on the I/O core
        self._el2: Sight | None = None                   # its latest interrupt at EL2
        for sight in sights:
            self._see(sight)

    def _phase(self, core: int) -> Phase | None:
        mark = self._marks[core]
        return PHASES[mark // 2] if mark % 2 else None

    def _ns(self, sight: Sight) -> int:
        return sight.moment - self._offset

    def _see(self, sight: Sight) -> None:
        core = sight.core
        if sight.id == SPOKE:
            self.spoken.append(sight)
            self._offset = sight.moment - sight.value
        elif sight.id == LOGGED:
            self._logged = sight
        elif sight.id == FIRED and sight.value != NEVER:
            assert self._logged is not None
            self._fired = (sight.value, self._logged)
        elif sight.id == PHASE:
            self._marks[core] += 1
        elif sight.id == HANDLER:
            self._woken[core] = sight
        elif sight.id == BYTE:
            self._byte(core, sight)
        elif sight.id == TICK:
            self._tick(core, sight)
        elif sight.id == CLOCK:
            self._looked[core] = sight
        elif sight.id == CLOCK_END:
            self._look(core, sight)
        elif sight.id == TIMED:
            self._time(core, sight)
        elif sight.id == EL2:
            self._el2 = sight

    def _byte(self, core: int, sight: Sight) -> None:
        woken = self._woken[core]
        if woken is not None:
            self.handled[core].append((woken, len(self.bytes[core])))
        self._woken[core] = None
        self.bytes[core].append(sight)

    def _tick(self, core: int, sight: Sight) -> None:
        phase = self._phase(core)
        assert phase is not None and self._fired is not None
        self.ticks[core].append((phase, sight))
        if core == IO_CORE:
            self.fired.append(self._fired)
            deadline = self._fired[0]
            acted = min((time for time in self._recent if time >= deadline), default=None)
            self.releases.append(Release(phase.name, deadline, acted))

    def _look(self, core: int, sight: Sight) -> None:
        looked, timed = self._looked[core], self._timed[core]
        if looked is None or core != IO_CORE:
            return
        self.cost.append(sight.total[core] - looked.total[core])
        if timed is not None and timed.moment > looked.moment:
            time = timed.entry * TICK_NS
            self.age_ns.append(own_time(sight, self._ns(sight) - time))
            self.early_ns.append(max(0, self._ns(looked) - time))

    def _time(self, core: int, sight: Sight) -> None:
        self._timed[core] = sight
        if core == IO_CORE:
            self._recent.append(sight.entry)
        phase = self._phase(core)
        if phase is None or phase.source is Source.TICK:
            return  # the line did not tell the time since the cores slept
        ns = self._ns(sight) - sight.entry * TICK_NS
        if core != IO_CORE:
            self.lag_ns.append(ns)
        elif self._el2 is not None and self._ns(self._el2) >= sight.entry * TICK_NS:
            self.ticked_ns.append(own_time(sight, ns))
        else:
            self.error_ns.append(own_time(sight, ns))


def _handled(begin: tuple[int, ...], ns: int, ends: list[Sight]) -> Handled:
    """`ns`: from the interrupt to the moment of these counts."""
    since = [end.moment - sum(begin) + ns for end in ends]
    spent = [end.total[core] - begin[core] for core, end in enumerate(ends)]
    return Handled(min(since), max(since), spent[IO_CORE], max(spent))


def _line_phase(found: _Reader, phase: Phase, first: int, end: int) -> PhaseResult:
    handled = []
    for wakes in zip(*found.handled):
        byte = wakes[0][1]
        raised = found.spoken[byte]
        # It came while the handler was at work already: nobody was interrupted for it.
        if not first <= byte < end or any(wake.moment < raised.moment for wake, _ in wakes):
            continue
        handled.append(_handled(raised.total, 0, [wake for wake, _ in wakes]))
    spoken = found.spoken[first:end]
    taken = tuple(max(core[at].moment for core in found.bytes) - found.spoken[at].moment
                  for at in range(first, end))
    return PhaseResult(phase, tuple(handled), taken, (), sum(map(lost, spoken)))


def _tick_phase(found: _Reader, phase: Phase) -> PhaseResult:
    handled, late = [], []
    for (deadline, logged), *wakes in zip(found.fired, *found.ticks):
        if wakes[0][0] is phase:
            after = (logged.entry - deadline) * TICK_NS
            late.append(after)
            handled.append(_handled(logged.total, after, [wake for _, wake in wakes]))
    return PhaseResult(phase, tuple(handled), (), tuple(late), 0)


def _results(found: _Reader, program: str) -> Iterator[PhaseResult]:
    first = 0
    for phase in PHASES:
        if phase.source is Source.TICK:
            yield _tick_phase(found, phase)
        elif phase.speaks:
            end = first + phase.count(program)
            yield _line_phase(found, phase, first, end)
            first = end


def _problems(found: _Reader, program: str, said: bytes, text: str, log: EventLog) -> list[str]:
    """What makes the figures worthless, or must not be."""
    problems = [f"replica {replica} was excluded" for replica in log.excluded()]
    heard, _, rest = text.partition("inputs:")
    if rest.strip() != "done":
        problems.append(f"the program did not end: {text[-80:]!r}")
    elif bytes.fromhex(heard) != said:
        problems.append("the program did not get the characters that were sent")
    ticks = sum(phase.count(program) for phase in PHASES if phase.source is Source.TICK)
    for core in found.cores:
        for what, had, wanted in (("characters", len(found.bytes[core]), len(said)),
                                  ("ticks", len(found.ticks[core]), ticks)):
            if had != wanted:
                problems.append(f"replica {core} had {had} of {wanted} {what}")
    return problems


def fly(system: SystemReport, program: str, place: Path, schedule: Schedule, seed: int,
        every: int = EVERY) -> Flown:
    """An image of the program, flown to its end."""
    place.mkdir(parents=True, exist_ok=True)
    watch_file, line_file = place / "watches", place / "line"
    said = script(system, program, seed)
    write_watches(watch_file, watches(system, every))
    write_line(line_file, system.replicas, said)
    more = [f"line={line_file}"]
    if schedule is Schedule.SIDE_BY_SIDE:
        more.append(f"turn={TURN}")
    try:
        done, log = run(Flight(system, Path("set by the engine")), LIMITS, watches=watch_file,
                        more=more, inspect=lambda ram: recorder.read(ram, system))
    except HarnessError as error:
        raise UserError(f"{system.preset}: {error}", next_step="./ternion doctor") from error
    assert log is not None
    text = done.downlink.decode("ascii", "replace").replace("\r", "")
    found = _Reader(done.sights, system.replicas)
    problems = _problems(found, program, b"".join(phase.characters for phase in said), text, log)
    if done.ending is not Ending.OFF or not done.all_sights:
        problems.append(f"ended by {done.ending.value}, "
                        f"{'all' if done.all_sights else 'not all'} sights kept")
    times = Times(*(tuple(values) for values in (
        found.error_ns, found.ticked_ns, found.early_ns, found.age_ns, found.lag_ns, found.cost)))
    return Flown(system, schedule, () if problems else tuple(_results(found, program)), times,
                 tuple(found.releases), tuple(problems), sum(done.page.total), text)
