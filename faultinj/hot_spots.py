# SPDX-License-Identifier: BSD-2-Clause
"""Code and data whose faults matter most: symbols and source lines, ranked with due caution."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from faultinj.plan import PlannedFault
from faultinj.statistics import Analysis, Tally, tally
from faultinj.store import Result
from faultinj.strata import Kind

ENTRY = " entry "  # of a page table
OFFSET = re.compile(r"\+0x[0-9a-f]+$")
FEWEST = 3         # injections into a place, below which it is not ranked


class Ground(Enum):
    """What a list is of."""

    SYMBOL = "functions that ran"   # when a register or an instruction was hit
    LINE = "source lines that ran"
    DATA = "memory that was hit"    # the symbol, or the page


@dataclass(frozen=True)
class HotSpot:
    """One place in one arm."""

    name: str
    found: Tally


def without_offset(name: str) -> str:
    """symbol for symbol+0x10."""
    return OFFSET.sub("", name)


def _symbol(result: Result, fault: PlannedFault) -> str:
    return "" if fault.kind is Kind.MEMORY else without_offset(result.place)


def _line(result: Result, fault: PlannedFault) -> str:
    return "" if fault.kind is Kind.MEMORY else result.line


def _data(_result: Result, fault: PlannedFault) -> str:
    if fault.kind is not Kind.MEMORY:
        return ""
    layer, name = fault.layer.value, without_offset(fault.target).partition(ENTRY)[0]
    return name if name == layer else f"{layer}: {name}"


NAMES: dict[Ground, Callable[[Result, PlannedFault], str]] = {
    Ground.SYMBOL: _symbol, Ground.LINE: _line, Ground.DATA: _data}


def hot_spots(analysis: Analysis, arm: str, ground: Ground) -> list[HotSpot]:
    """Places where a fault had an effect. Ranked by the lower ends of the intervals, first of
    uncontrolled outcomes and then of effects: two hits of two are less than nine of ten."""
    places: dict[str, list[Result]] = {}
    for result in analysis.results:
        if result.arm == arm:
            name = NAMES[ground](result, analysis.faults[result.fault])
            if name:
                places.setdefault(name, []).append(result)
    found = [HotSpot(name, tally(results)) for name, results in places.items()]
    return sorted((spot for spot in found
                   if spot.found.injected >= FEWEST and spot.found.effective.count),
                  key=lambda spot: (-spot.found.uncontrolled.low, -spot.found.effective.low,
                                    spot.name))
