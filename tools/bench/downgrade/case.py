# SPDX-License-Identifier: BSD-2-Clause
"""One case: flown, judged, timed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from faultinj.engine import Ending, HarnessError, Limits, Run, run
from faultinj.fault import Landing
from faultinj.golden import children_cpu_s
from faultinj.watch import Sight, write_watches
from tools import recorder
from tools.bench.downgrade.plan import ACTIVE, OUTPUT, PUBLISHED, Case, watches
from tools.errors import UserError
from tools.qemu import Flight
from tools.recorder import EventLog
from tools.system_report import SystemReport

GOLDEN_LIMITS = Limits(instructions=2_000_000_000, cpu_s=120, wall_s=600)
SLACK = 3_000_000_000  # instructions: the watchdog's two seconds and more


class Outcome(Enum):
    """What became of a fault."""

    DOWNGRADED = "downgraded"  # a wrong ballot was published; its replica was excluded
    GAVE_UP = "gave itself up"  # excluded without having published a wrong ballot
    NO_EFFECT = "no effect"    # nobody was excluded, the output is right
    NOT_REACHED = "not injected"
    BAD = "bad"                # wrong output, a healthy replica lost, no end
    HARNESS = "harness error"  # nothing is known


@dataclass(frozen=True)
class Timing:
    """From the wrong ballot (or the fault) to the first output after the exclusion."""

    exclusion_ns: int         # until the active set was written
    output_ns: int            # until the surviving I/O core stored to the device
    per_core: int             # the most instructions of a surviving core meanwhile


@dataclass(frozen=True)
class CaseResult:
    """One case's result."""

    case: Case
    outcome: Outcome
    io_core: bool           # the replica's core performed input and output
    timing: Timing | None
    note: str


@dataclass(frozen=True)
class Reference:
    """The run without a fault, and what every other run needs."""

    system: SystemReport
    flight: Flight
    watches: Path
    run: Run
    limits: Limits


def fly_reference(system: SystemReport, place: Path) -> Reference:
    """Twice; both must be the same in every respect."""
    place.mkdir(parents=True, exist_ok=True)
    path = place / "watches"
    write_watches(path, watches(system))
    flight = Flight(system, Path("set by the engine"))
    try:
        before = children_cpu_s()
        first, log = run(flight, GOLDEN_LIMITS, watches=path,
                         inspect=lambda ram: recorder.read(ram, system))
        cpu_s = children_cpu_s() - before
        second, _ = run(flight, GOLDEN_LIMITS, watches=path)
    except HarnessError as error:
        raise UserError(f"the run without a fault failed: {error}",
                        next_step="./ternion doctor") from error
    assert log is not None
    same = first.downlink == second.downlink and first.sights == second.sights
    if first.ending is not Ending.OFF or not same or log.excluded() or not first.all_sights:
        raise UserError("the run without a fault is not good, or not the same twice",
                        next_step="./ternion test system")
    instructions = 2 * sum(first.page.total) + SLACK
    return Reference(system, flight, path, first,
                     Limits(instructions, max(60.0, 30 * cpu_s), 1200.0))


def first_wrong(sights: Sequence[Sight], replica: int) -> Sight | None:
    """The replica's first publication that no peer has published for the same round."""
    peers: dict[int, set[int]] = {}
    for sight in sights:
        if sight.id == PUBLISHED and sight.core != replica:
            peers.setdefault(sight.value, set()).add(sight.entry)
    for sight in sights:
        if sight.id == PUBLISHED and sight.core == replica:
            others = peers.get(sight.value)
            if others is not None and sight.entry not in others:
                return sight
    return None


def timing_of(sights: Sequence[Sight], replica: int, start: tuple[int, ...]) -> Timing | None:
    """From these counts on; None when the replica stayed, or no output came after."""
    excluded: Sight | None = None
    for sight in sights:
        if sight.moment < sum(start):
            continue
        if excluded is None and sight.id == ACTIVE and not sight.value >> replica & 1:
            excluded = sight
        if excluded is not None and sight.id == OUTPUT and sight.core != replica:
            spent = [now - then for core, (now, then) in enumerate(zip(sight.total, start))
                     if core != replica]
            return Timing(excluded.moment - sum(start), sight.moment - sum(start), max(spent))
    return None


def judge(reference: Reference, case: Case, done: Run, log: EventLog) -> CaseResult:
    """Output first: nothing excuses a wrong byte."""
    system = reference.system
    io_core = case.replica == 0  # until somebody is excluded
    excluded = log.excluded()
    notes = log.damaged[:1]

    def result(outcome: Outcome, timing: Timing | None = None) -> CaseResult:
        return CaseResult(case, outcome, io_core, timing, "; ".join(notes))

    if done.evidence.landing in (Landing.NOT_REACHED, Landing.REFUSED):
        return result(Outcome.NOT_REACHED)
    if done.ending is not Ending.OFF or done.downlink != reference.run.downlink:
        notes.append(f"{len(done.downlink)} bytes of {len(reference.run.downlink)}, ended by "
                     f"{done.ending.value}")
        return result(Outcome.BAD)
    if not excluded:
        return result(Outcome.NO_EFFECT)
    if excluded != [case.replica] or not done.all_sights:
        notes.append(f"excluded {excluded} of {system.replicas}")
        return result(Outcome.BAD)
    # What was published before the flip is noted in the run without one: till then both are alike.
    before = [sight for sight in reference.run.sights if sight.moment < sum(done.evidence.counts)]
    wrong = first_wrong(before + list(done.sights), case.replica)
    outcome = Outcome.DOWNGRADED if wrong is not None else Outcome.GAVE_UP
    timing = timing_of(done.sights, case.replica,
                       wrong.total if wrong is not None else done.evidence.counts)
    if timing is None:
        notes.append("no output after the exclusion")
        return result(Outcome.BAD)
    return result(outcome, timing)


def fly(reference: Reference, case: Case) -> CaseResult:
    """Whatever the harness does wrong is a harness error, never an outcome."""
    try:
        done, log = run(reference.flight, reference.limits, case.trigger, case.flip,
                        watches=reference.watches,
                        inspect=lambda ram: recorder.read(ram, reference.system))
    except (HarnessError, OSError) as error:
        return CaseResult(case, Outcome.HARNESS, False, None, str(error))
    assert log is not None
    return judge(reference, case, done, log)
