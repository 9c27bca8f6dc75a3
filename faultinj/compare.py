# SPDX-License-Identifier: BSD-2-Clause
"""Two campaigns side by side: what was different, and which shares differ by more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from faultinj.classify import EFFECTIVE, UNCONTROLLED, Outcome
from faultinj.estimate import Estimate, known_of, mixture, wilson
from faultinj.statistics import COUNTED, Analysis, Share, Tally, analyse
from faultinj.store import Store
from tools.errors import UserError

COMPARED = ("name", "seed", "count", "core", "shift", "workload", "strata", "bounds", "prune",
            "qemu")


@dataclass(frozen=True)
class Line:
    """One share of one arm in both campaigns."""

    arm: str
    what: str
    first: Share | Estimate  # an estimate where one of the campaigns was pruned
    second: Share | Estimate

    @property
    def estimates(self) -> tuple[Estimate, Estimate]:
        """Both shares with their Wilson intervals."""
        one, other = (part if isinstance(part, Estimate) else wilson(part.count, part.total)
                      for part in (self.first, self.second))
        return one, other

    @property
    def difference(self) -> Estimate:
        """Of the shares, second minus first: Newcombe, from both Wilson intervals."""
        one, other = self.estimates
        value = other.value - one.value
        low = math.hypot(other.value - other.low, one.high - one.value)
        high = math.hypot(other.high - other.value, one.value - one.low)
        return Estimate(value, value - low, value + high)

    @property
    def differs(self) -> bool:
        """By more than chance, at 95 %."""
        return self.difference.low > 0 or self.difference.high < 0


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def different_facts(first: Store, second: Store) -> list[tuple[str, str, str]]:
    """Name and both values of what was not the same."""
    facts = first.facts(), second.facts()
    found = [(name, _short(facts[0].get(name)), _short(facts[1].get(name)))
             for name in COMPARED if facts[0].get(name) != facts[1].get(name)]
    images = [{arm["name"]: arm["image_sha256"][:12] for arm in store.arms()}
              for store in (first, second)]
    return found + [(f"image of {name}", images[0][name], images[1][name])
                    for name in images[0] if images[1].get(name, images[0][name])
                    != images[0][name]]


def _lines(arm: str, first: Tally, second: Tally) -> list[Line]:
    groups: list[tuple[str, tuple[Outcome, ...]]] = [(o.value, (o,)) for o in COUNTED]
    groups += [("with effect", EFFECTIVE), ("uncontrolled", UNCONTROLLED)]
    return [Line(arm, name, first.of(*outcomes), second.of(*outcomes))
            for name, outcomes in groups if first.injected and second.injected]


class _Side:
    """One of two campaigns of which at least one was pruned: its shares count runs only, so the
    estimates for the whole space are compared."""

    def __init__(self, analysis: Analysis, store: Store) -> None:
        self.strata = analysis.by_stratum()
        self._weights = {name: weight for name, _, weight in store.facts().get("strata", [])}
        self._known = {arm["name"]: known_of(arm) for arm in store.arms()}
        self.pruned = any(self._known.values())

    def estimate(self, arm: str, outcomes: tuple[Outcome, ...],
                 stratum: str | None = None) -> Estimate | None:
        """In the strata's mixture, or of one stratum."""
        weights = {stratum: 1} if stratum else self._weights
        strata = {name: row[arm] for name, row in self.strata.items() if arm in row}
        return mixture(strata, weights, outcomes, self._known[arm])


def _estimated(arm: str, first: _Side, second: _Side) -> list[Line]:
    """What is dead is masked or latent: how much of it is which is not known."""
    groups: list[tuple[str, tuple[Outcome, ...], str | None]] = [
        (outcome.value, (outcome,), None) for outcome in EFFECTIVE]
    groups += [("with effect", EFFECTIVE, None), ("uncontrolled", UNCONTROLLED, None)]
    groups += [(f"with effect, {stratum}", EFFECTIVE, stratum)
               for stratum in sorted(first.strata.keys() & second.strata.keys())]
    lines = []
    for name, outcomes, stratum in groups:
        one = first.estimate(arm, outcomes, stratum)
        other = second.estimate(arm, outcomes, stratum)
        if one is not None and other is not None:
            lines.append(Line(arm, name, one, other))
    return lines


def compare(first: Store, second: Store) -> list[Line]:
    """Every outcome of the arms that both have."""
    analyses = [analyse(store.results(), store.faults()) for store in (first, second)]
    tallies = [analysis.by_arm() for analysis in analyses]
    common = [arm for arm in tallies[0] if arm in tallies[1]]
    if not common:
        names = [", ".join(tally) or "none" for tally in tallies]
        raise UserError(f"the two campaigns have no arm in common ({names[0]}; {names[1]})",
                        next_step="./ternion compare two campaigns with the same arms")
    sides = [_Side(analysis, store) for analysis, store in zip(analyses, (first, second))]
    if any(side.pruned for side in sides):
        return [line for arm in common for line in _estimated(arm, *sides)]
    return [line for arm in common for line in _lines(arm, tallies[0][arm], tallies[1][arm])]
