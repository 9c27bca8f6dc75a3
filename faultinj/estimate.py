# SPDX-License-Identifier: BSD-2-Clause
"""Estimates for a whole fault space from a stratified sample, with 95 % intervals.

Intervals of sums and ratios are put together from the Wilson intervals of the strata (MOVER):
G. Y. Zou, A. Donner, Statistics in Medicine 27 (2008); A. Donner, G. Y. Zou, Statistical Methods
in Medical Research 21 (2012). They stay honest where a stratum has no failure, as a normal interval
does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from faultinj.classify import UNCONTROLLED, Outcome
from faultinj.sample_size import CONFIDENCE
from faultinj.statistics import Tally


@dataclass(frozen=True)
class Estimate:
    """A value and its interval."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Estimate:
        """Of a multiple."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True)
class Part:
    """One stratum of the sample: `count` of `total` faults failed; `size` of the fault space."""

    count: int
    total: int
    size: float


def wilson(count: int, total: int) -> Estimate:
    """The share."""
    interval = stats.binomtest(count, total).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(count / total, float(interval.low), float(interval.high))


def at_most(count: int, total: int) -> float:
    """For claims: Clopper-Pearson, the upper end."""
    if total == 0:
        return 1.0
    return float(stats.binomtest(count, total).proportion_ci(CONFIDENCE, method="exact").high)


def failures(parts: Sequence[Part]) -> Estimate:
    """Failures if every fault of the space came once; parts without a sample are left out."""
    value = low = high = 0.0
    for part in parts:
        if part.total == 0:
            continue
        share = wilson(part.count, part.total)
        value += part.size * share.value
        low += (part.size * (share.value - share.low)) ** 2
        high += (part.size * (share.high - share.value)) ** 2
    return Estimate(value, max(value - math.sqrt(low), 0.0), value + math.sqrt(high))


def ratio(first: Estimate, second: Estimate) -> Estimate:
    """first / second; infinite where the second may be none."""
    product = first.value * second.value

    def end(one: float, other: float, sign: int) -> float:
        below = other * (2 * second.value - other)
        inside = product ** 2 - one * other * (2 * first.value - one) * (2 * second.value - other)
        return (product + sign * math.sqrt(max(inside, 0.0))) / below if below > 0 else math.inf

    if second.value == 0:
        return Estimate(math.inf, 0.0, math.inf)
    low = end(first.low, second.high, -1)
    return Estimate(first.value / second.value, low if math.isfinite(low) else 0.0,
                    end(first.high, second.low, 1))


def parts_of(strata: dict[str, Tally], space: dict[str, float],
             outcomes: tuple[Outcome, ...] = UNCONTROLLED) -> list[Part]:
    """Of one arm, by the names of its strata. What could not be injected is no part of the space:
    bits that do not exist, code that did not run."""
    parts = []
    for name, tally in strata.items():
        tried = tally.injected + tally.counts[Outcome.NOT_INJECTED]
        size = space.get(name, 0)
        if size and tried:
            parts.append(Part(tally.of(*outcomes).count, tally.injected,
                              size * tally.injected / tried))
    return parts


@dataclass(frozen=True)
class Mission:
    """What one flight of an arm has to fear from upsets."""

    arm: str
    space: float        # bits times instructions
    covered: float      # part of it that has strata with a sample
    effective: float    # what of that could be injected, bits times instructions
    failures: Estimate  # of all that

    @property
    def share(self) -> Estimate:
        """Of the faults that could be injected."""
        return self.failures.times(1 / self.effective)


def mission(arm: str, strata: dict[str, Tally], space: dict[str, float]) -> Mission | None:
    """None where nothing of the sample has a weight."""
    parts = [part for part in parts_of(strata, space) if part.total]
    whole = float(sum(space.values()))
    effective = sum(part.size for part in parts)
    covered = sum(space.get(name, 0) for name, tally in strata.items() if tally.injected)
    return Mission(arm, whole, covered / whole, effective, failures(parts)) if effective else None
