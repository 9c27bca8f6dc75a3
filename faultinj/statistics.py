# SPDX-License-Identifier: BSD-2-Clause
"""Shares with 95 % intervals, and the tables that reports are made of."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from scipy import stats

from faultinj.classify import EFFECTIVE, UNCONTROLLED, Outcome
from faultinj.plan import PlannedFault
from faultinj.store import Result
from faultinj.strata import Kind

CONFIDENCE = 0.95
N = TypeVar("N", int, float)
COUNTED = tuple(outcome for outcome in Outcome
                if outcome not in (Outcome.NOT_INJECTED, Outcome.HARNESS_ERROR))


@dataclass(frozen=True)
class Share:
    """count of total, with its interval. Exact (Clopper-Pearson) at 0 and at total, else Wilson."""

    count: int
    total: int
    low: float
    high: float

    @property
    def part(self) -> float:
        return self.count / self.total if self.total else 0.0

    @property
    def width(self) -> float:
        return self.high - self.low

    def text(self) -> str:
        """For a table cell."""
        if not self.total:
            return "-"
        return f"{self.count} [{self.interval()}]"

    def interval(self) -> str:
        """In percent. A sample never shows that something always happens."""
        if self.high >= 0.9995:
            return f"≥ {min(100 * self.low, 99.9):.1f} %"
        return f"{100 * self.low:.1f}-{100 * self.high:.1f} %"


@cache  # a report asks for the same ones again and again, and scipy takes its time
def share(count: int, total: int) -> Share:
    """The share and its 95 % interval; without any trial everything is possible."""
    if total == 0:
        return Share(0, 0, 0.0, 1.0)
    method = "exact" if count in (0, total) else "wilson"
    interval = stats.binomtest(count, total).proportion_ci(CONFIDENCE, method=method)
    return Share(count, total, float(interval.low), float(interval.high))


@dataclass(frozen=True)
class Tally:
    """Outcomes of a set of injections."""

    counts: Counter[Outcome]

    @property
    def injected(self) -> int:
        """Faults that were in the machine: what every share refers to."""
        return sum(self.counts[outcome] for outcome in COUNTED)

    def of(self, *outcomes: Outcome) -> Share:
        return share(sum(self.counts[outcome] for outcome in outcomes), self.injected)

    @property
    def effective(self) -> Share:
        """Faults that had any visible effect."""
        return self.of(*EFFECTIVE)

    @property
    def uncontrolled(self) -> Share:
        """What redundancy is to prevent."""
        return self.of(*UNCONTROLLED)


def quantile(values: Sequence[N], part: float) -> N:
    """Of sorted values: the smallest that at least this part of them does not exceed."""
    return values[max(math.ceil(part * len(values)) - 1, 0)]


def tally(results: Iterable[Result]) -> Tally:
    return Tally(Counter(result.outcome for result in results))


@dataclass(frozen=True)
class Analysis:
    """A campaign's results, sorted. Null injections are kept apart."""

    results: list[Result]
    nulls: list[Result]
    faults: dict[int, PlannedFault]

    def by_arm(self) -> dict[str, Tally]:
        """In the order of first appearance."""
        arms = dict.fromkeys(result.arm for result in self.results)
        return {arm: tally(r for r in self.results if r.arm == arm) for arm in arms}

    def promised(self) -> Analysis:
        """Without the faults that voting cannot outvote: controls, not a promise."""
        return replace(self, results=[result for result in self.results
                                      if not self.faults[result.fault].common])

    def by_stratum(self) -> dict[str, dict[str, Tally]]:
        """stratum -> arm -> tally."""
        table: dict[str, dict[str, list[Result]]] = {}
        for result in self.results:
            name = self.faults[result.fault].stratum
            table.setdefault(name, {}).setdefault(result.arm, []).append(result)
        return {name: {arm: tally(found) for arm, found in arms.items()}
                for name, arms in sorted(table.items())}

    def by_mechanism(self, arm: str) -> Counter[str]:
        """What noticed the effective faults of an arm first."""
        return Counter(result.mechanism or "nothing" for result in self.results
                       if result.arm == arm and result.outcome in EFFECTIVE)

    def ways_back(self) -> dict[tuple[str, str], Counter[Outcome]]:
        """(arm, what became of the joiner) -> outcomes of faults that were in the machine; empty
        where nobody was to come back."""
        found: dict[tuple[str, str], Counter[Outcome]] = {}
        for result in self.results:
            if result.way_back and result.outcome in COUNTED:
                found.setdefault((result.arm, result.way_back), Counter())[result.outcome] += 1
        return found

    def effective_in(self, arm: str) -> set[int]:
        """Numbers of the faults that had an effect in this arm."""
        return {result.fault for result in self.results
                if result.arm == arm and result.outcome in EFFECTIVE}


def analyse(results: list[Result], faults: dict[int, PlannedFault]) -> Analysis:
    """Sorts results and null injections apart."""
    null = {number for number, fault in faults.items() if fault.kind is Kind.NULL}
    return Analysis([r for r in results if r.fault not in null],
                    [r for r in results if r.fault in null], faults)
