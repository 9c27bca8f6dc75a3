# SPDX-License-Identifier: BSD-2-Clause
"""All flights together: distributions, bounds, the JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tools.bench.distribution import distribution, us
from tools.bench.inputs.fly import Flown, PhaseResult, Schedule
from tools.bench.inputs.plan import RATE_NS, ROOM, Source

FORMAT = 1
LEAST = 500                # interrupts of a workload
LIMIT_NS = 100_000         # cores side by side: until all replicas have an interrupt
OWN_LIMIT_NS = 10_000_000  # in the emulator's own order: a tenth of the barrier time
TIME_LIMIT_NS = 1_000      # of agreed time, where EL2 did not interrupt
TICKED_LIMIT_NS = 20_000   # where it did: its tick compares some KiB of memory


@dataclass(frozen=True)
class Result:
    """One run of the benchmark."""

    flown: list[Flown]
    facts: dict[str, str]

    @property
    def problems(self) -> list[str]:
        """What is beyond a bound, or wrong. Empty: all is well."""
        return [f"{flown.mode}, {flown.schedule.value}: {problem}" for flown in self.flown
                for problem in [*flown.problems, *_beyond(flown)]]

    @property
    def good(self) -> bool:
        """Every bound is kept, every character came once."""
        return bool(self.flown) and not self.problems


def limit_ns(flown: Flown) -> int:
    """Until all replicas have an interrupt."""
    return LIMIT_NS if flown.schedule is Schedule.SIDE_BY_SIDE else OWN_LIMIT_NS


def _above(what: str, values: Iterable[int], limit: int) -> Iterator[str]:
    most = max(values, default=0)
    if most > limit:
        yield f"{what}: {us(most)} us, the bound is {us(limit)}"


def _beyond_in_phase(flown: Flown, result: PhaseResult) -> Iterator[str]:
    name, limit = f"{result.phase.source.value}, {result.phase.load}", limit_ns(flown)
    yield from _above(name, (one.last_ns for one in result.handled), limit)
    yield from _above(f"{name}, taken", result.taken_ns, ROOM * RATE_NS)
    if result.lost:
        yield f"{name}: the UART had no room for {result.lost} characters"
    if flown.schedule is Schedule.SIDE_BY_SIDE and len(result.handled) < LEAST:
        yield f"{name}: {len(result.handled)} interrupts, {LEAST} are wanted"


def _beyond(flown: Flown) -> Iterator[str]:
    for result in flown.phases:
        yield from _beyond_in_phase(flown, result)
    if flown.schedule is Schedule.SIDE_BY_SIDE:
        times = flown.times
        yield from _above("agreed time", times.error_ns, TIME_LIMIT_NS)
        yield from _above("agreed time, interrupted", times.ticked_ns, TICKED_LIMIT_NS)
        yield from _above("agreed time, before the question", times.early_ns, TIME_LIMIT_NS)


def _summed(values: Iterable[int]) -> dict[str, int] | None:
    found = distribution(values)
    return asdict(found) if found else None


def _phase(result: PhaseResult) -> dict[str, Any]:
    handled = result.handled
    return {"name": result.phase.name, "source": result.phase.source.value,
            "load": result.phase.load,
            "first_ns": _summed(one.first_ns for one in handled),
            "last_ns": _summed(one.last_ns for one in handled),
            "io_core_instructions": _summed(one.io_core for one in handled),
            "most_instructions": _summed(one.most for one in handled),
            "taken_ns": _summed(result.taken_ns), "late_ns": _summed(result.late_ns),
            "lost": result.lost, "samples": [asdict(one) for one in handled]
            if result.phase.source is not Source.FULL else None}


def as_json(result: Result) -> str:
    """Every interrupt, and the sums."""
    return json.dumps({
        "format": FORMAT, **result.facts, "good": result.good, "problems": result.problems,
        "unit": "ns of guest time: one instruction of any core each",
        "limits": {"last_ns": LIMIT_NS, "time_ns": TIME_LIMIT_NS, "room": ROOM,
                   "character_ns": RATE_NS},
        "flights": [{"preset": flown.system.preset, "replicas": flown.system.replicas,
                     "image_sha256": flown.system.sha256, "schedule": flown.schedule.value,
                     "limit_ns": limit_ns(flown), "instructions": flown.instructions,
                     "phases": [_phase(one) for one in flown.phases],
                     "times": {name: _summed(values)
                               for name, values in vars(flown.times).items()}}
                    for flown in result.flown]}, indent=1)
