# SPDX-License-Identifier: BSD-2-Clause
"""All flights together: distributions, limits, the JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from tools.bench.distribution import Distribution, distribution
from tools.bench.readmit.fly import Cycle, Flown, Way

FORMAT = 1
LIMIT_NS = 1_000_000  # of each pause, issue 4
CYCLES = 100          # at least


@dataclass(frozen=True)
class Result:
    """One run of the benchmark."""

    flown: list[Flown]
    wanted: int  # cycles
    facts: dict[str, str]

    @property
    def cycles(self) -> list[Cycle]:
        return [cycle for flown in self.flown for cycle in flown.cycles]

    def of(self, way: Way, replica: int | None = None) -> list[Cycle]:
        """Cycles that ended so, of one replica or of all."""
        return [cycle for cycle in self.cycles
                if cycle.way is way and (replica is None or cycle.replica == replica)]

    @property
    def pause(self) -> Distribution | None:
        """How long all stood still."""
        return distribution(cycle.pause_ns for cycle in self.of(Way.BACK))

    @property
    def problems(self) -> list[str]:
        return [f"flight {flown.seed}: {problem}" for flown in self.flown
                for problem in flown.problems]

    @property
    def unnoticed(self) -> int:
        """Flips that excluded nobody: no peer looked at that round any more."""
        return sum(flown.strikes for flown in self.flown) - len(self.cycles)

    @property
    def good(self) -> bool:
        """Enough cycles, every pause short enough, every byte right."""
        pause = self.pause
        return (pause is not None and pause.count >= self.wanted and pause.most < LIMIT_NS
                and not self.problems)


def as_json(result: Result) -> str:
    """Every cycle, and the sums."""
    def summed(found: Distribution | None) -> dict[str, Any] | None:
        return asdict(found) if found else None

    back = result.of(Way.BACK)
    return json.dumps({
        "format": FORMAT, **result.facts, "good": result.good, "limit_ns": LIMIT_NS,
        "wanted": result.wanted, "pause_ns": summed(result.pause),
        "pages": summed(distribution(cycle.pages for cycle in back)),
        "away_ns": summed(distribution(cycle.away_ns for cycle in back)),
        "ways": {way.value: len(result.of(way)) for way in Way}, "unnoticed": result.unnoticed,
        "problems": result.problems,
        "flights": [{"seed": flown.seed, "strikes": flown.strikes,
                     "instructions": flown.instructions, "problems": list(flown.problems),
                     "cycles": [{**asdict(cycle), "way": cycle.way.value}
                                for cycle in flown.cycles]} for flown in result.flown]}, indent=1)
