# SPDX-License-Identifier: BSD-2-Clause
"""Two campaigns side by side: what was different, and which shares differ by more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from faultinj.classify import EFFECTIVE, UNCONTROLLED, Outcome
from faultinj.estimate import Estimate, wilson
from faultinj.statistics import COUNTED, Share, Tally, analyse
from faultinj.store import Store
from tools.errors import UserError

COMPARED = ("name", "seed", "count", "core", "shift", "workload", "strata", "bounds", "qemu")


@dataclass(frozen=True)
class Line:
    """One share of one arm in both campaigns."""

    arm: str
    what: str
    first: Share
    second: Share

    @property
    def difference(self) -> Estimate:
        """Of the shares, second minus first: Newcombe, from both Wilson intervals."""
        one, other = (wilson(share.count, share.total) for share in (self.first, self.second))
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


def compare(first: Store, second: Store) -> list[Line]:
    """Every outcome of the arms that both have."""
    tallies = [analyse(store.results(), store.faults()).by_arm() for store in (first, second)]
    common = [arm for arm in tallies[0] if arm in tallies[1]]
    if not common:
        names = [", ".join(tally) or "none" for tally in tallies]
        raise UserError(f"the two campaigns have no arm in common ({names[0]}; {names[1]})",
                        next_step="./ternion compare two campaigns with the same arms")
    return [line for arm in common for line in _lines(arm, tallies[0][arm], tallies[1][arm])]
