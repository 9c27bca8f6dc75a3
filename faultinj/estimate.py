# SPDX-License-Identifier: BSD-2-Clause
"""Estimates for a whole fault space from a stratified sample, with 95 % intervals.

Intervals of sums and ratios are put together from the Wilson intervals of the strata (MOVER):
G. Y. Zou, A. Donner, Statistics in Medicine 27 (2008); A. Donner, G. Y. Zou, Statistical Methods
in Medical Research 21 (2012). They stay honest where a stratum has no failure, as a normal interval
does not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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

    def text(self) -> str:
        """Of a share, for a table cell."""
        return f"{100 * self.value:.1f} % [{100 * self.low:.1f}-{100 * self.high:.1f} %]"


@dataclass(frozen=True)
class Known:
    """Parts of a stratum's space in an arm that need no run: def_use.py."""

    overwritten: float  # masked
    untouched: float    # latent, or masked where nothing looks at the end: without effect

    @property
    def live(self) -> float:
        return max(1 - self.overwritten - self.untouched, 0.0)


def known_of(arm: dict[str, Any]) -> dict[str, Known]:
    """By stratum; empty where nothing was pruned. `arm`: as the store has it."""
    return {name: Known(**parts) for name, parts in arm["golden"].get("known", {}).items()}


@dataclass(frozen=True)
class Part:
    """One stratum of the sample: `count` of `total` faults failed; `size` of the fault space. They
    were drawn from its live part; in the rest nothing fails."""

    count: int
    total: int
    size: float
    live: float = 1.0


NOTHING = Tally(Counter())


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
        size = part.size * part.live
        value += size * share.value
        low += (size * (share.value - share.low)) ** 2
        high += (size * (share.high - share.value)) ** 2
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
             outcomes: tuple[Outcome, ...] = UNCONTROLLED,
             known: Mapping[str, Known] | None = None) -> list[Part]:
    """Of one arm, by the names of its strata. What could not be injected is no part of the space:
    bits that do not exist, code that did not run. Nor is what nothing is known of."""
    parts = []
    for name, size in space.items():
        tally = strata.get(name, NOTHING)
        tried = tally.injected + tally.counts[Outcome.NOT_INJECTED]
        live = known[name].live if known and name in known else 1.0
        run = live * tally.injected / tried if tried else 0.0
        if size and (tried or live < 1):
            whole = 1 - live + run
            parts.append(Part(tally.of(*outcomes).count, tally.injected, size * whole,
                              run / whole if whole else 0.0))
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


def mission(arm: str, strata: dict[str, Tally], space: dict[str, float],
            known: Mapping[str, Known] | None = None) -> Mission | None:
    """None where nothing of the sample has a weight."""
    known = known or {}
    parts = parts_of(strata, space, known=known)
    whole = float(sum(space.values()))
    effective = sum(part.size for part in parts)
    covered = sum(size if strata.get(name, NOTHING).injected
                  else size * (1 - known[name].live) if name in known else 0
                  for name, size in space.items())
    return Mission(arm, whole, covered / whole, effective, failures(parts)) if effective else None


def mixture(strata: dict[str, Tally], weights: dict[str, int], outcomes: tuple[Outcome, ...],
            known: Mapping[str, Known]) -> Estimate | None:
    """The share of outcomes that are not without effect in a sample whose strata have these
    weights; None without any result. With nothing pruned it is the share of the sample."""
    parts = parts_of(strata, {name: float(weight) for name, weight in weights.items()}, outcomes,
                     known)
    whole = sum(part.size for part in parts)
    return failures(parts).times(1 / whole) if whole else None
